"""What a person reads while a recorder runs and after."""

from __future__ import annotations

import json
import subprocess

from support.clients import connect, curl
from support.recorder import TLSCOPE, environment, tlscope
from support.waiting import PATIENCE, until


def test_watch_tells_what_happens(record, nginx):
    """`watch` prints one line an event while the recorder records, and ends when it does."""
    recording = record()
    with subprocess.Popen(
        [TLSCOPE, "watch", "-c", recording.capture], env=environment(recording.home), stdout=subprocess.PIPE, text=True
    ) as watch:
        with recording.catch():
            curl("-x", f"http://{recording.address}", "--cacert", recording.ca, f"{nginx.url}/one")
        lines = []
        for line in watch.stdout:
            lines.append(line)
            if "intercepted" in line:
                break
        recording.stop()
        rest = watch.stdout.read()
        assert 0 == watch.wait(PATIENCE), rest
    for words in ("client ▲ ClientHello", "server ▼ Certificate", "data   ▲", "data   ▼", "intercepted"):
        assert words in "".join(lines)


def test_the_newest_capture_is_the_default(record, nginx):
    """Without -c, `record` makes a capture and the others take the newest."""
    recording = record()
    with recording.catch():
        curl("-x", f"http://{recording.address}", "--cacert", recording.ca, f"{nginx.url}/one")
    started = subprocess.Popen(
        [TLSCOPE, "record", "-l", "127.0.0.1:0"], env=environment(recording.home), stdout=subprocess.PIPE
    )
    told = json.loads(started.stdout.readline())
    curl("-x", f"http://{told['listening'][0]}", f"http://127.0.0.1:{nginx.plain_port}/one")
    until(lambda: ["not-tls"] == outcomes(recording.home), "the connection to end")
    started.terminate()
    assert 0 == started.wait(PATIENCE)
    started.stdout.close()
    assert ["intercepted"] == [line["outcome"] for line in recording.listed().values()]


def outcomes(home):
    """Of the newest capture's connections."""
    return [json.loads(line)["outcome"] for line in tlscope(home, "list", "--jsonl").stdout.splitlines()]


def test_bytes_from_the_wire_reach_no_terminal(recorder, serve_python):
    """Escape sequences, control characters and bidirectional marks in data are shown escaped by `show` and `list`."""
    hostile = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\r\n".encode()
    server = serve_python(lambda connection, _: connection.sendall(hostile))
    with recorder.catch() as caught, connect(recorder.port, f"127.0.0.1:{server.port}") as sock:
        assert sock.recv(100)
    shown = recorder.cli("show", caught.one.number, "--all") + recorder.cli("list")
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(shown)
    assert "owned" in shown
    assert hostile == caught.one.data("down") == caught.one.shown("down")
