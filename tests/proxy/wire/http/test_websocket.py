"""WebSocket as two peers speak it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage
from wsproto.extensions import PerMessageDeflate

from support.dissecting import steps
from support.observing import DOWN, UP, anyhow, codes, kinds, only, torment, watch
from tlscope.wire.http import inflate
from tlscope.wire.http.exchange import Frame, Message, Oddity, Raw
from tlscope.wire.http.observe import observe
from tlscope.wire.http.websocket import SHORT, WebSocket, deflate_of
from tlscope.wire.http.websocket_frame import unmask


def frame(first, payload=b"", *, mask=True):
    """A frame with a short payload."""
    key = b"\x01\x02\x03\x04"
    length = bytes([len(payload) | 0x80 * mask])
    return bytes([first]) + length + (key + unmask(payload, key) if mask else payload)


def peers(extension=None):
    """A client and a server of wsproto, with permessage-deflate if its parameters are given."""
    made = []
    for kind in (ConnectionType.CLIENT, ConnectionType.SERVER):
        extensions = []
        if extension is not None:
            deflate = PerMessageDeflate()
            deflate._enabled = True
            deflate.finalize(extension)
            extensions = [deflate]
        made.append(Connection(kind, extensions=extensions))
    return made


EVENTS = [
    (UP, TextMessage(data="hello")),
    (DOWN, TextMessage(data="hell", message_finished=False)),
    (DOWN, Ping(payload=b"are you there")),
    (UP, Pong(payload=b"are you there")),
    (DOWN, TextMessage(data="o there ü", message_finished=True)),
    (UP, BytesMessage(data=bytes(range(256)) * 300)),
    (DOWN, BytesMessage(data=b"")),
    (UP, TextMessage(data="hello hello hello")),
    (DOWN, CloseConnection(code=1000, reason="bye")),
]


@pytest.mark.parametrize(
    "extension",
    [
        None,
        "permessage-deflate",
        "permessage-deflate; client_no_context_takeover",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9",
    ],
)
def test_what_wsproto_says(extension):
    """Messages come out whole, whatever was agreed; frames are named."""
    client, server = peers(extension)
    talk = [(way, bytes((server if way else client).send(event))) for way, event in EVENTS]
    events = torment(lambda: WebSocket(1, (extension or "").encode(), keep=100_000), talk, flips=30)
    assert [
        (UP, "text", b"hello"),
        (DOWN, "text", "hello there ü".encode()),
        (UP, "binary", bytes(range(256)) * 300),
        (DOWN, "binary", b""),
        (UP, "text", b"hello hello hello"),
    ] == [(event.direction, event.kind, event.data) for event in only(events, Message)]
    assert all(event.size == len(event.data) for event in only(events, Message))
    names = [event.type for event in only(events, Frame)]
    assert ["text", "text", "ping", "pong", "continuation", "binary", "binary", "text", "close"] == names
    assert "1000 normal closure: bye" == only(events, Frame)[-1].note
    assert sum(len(data) for _, data in talk) == sum(event.length for event in only(events, Frame))
    assert not codes(events)


def test_a_message_spans_its_frames():
    """With what lies between."""
    sent = frame(0x01, b"ab") + frame(0x89) + frame(0x80, b"cd")
    (message,) = only(torment(lambda: WebSocket(7), [(UP, sent)]), Message)
    assert (7, UP, "text", 0, len(sent), 4, b"abcd", "") == message


def test_only_the_first_bytes_are_kept():
    """All are counted."""
    (message,) = only(watch(WebSocket(1, keep=3), [(UP, frame(0x82, b"abcdefgh"))]), Message)
    assert (8, b"abc") == (message.size, message.data)


@pytest.mark.parametrize(
    ("way", "sent", "code"),
    [
        (UP, frame(0x81, b"a", mask=False), "ws-unmasked"),
        (DOWN, frame(0x81, b"a"), "ws-masked"),
        (UP, frame(0xC1, b"a"), "ws-reserved-bits"),
        (UP, frame(0xA1, b"a"), "ws-reserved-bits"),
        (UP, frame(0x83, b"a"), "ws-reserved-opcode"),
        (UP, frame(0x09, b"a"), "ws-control-fragmented"),
        (DOWN, b"\x89\x7e\x00\x7e" + bytes(126), "ws-control-too-long"),
        (DOWN, b"\x81\x7e\x00\x01a", "ws-length-not-minimal"),
        (UP, frame(0x80, b"a"), "ws-continuation-without-start"),
        (UP, frame(0x01, b"a") + frame(0x81, b"b"), "ws-message-interrupted"),
        (UP, frame(0x88) + frame(0x81, b"b"), "ws-after-close"),
        (UP, frame(0x88, b"\x03"), "ws-close-code"),
        (UP, frame(0x88, (1006).to_bytes(2)), "ws-close-code"),
        (UP, frame(0x88, (1004).to_bytes(2)), "ws-close-code"),
        (UP, frame(0x88, (2999).to_bytes(2)), "ws-close-code"),
        (UP, frame(0x88, (1000).to_bytes(2) + b"\xff"), "ws-invalid-utf8"),
        (UP, frame(0x81, b"\xff"), "ws-invalid-utf8"),
        (UP, frame(0x81, b"\xc3"), "ws-invalid-utf8"),
        (UP, frame(0x81, b"abc")[:-1], "truncated-frame"),
        (UP, frame(0x81, b"abc")[:1], "truncated-frame"),
        (UP, frame(0x01, b"abc"), "truncated-message"),
    ],
)
def test_oddities(way, sent, code):
    """Each is named; the frames are shown all the same."""
    events = torment(lambda: WebSocket(1), [(way, sent)], flips=10)
    assert [code] == codes(events)
    assert code.startswith("truncated") or only(events, Frame)


@given(st.text("aü\U0001f600", max_size=400), st.integers(0, 9), st.integers(0, 1500), st.booleans())
@settings(max_examples=100, deadline=None)
def test_long_texts(text, padding, cut, mask):
    """Are UTF-8 or are not, wherever they are cut and whatever of them is ASCII."""
    for sent in (text.encode() + b"a" * SHORT, b"a" * SHORT + text.encode(), b"a" * padding + text.encode() * 2):
        for payload in (sent, sent[:cut], sent[:cut] + b"\xff" + sent[cut:]):
            header = b"\x81" + bytes([0x7E | 0x80 * mask]) + len(payload).to_bytes(2)
            data = header + (b"abcd" + unmask(payload, b"abcd") if mask else payload)
            events = watch(WebSocket(1, keep=9), [(UP if mask else DOWN, data)], cut=anyhow(cut))
            (message,) = only(events, Message)
            assert (len(payload), payload[:9]) == (message.size, message.data)
            try:
                payload.decode()
            except UnicodeDecodeError:
                assert "ws-invalid-utf8" in codes(events)
            else:
                assert not set(codes(events)) - {"ws-length-not-minimal"}


def test_a_length_that_none_can_be():
    """Is raw from there on."""
    events = torment(lambda: WebSocket(1), [(DOWN, frame(0x81, b"a", mask=False) + b"\x81\x7f" + b"\xff" * 20)])
    assert ["ws-length"] == codes(events)
    assert [Raw(DOWN, 3)] == only(events, Raw)


def test_what_cannot_be_inflated(monkeypatch):
    """Is told of, once; frames and messages go on."""
    deflate = b"permessage-deflate"
    events = torment(lambda: WebSocket(1, deflate), [(UP, frame(0xC1, b"\xff\xff") * 2 + frame(0x81, b"ok"))])
    assert ["ws-inflate-failed"] == codes(events)
    assert [b"", b"", b"ok"] == [event.data for event in only(events, Message)]
    monkeypatch.setattr(inflate, "INFLATE_LIMIT", 100_000)
    client, _ = peers(deflate.decode())
    sent = bytes(client.send(BytesMessage(data=bytes(1_000_000))))
    events = torment(lambda: WebSocket(1, deflate), [(UP, sent)], flips=10)
    assert ["ws-inflate-limit"] == codes(events)
    assert ["deflate, inflated in part"] == [event.note for event in only(events, Message)]


def test_what_ends_with_a_message(monkeypatch):
    """The limit is a message's; without context takeover, so is what could not be inflated."""
    monkeypatch.setattr(inflate, "INFLATE_LIMIT", 1000)
    client, _ = peers("permessage-deflate")
    sent = b"".join(bytes(client.send(BytesMessage(data=bytes(900)))) for _ in range(3))
    assert [] == codes(watch(WebSocket(1, b"permessage-deflate"), [(UP, sent)]))
    deflate = "permessage-deflate; client_no_context_takeover"
    client, _ = peers(deflate)
    sent = frame(0xC1, b"\xff\xff") + bytes(client.send(TextMessage(data="fine")))
    events = watch(WebSocket(1, deflate.encode()), [(UP, sent)])
    assert [b"", b"fine"] == [event.data for event in only(events, Message)]


def test_extensions():
    """Whose window lasts."""
    assert deflate_of(b"") is None
    assert deflate_of(b"x-webkit-deflate-frame") is None
    assert (True, True) == deflate_of(b"permessage-deflate; client_max_window_bits=12")
    assert (False, True) == deflate_of(b"foo, Permessage-Deflate;client_no_context_takeover")
    assert (True, False) == deflate_of(b"permessage-deflate; server_no_context_takeover")


@given(st.lists(st.tuples(st.sampled_from([UP, DOWN]), st.binary(max_size=40)), max_size=6), st.integers())
@settings(max_examples=100, deadline=None)
def test_any_bytes(talk, seed):
    """Events, the same for any cut."""
    make = lambda: WebSocket(1, b"permessage-deflate")  # noqa: E731 - a name for what is made twice
    assert kinds(watch(make(), talk)) == kinds(watch(make(), talk, cut=anyhow(seed)))


def test_behind_http():
    """After 101 its frames are read, compressed as the response says."""
    asked = b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    said = b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    client, server = peers("permessage-deflate")
    talk = [(UP, asked), (DOWN, said + bytes(server.send(TextMessage(data="hi"))))]
    talk.append((UP, bytes(client.send(TextMessage(data="ho")))))
    events = torment(lambda: observe("http/1.1"), talk, flips=50)
    assert [(1, DOWN, b"hi"), (1, UP, b"ho")] == [(m.exchange, m.direction, m.data) for m in only(events, Message)]
    assert len(said) == only(events, Frame)[0].start


def test_time_is_linear():
    """In frames, in bytes one by one."""
    one, two = (steps(watch, WebSocket(1), [(UP, frame(0x82, b"a") * n)]) for n in (300, 600))
    assert two < 2.1 * one


@pytest.mark.parametrize("size", [0, 3])
def test_missing_bytes(size):
    """Frames have no mark to be found by: the direction is raw, the other one is not; it is told once."""
    observer, sent = WebSocket(1), frame(0x81, b"abc")
    observer.feed(UP, sent, 100)
    events = observer.missing(UP, size) + observer.missing(UP, size)
    text = f"{size} bytes are missing here" if size else "bytes are missing here"
    assert [Oddity(1, UP, "gap", text, 100 + len(sent)), Raw(UP, 100 + len(sent))] == events
    assert [] == observer.feed(UP, sent, 100 + len(sent)) + observer.finish(UP)
    assert 1 == len(only(observer.feed(DOWN, frame(0x81, b"abc", mask=False), 0), Message))
