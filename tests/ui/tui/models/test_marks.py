import json
from pathlib import Path

from tlscope.capture.notes import NAME
from tlscope_ui.tui.models.marks import MAX_COMMENT, Marks
from tlscope_ui.tui.models.rows import Selected

ONE, TWO, THREE = Selected(1), Selected(2, 3), Selected(9)


def test_marks_and_comments_are_kept(tmp_path):
    """In a file of the capture that nobody else can read."""
    marks = Marks.load(tmp_path)
    assert marks.toggle(ONE)
    marks.comment(TWO, "  here it went wrong\n")
    marks.save()
    again = Marks.load(tmp_path)
    assert {ONE} == again.marked
    assert {TWO: "here it went wrong"} == again.comments
    assert 0o600 == (tmp_path / NAME).stat().st_mode & 0o777
    assert [NAME] == [path.name for path in tmp_path.iterdir()]


def test_marks_and_comments_are_taken_away(tmp_path):
    """The second time, and by an empty comment."""
    marks = Marks.load(tmp_path)
    marks.toggle(ONE)
    marks.comment(ONE, "x")
    assert not marks.toggle(ONE)
    marks.comment(ONE, " ")
    marks.save()
    assert 0 == len(Marks.load(tmp_path))


def test_the_next_one_is_by_number_and_round_again():
    """From anywhere, one with a comment as well as one with a star."""
    marks = Marks.load(Path("/nonexistent"))
    marks.toggle(ONE)
    marks.toggle(THREE)
    marks.comment(TWO, "x")
    assert [TWO, THREE, ONE] == marks.after(ONE)
    assert [ONE, TWO, THREE] == marks.after(THREE)
    assert [THREE, ONE, TWO] == marks.after(Selected(5))


def test_a_comment_has_an_end():
    """A file of notes is no place for files."""
    marks = Marks.load(Path("/nonexistent"))
    marks.comment(ONE, "x" * (MAX_COMMENT + 1))
    assert MAX_COMMENT == len(marks.comments[ONE])


def test_a_file_that_cannot_be_understood_is_said_and_left_alone(tmp_path):
    """Somebody may want to mend it."""
    for broken in ("{", "[]", '{"notes": [{"connection": "x"}]}', '{"notes": 7}', "\0", '{"notes": [[]]}'):
        (tmp_path / NAME).write_text(broken)
        marks = Marks.load(tmp_path)
        assert "cannot be read" in marks.problem
        marks.toggle(ONE)
        marks.save()
        assert broken == (tmp_path / NAME).read_text()


def test_what_a_later_version_adds_does_no_harm(tmp_path):
    """Unknown members are passed over."""
    notes = {"version": 2, "new": 1, "notes": [{"connection": 1, "mark": True, "colour": "red"}]}
    (tmp_path / NAME).write_text(json.dumps(notes))
    assert {ONE} == Marks.load(tmp_path).marked
