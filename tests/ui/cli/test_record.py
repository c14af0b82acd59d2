import json
import os
import resource
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tlscope.capture.directory import Hold, default_root, read_meta
from tlscope.capture.journal import RESERVE
from tlscope.capture.reader import read
from tlscope.capture.segment import Record
from tlscope.events import Faulted, Opened
from tlscope_ca.authority import CERTIFICATE_FILE, KEY_FILE
from tlscope_ui.cli import record

PATIENCE = 30
"""Seconds that a recorder may take to stop on a machine that is busy."""
ANY = ["-l", "127.0.0.1:0"]


@pytest.fixture
def recorder(process, tmp_path):
    """Starts a recorder and waits until it listens; what it said of itself is `told`."""

    def begin(*arguments, **options):
        buffered = {"PYTHONUNBUFFERED": ""}  # as for a user: what is not flushed does not arrive
        started = process("record", *(arguments or ["-c", tmp_path / "capture", *ANY]), env=buffered, **options)
        line = started.stdout.readline()
        assert line, started.stderr.read()
        started.told = json.loads(line)
        return started

    return begin


def stop(started, how=signal.SIGTERM):
    """The exit code, what it said last, and what it said on standard error."""
    started.send_signal(how)
    out, err = started.communicate(timeout=PATIENCE)
    return started.returncode, out.splitlines(), err


def visit(started, number=0):
    """One connection, which is refused because it is no proxy request."""
    host, _, port = started.told["listening"][number].rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), PATIENCE) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        answer = b""
        while data := client.recv(1000):
            answer += data
    return answer


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_what_it_recorded(recorder, tmp_path, how):
    """One line of JSON when it listens, one when a signal stopped it; exit code 0, and nothing on standard error."""
    capture = tmp_path / "capture"
    started = recorder()
    assert {"listening", "capture", "ca"} == set(started.told)
    assert str(capture) == started.told["capture"]
    assert tmp_path / "home" / "tlscope" / "ca" == Path(started.told["ca"]).parent
    assert b"BEGIN CERTIFICATE" in Path(started.told["ca"]).read_bytes()
    (listening,) = started.told["listening"]
    assert listening.startswith("127.0.0.1:")
    assert not listening.endswith(":0")
    assert visit(started).startswith(b"HTTP/1.1 400 ")
    code, (last,), err = stop(started, how)
    assert (0, "") == (code, err)
    assert {"recorded": 1, "capture": str(capture)} == json.loads(last)
    assert 1 == read_meta(capture)["connections"]
    assert [listening] == read_meta(capture)["listening"]


def test_a_constrained_ca_is_told_of(recorder, tlscope):
    """Clients will refuse what is signed for other hosts, whatever they trust."""
    tlscope("ca", "create", "--only", "example.com")
    assert "the CA vouches for nothing but example.com: " in stop(recorder())[2]


def test_a_relative_path_is_told_from_the_root(recorder, tmp_path, monkeypatch):
    """Who reads it may be elsewhere."""
    monkeypatch.chdir(tmp_path)
    started = recorder("-c", "capture", *ANY)
    assert str(tmp_path / "capture") == started.told["capture"]
    assert str(tmp_path / "capture") == json.loads(stop(started)[1][0])["capture"]


def test_nothing_recorded(recorder):
    """A recorder that nobody visited stops as well."""
    code, (last,), err = stop(recorder())
    assert (0, 0, "") == (code, json.loads(last)["recorded"], err)


def test_many_listeners(recorder, tmp_path):
    """It listens wherever it is told to, on both kinds of loopback, and says where in the order given."""
    started = recorder("-c", tmp_path / "capture", *ANY, "-l", "[::1]:0", "-l", "localhost:0")
    hosts = [address.rpartition(":")[0] for address in started.told["listening"]]
    assert ["127.0.0.1", "[::1]"] == hosts[:2]
    assert hosts[2] in hosts[:2]
    for number in range(3):
        visit(started, number)
    _, (last,), _ = stop(started)
    assert 3 == json.loads(last)["recorded"]


def test_recording_again_into_a_capture(recorder, tmp_path, tlscope):
    """The numbers of its connections go on; what is said at the end is what this run recorded."""
    for count in (1, 2):
        started = recorder()
        for _ in range(count):
            visit(started)
        _, (last,), _ = stop(started)
        assert count == json.loads(last)["recorded"]
    lines = tlscope("list", "--jsonl", "-c", tmp_path / "capture").out.splitlines()
    assert [1, 2, 3] == [json.loads(line)["connection"] for line in lines]


def test_a_capture_of_its_own(recorder):
    """Without --capture it makes a new one below the data directory, which nobody else may read."""
    started = recorder(*ANY)
    capture = Path(started.told["capture"])
    assert default_root() == capture.parent
    assert 0o700 == mode(capture)
    assert {0o600} == {mode(path) for path in capture.iterdir()}
    assert 0 == stop(started)[0]


def test_whoever_started_it_may_stop_reading(recorder, tmp_path):
    """A closed standard output is no reason to stop recording, and no failure."""
    started = recorder()
    started.stdout.close()
    visit(started)
    started.send_signal(signal.SIGTERM)
    assert (0, "") == (started.wait(PATIENCE), started.stderr.read())
    records = [item for item in read(tmp_path / "capture") if isinstance(item, Record)]
    assert 1 == sum(isinstance(item.event, Opened) for item in records)


def test_a_full_disk(recorder, tmp_path):
    """The user is told at once and at the end, and the connections go on."""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (RESERVE + 10_000, RESERVE + 10_000))

    started = recorder("-c", tmp_path / "capture", *ANY, preexec_fn=limit)
    assert all(visit(started).startswith(b"HTTP/1.1 400 ") for _ in range(400))
    code, (last,), err = stop(started)
    assert 0 == code
    assert "File too large" in err
    assert {"recorded": 400, "capture": str(tmp_path / "capture"), "stopped": "File too large"} == json.loads(last)
    assert "File too large" in read_meta(tmp_path / "capture")["stopped"]


# ------------------------------------------------------------------------------------------------- usage: exit code 2


@pytest.mark.parametrize(
    ("error", "next_", "arguments"),
    [
        ("No such option '--pasthrough'. Did you mean '--passthrough'?", "", ["--pasthrough", "a"]),
        ("there is no mode 'revers'; did you mean reverse?", "", ["-m", "revers"]),
        ("there is no mode 'transparent'; there are: explicit, reverse", "", ["--mode", "transparent"]),
        ("did you mean https?", "", ["-m", "reverse:http://a"]),
        ("'8080' is no ADDRESS:PORT; write 127.0.0.1:8080, or [::1]:8080", "", ["-l", "8080"]),
        ("'much' is no size; write 500M or 4G", "", ["--keep", "much"]),
        ("1,024 bytes are too few to keep", "segments of 1 MiB or more; keep 8M or more", ["--keep", "1k"]),
        ("8,388,607 bytes are too few to keep", "", ["--keep", "8388607"]),
        ("'client.pem' is no HOST=PEM; write example.com=client.pem", "", ["--client-cert", "client.pem"]),
        ("0.0.0.0:8080 can be reached from other machines", "or say --allow-remote", ["-l", "0.0.0.0:8080"]),
        ("[::]:8080 can be reached from other machines", "or say --allow-remote", ["-l", "[::]:8080"]),
        ("192.0.2.1:0 can be reached from other machines", "or say --allow-remote", [*ANY, "-l", "192.0.2.1:0"]),
        ("is not one of 'mirror', 'refuse'", "", ["--upstream-invalid", "ignore"]),
        ("is not one of 'relay', 'close'", "", ["--on-full", "stop"]),
        ("Got unexpected extra argument (8080)", "", ["8080"]),
        ("requires an argument", "", ["--capture"]),
    ],
)
def test_what_cannot_be_meant(tlscope, tmp_path, error, next_, arguments):
    """Exit code 2, with a suggestion and where to read on; nothing is made on the disk."""
    ran = tlscope("record", *arguments)
    assert (2, "") == (ran.code, ran.out)
    first, second = ran.err.splitlines()
    assert first.startswith("Error: ")
    assert error in first
    assert next_ in first
    assert second in {"Next: tlscope record --help", "Next: tlscope --help"}
    assert not any(tmp_path.iterdir())


def test_remote_listeners_are_possible(recorder, tmp_path):
    """Who says so may listen where others reach it."""
    started = recorder("-c", tmp_path / "capture", "-l", "0.0.0.0:0", "--allow-remote")
    assert started.told["listening"][0].startswith("0.0.0.0:")
    assert 0 == stop(started)[0]


# ------------------------------------------------------------------------------------------------ failures: 1, 4 and 5


def failed(process, *arguments):
    """How a recorder that does not start ends."""
    started = process("record", *arguments)
    out, err = started.communicate(timeout=PATIENCE)
    assert "" == out
    error, next_ = err.splitlines()
    assert error.startswith("Error: ")
    assert next_.startswith("Next: ")
    return started.returncode, error, next_


def test_a_port_that_is_taken(process, tmp_path):
    """Exit code 4, with the address, the reason and a way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        code, error, next_ = failed(process, "-c", tmp_path / "capture", "-l", address)
    assert 4 == code
    assert f"cannot listen on {address}: Address already in use" in error
    assert "another port" in next_


def test_an_address_that_is_not_ours(process, tmp_path):
    """Exit code 4, too."""
    code, error, _ = failed(process, "-c", tmp_path / "capture", "-l", "192.0.2.1:0", "--allow-remote")
    assert (4, True) == (code, "cannot listen on 192.0.2.1:0" in error)


def test_a_broken_ca(process, tmp_path):
    """Exit code 5 where the CA cannot be used; it is not replaced behind the user's back."""
    directory = tmp_path / "home" / "tlscope" / "ca"
    directory.mkdir(parents=True, mode=0o700)
    for file in (CERTIFICATE_FILE, KEY_FILE):
        (directory / file).write_text("damaged")
    before = sorted(path.name for path in directory.iterdir())
    code, error, next_ = failed(process, "-c", tmp_path / "capture", *ANY)
    assert 5 == code
    assert str(directory) in error
    assert next_ != "Next: "
    assert before == sorted(path.name for path in directory.iterdir() if path.is_file())


def test_roots_that_cannot_be_read(process, tmp_path):
    """Exit code 5 for a --ca-file without certificates."""
    roots = tmp_path / "roots.pem"
    roots.write_text("none")
    code, error, _ = failed(process, "-c", tmp_path / "capture", *ANY, "--ca-file", roots)
    assert (5, True) == (code, str(roots) in error)


def test_a_capture_that_another_records(process, tmp_path):
    """Exit code 1, and the other one is left alone."""
    hold = Hold(tmp_path / "capture")
    code, error, next_ = failed(process, "-c", tmp_path / "capture", *ANY)
    hold.release()
    assert 1 == code
    assert f"another recorder writes to {tmp_path / 'capture'}" in error
    assert "-c" in next_


def test_a_directory_of_somebody_else(process, tmp_path):
    """Exit code 1, and nothing is written there."""
    (tmp_path / "notes.txt").write_text("mine")
    code, error, _ = failed(process, "-c", tmp_path, *ANY)
    assert (1, True) == (code, "is not empty and holds no capture" in error)
    assert not list(tmp_path.glob("*.tlsj"))


def test_a_key_log_that_cannot_be_opened(process, tmp_path):
    """Exit code 1, and the advice is about the file that is at fault."""
    keylog = tmp_path / "nowhere" / "keys"
    code, error, next_ = failed(process, "-c", tmp_path / "capture", *ANY, "--keylog", keylog)
    assert 1 == code
    assert f"{keylog}: {os.strerror(2)}" in error
    assert "--keylog" in next_


def test_a_client_certificate_that_cannot_be_used(process, tmp_path):
    """Exit code 1 at the start, and not at the first server that asks for it."""
    code, error, _ = failed(process, "-c", tmp_path / "capture", *ANY, "--client-cert", f"a={tmp_path / 'none.pem'}")
    assert (1, True) == (code, str(tmp_path / "none.pem") in error)


def test_after_a_failure_the_capture_is_free(process, recorder, tmp_path):
    """What a failed start opened is let go of."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        failed(process, "-c", tmp_path / "capture", "-l", f"127.0.0.1:{taken.getsockname()[1]}")
    assert 0 == stop(recorder())[0]


# -------------------------------------------------------------------------------------------------------------- loading

PROBE = """
import sys
from tlscope_ui.cli import cli
try:
    cli(sys.argv[1:], prog_name="tlscope")
except SystemExit as end:
    code = end.code
heavy = {"OpenSSL", "cryptography", "textual", "service_identity", "tlscope.engine", "asyncio"}
print(code, sorted(heavy & set(sys.modules)), file=sys.stderr)
"""


def python(code, *arguments):
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True)


@pytest.mark.parametrize(
    ("expected", "arguments"),
    [
        ("0 []", ["--help"]),
        ("0 ['asyncio']", ["record", "--help"]),
        ("2 ['asyncio']", ["record", "--mode", "wrong"]),
        ("2 ['asyncio']", ["record", "-l", "0.0.0.0:1"]),
    ],
)
def test_help_needs_no_tls(expected, arguments):
    """Help, and the answer to a wrong call, load neither OpenSSL nor cryptography nor textual."""
    assert expected == python(PROBE, *arguments).stderr.splitlines()[-1]


def test_recording_needs_no_screen():
    """A recorder's process never loads textual."""
    probe = "import sys, tlscope_ui.cli.record, tlscope.engine.recorder; print('textual' in sys.modules)"
    assert "False\n" == python(probe).stdout


def test_log_lines_show_what_peers_sent_escaped():
    """What goes to standard error cannot drive a terminal."""
    formatter = record._Visible("%(message)s")
    line = formatter.format(record.logging.LogRecord("x", 30, "", 0, "a\x1b[31m\u202eb\nc", None, None))
    assert "\x1b" not in line
    assert "\u202e" not in line
    assert line.endswith("\nc")


def test_a_refused_request_is_recorded(recorder, tmp_path):
    """The fault of a connection that could not be routed is in the capture."""
    started = recorder()
    visit(started)
    stop(started)
    faults = [item.event for item in read(tmp_path / "capture") if isinstance(item.event, Faulted)]
    assert ["not-a-proxy-request"] == [fault.code for fault in faults]
