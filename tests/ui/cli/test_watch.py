import json
import signal
from dataclasses import replace

import pytest

from journals import CLIENT, DOWN, REFUSAL, STORY, UP, capture, held, name, segment
from tlscope.events import Action, Data, Faulted, Message, Opened, Outcome, OutcomeKind, Policy, Ruled, Ruling, Who

REFUSED = """\
12:00:00.000 #1 opened explicit, from [::1]:50125 to [::1]:8080 +0.0 ms
12:00:00.001 #1 policy intercept [::1]:443 (by CONNECT, --only *) +1.5 ms
12:00:00.003 #1 server ✗ certificate of ::1 is invalid, mirrored to the client (chain of 1); expired: it is over; name-mismatch: it is another +3.0 ms
12:00:00.004 #1 client ▲ Alert 2 B fatal unknown_ca +4.5 ms
12:00:00.006 #1 ✗ fault of the client [client-rejected]: the client refused our certificate; Next: give it ours: tlscope ca path +6.0 ms
12:00:00.007 #1 client closed by the client with an alert: unknown_ca +7.5 ms
12:00:00.009 #1 ✗ client-rejected ▲ 0 B ▼ 0 B: unknown_ca +9.0 ms
"""  # noqa: E501 - one line an event


def test_one_line_an_event(tlscope, tmp_path):
    """With the time, the connection, what happened, and how long after the connection was opened."""
    ran = tlscope("watch", "--no-follow", "-c", capture(tmp_path / "c", REFUSAL))
    assert (0, REFUSED, "") == (ran.code, ran.out, ran.err)


def test_what_was_read_from_a_file_did_not_pass_through(tlscope, tmp_path):
    """Nobody stood between; the next connection may be one of ours."""
    policy, end = Policy(Action.PASS_THROUGH, "a", 1, "pcap"), Outcome(OutcomeKind.PASSED_THROUGH, 1, 2)
    read = [Opened("pcap", "a:1", "b:2"), policy, end]
    passed = [Opened("explicit", "a:1", "b:2"), replace(policy, via="connect"), end]
    out = tlscope("watch", "-c", capture(tmp_path / "c", read, passed)).out
    assert ["server a:1 (read from a file)", "· read from a file ▲ 1 B ▼ 2 B"] == [
        line.split(" ", 2)[2].partition(" +")[0] for line in out.splitlines()[1:3]
    ]
    assert "→ passed-through ▲ 1 B ▼ 2 B" in out.splitlines()[5]


def test_a_finished_capture_ends_by_itself(tlscope, recorded):
    """Following what nobody writes to any more is reading it."""
    assert tlscope("watch", "--no-follow", "-c", recorded) == tlscope("watch", "-c", recorded)


def test_secrets_and_ciphertext_are_left_out(tlscope, recorded):
    """They say little to a reader; each can be asked for."""
    plain = tlscope("watch", "-c", recorded).out
    assert (False, False) == ("key log" in plain, "ciphertext" in plain)
    assert (
        "server key log: SERVER_HANDSHAKE_TRAFFIC_SECRET " + "cd" * 32
        in tlscope("watch", "--with-secrets", "-c", recorded).out
    )
    assert "server ▲ ciphertext 5 B" in tlscope("watch", "--ciphertext", "-c", recorded).out


def told(ran):
    return [json.loads(line) for line in ran.out.splitlines()]


def test_jsonl_is_that_of_show(tlscope, recorded):
    """Line by line, for every connection."""
    shown = [event for number in (1, 2, 3) for event in told(tlscope("show", number, "--jsonl", "-c", recorded))]
    assert shown == told(tlscope("watch", "--jsonl", "-c", recorded))


def test_data_is_an_excerpt(tlscope, tmp_path, monkeypatch):
    """In a line of the terminal's width; in JSON it is whole."""
    directory = capture(tmp_path / "c", [Data(UP, b"x" * 1000)])
    line = '12:00:00.000 #1 data   ▲ 1000 B "{}"… +0.0 ms\n'
    assert line.format("x" * 48) == tlscope("watch", "-c", directory).out
    monkeypatch.setenv("COLUMNS", "60")
    assert line.format("x" * 20) == tlscope("watch", "-c", directory).out
    assert 1000 == len(told(tlscope("watch", "--jsonl", "-c", directory))[0]["text"])


def test_secrets_in_data_are_masked_unless_asked_for(tlscope, tmp_path):
    """Tokens in URLs, credentials in heads; in JSON the data is what it is."""
    directory = capture(tmp_path / "c", [Data(UP, b"GET /?token=s3cret&n=1 HTTP/1.1\r\nCookie: sid=s3cret\r\n\r\n")])
    line = '12:00:00.000 #1 data   ▲ 55 B "GET /?token=[redacted]&n=1 HTTP/1.1\\r\\nCookie: ["… +0.0 ms\n'
    assert line == tlscope("watch", "-c", directory).out
    assert "s3cret" not in tlscope("watch", "-c", directory).out
    assert "token=s3cret" in tlscope("watch", "--with-secrets", "-c", directory).out
    assert "token=s3cret" in tlscope("watch", "--jsonl", "-c", directory).out


def test_time_runs_for_each_connection_alone(tlscope, tmp_path):
    """From its own beginning; a number that is used again begins again."""
    ended = Outcome(OutcomeKind.ABORTED, 0, 0)
    events = [(1, STORY[0]), (2, STORY[0]), (1, ended), (2, ended), (1, Data(UP, b"x")), (1, STORY[0]), (1, ended)]
    directory = capture(tmp_path / "c")
    (directory / name()).write_bytes(b"".join(segment(events)))
    assert [0, 0, 3000, 3000, 0, 0, 1500] == [
        event["elapsed_us"] for event in told(tlscope("watch", "--jsonl", "-c", directory))
    ]


def test_gaps_and_the_recordings_own_faults_are_lines(tlscope, tmp_path):
    """Where they are; they belong to no connection."""
    directory = capture(tmp_path / "c")
    (directory / name()).unlink()
    fault = Faulted(Who.US, "recording-stopped", "the disk is full", "make room")
    (directory / name(2)).write_bytes(b"".join(segment([(0, fault)])) + b"junk")
    at = (directory / name(2)).stat().st_size - len(b"junk")
    assert [
        "! the oldest segment is gone",
        "12:00:00.000 ✗ fault of tlscope [recording-stopped]: the disk is full; Next: make room +0.0 ms",
        f"! {name(2)} is damaged at byte {at}: the segment ends inside a record (4 B lost)",
    ] == tlscope("watch", "-c", directory).out.splitlines()
    assert ["dropped", "fault", "damage"] == [
        event["kind"] for event in told(tlscope("watch", "--jsonl", "-c", directory))
    ]


def grow(directory, *events, begin=False, salt=7):
    parts = segment(events, salt=salt)
    with (directory / name()).open("ab") as file:
        file.write(b"".join(parts if begin else parts[1:]))


def test_a_live_capture_is_followed_to_the_end_of_its_recorder(process, tmp_path):
    """Each event is a line as soon as it is written; when the recorder stops and all is read, watch ends with 0."""
    directory = capture(tmp_path / "c")
    (directory / name()).unlink()
    with held(directory):
        grow(directory, (1, STORY[0]), begin=True)
        watching = process("watch", "-c", directory)
        assert "opened explicit" in watching.stdout.readline()
        grow(directory, (1, Message(CLIENT, UP, 0x0304, 21, b"\x02\x2a")))
        assert "client ▲ Alert 2 B fatal bad_certificate" in watching.stdout.readline()
        grow(directory, (1, Data(DOWN, b"200")))
        assert 'data   ▼ 3 B "200"' in watching.stdout.readline()
        assert watching.poll() is None
    assert (0, "", "") == (watching.wait(), watching.stdout.read(), watching.stderr.read())


@pytest.mark.parametrize("named", [True, False])
def test_watch_waits_for_a_capture(process, tmp_path, named):
    """Started before the recorder it says so, and begins with it."""
    directory = tmp_path / ("c" if named else "home/tlscope/captures/first")
    watching = process("watch", *(["-c", directory] if named else []))
    assert "; waiting for one\n" in watching.stderr.readline()
    assert watching.stderr.readline().startswith("Next: ")
    directory.mkdir(parents=True)
    capture(directory, [Opened("explicit", "a:1", "b:2")])
    assert "opened explicit, from a:1 to b:2" in watching.stdout.readline()
    assert (0, "", "") == (watching.wait(), watching.stdout.read(), watching.stderr.read())


def test_ctrl_c_is_the_way_out(process, tmp_path):
    """Exit code 0 and no complaint, while following and while waiting."""
    directory = capture(tmp_path / "c", [STORY[0]])
    with held(directory):
        watching = process("watch", "-c", directory)
        assert "opened" in watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        assert (0, "", "") == (watching.wait(), watching.stdout.read(), watching.stderr.read())
    waiting = process("watch")
    assert "waiting" in waiting.stderr.readline()
    waiting.stderr.readline()
    waiting.send_signal(signal.SIGINT)
    assert (0, "", "") == (waiting.wait(), waiting.stdout.read(), waiting.stderr.read())


def test_a_filter(tlscope, recorded):
    """Selects connections, each shown from its beginning."""
    for filter_, expected in (
        ("outcome == client-rejected", {2}),
        ("host ~ local or port == 443", {1, 2}),
        ("up > 1M", set()),
    ):
        ran = tlscope("watch", "--no-follow", "--jsonl", "-c", recorded, filter_)
        events = [json.loads(line) for line in ran.out.splitlines()]
        assert (0, expected) == (ran.code, {event["connection"] for event in events})
        assert {0} >= {event["elapsed_us"] for event in events if event["kind"] == "opened"}
    whole = tlscope("watch", "--no-follow", "-c", recorded).out
    assert whole == tlscope("watch", "--no-follow", "-c", recorded, "connection > 0").out


def test_rules_are_told_in_their_place(tlscope, tmp_path):
    """Between what happened before and after; with a filter not at all, while a fault of the recording is."""
    directory = capture(tmp_path / "c")
    rule, fault = Ruled(Ruling.REFUSE, "nx.invalid"), Faulted(Who.US, "recording-stopped", "the disk is full", "")
    events = [(1, STORY[0]), (1, STORY[1]), (0, rule), *((1, event) for event in STORY[2:]), (0, fault)]
    (directory / name()).write_bytes(b"".join(segment(events)))

    def kinds(*filter_):
        ran = tlscope("watch", "--no-follow", "--jsonl", "-c", directory, *filter_)
        return [json.loads(line)["kind"] for line in ran.out.splitlines()]

    assert ["opened", "policy", "rule", "message"] == kinds()[:4]
    assert [kind for kind in kinds() if kind not in {"rule", "fault"}] == [
        kind for kind in kinds("connection > 0") if kind != "fault"
    ]
    assert "fault" in kinds("up > 1M")


def test_a_wrong_filter(tlscope, recorded):
    """Is told before anything is shown."""
    assert (2, "") == (tlscope("watch", "-c", recorded, "x ==").code, tlscope("watch", "-c", recorded, "x ==").out)
