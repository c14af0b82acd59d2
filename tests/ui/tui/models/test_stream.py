from functools import partial

import pytest
from hpack import Encoder

import hostile
from journals import DOWN, UP
from support.carried import Http2
from support.growing import grown
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.capture.listening import Listening
from tlscope.events import Data, HandshakeDone, Leg
from tlscope_ui.text import visible
from tlscope_ui.tui.models import heads
from tlscope_ui.tui.models import stream as models
from tlscope_ui.tui.models.content import Job, Stopped, Want
from tlscope_ui.tui.models.stream import Stream
from ui.tui.models.test_exchange import CUT, GET, OK, POST, SAID

AGREED = HandshakeDone(Leg.CLIENT, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "X25519", "h2", "")
CALL = Http2([(":method", "GET"), (":path", "/"), ("authorization", "Bearer zzzz")], [("set-cookie", "a=zzzz")])
SMTP = [Data(UP, b"HELO me\r\n"), Data(DOWN, b"250 hello\r\n250 ok\r\n"), Data(UP, b"QUIT\r\n")]


def stream(directory, connection=1, exchange=0):
    with Index(directory) as index:
        return Stream(index, directory, connection, exchange)


def told(made):
    if hasattr(made.lines, "index"):
        made.lines.index(lambda: False)
    return [plain(made.lines.line(y, 80)) for y in range(len(made.lines))]


def plain(line):
    return "".join(part if isinstance(part, str) else part.text for part in line)


def make(found, **want):
    return found.make(Want(**want), Job())


def test_pieces_come_in_their_order_with_who_said_them_and_when(tmp_path):
    """What was relayed at once, below a line of its own."""
    found = stream(indexed(tmp_path, SMTP))
    made = make(found)
    lines = told(made)
    assert "text" == made.view
    assert ["HELO me", "250 hello", "250 ok", "QUIT"] == [line for line in lines if "→" not in line]
    first, second, third = [line for line in lines if "→" in line]
    assert first.startswith("▲ client → server  ")
    assert "+0.0 ms  9 B at 0x0" in first
    assert "▼ server → client" in second
    assert "+1.5 ms  19 B at 0x0" in second
    assert "+3.0 ms  6 B at 0x9" in third
    assert "▲ client → server 15 B in 2  ▼ server → client 19 B in 1" in plain(made.said)


def test_where_an_exchange_begins_is_marked(tmp_path):
    """Its request and its response, in the pieces in which they begin; of no exchange, nothing is."""
    both = [SAID[0], Data(UP, POST), Data(DOWN, OK), Data(UP, GET), Data(DOWN, CUT), *SAID[-1:]]
    piped = [SAID[0], Data(UP, POST + GET), Data(DOWN, OK + CUT), *SAID[-1:]]
    directory = indexed(tmp_path, both, piped)
    found = stream(directory, exchange=2)
    assert len(POST + OK) == found.begin
    marks = [line.partition("◂ ")[2] for line in told(make(found)) if "→" in line]
    assert ["", "", "exchange 2 begins here", "response of exchange 2 begins here"] == marks
    found = stream(directory, 2, 2)
    assert len(POST) == found.begin
    assert plain(make(found).said).startswith(f"exchange 2 from ▲ {len(POST):#x} and ▼ {len(OK):#x}  ")
    marks = [line.partition("◂ ")[2] for line in told(make(found)) if "→" in line]
    sent, came = (f"{len(data):#x}" for data in (POST, OK))
    assert [f"exchange 2 begins here, at {sent}", f"response of exchange 2 begins here, at {came}"] == marks
    for number in (0, 3):
        assert stream(directory, exchange=number).begin is None
        assert "◂" not in "".join(told(make(stream(directory, exchange=number))))
        assert plain(make(stream(directory, exchange=number)).said).startswith("▲ client")


def test_a_promised_request_is_the_servers(tmp_path):
    """It came from there: its offset is one of that direction."""
    directory = indexed(tmp_path, [SAID[0], Data(UP, GET), Data(DOWN, CUT)])
    with Index(directory) as index:
        index.exchanges = lambda *_, **__: [{"stream": 2, "request_start": 3, "response_start": 20}]
        assert len(GET) + 3 == Stream(index, directory, 1, 1).begin


def test_what_is_no_text_is_hex(tmp_path):
    """At once; each piece's offsets begin anew."""
    made = make(stream(indexed(tmp_path, [Data(UP, b"\0\1\2" * 6), Data(DOWN, b"ok")])))
    assert "hex" == made.view
    assert ["00000000", "00000010", "00000000"] == [line[:8] for line in told(made) if "|" in line]


def test_secrets_of_heads_are_covered_until_they_are_asked_for(tmp_path):
    """However the stream was cut, in text and hex; every other byte is as it passed."""
    found = stream(indexed(tmp_path, SAID))
    whole = b"".join(event.data for event in SAID if isinstance(event, Data))
    for view in ("text", "hex"):
        masked = make(found, view=view)
        covered = masked.lines.source.read(0, len(whole))
        assert b"s3cret" not in covered
        assert b"token=abc" not in covered
        assert "u: secrets" in plain(masked.said)
        for piece in (b"Host: here", b"Authorization:*", b"Set-Cookie:*", b"hello", b"X-Sum: 7", b"GET /two HTTP/1.1"):
            assert piece in covered
    assert whole == make(found, masked=False).lines.source.read(0, len(whole))
    assert len(POST + OK + GET + CUT) == len(whole)


def test_any_stream_is_lines(tmp_path):
    """What a peer sends drives no terminal; nothing is no line."""
    bad = "".join(hostile.HOSTILE).encode("utf-8", "surrogatepass") + b"\xff[red]\0"
    found = stream(indexed(tmp_path, [Data(UP, bad), Data(DOWN, bad * 100)], []))
    for view in ("text", "hex"):
        painted = [visible(line) for line in told(make(found, view=view, wrap=40))]
        assert set() == hostile.forbidden("\n".join(painted))
    assert [] == told(nothing := make(stream(tmp_path, 2)))
    assert "▲ client → server nothing  ▼ server → client nothing" in plain(nothing.said)


def test_secrets_are_covered_in_contents_and_in_what_is_no_http(tmp_path):
    """In each direction by itself, though the other spoke in between."""
    said = [Data(UP, b'login {"password": "s3'), Data(DOWN, b"token: wait\r\n" * 3), Data(UP, b'cret", "n": 1}\r\n')]
    made = make(stream(indexed(tmp_path, said)))
    source = made.lines.source
    assert b'"password": "**' in source.read(0, 50)
    assert b'****", "n": 1}' in source.read(0, 100)
    assert "u: secrets" in plain(made.said)
    assert "u: secrets" not in plain(make(stream(indexed(tmp_path / "2", SMTP))).said)


def test_secrets_of_what_is_too_long_are_covered_without_reading_it(tmp_path, monkeypatch):
    """As they are met."""
    monkeypatch.setattr(models, "UNASKED", 10)
    found, jobs = stream(indexed(tmp_path, SAID)), []
    monkeypatch.setattr(heads.Heads, "read", lambda *_: jobs.append("read"))
    shown = make(found).lines.source.read(0, 10_000)
    assert b"s3cret" not in shown
    assert b"token=abc" not in shown
    assert b"hello" in shown
    assert [] == jobs


def test_what_is_too_long_is_read_where_its_heads_are_compressed(tmp_path, monkeypatch):
    """HTTP/2, with a word on how far it is; and once."""
    monkeypatch.setattr(models, "UNASKED", 10)
    found, job = stream(indexed(tmp_path, [AGREED, *CALL.talk])), Job()
    source = found.make(Want("hex"), job).lines.source
    assert ("finding secrets", len(source)) == (job.what, job.total)
    passed, shown = found.source.read(0, len(source)), source.read(0, len(source))
    for pair in (("authorization", "Bearer zzzz"), ("set-cookie", "a=zzzz")):
        value = Encoder().encode([pair])[2:]  # behind the name's index, and the length
        assert value in passed
        assert value not in shown
    job.stop()
    assert shown == found.make(Want("hex"), job).lines.source.read(0, len(source))


def test_where_there_are_more_secrets_than_are_kept_everything_is_covered(tmp_path, monkeypatch):
    """Rather too much than too little."""
    monkeypatch.setattr(heads, "MAX_SECRETS", 1)
    found = stream(indexed(tmp_path, SAID))
    shown = make(found).lines.source.read(0, 10_000)
    assert set(b"*\r\n") >= set(shown)


@pytest.mark.parametrize("said", [SAID, [AGREED, *CALL.talk]], ids=["HTTP/1.1", "HTTP/2"])
@pytest.mark.parametrize("view", ["text", "hex"])
def test_a_stream_that_grows_is_the_same_as_one_that_is_read_at_once(tmp_path, said, view):
    """Record by record: lines, marks, and what is covered, masked or not."""
    events, streams = [(1, event) for event in said], []
    for many in range(len(events) + 1):
        with grown(tmp_path, events, many) as index:
            for masked in (True, False):
                if not many:
                    streams.append(Stream(index, tmp_path, 1, 1))
                found, fresh = streams[not masked], Stream(index, tmp_path, 1, 1)
                found.grow(index)
                made, new = (each.make(Want(view, 30, masked=masked), Job()) for each in (found, fresh))
                assert told(new) == told(made)
                assert (plain(new.said), fresh.begin) == (plain(made.said), found.begin)
                covered = made.lines.source.read(0, 100_000)
                assert new.lines.source.read(0, 100_000) == covered


def test_of_a_stream_that_grows_each_record_is_read_once(tmp_path, monkeypatch):
    """However often it is looked at: its heads, and the lines that are known."""
    monkeypatch.setattr(models, "UNASKED", 10)
    listened, read, take = [], [], Listening.take
    monkeypatch.setattr(Listening, "take", lambda self, item: listened.append(item.start) or take(self, item))
    more = [Data(DOWN, bytes(range(256)) * 64)] * 40
    events, found = [(1, event) for event in [AGREED, *CALL.talk, *more]], None
    for many in range(len(events) - len(more), len(events) + 1, 4):
        with grown(tmp_path, events, many) as index:
            if found is None:
                found = Stream(index, tmp_path, 1)
                monkeypatch.setattr(found.source, "read", partial(reading, found.source.read, read))
            found.grow(index)
            make(found, view="text").lines.index(lambda: False)
    assert sorted(set(listened)) == listened
    assert len(events) == len(listened)
    # Besides what is new: a sample of each direction, to say what it is, and whether there are secrets.
    assert sum(read) < 3 * len(found.source)


def reading(read, counts, start, end):
    counts.append(max(end - start, 0))
    return read(start, end)


def test_what_was_stopped_goes_on_where_it_was(tmp_path, monkeypatch):
    """Nothing is read twice, and nothing is left out."""
    monkeypatch.setattr(models, "UNASKED", 10)
    found, listened, take = stream(indexed(tmp_path, [AGREED, *CALL.talk])), [], Listening.take
    expected = make(stream(tmp_path), view="hex").lines.source.read(0, 10_000)
    monkeypatch.setattr(Listening, "take", lambda self, item: listened.append(item.start) or take(self, item))
    for _ in range(len(CALL.talk)):
        job = Job()
        job.stop()
        with pytest.raises(Stopped):
            found.make(Want("hex"), job)
    assert len(CALL.talk) == len(listened)
    assert expected == make(found, view="hex").lines.source.read(0, 10_000)
    assert sorted(set(listened)) == listened
    assert len(CALL.talk) + 1 == len(listened)


def test_a_byte_is_found_by_its_direction_and_offset(tmp_path):
    """Wherever the other direction spoke; one that is not there yet is where the last is."""
    found = stream(indexed(tmp_path, SMTP))
    assert [0, 8, 28, 33, 33] == [found.place(UP, offset) for offset in (0, 8, 9, 14, 99)]
    assert [9, 27] == [found.place(DOWN, offset) for offset in (0, 18)]
    assert 0 == stream(tmp_path, 2).place(UP, 5)
