"""tlscope.engine.link, over real sockets of the loopback."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest

from support.running import PATIENCE, until
from tlscope.engine.link import INBOX, Link
from tlscope.events import How


def small():
    """A socket with small buffers."""
    made = socket.socket()
    for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        made.setsockopt(socket.SOL_SOCKET, option, 8192)
    return made


def pair():
    """Two ends of a TCP connection."""
    with small() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        near = small()
        near.connect(server.getsockname())
        far, _ = server.accept()
        far.settimeout(0)
        return near, far


@asynccontextmanager
async def linked():
    """A link, and the socket at its other end."""
    near, far = pair()
    link = Link(near, asyncio.get_running_loop(), "peer:1")
    try:
        yield link, far
    finally:
        link.close()
        far.close()


async def read_all(far):
    """Everything up to the end."""
    loop, got = asyncio.get_running_loop(), b""
    async with asyncio.timeout(PATIENCE):
        while data := await loop.sock_recv(far, 1 << 16):
            got += data
    return got


def run(story):
    async def linked_story():
        async with linked() as (link, far):
            await story(link, far)

    asyncio.run(linked_story())


def test_what_arrives_is_gathered_and_taken_once():
    """`more` waits for it, `waiting` counts it, `put_back` lets it be taken again before what comes."""

    async def story(link, far):
        waiting = asyncio.ensure_future(link.more())
        await asyncio.sleep(0)
        assert not waiting.done()
        far.send(b"first")
        assert await waiting
        assert (5, b"first") == (link.waiting, link.take())
        assert (0, b"") == (link.waiting, link.take())
        far.send(b" second")
        assert await link.more()
        link.put_back(b"first")
        assert b"first second" == link.take()

    run(story)


def test_the_end_is_told_behind_what_was_sent():
    """First the bytes, then that there are no more."""

    async def story(link, far):
        far.send(b"last")
        far.shutdown(socket.SHUT_WR)
        await until(lambda: link.ended)
        assert await link.more()
        assert b"last" == link.take()
        assert not await link.more()
        assert How.FIN is link.ended

    run(story)


def test_a_reset_is_told_as_one():
    """Whoever waits is woken."""

    async def story(link, far):
        waiting = asyncio.ensure_future(link.more())
        await asyncio.sleep(0)
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        far.close()
        assert not await waiting
        assert How.RST is link.ended

    run(story)


def test_a_full_inbox_pauses_until_it_is_taken():
    """The sender feels it; what it holds is bounded, and nothing is lost."""

    async def story(link, far):
        loop, data = asyncio.get_running_loop(), bytes(range(256)) * 8192
        sending = asyncio.ensure_future(loop.sock_sendall(far, data))
        await until(lambda: not link._reading)
        for _ in range(100):
            await asyncio.sleep(0)
        assert INBOX <= link.waiting < 2 * INBOX
        assert not sending.done()
        got = b""
        while len(got) < len(data):
            assert await link.more()
            got += link.take()
        await sending
        assert data == got

    run(story)


def test_first_waits_for_either():
    """Something that arrives, or an end, here or there."""

    async def story(link, far):
        async with linked() as (other, other_far):
            for sender, receiver in ((far, link), (other_far, other)):
                waiting = asyncio.ensure_future(link.first(other))
                await asyncio.sleep(0)
                assert not waiting.done()
                sender.send(b"x")
                await asyncio.wait_for(waiting, PATIENCE)
                assert b"x" == receiver.take()
            waiting = asyncio.ensure_future(link.first(other))
            await asyncio.sleep(0)
            other_far.shutdown(socket.SHUT_WR)
            await asyncio.wait_for(waiting, PATIENCE)
            assert How.FIN is other.ended

    run(story)


def test_what_a_full_peer_does_not_take_is_sent_in_order():
    """`send` never waits; the rest goes when the other end reads."""

    async def story(link, far):
        data = bytes(range(256)) * 16384
        link.send(data)
        link.send(b"behind it")
        got = b""
        async with asyncio.timeout(PATIENCE):
            while len(got) < len(data) + 9:
                got += await asyncio.get_running_loop().sock_recv(far, 1 << 20)
        assert data + b"behind it" == got
        assert not link._writing

    run(story)


def test_what_could_not_be_sent_can_be_handed_over():
    """All of it, once; the link itself sends it no more."""

    async def story(link, far):
        data = bytes(range(256)) * 16384
        link.send(data)
        rest = link.unsent()
        assert b"" == link.unsent()
        assert 0 < len(rest) < len(data)
        link.finish()
        assert data == await read_all(far) + rest

    run(story)


def test_sending_to_who_is_gone_raises_nothing():
    """Reading tells it."""

    async def story(link, far):
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        far.close()
        link.send(b"x")
        link.send(b"y")
        await until(lambda: link.ended)
        link.send(b"z")
        link.finish()
        assert b"" == link.unsent()

    run(story)


def test_finish_ends_one_direction():
    """The other end sees FIN, and can go on."""

    async def story(link, far):
        link.send(b"all")
        link.finish()
        assert b"all" == await read_all(far)
        far.send(b"answer")
        assert await link.more()
        assert b"answer" == link.take()

    run(story)


def test_reset_is_seen_as_a_reset():
    """And not as an end in good order."""

    async def story(link, far):
        link.reset()
        with pytest.raises(ConnectionResetError):
            await read_all(far)

    run(story)


def test_closing_wakes_who_waits_and_may_be_repeated():
    """The other end sees FIN; the loop knows the socket no more."""

    async def story(link, far):
        fd, loop = link._fd, asyncio.get_running_loop()
        link.on_writable(lambda: None)
        waiting = asyncio.ensure_future(link.more())
        await asyncio.sleep(0)
        link.close()
        link.close()
        link.reset()
        assert not await waiting
        assert How.FIN is link.ended
        assert [False, False] == [loop.remove_reader(fd), loop.remove_writer(fd)]
        assert b"" == await read_all(far)

    run(story)


def test_arrivals_are_called_at_once():
    """In place of waking a waiter: for what arrives, and for the end."""

    async def story(link, far):
        arrived = []
        link.arrival = lambda: arrived.append((link.take(), link.ended))
        far.send(b"x")
        await until(lambda: arrived)
        far.shutdown(socket.SHUT_WR)
        await until(lambda: len(arrived) == 2)
        assert [(b"x", None), (b"", How.FIN)] == arrived

    run(story)


def test_a_driven_link_calls_its_driver_and_gathers_no_more():
    """Readable and writable, until it is paused."""

    async def story(link, far):
        called = []
        link.on_readable(lambda: called.append(bytes(link.transmit(b"echo"))) or link.recv_into(bytearray(10)))
        far.send(b"x")
        await until(lambda: called)
        assert 0 == link.waiting
        link.pause()
        far.send(b"y")
        link.on_writable(lambda: called.append("writable"))
        await until(lambda: "writable" in called)
        link.stop_writing()
        seen = len(called)
        for _ in range(20):
            await asyncio.sleep(0)
        assert seen == len(called)
        assert 1 == sum(isinstance(item, bytes) for item in called)

    run(story)
