from tlscope.capture.notes import Note
from tlscope_ui.cli.noted import note_line, noted_json


def test_a_note_in_a_line():
    """Whose it is, its star and its comment."""
    line = note_line(Note(1, 0, "look", marked=True))
    assert [("noted", "dim"), ": ★ look"] == line
    assert [("noted of exchange 2", "dim"), ": look"] == note_line(Note(1, 2, "look"))


def test_a_note_in_an_object():
    """As exports have it; nothing of what is not noted."""
    assert {"mark": True, "comment": None} == noted_json(Note(1, 0, marked=True))
    assert {} == noted_json(None)
