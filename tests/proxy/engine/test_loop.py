"""The loop that calls back in batches does what asyncio's does."""

from __future__ import annotations

import asyncio
import select
import signal
import socket
import struct
import threading
from os import dup2, getpid, kill

import pytest

from tlscope.engine.loop import BATCH, Loop, new_loop


@pytest.fixture
def loop():
    made = Loop()
    yield made
    made.close()


@pytest.fixture
def pair():
    ends = socket.socketpair()
    for end in ends:
        end.setblocking(False)  # noqa: FBT003 (the library's signature)
    yield ends
    for end in ends:
        end.close()


def turns(loop, count=3):
    """Let the loop look at its sockets a few times."""
    for _ in range(count):
        loop.call_soon(loop.stop)
        loop.run_forever()


def test_it_is_what_a_recorder_runs_on(monkeypatch):
    """Where there is an epoll; elsewhere asyncio's own loop is."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert isinstance(runner.get_loop(), Loop)
    monkeypatch.delattr(select, "epoll")
    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert not isinstance(runner.get_loop(), Loop)


def test_readers_and_writers(loop, pair):
    """Each is called, with its arguments, as long as its socket is ready and it is not removed."""
    here, there = pair
    heard = []
    loop.add_reader(here, lambda word: heard.append((word, here.recv(10))), "read")
    loop.add_writer(there.fileno(), heard.append, "may write")
    turns(loop, 1)
    assert ["may write"] == heard
    assert [True, False] == [loop.remove_writer(there), loop.remove_writer(there)]
    heard.clear()
    there.send(b"one")
    turns(loop)
    assert [("read", b"one")] == heard
    assert [True, False] == [loop.remove_reader(here.fileno()), loop.remove_reader(here)]
    there.send(b"two")
    turns(loop)
    assert [("read", b"one")] == heard


def test_one_socket_for_both(loop, pair):
    """Reading and writing are told apart, and either can be removed alone."""
    here, there = pair
    heard = []
    loop.add_writer(here, heard.append, "write")
    loop.add_reader(here, lambda: heard.append(here.recv(10)))
    there.send(b"x")
    turns(loop, 1)
    assert [b"x", "write"] == heard
    loop.remove_writer(here)
    there.send(b"y")
    turns(loop)
    assert [b"x", "write", b"y"] == heard
    loop.add_writer(here, heard.append, "again")
    loop.remove_reader(here)
    there.send(b"z")
    turns(loop, 1)
    assert "again" == heard[-1]
    loop.remove_writer(here)


def test_a_new_callback_takes_the_place_of_the_old(loop, pair):
    """As link.py does when a handshake becomes a relay."""
    here, there = pair
    heard = []
    loop.add_reader(here, heard.append, "old")
    loop.add_reader(here, lambda: heard.append(here.recv(1)))
    there.send(b"n")
    turns(loop)
    assert [b"n"] == heard
    loop.remove_reader(here)


def test_what_is_removed_in_a_batch_is_not_called_in_it(loop):
    """Nor is the socket that got its number: it is not ready because the old one was."""
    pairs = [socket.socketpair() for _ in range(3)]
    heard = []

    def first(index):
        heard.append(index)
        loop.remove_reader(pairs[index][0])
        number = pairs[1 - index][0].fileno()
        loop.remove_reader(number)
        dup2(pairs[2][0].fileno(), number)  # closes the old socket
        loop.add_reader(number, heard.append, "the new one")

    for index, (near, far) in enumerate(pairs[:2]):
        loop.add_reader(near, first, index)
        far.send(b"x")
    turns(loop)
    assert 1 == len(heard)
    pairs[2][1].send(b"x")
    turns(loop, 1)
    assert "the new one" == heard[1]
    loop.remove_reader(pairs[1 - heard[0]][0])
    for near, far in pairs:
        near.close()
        far.close()


def test_a_callback_that_raises_leaves_the_others(loop):
    """The handler of the loop hears of it."""
    pairs = [socket.socketpair() for _ in range(3)]
    told, heard = [], []
    loop.set_exception_handler(lambda _, context: told.append(str(context["exception"])))

    def broken(near):
        near.recv(1)
        raise ValueError("a bug")

    for near, far in pairs:
        loop.add_reader(near, broken, near)
        loop.add_writer(far, lambda far=far: (heard.append("written"), loop.remove_writer(far)))
        far.send(b"x")
    turns(loop)
    assert ["a bug"] * 3 == told
    assert ["written"] * 3 == heard
    loop.add_writer(pairs[0][0], broken, pairs[0][1])
    pairs[0][0].send(b"x")
    turns(loop, 1)
    assert "a bug" == told[3]
    for near, far in pairs:
        loop.remove_reader(near)
        loop.remove_writer(near)
        near.close()
        far.close()


def test_a_reset_is_told_to_the_reader(loop):
    """Which learns of it by reading."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        near, _ = server.accept()
    heard = []

    def read():
        try:
            heard.append(near.recv(10))
        except ConnectionResetError as error:
            heard.append(type(error))
        loop.remove_reader(near)

    loop.add_reader(near, read)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    turns(loop)
    assert [ConnectionResetError] == heard
    near.close()


def test_more_sockets_than_a_batch(loop):
    """All are called, in several batches."""
    pairs = [socket.socketpair() for _ in range(BATCH + 10)]
    heard = set()
    for near, far in pairs:
        loop.add_reader(near, heard.add, near.fileno())
        far.send(b"x")
    turns(loop, 1)
    assert BATCH == len(heard)
    turns(loop, 4)
    assert len(pairs) == len(heard)
    for near, far in pairs:
        loop.remove_reader(near)
        near.close()
        far.close()


def test_a_socket_closed_too_early(loop, pair):
    """Can still be removed."""
    here, _ = pair
    number = here.fileno()
    loop.add_reader(number, print)
    here.close()
    assert loop.remove_reader(number)


def test_the_rest_is_asyncio(loop):
    """Timers, threads, streams, name look-ups and signals."""

    async def life():
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, signalled.set)
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        assert b"" == await reader.read()
        writer.close()
        server.close()
        assert await asyncio.to_thread(threading.get_ident) != threading.get_ident()
        assert await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80)
        kill(getpid(), signal.SIGUSR1)
        await signalled.wait()
        return "alive"

    signalled = asyncio.Event()
    assert "alive" == loop.run_until_complete(life())


def test_close_twice(loop):
    """Is once."""
    loop.close()
    loop.close()
    assert loop.is_closed()
