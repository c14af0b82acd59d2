import json
import types
import typing
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlscope.capture import format as fmt
from tlscope.capture.format import BULKY, KINDS, MAX_PAYLOAD, RECORD, Head, Kind, Unreadable, decode, record
from tlscope.events import (
    Action,
    Data,
    Direction,
    Event,
    Faulted,
    HandshakeDone,
    Leg,
    Message,
    Opened,
    Outcome,
    OutcomeKind,
    Policy,
    VerdictGiven,
    Who,
)

EVENTS = st.one_of([st.from_type(kind) for kind in typing.get_args(Event)])
SALTS = st.integers(0, 2**32 - 1)
U64 = st.integers(0, 2**64 - 1)
EXAMPLES = [
    Opened("explicit", "127.0.0.1:1", "127.0.0.1:2"),
    Data(Direction.DOWN, b"some data", encrypted=False),
    Message(Leg.SERVER, Direction.DOWN, 0x0304, 22, b"\x14\x00\x00\x00"),
    Outcome(OutcomeKind.INTERCEPTED, 1, 2),
]


def split(data):
    head = fmt.read_head(data)
    return head, data[RECORD.size :]


def test_every_event_has_a_kind():
    """The journal can keep every event, and no two kinds are one number."""
    assert set(typing.get_args(Event)) == set(KINDS)
    assert set(Kind) == set(KINDS.values())


@given(EVENTS, st.integers(0, 2**32 - 1), U64, U64, SALTS)
def test_what_is_recorded_is_read_back(event, connection, wall, mono, salt):
    """An event comes back as it was, with its connection and both clocks."""
    head, payload = split(record(event, connection, wall, mono, salt))
    assert fmt.head_holds(head, payload, salt)
    assert event == decode(head, payload)
    assert (connection, wall, mono, len(payload)) == (head.connection, head.wall, head.mono, head.length)


def test_a_record_lies_as_documented():
    """check, length, kind, flags, meta, connection, wall, mono, payload; all little-endian."""
    payload = b"some data"
    rest = (
        b"\x09\x00\x00\x00" + b"\x09" + b"\x06" + b"\x00\x00"
        + b"\x07\x00\x00\x00" + b"\x08" + bytes(7) + b"\x09" + bytes(7)
    )  # fmt: skip
    check = crc32(rest, 5).to_bytes(4, "little")
    assert check + rest + payload == record(EXAMPLES[1], 7, 8, 9, 5)


def test_the_check_covers_the_payload_of_all_but_bulky_kinds():
    """A checksum over every relayed byte would cost too much; all else is covered."""
    _, payload = split(record(EXAMPLES[0], 7, 8, 9, 5))
    rest = record(EXAMPLES[0], 7, 8, 9, 5)[4 : RECORD.size]
    assert crc32(rest + payload, 5) == split(record(EXAMPLES[0], 7, 8, 9, 5))[0].check
    assert frozenset({Kind.DATA, Kind.CIPHERTEXT}) == BULKY


@pytest.mark.parametrize("event", EXAMPLES)
def test_damage_at_any_byte_is_found(event):
    """No byte that the check covers can change unnoticed."""
    whole = record(event, 7, 8, 9, 5)
    covered = RECORD.size if KINDS[type(event)] in BULKY else len(whole)
    for at in range(covered):
        damaged = bytearray(whole)
        damaged[at] ^= 0x40
        head, payload = split(bytes(damaged))
        assert not fmt.head_holds(head, payload, 5), at


@pytest.mark.parametrize("event", EXAMPLES)
def test_records_of_another_segment_do_not_hold(event):
    """A journal that is relayed as data is not taken for the journal that holds it."""
    head, payload = split(record(event, 7, 8, 9, salt=5))
    assert not fmt.head_holds(head, payload, salt=6)


def test_a_record_that_claims_too_much_does_not_hold():
    """A length beyond the limit, or fields longer than the payload, is damage even with the right check."""
    for length, meta in ((MAX_PAYLOAD + 1, 0), (3, 4)):
        rest = fmt.CHECKED.pack(length, Kind.DATA, 0, meta, 1, 2, 3)
        assert not fmt.head_holds(Head(crc32(rest, 5), length, Kind.DATA, 0, meta, 1, 2, 3), b"", 5)


def head(kind, flags=0, meta=0, length=0):
    return Head(0, length, kind, flags, meta, 1, 2, 3)


@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=60), st.integers(0, 60))
def test_no_payload_raises(kind, flags, payload, meta):
    """Whatever a record holds becomes an event, or an Unreadable that keeps it."""
    found = decode(head(kind, flags, min(meta, len(payload))), payload)
    if isinstance(found, Unreadable):
        assert (kind, flags, payload) == (found.kind, found.flags, found.data)
        assert found.reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = sorted({name for kind in typing.get_args(Event) for name in typing.get_type_hints(kind)})


@given(st.sampled_from(Kind), JSON | st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_fields_raise(kind, fields):
    """Fields of any type, missing or strange, become an event with fields of the right types, or an Unreadable."""
    meta = json.dumps(fields).encode()
    found = decode(head(kind, meta=len(meta)), meta)
    if not isinstance(found, Unreadable):
        for name, hint in typing.get_type_hints(type(found)).items():
            assert isinstance(getattr(found, name), tuple if isinstance(hint, types.GenericAlias) else hint)


def test_a_kind_from_the_future_is_kept():
    """A record of a kind that this version does not know is shown as such."""
    assert Unreadable(200, 1, "ValueError: 200 is not a valid Kind", b"abc") == decode(head(200, 1), b"abc")


def test_a_field_from_the_future_is_left_out():
    """What a later version adds to an event does not hide what this one knows of it."""
    meta = b'{"mode":"explicit","client":"a","listener":"b","colour":"blue"}'
    assert Opened("explicit", "a", "b") == decode(head(Kind.OPENED, meta=len(meta)), meta)


def test_a_field_from_the_past_may_be_missing():
    """A field with a default may be missing: an older version did not write it."""
    meta = b'{"version":"TLSv1.3","cipher":"x","group":"","alpn":"","sni":""}'
    expected = HandshakeDone(Leg.SERVER, "TLSv1.3", "x", "", "", "", resumed=False)
    assert expected == decode(head(Kind.HANDSHAKE, 1, len(meta)), meta)


SEGMENT = fmt.segment_head({"salt": 7, "series": 0})


def test_a_segment_head_is_read_back():
    """With what follows it, and telling its own length."""
    assert ({"salt": 7, "series": 0}, len(SEGMENT)) == fmt.read_segment_head(SEGMENT + b"more")


@pytest.mark.parametrize("length", range(len(SEGMENT)))
def test_every_prefix_of_a_segment_head_wants_more(length):
    """A header that is not whole yet is no error."""
    assert fmt.read_segment_head(SEGMENT[:length]) is None


@pytest.mark.parametrize("at", range(len(SEGMENT)))
def test_damage_of_a_segment_head_is_found(at):
    """No byte of it can change unnoticed."""
    damaged = bytearray(SEGMENT)
    damaged[at] ^= 0x01
    assert not isinstance(fmt.read_segment_head(bytes(damaged)), tuple)


def headed(body):
    """A header that holds something else than it should, and is whole."""
    return fmt.SEGMENT_HEAD.pack(fmt.MAGIC, fmt.VERSION, len(body)) + body + crc32(body).to_bytes(4, "little")


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        ("not a journal segment", b"GET / HTTP/1.1\r\n"),
        ("not a journal segment", b"X"),
        ("journal format 2; this tlscope reads format 1", b"TLSJ\x02" + bytes(4)),
        ("the segment's header is damaged", b"TLSJ\x01\xff\xff\xff\xff"),
        ("the segment's header is damaged", fmt.segment_head({"series": 0})),
        ("the segment's header is damaged", headed(b"[" * 60_000)),
        ("the segment's header is damaged", fmt.segment_head({"salt": "7"})),
    ],
)
def test_what_is_no_segment_says_why(expected, data):
    """Another file, another version and a header without a salt are told apart."""
    assert expected == fmt.read_segment_head(data)


@given(st.binary(max_size=100))
def test_no_segment_head_raises(data):
    """Any bytes can stand at the beginning of a file."""
    assert not isinstance(fmt.read_segment_head(data), tuple)
    fmt.read_segment_head(SEGMENT[:9] + data)


LONG = [
    (Faulted(Who.US, "code", "x" * 70_000, "then"), "what", "then"),
    (VerdictGiven("host", ("name-mismatch: " + "é" * 70_000, "expired"), 2), "faults", "host"),
    (VerdictGiven("host", ("unknown-issuer: it is unknown",) * 10_000, 2), "faults", "host"),
    (Policy(Action.PASS_THROUGH, "h" * 70_000, 443, "sni"), "host", "sni"),
    (Outcome(OutcomeKind.CLIENT_REJECTED, 1, 2, "\U0001f512" * 70_000), "detail", "client-rejected"),
]


@pytest.mark.parametrize(("event", "field", "kept"), LONG, ids=[type(event).__name__ for event, _, _ in LONG])
def test_what_a_peer_makes_too_long_is_cut(event, field, kept):
    """A certificate may have any name; the event is recorded all the same, and only what is long is not whole."""
    made = record(event, 1, 0, 0, 7)
    head = fmt.read_head(made)
    again = decode(head, made[RECORD.size :])
    assert type(event) is type(again)
    assert head.meta <= 0xFFFF
    assert head.meta > 0x3FFF
    assert kept in repr(again)
    whole, cut = getattr(event, field), getattr(again, field)
    assert len(cut) <= len(whole)
    if isinstance(whole, str):
        assert cut.endswith("…")
        assert whole.startswith(cut[:-1])


def test_what_is_long_is_not_kept():
    """Beside the events that are alike; it is encoded anew each time."""
    short, long = (VerdictGiven("a.test", ("name-mismatch: " + "x" * size,), 2) for size in (100, 5_000))
    assert [fmt.encode(event) for event in (short, long)] == [fmt.encode(event) for event in (short, long)]
    assert (True, False) == (short in fmt._kept, long in fmt._kept)


def test_what_fits_is_whole():
    """To the last byte that a head can count."""
    room = 0xFFFF - fmt.read_head(record(Faulted(Who.US, "", ""), 1, 0, 0, 7)).meta
    for size in (room, room + 1):
        event = Faulted(Who.US, "", "x" * size, "")
        made = record(event, 1, 0, 0, 7)
        assert (size == room) == (decode(fmt.read_head(made), made[RECORD.size :]) == event)
