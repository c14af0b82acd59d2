"""tlscope.capture.control, against sockets that say what they are told to."""

import ast
import json
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journals import held
from tlscope.capture import control as module
from tlscope.capture.control import MAX_ADDRESS, NAME, Control, ControlError, address

PATIENCE = 20


@contextmanager
def recorder(directory, *answers, stay=True):
    """Something that records there, and says these bytes, one for each request; afterwards it waits for the end."""
    asked = []
    with held(directory), socket.socket(socket.AF_UNIX) as listening:
        with address(directory) as path:
            listening.bind(path)
        listening.listen(5)
        listening.settimeout(PATIENCE)

        def serve():
            client, _ = listening.accept()
            with client, client.makefile("rb") as lines:
                for answer in answers:
                    asked.append(json.loads(lines.readline()))
                    with suppress(BrokenPipeError):
                        client.sendall(answer)
                if stay:
                    lines.read()
                else:
                    listening.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield asked
        finally:
            thread.join(PATIENCE)
            (directory / NAME).unlink()


def ok(number, **found):
    return json.dumps({"id": number, "ok": found}).encode() + b"\n"


def refused(directory, ask=Control.ping, timeout=PATIENCE):
    """The code of the error that asking there ends in; it says what to do."""
    with pytest.raises(ControlError) as raised, Control(directory, timeout) as control:
        ask(control)
    assert str(raised.value)
    assert raised.value.next
    return raised.value.code


def test_requests_and_answers(tmp_path):
    """Each request has its number, and what is asked for; the `ok` of its answer comes back."""
    with recorder(tmp_path, ok(1, a=1), ok(2, b="2"), ok(3)) as asked, Control(tmp_path) as control:
        assert {"a": 1} == control.ping()
        assert {"b": "2"} == control.status()
        assert {} == control.policy("pass-through", "*.bank")
    assert [
        {"id": 1, "do": "ping"},
        {"id": 2, "do": "status"},
        {"id": 3, "do": "policy", "action": "pass-through", "host": "*.bank"},
    ] == asked


def test_an_answer_in_pieces_and_of_any_length(tmp_path):
    """Up to MAX_ANSWER."""
    text = "x" * (1 << 20)
    with recorder(tmp_path, ok(1, text=text)), Control(tmp_path) as control:
        assert {"text": text} == control.status()


def test_what_the_recorder_says_no_to(tmp_path):
    """With its code, its words, and what to do."""
    no = {"id": 1, "error": {"code": "no-such-rule", "message": "there is none", "next": "did you mean 'x'?"}}
    with recorder(tmp_path, json.dumps(no).encode() + b"\n"), Control(tmp_path) as control:
        with pytest.raises(ControlError) as raised:
            control.policy("forget", "y")
        assert ("no-such-rule", "there is none", "did you mean 'x'?") == (
            raised.value.code,
            str(raised.value),
            raised.value.next,
        )


def test_an_error_of_another_shape(tmp_path):
    """What is missing is empty."""
    with recorder(tmp_path, b'{"error": {"code": 5}}\n'), Control(tmp_path) as control:
        with pytest.raises(ControlError) as raised:
            control.ping()
        assert ("5", "", "") == (raised.value.code, str(raised.value), raised.value.next)


@pytest.mark.parametrize(
    "line",
    [b"hello\n", b"[]\n", b"{}\n", b'{"id": 2, "ok": {}}\n', b'{"id": 1, "ok": 1}\n', b"\xff\n", b"[" * 9999 + b"\n"],
)
def test_an_answer_that_is_none(tmp_path, line):
    """Is told as such."""
    with recorder(tmp_path, line):
        assert "bad-answer" == refused(tmp_path)


def test_an_answer_without_end(tmp_path, monkeypatch):
    """Is not kept."""
    monkeypatch.setattr(module, "MAX_ANSWER", 1 << 17)
    with recorder(tmp_path, b"x" * (1 << 18), stay=False):
        assert "bad-answer" == refused(tmp_path)


@pytest.mark.parametrize("half", [b"", b'{"id": 1, '])
def test_a_recorder_that_does_not_answer(tmp_path, half):
    """Or not all of it, in time."""
    with recorder(tmp_path, half):
        assert "no-answer" == refused(tmp_path, timeout=0.02)


def test_who_was_closed_for_saying_nothing_asks_again(tmp_path):
    """The recorder closes who is idle for long: that it lives is found out, and the request is made again, once."""
    with held(tmp_path), socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / NAME))
        listening.listen()
        asked = []

        def serve():
            for answer in (b"", ok(1)):
                client, _ = listening.accept()
                with client, client.makefile("rb") as lines:
                    asked.append(lines.readline() if answer else b"")
                    client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with Control(tmp_path, PATIENCE) as control:
            assert {} == control.policy("refuse", "a")
        thread.join(PATIENCE)
        assert [b"", b'{"id": 1, "do": "policy", "action": "refuse", "host": "a"}\n'] == asked


def test_half_an_answer_is_not_asked_for_again(tmp_path):
    """Who said a part of it may have done what it was asked for."""
    with held(tmp_path), socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / NAME))
        listening.listen()
        with Control(tmp_path, PATIENCE) as control:
            client, _ = listening.accept()
            with client:
                client.sendall(b'{"id": 1, ')
            with pytest.raises(ControlError, match="ended"):
                control.ping()
        listening.settimeout(0)
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_who_is_closed_again_and_again_gives_up(tmp_path):
    """It asks twice, no more."""
    with held(tmp_path), socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / NAME))
        listening.listen()
        accepted = []

        def serve():
            for _ in range(2):
                client, _ = listening.accept()
                client.close()
                accepted.append(client)
            listening.close()

        thread = threading.Thread(target=serve)
        thread.start()
        assert "no-recorder" == refused(tmp_path)
        thread.join(PATIENCE)
        assert 2 == len(accepted)


@pytest.mark.parametrize("half", [b"", b'{"id": 1, '])
def test_a_recorder_that_ends_meanwhile(tmp_path, half):
    """Is no recorder any more."""
    with recorder(tmp_path, half, stay=False):
        assert "no-recorder" == refused(tmp_path)


def test_what_a_full_recorder_says_is_heard(tmp_path):
    """It closes without having read the request."""
    no = b'{"id": null, "error": {"code": "too-many-clients", "message": "full", "next": "wait"}}\n'
    with held(tmp_path), socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / NAME))
        listening.listen()
        with Control(tmp_path) as control:
            client, _ = listening.accept()
            client.send(no)
            client.close()
            with pytest.raises(ControlError) as raised:
                control.ping()
        assert "too-many-clients" == raised.value.code


def test_nobody_records(tmp_path):
    """Whether there never was a recorder, or it was killed and left its socket, or the directory is gone."""
    assert "no-recorder" == refused(tmp_path)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / NAME))
    assert "no-recorder" == refused(tmp_path)
    assert "no-recorder" == refused(tmp_path / "nowhere")


def test_a_recorder_without_control(tmp_path):
    """It lives, but has no socket, or one that nobody may use."""
    with held(tmp_path):
        assert "no-control" == refused(tmp_path)


def test_a_recorder_that_hangs(tmp_path):
    """It listens, and does not accept."""
    with held(tmp_path), socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / NAME))
        listening.listen(0)
        with socket.socket(socket.AF_UNIX) as first:
            first.connect(str(tmp_path / NAME))
            assert "no-answer" == refused(tmp_path, timeout=0.02)


def test_stopping_waits_for_the_end(tmp_path):
    """True when the recorder has let go, False when that takes too long."""
    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        with recorder(tmp_path, ok(1), stay=False):
            control = stack.enter_context(Control(tmp_path))
            stopped = pool.submit(control.stop, PATIENCE)
            assert not wait([stopped], 0.05).done
        assert stopped.result() is True
    with recorder(tmp_path, ok(1)), Control(tmp_path) as control:
        assert control.stop(0.02) is False


@pytest.mark.parametrize("length", [1, MAX_ADDRESS, MAX_ADDRESS + 1, 200, 3000])
def test_a_directory_of_any_length(tmp_path, length):
    """What has no place in a socket's address is gone around."""
    deep = tmp_path
    while len(os.fsencode(deep / NAME)) < length:
        deep = deep / ("d" * min(250, max(1, length - len(os.fsencode(deep / NAME)) - 1)))
    deep.mkdir(parents=True, exist_ok=True)
    before = os.listdir("/dev/fd")  # noqa: PTH208 - only their number matters
    with recorder(deep, ok(1)), Control(deep) as control:
        assert {} == control.ping()
    assert len(before) == len(os.listdir("/dev/fd"))  # noqa: PTH208 - as above


def test_without_proc_a_long_path_is_told(tmp_path, monkeypatch):
    """A capture elsewhere than on Linux whose path is too long has no control."""
    monkeypatch.setattr(module, "PROC", str(tmp_path / "no-proc"))
    deep = tmp_path / ("d" * 200)
    deep.mkdir()
    with held(deep), pytest.raises(ControlError, match="the path is too long for a socket") as raised:
        Control(deep)
    assert "no-control" == raised.value.code


def test_a_path_that_is_no_text(tmp_path):
    """File names are bytes."""
    odd = tmp_path / os.fsdecode(b"\xff\xfe")
    odd.mkdir()
    with recorder(odd, ok(1)), Control(odd) as control:
        assert {} == control.ping()


def test_a_viewer_does_not_load_the_engine():
    """Nor OpenSSL, nor asyncio."""
    script = "import sys, tlscope.capture.control; print(sorted(sys.modules))"
    loaded = ast.literal_eval(subprocess.check_output([sys.executable, "-c", script], text=True))
    assert not [name for name in loaded if name.startswith(("tlscope.engine", "OpenSSL", "cryptography", "asyncio"))]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_any_answer(tmp_path, answer):
    """It is an object, or an error that says so."""
    near, far = socket.socketpair()
    control = Control.__new__(Control)
    control._directory, control._time, control._count, control._rest, control._socket = tmp_path, PATIENCE, 0, b"", near
    with near, far:
        far.sendall(answer)
        far.shutdown(socket.SHUT_WR)
        with pytest.raises(ControlError):
            control.ping()
