import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hostile
from tlscope_ui.text import visible
from tlscope_ui.tui.models import body
from tlscope_ui.tui.models.body import BLANKS, BLOCK, CUT, HexLines, TextLines
from tlscope_ui.tui.models.find import needle
from tlscope_ui.tui.models.octets import Held
from tlscope_ui.tui.widgets.linesheet import LONGEST

PARTS = [b"a", b"\n", b"\r\n", b"\xc3\xa9", b"\xff", b"word word", b"\t", b" "]
lines_of_bytes = st.lists(st.sampled_from(PARTS), max_size=60).map(b"".join)


class Counted(Held):
    """Remembers how much was read."""

    taken = 0

    def read(self, start, end):
        found = super().read(start, end)
        self.taken += len(found)
        return found


def text(data, **options):
    lines = TextLines(Held(data) if isinstance(data, bytes) else data, **options)
    lines.index(lambda: False)
    return lines


def shown(lines):
    return [
        "".join(part if isinstance(part, str) else part.text for part in lines.line(y, 80)) for y in range(len(lines))
    ]


def test_a_line_ends_with_lf_or_cr_lf():
    """Which are not shown; tabs are columns; what is behind the last is a line, too."""
    assert ["one", "two", "", "    x", "r\r", "end"] == shown(text(b"one\ntwo\r\n\n\tx\nr\r\r\nend"))
    assert [] == shown(text(b""))
    assert [""] == shown(text(b"\n"))


@given(lines_of_bytes, st.integers(4, 30))
@settings(max_examples=100, deadline=None)
def test_blocks_make_no_difference(data, block):
    """However long lines and blocks are."""
    expected = [part.decode("utf-8", "backslashreplace").expandtabs(4) for part in re.split(rb"\r?\n", data)]
    expected = expected[:-1] if not expected[-1] else expected
    before = body.BLOCK
    try:
        body.BLOCK = block
        assert expected == shown(text(data))
    finally:
        body.BLOCK = before


@pytest.mark.parametrize("end", [" \n", "  \t\r\n", " " * BLANKS + "\n"])
def test_blanks_at_the_edge_are_no_row(end):
    """A line that is as wide as the view but for them takes one; they make nothing to scroll to."""
    lines = text(f"{'x' * 20}{end}next".encode(), wrap=20)
    assert ["x" * 20, "next"] == [row.rstrip() for row in shown(lines)]
    assert 20 == lines.width


def test_blanks_cost_no_more_than_what_can_be_seen():
    """A line of nothing else is rows of the width, in time that grows with its length."""
    assert [b" " * 20] * 5000 == [row.encode() for row in shown(text(b" " * 100_000, wrap=20))]


@given(lines_of_bytes, st.integers(8, 20), st.integers(30, 90))
@settings(max_examples=100, deadline=None)
def test_wrapped_lines_lose_nothing(data, width, block):
    """All of the bytes are there, in rows that are no longer than asked for, but for ends of characters, and blanks."""
    before = body.BLOCK
    try:
        body.BLOCK = block
        lines = text(data, wrap=width)
        starts = [lines.place_at(y) for y in range(len(lines))] + [len(data)]
    finally:
        body.BLOCK = before
    rows = [data[start:end] for start, end in pairwise(starts)]
    assert data == b"".join(rows)
    assert all(len(row.rstrip(b" \t\r\n")) <= width + 3 for row in rows)
    assert all(row.rstrip(b"\r\n") for row in rows if row not in {b"\n", b"\r\n"})
    assert [lines.line_at(start) for start in starts[:-1]] == list(range(len(rows)))


def test_a_long_line_is_cut_and_says_so():
    """One line of 50 MB costs its beginning; no character is cut in half, and its end is painted."""
    source = Counted("é".encode() * (25 << 20) + b"\nnext")
    lines = text(source)
    source.taken = 0
    assert 2 == len(lines)
    first, more = lines.line(0, 80)
    assert ("é" * (CUT // 2), f" … +{(50 << 20) - CUT:,} bytes") == (first, more.text)
    assert ["next"] == lines.line(1, 80)
    assert source.taken < 4 * BLOCK
    worst = text(b"\x01" * 5000).line(0, 80)
    assert len(visible(worst[0])) + len(worst[1].text) < LONGEST


def test_lines_can_be_seen_while_the_others_are_looked_for():
    """A hundred megabytes of lines: some blocks make the first screen."""
    lines = TextLines(Counted(b"0123456789abcdef\n" * 100_000))
    lines.index(lambda: False, 2)
    assert lines.indexing
    assert 0 < len(lines) < 2 * BLOCK / 16
    assert ["0123456789abcdef"] == lines.line(len(lines) - 1, 80)
    assert lines.source.taken < 8 * BLOCK
    lines.index(lambda: True)
    assert lines.indexing
    lines.index(lambda: False)
    assert (100_000, False) == (len(lines), lines.indexing)
    assert ["0123456789abcdef"] == lines.line(99_999, 80)


def test_the_index_does_not_grow_with_the_number_of_lines():
    """A megabyte of empty lines has a place a block."""
    lines = text(b"\n" * (1 << 20))
    assert 1 << 20 == len(lines)
    assert len(lines._at) <= (1 << 20) // BLOCK + 1
    assert [""] == lines.line((1 << 20) - 1, 80)


def test_hex_is_a_matter_of_arithmetic():
    """No line costs more than another, and none is looked for."""
    source = Counted(bytes(range(256)) * (1 << 12))
    lines = HexLines(source)
    assert (1 << 16, 0) == (len(lines), source.taken)
    assert ["000ffff0  f0 f1 f2 f3 f4 f5 f6 f7  f8 f9 fa fb fc fd fe ff  |................|"] == lines.line(65535, 80)
    assert 16 == source.taken
    assert (65535, 0xFFFF0) == (lines.line_at(0xFFFFF), lines.place_at(65535))


@pytest.mark.parametrize("kind", [HexLines, text])
def test_pieces_have_heads(kind):
    """What was relayed at once begins a line of its own, below its head."""
    data, starts = b"GET /\nHost: a" + b"HTTP" + b"x" * 20, [0, 13, 17]
    lines = kind(Held(data) if kind is HexLines else data, starts=starts, head=lambda piece: [f"piece {piece}"])
    told = shown(lines)
    if kind is text:
        assert ["piece 0", "GET /", "Host: a", "piece 1", "HTTP", "piece 2", "x" * 20] == told
    else:
        assert ["piece 0", "piece 1", "piece 2"] == [line for line in told if "|" not in line]
        assert [True, True, True, True] == [line.startswith(("00000000", "00000010")) for line in told if "|" in line]
    for place in (0, 6, 13, 14, 17, 36):
        y = lines.line_at(place)
        assert not told[y].startswith("piece")
        assert lines.place_at(y) <= place


def test_found_bytes_are_marked_in_hex():
    """Both as hex and as characters, also where they go over two lines."""
    lines = HexLines(Held(b"." * 14 + b"token" + b"." * 10))
    first, second = lines.line(0, 80)[0], lines.line(1, 80)[0]
    assert ["74 6f", "to"] == [first[start:end] for start, end in lines.marks(0, needle("token"))]
    assert ["6b 65 6e", "ken"] == [second[start:end] for start, end in lines.marks(1, needle("token"))]


@given(hostile.data)
@settings(max_examples=100, deadline=None)
def test_bytes_of_a_stranger_are_lines(data):
    """Any of them, cut, wrapped and as hex; what is painted drives no terminal."""
    for lines in (text(data), text(data, wrap=10), text(data, codec="cp1252"), HexLines(Held(data))):
        painted = [visible(line) for line in shown(lines)]
        assert set() == hostile.forbidden("\n".join(painted))
        assert (not data) == (not painted)


def test_the_time_to_index_is_linear_in_long_lines():
    """Bytes are read a few times at the most, whatever lines they make."""
    for data in (b"x" * (4 << 20), (b"x" * BLOCK + b"\n") * 256, (b"x" * (BLOCK - 1) + b"\n\n") * 256):
        source = Counted(data)
        text(source)
        assert source.taken <= 4 * len(data) + (body.FAR + BLOCK)


@pytest.mark.parametrize("kind", [TextLines, HexLines])
def test_the_line_before_a_piece_is_told_from_those_of_it(kind):
    """Its place is that of the piece's first byte, whose line is the next."""
    lines = kind(Held(b"one\ntwo\n" * 3), [0, 8, 16], lambda number: [f"piece {number}"])
    if isinstance(lines, TextLines):
        lines.index(lambda: False)
    heads = [y for y in range(len(lines)) if lines.is_head(y)]
    assert ["piece 0", "piece 1", "piece 2"] == [lines.line(y, 80)[0] for y in heads]
    assert [0, 8, 16] == [lines.place_at(y) for y in heads]
    assert heads == [lines.line_at(lines.place_at(y)) - 1 for y in heads]
