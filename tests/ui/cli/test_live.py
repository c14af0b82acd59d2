"""Bare `tlscope`: a recorder, watched."""

import json
import re
import signal
import socket
from contextlib import suppress

import pytest

from tlscope.capture.reader import is_live
from tlscope_ui.cli import live

WHERE = re.compile(r"recording what passes through (\S+):(\d+) to (\S+)\n")


@pytest.fixture
def watched(tmp_path, process):
    """Start `tlscope`, on any port that is free."""
    home = tmp_path / "home"
    (home / "tlscope").mkdir(parents=True)
    (home / "tlscope" / "config.toml").write_text('[record]\nlisten = ["127.0.0.1:0"]\n')

    def start(**options):
        running = process(env={"HOME": str(home), "PYTHONIOENCODING": "utf-8"}, encoding="utf-8", **options)
        host, port, capture = WHERE.match(running.stderr.readline()).groups()
        return running, (host, int(port)), home / capture

    return start


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_records_and_shows_until_it_is_told_to_end(watched, number):
    """One line an event as it happens; after Ctrl-C the recorder ends in good order, and both are gone. Exit 0."""
    running, address, capture = watched()
    assert "ca/ca.pem; Ctrl-C ends" in running.stderr.readline()
    with socket.create_connection(address, timeout=10) as client:
        assert "#1 opened explicit" in running.stdout.readline()
        running.send_signal(number)
        out, err = running.communicate(timeout=20)
        assert b"" == client.recv(1)
    assert "#1 ✗ aborted" in out.splitlines()[-1]
    assert f"1 connection recorded in {capture}\nNext: tlscope list\n" == err
    assert 0 == running.returncode
    assert not is_live(capture)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=5)


def test_it_takes_the_options_of_a_recorder(tmp_path, process):
    """They are its own; what it cannot take it says, with its exit code."""
    running = process("-l", "[::1]:0", "-c", tmp_path / "c")
    host, _, capture = WHERE.match(running.stderr.readline()).groups()
    assert ("[::1]", str(tmp_path / "c")) == (host, capture)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=20)
    assert 0 == running.returncode
    wrong = process("--lisn", "x")
    out, err = wrong.communicate(timeout=20)
    assert (2, "") == (wrong.returncode, out)
    assert "No such option: --lisn" in err.replace("'", "") or "No such option --lisn" in err.replace("'", "")
    assert "--listen" in err


def test_it_ends_with_its_reader(watched):
    """`tlscope | head -1` ends the recorder, too."""
    running, address, capture = watched()
    running.stdout.close()
    with socket.create_connection(address, timeout=10):
        assert 0 == running.wait(20)
    assert not is_live(capture)


def test_it_ends_with_its_recorder(tlscope, tmp_path, capfd):
    """A recorder that cannot start has said why; its exit code is ours."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = json.dumps([f"127.0.0.1:{taken.getsockname()[1]}"])
        (tmp_path / "home" / "tlscope").mkdir(parents=True)
        (tmp_path / "home" / "tlscope" / "config.toml").write_text(f"[record]\nlisten = {settings}\n")
        ran = tlscope()
    assert (4, "") == (ran.code, ran.out)
    assert "Error: cannot listen on 127.0.0.1:" in capfd.readouterr().err


def test_a_recorder_ends_with_the_block(tmp_path):
    """Also where the block fails."""
    capture = tmp_path / "capture"
    with suppress(RuntimeError), live.recording("-l", "127.0.0.1:0", "-c", str(capture)) as recorder:
        assert capture == recorder.ready().capture
        assert is_live(capture)
        raise RuntimeError
    assert not is_live(capture)


def test_a_recorder_says_what_it_recorded(tmp_path):
    """Its last line, once it has been asked to stop."""
    with live.recording("-l", "127.0.0.1:0", "-c", str(tmp_path / "capture")) as recorder:
        recorder.ready()
        recorder.stop()
        assert {"recorded": 0, "capture": str(tmp_path / "capture")} == recorder.result()
        assert recorder.ended  # a signal would interrupt its end, and be told on the terminal
