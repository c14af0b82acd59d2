"""What readers of bodies share."""

from __future__ import annotations

from tlscope.wire.content.reading import OMITTED, TEXT, Room, clipped, concluded, line, moved, omitted, plural
from tlscope.wire.field import Cursor, Field

TREE = Field("a", "A", None, 0, 4, children=(Field("b", "B", 1, 1, 2),))


def test_trees_move():
    """To their place within another body, or to one without bytes."""
    assert [(10, 4), (11, 2)] == [(field.start, field.length) for field in moved(TREE, 10).walk()]
    assert [(7, 0), (7, 0)] == [(field.start, field.length) for field in concluded(TREE, 7).walk()]


def test_room_ends():
    """Then what is left is one field, once."""
    room, cursor = Room(fields=1), Cursor(b"abcd")
    assert room.spare(cursor)
    cursor.raw(1, "x", "X")
    assert not room.spare(cursor)
    assert not room.spare(cursor)
    assert [omitted(1, 3)] == cursor.fields[1:]
    assert (OMITTED, "… 3 more bytes") == (cursor.fields[1].key, cursor.fields[1].text)


def test_counting():
    """One thing, many things, a great many."""
    assert ["0 keys", "1 key", "12,345 keys"] == [plural(count, "key") for count in (0, 1, 12345)]
    assert "2 entries" == plural(2, "entry", "entries")


def test_a_line_is_one_line():
    """Whatever a peer put into it, and not long."""
    assert "a b c" == line("a\nb\x1bc")
    assert "a" * 60 + "…" == line("a" * 1000)
    assert "a" * 60 == line("a" * 60)


def test_text_is_clipped():
    """And how much is missing is said."""
    assert "abc" == clipped("abc")
    assert "abc\n… 1,000 more bytes" == clipped("abc", 1000)
    assert "a" * TEXT + "\n… 5 more characters" == clipped("a" * (TEXT + 5))
