import hpack
import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, Ping, TextMessage

import hostile
from journals import DOWN, UP
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.events import Data
from tlscope.wire.http.http2_tree import frame_tree
from tlscope_ui.text import visible
from tlscope_ui.tui.models import messages
from tlscope_ui.tui.models.content import Body, Job, Want
from tlscope_ui.tui.models.messages import content, masked, read
from tlscope_ui.tui.models.rows import Selected

UPGRADE = [
    Data(
        UP,
        b"GET /chat HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
    Data(
        DOWN,
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    ),
]
LONG = b"0123456789" * 1000


def socket():
    """A conversation that wsproto has made."""
    client, server = Connection(ConnectionType.CLIENT), Connection(ConnectionType.SERVER)
    return [
        *UPGRADE,
        Data(UP, client.send(TextMessage('{"token": "s3cret", "n": 1}'))),
        Data(DOWN, server.send(BytesMessage(LONG))),
        Data(UP, client.send(Ping(b"hi"))),
        Data(DOWN, server.send(TextMessage("".join(hostile.MARKS) + "[red]end"))),
    ]


def plain(line):
    return "".join(part if isinstance(part, str) else part.text for part in line)


def told(listed):
    return [plain(listed.line(y, 100)) for y in range(len(listed))]


def shown(lines):
    if hasattr(lines, "index"):
        lines.index(lambda: False)
    return "\n".join(plain(lines.line(y, 80)) for y in range(len(lines)))


@pytest.fixture
def index(tmp_path):
    with Index(indexed(tmp_path, socket())) as index:
        yield index


def test_messages_are_listed_with_direction_time_and_length(index):
    """And their beginnings; secrets are masked, and nothing drives a terminal."""
    first, second, third = told(read(index, Selected(1)).messages)
    assert "▲" == first[0]
    assert "+3.0 ms" in first
    assert '27 B  text  "{"token": "[redacted]", "n": 1}"' in first
    assert "▼" == second[0]
    assert '9.7 KiB  binary  "0123456789' in second
    assert set() == hostile.forbidden(visible(third))


def test_frames_are_listed_too(index):
    """Those that carry no message among them."""
    frames = told(read(index, Selected(1)).frames)
    assert 4 == len(frames)
    assert "ping" in frames[2]


def test_an_exchange_has_its_own(index):
    """And another has none."""
    assert 3 == len(read(index, Selected(1, 1)).messages)
    assert 0 == len(read(index, Selected(1, 2)).messages)
    assert 0 == len(read(index, Selected(9)).messages)


def test_a_message_is_read_whole_when_it_is_looked_at(index, tmp_path):
    """Though only its beginning is kept for the list."""
    units = read(index, Selected(1))
    first, second, _ = (content(index, tmp_path, units, unit) for unit in units.messages.units)
    assert (LONG, "") == (second.source.read(0, 1 << 20), second.problem)
    assert "s3cret" not in shown(Body(first).make(Want(), Job()).lines)
    assert "s3cret" in shown(Body(first).make(Want(masked=False), Job()).lines)


def test_a_frame_is_taken_apart(index, tmp_path):
    """Its payload unmasked, its secrets masked, in the tree and in its bytes."""
    units = read(index, Selected(1))
    frame = content(index, tmp_path, units, units.frames.units[0])
    made = Body(frame).make(Want(), Job())
    assert "tree" == made.view
    assert "Mask" in shown(made.lines)
    assert "s3cret" not in shown(made.lines)
    assert "s3cret" in shown(Body(frame).make(Want(masked=False), Job()).lines)
    assert len(frame.source) == units.frames.units[0].event.length


def test_secret_header_fields_of_a_frame_are_masked():
    """Those that stand in a table that is not known, too; what is no secret is told."""
    fields = [("accept", "text/html"), ("authorization", "Bearer s3cret")]
    block = hpack.Encoder().encode(fields, huffman=False) + b"\x7f\x05\x06s3cret"
    frame = len(block).to_bytes(3, "big") + b"\x01\x04\x00\x00\x00\x01" + block
    tree, ranges = masked(frame_tree(frame))
    texts = []

    def walk(field):
        texts.append(field.text)
        assert "s3cret" not in f"{field.text} {field.value}"
        for child in field.children:
            walk(child)

    walk(tree)
    assert "accept: text/html" in texts
    assert "authorization: Bearer [redacted]" in texts
    secret = [at for at in range(len(frame)) if frame[at:].startswith(b"s3cret")]
    assert 2 == len(secret)
    assert all(any(start <= at < end for start, end in ranges) for at in secret)


def test_no_more_are_listed_than_the_limit(index, monkeypatch):
    """And it says so."""
    monkeypatch.setattr(messages, "MAX_UNITS", 2)
    listed = told(read(index, Selected(1)).messages)
    assert 3 == len(listed)
    assert "more than 2" in listed[2]
