import hpack
import pytest
from wsproto.events import TextMessage

import hostile
from journals import UP
from support.carried import CHAT, LONG, websocket
from support.http2_talk import ASK, Talk
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.events import Data
from tlscope.wire.http.http2_tree import frame_tree
from tlscope_ui.telling import units
from tlscope_ui.telling.units import masked, read
from tlscope_ui.text import visible


def plain(line):
    return "".join(part if isinstance(part, str) else part.text for part in line)


def told(listed):
    return [plain(listed.line(y, 100)) for y in range(len(listed))]


@pytest.fixture
def index(tmp_path):
    with Index(indexed(tmp_path, websocket(said=CHAT))) as index:
        yield index


def test_messages_are_listed_with_direction_time_and_length(index):
    """And their beginnings; secrets are masked, and nothing drives a terminal."""
    first, second, third = told(read(index, 1).messages)
    assert "▲" == first[0]
    assert "+3.0 ms" in first
    assert '27 B  text  "{"token": "[redacted]", "n": 1}"' in first
    assert "▼" == second[0]
    assert '9.7 KiB  binary  "0123456789' in second
    assert set() == hostile.forbidden(visible(third))


def test_frames_are_listed_too(index):
    """Those that carry no message among them."""
    frames = told(read(index, 1).frames)
    assert 4 == len(frames)
    assert "ping" in frames[2]


def test_an_exchange_has_its_own(index):
    """And another has none."""
    assert 3 == len(read(index, 1, 1).messages)
    assert 0 == len(read(index, 1, 2).messages)
    assert 0 == len(read(index, 9).messages)


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
    monkeypatch.setattr(units, "MAX_UNITS", 2)
    listed = told(read(index, 1).messages)
    assert 3 == len(listed)
    assert "more than 2" in listed[2]


def test_objects_say_the_same(index):
    """Where each is, what it is, and the beginning of a message; secrets masked unless asked for."""
    found = read(index, 1)
    first, second, _ = (unit.json(found.messages.began, masked=True) for unit in found.messages.units)
    assert ("message", "text", "up", 27) == tuple(first[name] for name in ("kind", "type", "direction", "size"))
    assert '{"token": "[redacted]", "n": 1}' == first["text"]
    assert 3000 == first["elapsed_us"]
    assert (LONG[:256].decode(), len(LONG) - 256) == (second["text"], second["left_out"])
    assert "s3cret" in found.messages.units[0].json(0, masked=False)["text"]
    frame = found.frames.units[2].json(found.frames.began, masked=True)
    assert ("frame", "ping", ["FIN", "MASK"]) == tuple(frame[name] for name in ("kind", "type", "flags"))
    assert frame["length"] == found.frames.units[2].event.length


def test_what_a_frame_asks_for_is_masked(tmp_path):
    """In lines and in objects; unless asked for."""
    talk = Talk()
    talk.client.send_headers(1, [*ASK[:3], (":path", "/a?token=s3cret")], end_stream=True)
    talk.pass_on()
    with Index(indexed(tmp_path / "h2", [Data(*said) for said in talk.talk])) as index:
        (asked,) = (unit for unit in read(index, 1).frames.units if unit.event.type == "HEADERS")
    for hidden, note in ((True, "GET /a?token=[redacted]"), (False, "GET /a?token=s3cret")):
        assert note == asked.json(0, masked=hidden)["note"]
        assert plain(asked.line(0, 100, masked=hidden)).endswith(note)


def test_a_mask_that_is_shorter_than_the_secret_is_no_end(tmp_path):
    """Only what is cut has an ellipsis."""
    said = websocket(said=((UP, TextMessage(data=f'{{"token": "{"s" * 40}"}}')),))
    with Index(indexed(tmp_path / "long", said)) as index:
        (line,) = told(read(index, 1).messages)
    assert line.endswith('  "{"token": "[redacted]"}"')
