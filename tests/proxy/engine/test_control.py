"""tlscope.engine.control: real sockets, a recorder that is none."""

import asyncio
import json
import os
import socket
import stat
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.running import PATIENCE, until
from tlscope.capture.control import NAME
from tlscope.config import Config
from tlscope.engine import control as module
from tlscope.engine.control import CLIENTS, LINE, Control, pause_after
from tlscope.engine.loop import new_loop
from tlscope.engine.policy import Rules

PING = b'{"id": 1, "do": "ping"}\n'


class Recorder:
    """Something to control."""

    def __init__(self):
        self.rules = Rules(Config(Path("capture"), Path("ca")))
        self.stopped = asyncio.Event()
        self.about = {}

    def status(self):
        return self.about

    def changed(self, change):
        pass

    def stop(self):
        self.stopped.set()


@asynccontextmanager
async def controlled(directory):
    """A control socket that is open; afterwards nothing of it is left."""
    control = Control(directory, recorder := Recorder())
    before = set(asyncio.all_tasks())
    control.open()
    try:
        yield recorder
    finally:
        await asyncio.wait_for(control.close(), PATIENCE)
        assert before == set(asyncio.all_tasks())
        assert not (directory / NAME).exists()


def open_files():
    return len(list(Path("/dev/fd").iterdir()))


def run(story):
    """On the recorder's own loop."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(asyncio.wait_for(story, PATIENCE))


async def connect(directory):
    return await asyncio.open_unix_connection(directory / NAME, limit=1 << 20)


async def ask(directory, *lines):
    """All that a client gets who says this and then no more."""
    reader, writer = await connect(directory)
    try:
        writer.write(b"".join(lines))
        writer.write_eof()
        return [json.loads(line) for line in (await reader.read()).splitlines()]
    finally:
        writer.close()
        await writer.wait_closed()


def test_it_answers_and_is_the_users_alone(tmp_path):
    """A socket of mode 0600, whatever the directory's mode and the umask are; it is gone afterwards."""
    tmp_path.chmod(0o755)
    before = os.umask(0)

    async def story():
        async with controlled(tmp_path):
            mode = (tmp_path / NAME).lstat().st_mode
            assert stat.S_ISSOCK(mode)
            assert 0o600 == stat.S_IMODE(mode)
            assert ["ok"] == [list(found)[1] for found in await ask(tmp_path, PING)]

    try:
        run(story())
    finally:
        os.umask(before)


def test_what_a_killed_recorder_left_is_replaced(tmp_path):
    """A socket that nobody listens on any more."""
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / NAME))

    async def story():
        async with controlled(tmp_path):
            assert 1 == len(await ask(tmp_path, PING))

    run(story())


def test_what_is_no_socket_stays(tmp_path, caplog):
    """Somebody's file is not removed for it: there is no control then, and that is said."""
    (tmp_path / NAME).write_text("mine")

    async def story():
        control = Control(tmp_path, Recorder())
        control.open()
        await control.close()

    run(story())
    assert "mine" == (tmp_path / NAME).read_text()
    assert "no control socket: Address already in use" in caplog.text


def test_without_a_place_for_it_the_recorder_goes_on(tmp_path, caplog):
    """It is said, and nothing stays open."""

    async def story():
        before = open_files()
        control = Control(tmp_path / "nowhere", Recorder())
        control.open()
        assert before == open_files()
        await control.close()

    run(story())
    assert ["no control socket: No such file or directory; tlscope control does not reach this recorder"] == [
        record.getMessage() for record in caplog.records
    ]


def test_a_directory_of_any_length(tmp_path):
    """An address holds some hundred bytes, a path four thousand."""
    deep = tmp_path / ("d" * 200) / ("e" * 200)
    deep.mkdir(parents=True)

    async def story():
        async with controlled(deep):
            assert stat.S_ISSOCK((deep / NAME).lstat().st_mode)
            assert 0o600 == stat.S_IMODE((deep / NAME).lstat().st_mode)
            opened = os.open(deep, os.O_RDONLY)
            assert 1 == len(await ask(Path(f"/proc/self/fd/{opened}"), PING))
            os.close(opened)

    run(story())


def test_requests_are_answered_in_order(tmp_path, monkeypatch):
    """Many at once, over more than one read; the last may lack its end."""
    monkeypatch.setattr(module, "MIN_PAUSE", 0)

    async def story():
        async with controlled(tmp_path):
            lines = [json.dumps({"id": i, "do": "ping"}).encode() + b"\n" for i in range(20)]
            found = await ask(tmp_path, *lines, b'{"id": "last", "do": "ping"}')
            assert [*range(20), "last"] == [item["id"] for item in found]

    run(story())


def test_a_request_in_pieces(tmp_path):
    """One byte at a time is as good as any."""

    async def story():
        async with controlled(tmp_path):
            reader, writer = await connect(tmp_path)
            for byte in PING:
                writer.write(bytes([byte]))
                await writer.drain()
            assert 1 == json.loads(await reader.readline())["id"]
            writer.close()
            await writer.wait_closed()

    run(story())


def test_stop_is_answered_first(tmp_path):
    """Then the recorder is told; a client that does not wait for the answer stops it all the same."""

    async def story():
        async with controlled(tmp_path) as recorder:
            assert [{"id": None, "ok": {}}] == await ask(tmp_path, b'{"do": "stop"}\n')
            assert recorder.stopped.is_set()
        async with controlled(tmp_path) as recorder:
            _, writer = await connect(tmp_path)
            writer.write(b'{"do": "stop"}\n')
            await writer.drain()
            writer.transport.abort()
            await recorder.stopped.wait()

    run(story())


def test_several_clients_at_once(tmp_path):
    """Each is answered while the others wait; all are let go at the end."""

    async def story():
        async with controlled(tmp_path):
            clients = [await connect(tmp_path) for _ in range(CLIENTS)]
            for reader, writer in reversed(clients):
                writer.write(PING)
                assert b'"ok"' in await reader.readline()
        for reader, writer in clients:
            assert b"" == await reader.read()
            writer.close()
            await writer.wait_closed()

    run(story())


def test_too_many_clients(tmp_path):
    """One more than are served is told so; when one of them ends there is room again."""

    async def story():
        async with controlled(tmp_path):
            clients = [await connect(tmp_path) for _ in range(CLIENTS)]
            reader, writer = await connect(tmp_path)
            assert "too-many-clients" == json.loads(await reader.readline())["error"]["code"]
            assert b"" == await reader.read()
            clients[0][1].close()
            found = {}
            while "ok" not in found:
                (found,) = await ask(tmp_path, PING)
            for _, each in [*clients, (reader, writer)]:
                each.close()

    run(story())


@pytest.mark.parametrize("line", [b"x" * (LINE + 1), b"x" * (LINE + 1) + b"\n", b"x" * (1 << 20)])
def test_a_line_that_is_too_long(tmp_path, line):
    """An error, and the end: what follows it could be anything."""

    async def story():
        async with controlled(tmp_path):
            reader, writer = await connect(tmp_path)
            writer.write(line + PING)
            assert "line-too-long" == json.loads(await reader.readline())["error"]["code"]
            with suppress(ConnectionResetError):  # where not all that it sent was read
                assert b"" == await reader.read()
            writer.transport.abort()
            assert 1 == len(await ask(tmp_path, PING))

    run(story())


def test_a_client_that_says_nothing_is_let_go(tmp_path, monkeypatch):
    """And so is one that stops in the middle of a line."""
    monkeypatch.setattr(module, "IDLE_TIME", 0.01)

    async def story():
        async with controlled(tmp_path):
            for start in (b"", PING[:-1]):
                reader, writer = await connect(tmp_path)
                writer.write(start)
                assert b"" == await reader.read()
                writer.close()
                await writer.wait_closed()

    run(story())


def test_a_client_that_does_not_read_is_let_go(tmp_path, monkeypatch):
    """One answer waits for it, no more is asked meanwhile, and the others are served."""
    monkeypatch.setattr(module, "SEND_TIME", 0.05)

    async def story():
        async with controlled(tmp_path) as recorder:
            recorder.about = {"long": "x" * (1 << 20)}
            asked, before = [], len(asyncio.all_tasks())
            recorder.status = lambda: asked.append(1) or recorder.about
            with socket.socket(socket.AF_UNIX) as stalled:
                stalled.connect(str(tmp_path / NAME))
                stalled.send(b'{"do": "status"}\n' * 100)
                await until(lambda: asked)
                assert 1 == len(await ask(tmp_path, PING))
                await until(lambda: len(asyncio.all_tasks()) == before)
                assert 1 == len(asked)

    run(story())


def test_a_long_answer_arrives_whole(tmp_path):
    """Although its client has said that it asks no more, and is let go right after."""

    async def story():
        async with controlled(tmp_path) as recorder:
            recorder.about = {"long": "x" * (900 << 10)}
            assert [{"id": None, "ok": recorder.about}] == await ask(tmp_path, b'{"do": "status"}\n')

    run(story())


def test_a_flood_leaves_the_loop_to_others(tmp_path, monkeypatch):
    """Between two requests of a client the loop is free for as long as SHARE says; blank lines are requests, too."""
    pauses, real = [], asyncio.sleep

    async def sleep(seconds):
        pauses.append(seconds)
        await real(0)

    monkeypatch.setattr(module.asyncio, "sleep", sleep)

    async def story():
        async with controlled(tmp_path):
            found = await ask(tmp_path, b"\n" * 50, PING * 50, b"x\n" * 50)
            assert 150 == len(found)
            assert [50, 50] == [sum(kind in item for item in found[start:end]) for kind, start, end in
                                (("error", 0, 50), ("ok", 50, 100))]  # fmt: skip

    run(story())
    assert 149 <= len(pauses)
    assert all(module.MIN_PAUSE <= pause <= module.MAX_PAUSE for pause in pauses)


@pytest.mark.parametrize(
    ("expected", "took"),
    [(module.MIN_PAUSE, 0.0), (module.SHARE * 0.001, 0.001), (module.MAX_PAUSE, 5.0), (module.MIN_PAUSE, -1.0)],
)
def test_a_costly_answer_is_followed_by_a_long_pause(expected, took):
    """SHARE times what it took, within bounds: all clients together leave nearly all of the time to others."""
    assert expected == pause_after(took)
    assert CLIENTS / module.SHARE <= 1 / 40


def test_connecting_again_and_again_leaves_the_loop_to_others(tmp_path):
    """After each client the socket is not looked at for ACCEPT_PAUSE."""

    async def story():
        async with controlled(tmp_path):
            loop, accepted = asyncio.get_running_loop(), []
            real = loop.call_later
            loop.call_later = lambda delay, *call: accepted.append(delay) or real(delay, *call)
            for _ in range(5):
                await ask(tmp_path, PING)
            del loop.call_later
            assert 5 == accepted.count(module.ACCEPT_PAUSE)

    run(story())


def test_without_file_descriptors_it_waits(tmp_path, monkeypatch):
    """Connections need them more; then it goes on."""
    monkeypatch.setattr(module, "FILES_PAUSE", 0.01)

    class Scarce(socket.socket):
        failures = 2

        def accept(self):
            if self.failures:
                Scarce.failures -= 1
                raise OSError(24, "Too many open files")
            return super().accept()

    real = socket.socket
    monkeypatch.setattr(module.socket, "socket", Scarce)

    async def story():
        async with controlled(tmp_path):
            monkeypatch.setattr(module.socket, "socket", real)
            loop, pauses = asyncio.get_running_loop(), []
            later = loop.call_later
            loop.call_later = lambda delay, *call: pauses.append(delay) or later(delay, *call)
            assert 1 == len(await ask(tmp_path, PING))
            del loop.call_later
            assert 2 == pauses.count(module.FILES_PAUSE)

    run(story())
    assert 0 == Scarce.failures


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=60) | st.just(PING) | st.binary(min_size=LINE, max_size=LINE + 5), max_size=4))
def test_any_bytes(tmp_path, monkeypatch, parts):
    """A line, an answer, up to one that is too long; whatever came, the next client is served."""
    monkeypatch.setattr(module, "MIN_PAUSE", 0)
    monkeypatch.setattr(module, "SHARE", 0)

    async def story():
        async with controlled(tmp_path):
            reader, writer = await connect(tmp_path)
            writer.write(b"".join(parts))
            writer.write_eof()
            found = []
            try:
                while line := await reader.readline():
                    found.append(json.loads(line))
            except ConnectionResetError:
                pass
            lines = b"".join(parts).split(b"\n")
            expected = next((i + 1 for i, line in enumerate(lines) if len(line) > LINE), len(lines) - (not lines[-1]))
            assert expected == len(found)
            writer.transport.abort()
            assert 1 == len(await ask(tmp_path, PING))

    run(story())
