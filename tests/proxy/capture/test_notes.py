import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlscope.capture import notes
from tlscope.capture.notes import MAX_COMMENT, NAME, Note, Unreadable, known, read, write

NOTED = [
    Note(1, 0, "", marked=True),
    Note(1, 2, "é\nb"),
    Note(7, 0, "x", marked=True),
]


def test_what_is_written_is_read(tmp_path):
    """By number; in a file that nobody else can read, with nothing beside it; and none where there is no file."""
    assert [] == read(tmp_path)
    write(tmp_path, reversed(NOTED))
    assert NOTED == read(tmp_path)
    assert {1: NOTED[:2], 7: NOTED[2:]} == known(tmp_path)
    assert 0o600 == (tmp_path / NAME).stat().st_mode & 0o777
    assert [NAME] == [path.name for path in tmp_path.iterdir()]


def test_what_could_not_be_written_leaves_what_there_was(tmp_path, monkeypatch):
    """And no part of a file."""
    write(tmp_path, NOTED)
    monkeypatch.setattr(notes.Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("no")))
    with pytest.raises(OSError, match="no"):
        write(tmp_path, [])
    assert NOTED == read(tmp_path)
    assert [NAME] == [path.name for path in tmp_path.iterdir()]


BROKEN = ("{", "[]", "{}", "\0", '{"notes": 7}', '{"notes": [[]]}', '{"notes": [{"connection": "x"}]}',
          '{"notes": [{"connection": 1e999}]}', "[" * 100_000)  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN)
def test_what_cannot_be_understood_is_told_or_taken_for_none(tmp_path, broken):
    """By those who edit notes, and those who only pass them on."""
    (tmp_path / NAME).write_text(broken)
    with pytest.raises(Unreadable, match=r"notes\.json cannot be read"):
        read(tmp_path)
    assert {} == known(tmp_path)


def test_what_others_wrote_has_its_limits(tmp_path):
    """Unknown members, empty notes, comments without end."""
    kept = [{"connection": 1}, {"connection": 2, "comment": "x" * 9999, "colour": "red"}, {"connection": 3, "mark": 1}]
    (tmp_path / NAME).write_text(json.dumps({"version": 9, "notes": kept}))
    assert [(2, False, MAX_COMMENT), (3, True, 0)] == [(n.connection, n.marked, len(n.comment)) for n in read(tmp_path)]


@given(st.booleans(), st.text(max_size=5))
@settings(max_examples=50)
def test_a_note_in_a_line(marked, comment):
    """It says something wherever somebody noted something."""
    text = Note(1, 0, comment, marked=marked).text
    assert text.startswith("★") is (marked or comment.startswith("★"))
    assert comment in text
    assert bool(text) is bool(marked or comment)
