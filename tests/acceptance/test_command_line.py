"""How `tlscope record` begins and ends, and what it refuses to do."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import pytest

from support.clients import connect, curl
from support.recorder import tlscope

ANY = ("-l", "127.0.0.1:0")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_begins_and_ends(record, nginx, number):
    """One JSON line when it listens, one when it has stopped; a signal ends it with exit code 0."""
    recording = record()
    assert {"listening", "capture", "ca"} == set(recording.told)
    assert str(recording.capture) == recording.told["capture"]
    assert [f"127.0.0.1:{recording.port}"] == recording.told["listening"]
    assert "BEGIN CERTIFICATE" in Path(recording.ca).read_text()
    with recording.catch():
        curl("-x", f"http://{recording.address}", "--cacert", recording.ca, f"{nginx.url}/one")
    recording.process.send_signal(number)
    assert 0 == recording.process.wait(20)
    assert {"recorded": 1, "capture": str(recording.capture)} == json.loads(recording.process.stdout.read())


def test_ends_with_connections_open(record, nginx):
    """Connections that are open at its end are closed, and recorded as aborted."""
    recording = record()
    with connect(recording.port, f"localhost:{nginx.port}") as silent:
        code, last = recording.stop()
        assert b"" == silent.recv(1)
    assert (0, 1) == (code, last["recorded"])
    assert ["aborted"] == [line["outcome"] for line in recording.listed().values()]


def test_a_second_recorder_on_the_same_capture(record):
    """Two recorders do not write into one capture; the second says who is in the way."""
    recording = record()
    done = tlscope(recording.home, "record", *ANY, "-c", recording.capture)
    assert 1 == done.returncode
    assert f"another recorder writes to {recording.capture}" in done.stderr
    assert "Next:" in done.stderr
    assert "" == done.stdout


def test_goes_on_in_a_capture(record, nginx):
    """A recorder on a capture that another has left goes on in it, with numbers of its own."""
    first = record()
    with first.catch():
        curl("-x", f"http://{first.address}", "--cacert", first.ca, f"{nginx.url}/one")
    assert 0 == first.stop()[0]
    second = record(capture=first.capture)
    with second.catch() as caught:
        curl("-x", f"http://{second.address}", "--cacert", second.ca, f"{nginx.url}/16K")
    assert 0 == second.stop()[0]
    assert [2] == [connection.number for connection in caught]
    assert [1, 2] == list(second.listed())


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"])
def test_a_remote_bind(tmp_path, address):
    """An address that other machines reach is refused unless it is allowed, and nothing is made."""
    done = tlscope(tmp_path, "record", "-l", address, "-c", tmp_path / "capture")
    assert 2 == done.returncode
    assert "--allow-remote" in done.stderr
    assert not (tmp_path / "capture").exists()


def test_a_remote_bind_that_is_allowed(record):
    """With --allow-remote it listens."""
    recording = record("--allow-remote", listen=["0.0.0.0:0"])
    assert [f"0.0.0.0:{recording.port}"] == recording.listening


def test_a_port_in_use(tmp_path):
    """A port that somebody has is exit code 4, with what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = tlscope(tmp_path, "record", "-l", f"127.0.0.1:{port}", "-c", tmp_path / "capture")
    assert 4 == done.returncode
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "Next:" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (["record", "--passthru", "x"], "--passthrough"),
        (["record", "--mode", "reverze:https://localhost:1"], "reverse"),
        (["record", "--mode", "reverse:htps://localhost:1"], "https"),
        (["record", "--mode", "transparent"], "explicit"),
        (["record", "--listen", "8080"], "127.0.0.1:8080"),
        (["record", "--upstream-invalid", "mirorr"], "mirror"),
        (["record", "--on-full", "stop"], "relay"),
        (["record", "--keep", "much"], "4G"),
        (["record", "--client-cert", "nothing"], "example.com=client.pem"),
        (["recrod"], "record"),
    ],
)
def test_what_cannot_be_meant(tmp_path, arguments, suggestion):
    """An unknown option, mode, value or command is exit code 2, with what could have been meant."""
    done = tlscope(tmp_path, *arguments, *(["-c", tmp_path / "capture"] if arguments[0] == "record" else []))
    assert 2 == done.returncode
    assert suggestion in done.stderr
    assert "" == done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ('[record]\npasthrough = ["x"]', "'passthrough'"),
        ("[recrod]\n", "'record'"),
        ("[record]\nciphertext = 3", "true or false"),
        ("record = [", ""),
    ],
)
def test_a_configuration_file_with_a_mistake(tmp_path, text, suggestion):
    """A setting that would be silently ignored is exit code 2, with what could have been meant."""
    file = tmp_path / "config.toml"
    file.write_text(text)
    done = tlscope(tmp_path, "record", *ANY, "--config", file, "-c", tmp_path / "capture")
    assert 2 == done.returncode, done.stderr
    assert str(file) in done.stderr
    assert suggestion in done.stderr


def test_a_configuration_file(record, nginx, tmp_path):
    """What the file says holds; the command line is stronger."""
    file = tmp_path / "config.toml"
    file.write_text('[record]\nrefuse = ["localhost"]\n')
    recording = record("--config", file)
    with recording.catch() as caught:
        curl("-x", f"http://{recording.address}", f"{nginx.url}/one")
    assert "refused" == caught.one.outcome
    other = record("--config", file, "--refuse", "other.example")
    with other.catch() as caught:
        curl("-x", f"http://{other.address}", "--cacert", other.ca, f"{nginx.url}/one")
    assert "intercepted" == caught.one.outcome


def damaged(key):
    return key[: len(key) // 2]


@pytest.mark.parametrize("harm", [damaged, lambda _: b"", lambda _: b"not a key"], ids=["half", "empty", "other"])
def test_a_broken_ca(tmp_path, harm):
    """A CA that cannot be used is exit code 5, and is neither used nor replaced."""
    assert 0 == tlscope(tmp_path, "ca", "create").returncode
    directory = tmp_path / "data" / "tlscope" / "ca"
    broken = {path: harm(path.read_bytes()) for path in directory.iterdir() if path.is_file()}
    for path, content in broken.items():
        path.write_bytes(content)
    done = tlscope(tmp_path, "record", *ANY, "-c", tmp_path / "capture")
    assert 5 == done.returncode, done.stderr
    assert "Next:" in done.stderr
    assert "" == done.stdout
    assert broken == {path: path.read_bytes() for path in broken}


def test_an_upstream_root_that_cannot_be_read(tmp_path):
    """A --ca-file that holds no certificate is exit code 5."""
    file = tmp_path / "roots.pem"
    file.write_text("no certificate")
    done = tlscope(tmp_path, "record", *ANY, "--ca-file", file, "-c", tmp_path / "capture")
    assert 5 == done.returncode, done.stderr
    assert str(file) in done.stderr


def test_a_directory_of_something_else(tmp_path):
    """A directory that holds other things is not recorded into."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat").write_bytes(b"meow")
    done = tlscope(tmp_path, "record", *ANY, "-c", tmp_path / "photos")
    assert 1 == done.returncode
    assert "holds no capture" in done.stderr
    assert ["cat"] == [path.name for path in (tmp_path / "photos").iterdir()]
