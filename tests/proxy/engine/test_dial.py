"""tlscope.engine.dial, over real sockets of the loopback and a resolver of our own."""

import asyncio
import errno
import gc
import socket
import warnings
from contextlib import contextmanager

import pytest

from tlscope.config import Address, Limits
from tlscope.engine import dial as module
from tlscope.engine.dial import Dialer
from tlscope.faults import ClientFault, NetworkFault, OurFault, UpstreamFault

PATIENCE = 20


@contextmanager
def listening(host="127.0.0.1", port=0):
    """A server that never accepts: the system answers for it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as server:
        yield server.getsockname()[1]


def refusing():
    """A port of 127.0.0.1 where nobody listens."""
    with listening() as port:
        return port


def run(target, *, ours=lambda *_: False, times=1, found=None):
    """Dial some times: the addresses that answered. `found` is what the resolver says, in order."""

    async def story():
        dialer = Dialer(Limits(), ours, None if found is None else resolver(found, run.asked))
        answered = []
        for _ in range(times):
            sock, address = await asyncio.wait_for(dialer.dial(target), PATIENCE)
            assert sock.getpeername()[:2] == tuple(split(address))
            assert not sock.getblocking()
            sock.close()
            answered.append(address)
        return answered

    run.asked = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return asyncio.run(story())


def split(address):
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def resolver(found, asked):
    async def ask(host, port):
        asked.append((host, port))
        if isinstance(found, Exception):
            raise found
        return [
            (socket.AF_INET6 if ":" in place[0] else socket.AF_INET, socket.SOCK_STREAM, 6, "", place)
            for place in found
        ]

    return ask


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_literal_needs_no_resolver(host):
    """IPv4 and IPv6; the address that answered is written as an address and a port."""
    with listening(host) as port:
        target = Address(host, port)
        assert [str(target)] == run(target, found=OSError("it was asked"))
        assert [] == run.asked


def test_localhost_is_resolved():
    """By the system: either loopback."""
    with listening() as port:
        assert [f"127.0.0.1:{port}"] == run(Address("localhost", port))


def test_a_port_without_a_server_is_the_servers_fault():
    """Refused is not unreachable."""
    target = Address("127.0.0.1", refusing())
    with pytest.raises(UpstreamFault) as raised:
        run(target)
    assert ("connection-refused", f"{target} refuses connections") == (raised.value.code, raised.value.what)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("unreachable", errno.ENETUNREACH),
        ("unreachable", errno.EHOSTUNREACH),
        ("connection-reset", errno.ECONNRESET),
        ("connection-refused", errno.ECONNREFUSED),
    ],
)
def test_the_systems_answer_is_typed(monkeypatch, code, error):
    """What connecting says at once is the server's fault, by name."""
    monkeypatch.setattr(socket.socket, "connect_ex", lambda *_: error)
    with pytest.raises(UpstreamFault) as raised:
        run(Address("127.0.0.1", 443))
    assert code == raised.value.code


def test_a_zone_that_is_no_interface_here():
    """An address of another machine's link is unreachable, and no failure of ours."""
    with pytest.raises(UpstreamFault) as raised:
        run(Address("fe80::1%nowhere", 443))
    assert ("unreachable", "[fe80::1%nowhere]:443 cannot be reached: No such device") == (
        raised.value.code,
        raised.value.what,
    )


def test_an_answer_that_nobody_waits_for_any_more_is_closed(monkeypatch):
    """One that comes in the very moment in which the time is over: it is not left to the collector, which warns."""

    async def story():
        def and_too_late(*arguments):
            settle(*arguments)
            dialling.cancel()

        settle = module._Race._settle
        monkeypatch.setattr(module._Race, "_settle", and_too_late)
        with socket.create_server(("127.0.0.1", 0)) as server:
            dialling = asyncio.ensure_future(Dialer(Limits(), lambda *_: False).dial(Address(*server.getsockname())))
            with pytest.raises(asyncio.CancelledError):
                await dialling
            accepted, _ = server.accept()
            with accepted:
                accepted.settimeout(PATIENCE)
                assert b"" == accepted.recv(1)

    asyncio.run(story())
    gc.collect()


def test_our_own_port_is_the_clients_fault():
    """Whichever of the target's addresses it is; nothing is connected to."""
    asked = []
    with pytest.raises(ClientFault) as raised:
        run(
            Address("name.test", 8080),
            ours=lambda host, port: asked.append((host, port)) or host == "127.0.0.1",
            found=[("::1", 8080), ("127.0.0.1", 8080)],
        )
    assert "own-port" == raised.value.code
    assert [("::1", 8080), ("127.0.0.1", 8080)] == asked


@pytest.mark.parametrize("error", [socket.gaierror(-2, "Name or service not known"), UnicodeError("label too long")])
def test_an_unknown_name_is_the_networks_fault(error):
    """It is named, with the resolver's reason."""
    with pytest.raises(NetworkFault) as raised:
        run(Address("name.invalid", 443), found=error)
    assert "name-unknown" == raised.value.code
    reason = getattr(error, "strerror", "label too long")
    assert f"the name name.invalid does not resolve: {reason}" == raised.value.what


def test_a_name_without_an_address_is_unreachable():
    """A resolver may say nothing at all."""
    with pytest.raises(UpstreamFault) as raised:
        run(Address("empty.test", 443), found=[])
    assert "unreachable" == raised.value.code


def test_the_next_address_is_tried_at_once_where_one_refuses(monkeypatch):
    """And not after the stagger; what answered is tried first the next time, and the name is not asked for again."""
    monkeypatch.setattr(module, "STAGGER", 3600)
    with listening("127.0.0.2") as port:
        tried = []
        connect_ex = socket.socket.connect_ex
        monkeypatch.setattr(
            socket.socket, "connect_ex", lambda sock, place: tried.append(place[0]) or connect_ex(sock, place)
        )
        found = [("127.0.0.1", port), ("127.0.0.2", port)]
        assert [f"127.0.0.2:{port}"] * 2 == run(Address("name.test", port), times=2, found=found)
        assert ["127.0.0.1", "127.0.0.2", "127.0.0.2"] == tried
        assert [("name.test", port)] == run.asked


def never(sock, place, connect_ex=socket.socket.connect_ex):
    """Connect, but 127.0.0.9 never answers: its socket listens, and is never ready to send."""
    if place[0] != "127.0.0.9":
        return connect_ex(sock, place)
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    return errno.EINPROGRESS


def test_the_next_address_is_tried_where_one_is_silent(monkeypatch):
    """After the stagger; the silent attempt is closed."""
    monkeypatch.setattr(module, "STAGGER", 0.01)
    monkeypatch.setattr(socket.socket, "connect_ex", never)
    with listening() as port:
        found = [("127.0.0.9", port), ("127.0.0.1", port)]
        assert [f"127.0.0.1:{port}"] == run(Address("name.test", port), found=found)


def test_an_address_that_answers_late_still_wins(monkeypatch):
    """A silent one goes on while the next is tried: the last one's failure is not the end."""
    monkeypatch.setattr(module, "STAGGER", 0)

    async def story():
        loop, slow = asyncio.get_running_loop(), []
        ask = resolver([("127.0.0.1", port), ("127.0.0.1", dead)], [])
        add_writer = loop.add_writer
        loop.add_writer = lambda *waiting: add_writer(*waiting) if slow else slow.append(waiting)
        tried, connect_ex = [], socket.socket.connect_ex
        monkeypatch.setattr(
            socket.socket, "connect_ex", lambda sock, place: tried.append(sock) or connect_ex(sock, place)
        )
        dialling = asyncio.ensure_future(Dialer(Limits(), lambda *_: False, ask).dial(Address("name.test", port)))
        async with asyncio.timeout(PATIENCE):
            while len(tried) < 2 or tried[1].fileno() >= 0:  # noqa: ASYNC110 (as above)
                await asyncio.sleep(0)
        assert not dialling.done()
        add_writer(*slow[0])
        sock, address = await asyncio.wait_for(dialling, PATIENCE)
        sock.close()
        assert f"127.0.0.1:{port}" == address

    dead = refusing()
    with listening() as port:
        asyncio.run(story())


def test_the_winner_stops_the_clock():
    """No timer is left for the addresses that were not tried."""

    async def story():
        loop, timers = asyncio.get_running_loop(), []
        ask = resolver([("127.0.0.1", port)] * 2, [])
        call_later = loop.call_later
        loop.call_later = lambda *what: timers.append(call_later(*what)) or timers[-1]
        sock, _ = await Dialer(Limits(), lambda *_: False, ask).dial(Address("name.test", port))
        sock.close()
        assert [True] == [timer.cancelled() for timer in timers]

    with listening() as port:
        asyncio.run(story())


def test_no_more_addresses_are_tried_than_allowed():
    """A name may have hundreds; the last that may be tried is the eighth."""
    dead = [("127.0.0.1", refusing())] * (module.MAX_ADDRESSES - 1)
    with listening() as port:
        good = ("127.0.0.1", port)
        assert [f"127.0.0.1:{port}"] == run(Address("name.test", port), found=[*dead, good])
        with pytest.raises(UpstreamFault):
            run(Address("name.test", port), found=[*dead, dead[0], good])


def test_cancelling_closes_every_attempt(monkeypatch):
    """Whoever waits for `dial` ends it: a time-out leaves no socket and no timer behind."""
    monkeypatch.setattr(module, "STAGGER", 0)
    monkeypatch.setattr(socket.socket, "connect_ex", never)
    made, create = [], socket.socket

    async def story():
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(socket, "socket", lambda *kind: made.append(create(*kind)) or made[-1])
        ask = resolver([("127.0.0.9", 443)] * 3, [])
        dialling = asyncio.ensure_future(Dialer(Limits(), lambda *_: False, ask).dial(Address("name.test", 443)))
        async with asyncio.timeout(PATIENCE):
            while len(made) < 3:  # noqa: ASYNC110 (what is waited for is a callback of this loop)
                await asyncio.sleep(0)
        fds = [sock.fileno() for sock in made]
        dialling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialling
        assert [-1] * 3 == [sock.fileno() for sock in made]
        assert [False] * 3 == [loop.remove_writer(fd) for fd in fds]

    asyncio.run(story())


@pytest.mark.parametrize("error", [errno.EMFILE, errno.ENFILE])
def test_without_descriptors_it_is_our_fault(monkeypatch, error):
    """And the user is told how to have more."""

    def none(*_):
        raise OSError(error, "too many open files")

    async def story():
        dialer = Dialer(Limits(), lambda *_: False)
        monkeypatch.setattr(socket, "socket", none)
        try:
            with pytest.raises(OurFault) as raised:
                await dialer.dial(Address("127.0.0.1", 443))
        finally:
            monkeypatch.undo()
        assert "out-of-sockets" == raised.value.code
        assert "ulimit -n" in raised.value.next

    asyncio.run(story())


def test_what_a_name_resolves_to_is_believed_for_a_while(monkeypatch):
    """Then the resolver is asked again; and no more names are kept than allowed."""
    monkeypatch.setattr(module, "REMEMBERED", 2)

    async def story():
        asked, loop, now = [], asyncio.get_running_loop(), [0.0]
        ask = resolver([("127.0.0.1", port)], asked)
        dialer = Dialer(Limits(resolver_memory=5), lambda *_: False, ask)
        dialer._loop = Clock(loop, now)

        async def dial(host):
            sock, _ = await dialer.dial(Address(host, port))
            sock.close()

        for host in ("a.test", "a.test", "b.test", "c.test", "b.test", "c.test", "a.test"):
            await dial(host)
        assert ["a.test", "b.test", "c.test", "a.test"] == [host for host, _ in asked]
        assert 2 == len(dialer._known)
        now[0] = 5.1
        await dial("a.test")
        assert "a.test" == asked[-1][0]
        assert 5 == len(asked)

    with listening() as port:
        asyncio.run(story())


class Clock:
    """A loop that has another time."""

    def __init__(self, loop, now):
        self._loop, self._now = loop, now

    def __getattr__(self, name):
        return getattr(self._loop, name)

    def time(self):
        return self._now[0]
