import pytest

from tlscope_ui.text import hex_lines
from tlscope_ui.tui.models.hexdump import HexDump


def plain(dump, y):
    return "".join(part if isinstance(part, str) else part.text for part in dump.line(y, 80))


def test_a_line_is_a_line_of_a_hex_dump():
    """As the commands print it."""
    data = bytes(range(0x20, 0x45)) + b"\x1b\xff"
    dump = HexDump(data)
    assert [line[4:] for line in hex_lines(data)] == [plain(dump, y) for y in range(len(dump))]


def test_a_narrow_view_has_eight_bytes_in_a_line():
    """None is wider than it was said to be: half of 80 columns, less a frame and a scroll bar."""
    dump = HexDump(bytes(100))
    dump.fit(60)
    assert dump.width <= 38
    assert 13 == len(dump)
    assert "0060  00 00 00 00             ...." == plain(dump, 12)
    assert max(len(plain(dump, y)) for y in range(len(dump))) == dump.width < 60
    dump.fit(dump.width * 2)
    assert 7 == len(dump)


def test_bytes_are_lit_and_one_is_under_the_cursor():
    """In hex and as characters; between neighbours that are lit, too."""
    dump = HexDump(b"abcdefgh" * 4)
    dump.lit = range(2, 5)
    dump.cursor = 3
    styled = [(part.text, part.style) for part in dump.line(0, 80) if not isinstance(part, str) and part.style]
    assert [("63", "lit"), ("64", "cursor"), ("65", "lit"), ("c", "lit"), ("d", "cursor"), ("e", "lit")] == [
        part for part in styled if part[1] != "dim"
    ]
    dump.cursor = 20
    assert ("63 64 65", "lit") in [part for part in dump.line(0, 80) if not isinstance(part, str)]


@pytest.mark.parametrize("width", [40, 100])
def test_a_column_is_a_byte(width):
    """The byte that is painted there, in hex or as a character; blanks are none."""
    dump = HexDump(bytes(range(0x41, 0x41 + 20)))
    dump.fit(width)
    for y in range(len(dump)):
        text = plain(dump, y)
        for x in range(dump.width + 2):
            at = dump.offset(x, y)
            if at is not None:
                digits, char = f"{dump.data[at]:02x}", chr(dump.data[at])
                assert digits in {text[x : x + 2], text[x - 1 : x + 1]} or char == text[x]
        found = {dump.offset(x, y) for x in range(dump.width)} - {None}
        assert set(range(y * dump.row, min((y + 1) * dump.row, 20))) == found


def test_the_cursor_stays_within_the_bytes():
    """Also of none."""
    dump = HexDump(b"abc")
    for by, expected in ((5, 2), (-1, 1), (-9, 0)):
        dump.move(by)
        assert expected == dump.cursor
    empty = HexDump(b"")
    empty.move(1)
    assert (0, 0) == (empty.cursor, len(empty))
