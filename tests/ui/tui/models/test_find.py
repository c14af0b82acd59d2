import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlscope_ui.tui.models import find
from tlscope_ui.tui.models.find import Hits, in_bytes, in_lines, needle
from tlscope_ui.tui.models.lines import Told
from tlscope_ui.tui.models.octets import Held


def places(source, sought):
    return [place for place in in_bytes(source, sought) if place is not None]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("token", ["token", "TOKEN", "Token"]),
        ("Token", ["Token"]),
        ("é", ["é", "É"]),
        ("x: de ad", ["dead", "de ad"]),
        ("0xDEAD", ["dead", "de ad"]),
        ("a.c", ["a.c"]),
    ],
)
def test_what_was_typed_is_found(typed, found):
    """In capitals or not, unless a capital was typed; hex as a dump shows it; nothing is a pattern."""
    words = ["token", "TOKEN", "Token", "é", "É", "dead", "de ad", "a.c", "abc"]
    assert found == [word for word in words if needle(typed).text.fullmatch(word)]


def test_bytes_are_found_by_the_same_rules():
    """Beyond ASCII, too."""
    source = Held("Token TOKEN É é".encode() + b"\xde\xad\xbe\xef\0")
    assert [0, 6] == places(source, needle("token"))
    assert [0] == places(source, needle("Token"))
    assert [12, 15] == places(source, needle("é"))
    assert [17] == places(source, needle("x:deadbeef"))
    assert [21] == places(source, needle("0x00"))


@pytest.mark.parametrize("typed", ["", "x:", "0x", "0xabc", "x: zz", "0x "])
def test_what_is_no_needle_yet_finds_nothing(typed):
    """Somebody is typing."""
    assert needle(typed) is None


few = st.binary(max_size=200).map(lambda data: data.translate(bytes(b"ab\n"[b % 3] for b in range(256))))


@given(few, st.sampled_from(["a", "ab", "aba", "x:0a", "bbb"]))
@settings(max_examples=100, deadline=None)
def test_slices_make_no_difference(data, typed):
    """As if all had been searched at once."""
    sought = needle(typed)
    expected = [match.start() for match in re.finditer(sought.data, data)]
    before = find.SLICE
    try:
        find.SLICE = 7
        assert expected == places(Held(data), sought)
    finally:
        find.SLICE = before


def test_lines_are_found_by_what_is_on_the_screen():
    """Escapes and all; a line as often as it holds it."""
    lines = Told([["one \x1b[31m"], ["two"], ["One one"]])
    assert [0, 2, 2] == [y for y in in_lines(lines, needle("one"), 80) if y is not None]
    assert [0] == [y for y in in_lines(lines, needle(r"\x1b"), 80) if y is not None]


def test_hits_are_counted_up_to_a_limit(monkeypatch):
    """And then it is known that there are more."""
    monkeypatch.setattr(find, "MAX_HITS", 2)
    hits = Hits()
    assert [True, True, True, False] == [hits.take(place) for place in (1, None, 2, 3)]
    assert (2, True) == (len(hits), hits.full)
