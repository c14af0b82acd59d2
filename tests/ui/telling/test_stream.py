import json

import pytest

import hostile
from journals import DOWN, NOON, TICK, UP, capture
from support.http2_talk import ASK, Talk
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.events import Data
from tlscope_ui.telling.stream import pieces

GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
SAID = [Data(UP, GET[:9]), Data(UP, GET[9:] + GET), Data(DOWN, OK), Data(DOWN, b"\0\1\2\xff" + OK + b"done")]
TOLD = """\
connection 1
▲ client → server  12:00:00.000 +0.0 ms  9 B at 0x0  ◂ exchange 1 begins here
  │ GET / HTT
▲ client → server  12:00:00.001 +1.5 ms  51 B at 0x9  ◂ exchange 2 begins here
  │ P/1.1
  │ Host: here
  │
  │ GET / HTTP/1.1
  │ Host: here
  │
▼ server → client  12:00:00.003 +3.0 ms  38 B at 0x0  ◂ response of exchange 1 begins here
  │ HTTP/1.1 200 OK
  │ Content-Length: 4
  │
▼ server → client  12:00:00.004 +4.5 ms  46 B at 0x26  ◂ response of exchange 2 begins here
  00000026  00 01 02 ff 48 54 54 50  2f 31 2e 31 20 32 30 30  |....HTTP/1.1 200|
  00000036  20 4f 4b 0d 0a 43 6f 6e  74 65 6e 74 2d 4c 65 6e  | OK..Content-Len|
  00000046  67 74 68 3a 20 34 0d 0a  0d 0a 64 6f 6e 65        |gth: 4....done|
"""


def test_each_piece_with_its_time_direction_length_and_offset(tlscope, tmp_path):
    """As text where it is text; and which exchange begins in it."""
    ran = tlscope("show", 1, "--stream", "-c", capture(tmp_path / "c", SAID))
    assert (0, TOLD, "") == (ran.code, ran.out, ran.err)


def test_text_is_a_dump_on_request(tlscope, tmp_path):
    """With the offsets of its direction's stream."""
    lines = tlscope("show", 1, "--stream", "--hex", "-c", capture(tmp_path / "c", SAID)).out.splitlines()
    assert "  00000009  50 2f 31 2e 31 0d 0a 48  6f 73 74 3a 20 68 65 72  |P/1.1..Host: her|" in lines


def test_data_is_bounded(tlscope, tmp_path):
    """Over both directions; what is left out is said where it is, and in sum."""
    directory = capture(tmp_path / "c", SAID)
    lines = tlscope("show", 1, "--stream", "--max-data", 12, "-c", directory).out.splitlines()
    assert ["  │ P/1", "  … and 48 B more"] == lines[4:6]
    assert "132 B of data left out; --all shows it, --max-data BYTES more of it" == lines[-1]
    assert [9, 3, 0, 0] == [
        len(json.loads(line)["text"])
        for line in tlscope("show", 1, "--stream", "--jsonl", "--max-data", 12, "-c", directory).out.splitlines()
    ]


def test_what_is_not_shown_is_not_read(tmp_path, monkeypatch):
    """A stream may have gigabytes."""
    with Index(indexed(tmp_path / "c", SAID)) as index:
        read, record = [], index.lookup.record
        monkeypatch.setattr(index.lookup, "record", lambda *place: read.append(place) or record(*place))
        assert [9, 3, 0, 0] == [len(piece.data) for piece in pieces(index, 1, 12)]
    assert 2 == len(read)


def test_objects_hold_all_of_it(tlscope, tmp_path):
    """Joined, they are the streams; offsets say where."""
    told = [
        json.loads(line)
        for line in tlscope("show", 1, "--stream", "--jsonl", "-c", capture(tmp_path / "c", SAID)).out.splitlines()
    ]
    assert [("up", 0, 9), ("up", 9, 51), ("down", 0, 38), ("down", 38, 46)] == [
        (each["direction"], each["offset"], each["length"]) for each in told
    ]
    assert GET + GET == "".join(each["text"] for each in told[:2]).encode()
    assert (SAID[3].data.hex(), 3 * TICK // 1000) == (told[3]["hex"], told[3]["elapsed_us"])


def test_streams_of_http2_begin_where_their_frames_do(tlscope, tmp_path):
    """Their heads, as the index has them."""
    talk = Talk()
    talk.client.send_headers(1, ASK, end_stream=True)
    talk.pass_on()
    out = tlscope("show", 1, "--stream", "-c", capture(tmp_path / "c", [Data(*said) for said in talk.talk])).out
    assert "◂ exchange 1 begins here" in out


def test_what_is_gone_leaves_its_place(tmp_path):
    """The journal holds it no more; what comes after stands where it stood."""
    directory = indexed(tmp_path / "c", SAID)
    with Index(directory) as index:
        for path in directory.glob("*.tlsj"):
            path.unlink()
        assert [(0, 9, 0), (9, 51, 0), (0, 38, 0), (38, 46, 0)] == [
            (piece.offset, piece.length, piece.wall) for piece in pieces(index, 1, None)
        ]
    assert 0 == NOON % 10**9


@pytest.mark.parametrize("options", [[], ["--hex"], ["--jsonl"]])
def test_nothing_drives_the_terminal(tlscope, tmp_path, options):
    """Whatever passes."""
    data = "".join(hostile.HOSTILE).encode(errors="surrogatepass")
    ran = tlscope("show", 1, "--stream", *options, "-c", capture(tmp_path / "c", [Data(UP, data)]))
    assert set() == hostile.forbidden(ran.out)
