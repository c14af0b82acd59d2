from hypothesis import given, settings
from hypothesis import strategies as st

from tlscope_ui.telling.wire import LIMIT, Wire

ALERT = b"\x15\x03\x03\x00\x02\x02\x30"
SEALED = b"\x15\x03\x03\x00\x1a" + bytes(26)


def test_alerts_in_the_clear_are_told_from_encrypted_ones():
    """By their records, however these came in pieces."""
    wire = Wire()
    for byte in b"\x16\x03\x01\x00\x01x" + ALERT + SEALED:
        wire.feed(bytes([byte]))
    assert {b"\x02\x30"} == wire.clear_alerts


def test_only_the_beginning_is_kept():
    """However much passes."""
    wire = Wire()
    for _ in range(5):
        wire.feed(b"\x17\x03\x03\x40\x00" + bytes(1 << 14))
    assert wire.full
    assert LIMIT == len(wire.data)


@given(st.lists(st.binary(max_size=40), max_size=8))
@settings(max_examples=100)
def test_any_bytes_are_taken(pieces):
    """Nothing raises, and all of it is there."""
    wire = Wire()
    for piece in pieces:
        wire.feed(piece)
    assert b"".join(pieces) == wire.data
