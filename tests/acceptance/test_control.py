"""A recorder that is controlled while it records: `tlscope control`, and programs on its socket."""

from __future__ import annotations

import json
import signal
import socket
import stat

from support.clients import connect, curl
from support.recorder import tlscope
from support.waiting import until
from tlscope.capture.control import NAME, Control
from tlscope.capture.reader import is_live

CANNOT_VERIFY = 60
"""curl's exit code for a certificate that its roots do not vouch for."""


def fetch(recording, nginx, ca):
    return curl("-x", f"http://{recording.address}", "--cacert", ca, f"{nginx.url}/one")


def control(recording, *arguments):
    return recording.cli("control", *arguments)


def test_policy_changes_while_it_records(record, nginx, upstream_ca):
    """Intercepted, passed through, refused, and as before: each from the next connection on, and recorded."""
    recording = record()
    with recording.catch(5) as caught:
        assert nginx.files["one"] == fetch(recording, nginx, recording.ca).stdout
        control(recording, "pass-through", "LOCAL*")
        assert CANNOT_VERIFY == fetch(recording, nginx, recording.ca).returncode
        assert nginx.files["one"] == fetch(recording, nginx, upstream_ca.pem).stdout
        control(recording, "refuse", "localhost")
        assert b"403" in fetch(recording, nginx, upstream_ca.pem).stderr
        control(recording, "forget", "localhost")
        control(recording, "forget", "LOCAL*")
        assert nginx.files["one"] == fetch(recording, nginx, recording.ca).stdout
    assert ["intercepted", "passed-through", "passed-through", "refused", "intercepted"] == [
        connection.outcome for connection in caught
    ]
    passed, refused = "control pass-through LOCAL*", "control refuse localhost"
    assert [None, passed, passed, refused, None] == [connection.of("policy")[-1]["rule"] for connection in caught]
    changes = [json.loads(line) for line in recording.cli("watch", "--no-follow", "--jsonl").splitlines()]
    assert [("pass-through", "LOCAL*"), ("refuse", "localhost"), ("forget", "localhost"), ("forget", "LOCAL*")] == [
        (event["ruling"], event["host"]) for event in changes if event["kind"] == "rule"
    ]


def test_a_rule_is_stronger_than_an_option(record, nginx):
    """What is said while recording comes before what it was started with."""
    recording = record("--refuse", "*")
    control(recording, "intercept", "localhost")
    with recording.catch() as caught:
        assert nginx.files["one"] == fetch(recording, nginx, recording.ca).stdout
    assert "intercepted" == caught.one.outcome


def test_refusing_holds_in_every_mode(record, nginx):
    """Also for what is no TLS, in reverse:tcp mode."""
    recording = record("--mode", f"reverse:tcp://127.0.0.1:{nginx.plain_port}")
    control(recording, "refuse", "127.0.0.1")
    with recording.catch() as caught:
        assert b"" == curl(f"http://{recording.address}/16K").stdout
    assert ("refused", "refused-by-policy") == (caught.one.outcome, caught.one.fault)


def test_what_is_open_goes_on(record, nginx):
    """A policy is for connections that are not decided yet."""
    recording = record()
    with recording.catch() as caught, connect(recording.port, f"127.0.0.1:{nginx.plain_port}") as client:
        client.sendall(b"GET /one HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
        control(recording, "refuse", "*")
        client.sendall(b"GET /one HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
    assert "not-tls" == caught.one.outcome


def test_status_tells_what_passes(record, nginx):
    """Connections and bytes, as the capture has them afterwards."""
    recording = record()
    with recording.catch() as caught:
        fetch(recording, nginx, recording.ca)
    summary = caught.one.summary
    with connect(recording.port, f"127.0.0.1:{nginx.plain_port}"):
        status = json.loads(control(recording, "status", "--json"))
        assert {"open": 1, "total": 2} == status["connections"]
    assert {"up": summary["up"], "down": summary["down"]} == status["bytes"]
    assert recording.listening == status["listening"]
    assert (str(recording.capture), recording.ca) == (status["capture"], status["ca"])
    assert 0 < status["journal"]["size"] < status["journal"]["keep"]


def test_two_clients_at_once(record):
    """Each sees what the other did; one that sends rubbish, or half a line, disturbs neither."""
    recording = record()
    with Control(recording.capture) as one, Control(recording.capture) as two, socket.socket(socket.AF_UNIX) as odd:
        odd.connect(str(recording.capture / NAME))
        odd.sendall(b"\x00rubbish\n{")
        one.policy("refuse", "a.test")
        two.policy("intercept", "b.test")
        for client in (one, two):
            assert ["b.test", "a.test", "*"] == [rule["host"] for rule in client.status()["rules"]]
        assert b"not-json" in odd.recv(4096)


def test_a_flood_stalls_nobody(record, nginx):
    """Clients that ask without end and do not read, and as many as can be: traffic passes, and others are answered."""
    recording = record()
    floods = []
    for _ in range(6):
        flood = socket.socket(socket.AF_UNIX)
        flood.connect(str(recording.capture / NAME))
        flood.settimeout(0)
        floods.append(flood)
        try:
            while True:
                flood.send(b'{"do": "status"}\n' * 1000 + b"\n" * 1000)
        except BlockingIOError:
            pass
    with recording.catch() as caught:
        assert nginx.files["one"] == fetch(recording, nginx, recording.ca).stdout
    assert "intercepted" == caught.one.outcome
    with Control(recording.capture) as client:
        assert client.ping()
    for flood in floods:
        flood.close()


def test_stop(record, nginx):
    """It ends as by SIGTERM: open connections are closed and recorded as aborted, exit code 0, a last line."""
    recording = record()
    with connect(recording.port, f"localhost:{nginx.port}") as silent:
        control(recording, "stop")
        assert b"" == silent.recv(1)
    assert 0 == recording.process.wait(20)
    assert {"recorded": 1, "capture": str(recording.capture)} == json.loads(recording.process.stdout.read())
    assert ["aborted"] == [line["outcome"] for line in recording.listed().values()]
    assert not (recording.capture / NAME).exists()


def test_a_killed_recorders_socket(record):
    """Is left, is told to be nobody's, and is replaced by the next recorder."""
    first = record()
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(20)
    assert stat.S_ISSOCK((first.capture / NAME).lstat().st_mode)
    done = tlscope(first.home, "control", "status", "-c", first.capture)
    assert (1, "") == (done.returncode, done.stdout)
    assert f"nobody records to {first.capture}\nNext: " in done.stderr
    second = record(capture=first.capture)
    status = json.loads(control(second, "status", "--json"))
    assert second.process.pid == status["pid"]
    assert 0o600 == stat.S_IMODE((second.capture / NAME).lstat().st_mode)


def test_a_capture_with_a_long_path(record, tmp_path):
    """Longer than a socket's address: controlled as any other."""
    recording = record(capture=tmp_path / ("d" * 200) / "capture")
    assert str(recording.capture) == json.loads(control(recording, "status", "--json"))["capture"]
    control(recording, "stop")
    assert 0 == recording.process.wait(20)
    until(lambda: not is_live(recording.capture), "the capture to be let go")
    assert not (recording.capture / NAME).exists()
