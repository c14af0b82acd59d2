"""tlscope.engine.recorder, over real sockets of the loopback."""

import asyncio
import errno
import os
import socket
from pathlib import Path

import pytest

from support.running import PATIENCE, close, config, connect, echo, recording, until
from tlscope.capture.directory import CaptureError, Hold, read_meta
from tlscope.capture.journal import RESERVE_NAME
from tlscope.capture.reader import Record, read
from tlscope.config import Address, ClientCertificate, Limits, OnFull
from tlscope.engine import recorder as module
from tlscope.engine.recorder import Recorder
from tlscope.events import Data, Faulted, Opened, Outcome, OutcomeKind
from tlscope.faults import OurFault
from tlscope_ca.roots import RootsError
from tlscope_ca.users import USERS, users


async def ask(made, request=b"GET / HTTP/1.1\r\n\r\n", number=0):
    """All that a client gets for its request."""
    reader, writer = await connect(made, number)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), PATIENCE)
    await close(writer)
    return answer


def recorded(directory, kind):
    return [item.event for item in read(directory / "capture") if isinstance(item, Record) and type(item.event) is kind]


def open_files():
    return len(list(Path("/dev/fd").iterdir()))


def test_it_listens_where_it_is_told_to(tmp_path):
    """On any port of both kinds of loopback; what it listens on is said, and each is served."""

    async def story():
        async with recording(tmp_path, listen=(Address("127.0.0.1", 0), Address("::1", 0))) as made:
            assert ["127.0.0.1", "::1"] == [own.host for own in made.listening]
            assert all(own.port for own in made.listening)
            for number in range(2):
                assert (await ask(made, number=number)).startswith(b"HTTP/1.1 400 ")
            listening = [str(own) for own in made.listening]
        assert listening == [event.listener for event in recorded(tmp_path, Opened)]
        assert listening == read_meta(tmp_path / "capture")["listening"]

    asyncio.run(story())


def test_stopping_ends_all_connections_and_lets_the_capture_go(tmp_path):
    """Waiting and relaying ones are aborted, what they said is in the capture, and both port and lock are free."""

    async def story():
        async with echo() as mode:
            async with recording(tmp_path, mode=mode) as made:
                pairs = [await connect(made) for _ in range(3)]
                for _, writer in pairs[:2]:
                    writer.write(b"word")
                for reader, _ in pairs[:2]:
                    assert b"word" == await reader.readexactly(4)
                await until(lambda: len(made._connections) == 3)
                own = made.listening[0]
            for reader, writer in pairs:
                assert b"" == await reader.read()
                await close(writer)
            socket.create_server((own.host, own.port)).close()
            Hold(tmp_path / "capture").release()
        assert [OutcomeKind.ABORTED] * 3 == [event.outcome for event in recorded(tmp_path, Outcome)]
        assert b"word" * 4 == b"".join(event.data for event in recorded(tmp_path, Data))
        assert 3 == read_meta(tmp_path / "capture")["connections"]

    asyncio.run(story())


def test_a_port_that_is_taken_leaves_nothing_open(tmp_path):
    """The fault names the address; the other port and the capture are free again."""

    async def story():
        with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as free:
            places = tuple(Address(*sock.getsockname()) for sock in (free, taken))
            free.close()
            before = open_files()
            made = Recorder(config(tmp_path, listen=places))
            with pytest.raises(OurFault) as raised:
                made.start()
            assert "cannot-listen" == raised.value.code
            assert str(places[1]) in raised.value.what
            assert raised.value.what.endswith(": Address already in use")
            assert before == open_files()
            socket.create_server((places[0].host, places[0].port)).close()
            assert not (tmp_path / "capture").exists()

    asyncio.run(story())


def test_roots_that_cannot_be_read_leave_nothing_open(tmp_path):
    """Not the ports, not the capture, not the journal."""

    async def story():
        before = open_files()
        made = Recorder(config(tmp_path, ca_files=(tmp_path / "missing.pem",), keylog=tmp_path / "keys"))
        with pytest.raises(RootsError):
            made.start()
        assert before == open_files()
        assert not (tmp_path / "capture" / RESERVE_NAME).exists()
        Hold(tmp_path / "capture").release()

    asyncio.run(story())


def test_a_capture_has_one_recorder(tmp_path):
    """A second one is told so, and keeps no port."""

    async def story():
        async with recording(tmp_path):
            before = open_files()
            with pytest.raises(CaptureError):
                Recorder(config(tmp_path)).start()
            assert before == open_files()

    asyncio.run(story())


def test_who_replaces_the_authority_can_know_of_it(tmp_path):
    """As long as it records; nothing is left of that."""

    async def story():
        async with recording(tmp_path) as made:
            directory = made.config.authority
            assert [(os.getpid(), str(made.config.capture))] == users(directory)
        assert [] == users(directory)
        assert [] == list((directory / USERS).iterdir())

    asyncio.run(story())


def test_it_records_where_it_cannot_say_so(tmp_path, monkeypatch, caplog):
    """That whoever replaces the authority will not know of it is worth a word, and no more."""

    def use(*_):
        raise OSError(30, "Read-only file system")

    async def story():
        async with recording(tmp_path) as made:
            assert (await ask(made)).startswith(b"HTTP/1.1 400 ")

    monkeypatch.setattr(module, "Use", use)
    asyncio.run(story())
    assert "whoever rotates the CA is not told of this recorder: [Errno 30] Read-only file system" in caplog.messages


def test_a_client_certificate_is_looked_at_before_anything_is_opened(tmp_path):
    """It is no use to find out at the first server."""

    async def story():
        with pytest.raises(OurFault, match=r"--client-cert"):
            Recorder(config(tmp_path, client_certificates=(ClientCertificate("*", Path("/nowhere.pem")),))).start()
        assert not (tmp_path / "capture").exists()

    asyncio.run(story())


class Scarce(socket.socket):
    """A listening socket for which there are no file descriptors left, until `failures` are over."""

    failures = ()

    def accept(self):
        if self.failures:
            raise OSError(self.failures.pop(), "too many")
        return super().accept()


@pytest.mark.parametrize("error", [errno.EMFILE, errno.ENFILE])
def test_accepting_goes_on_when_there_are_files_again(tmp_path, monkeypatch, caplog, error):
    """Without file descriptors it backs off, says so once, however often it fails, and serves who waited."""
    create = socket.create_server
    monkeypatch.setattr(
        socket, "create_server", lambda *place, **options: Scarce(fileno=create(*place, **options).detach())
    )
    monkeypatch.setattr(module, "BACK_OFF", 0.01)
    monkeypatch.setattr(Scarce, "failures", [error] * 3)

    async def story():
        async with recording(tmp_path) as made:
            assert (await ask(made)).startswith(b"HTTP/1.1 400 ")

    asyncio.run(story())
    assert [] == Scarce.failures
    assert ["cannot accept: too many; waiting for connections to end (ulimit -n raises the limit)"] == [
        record.getMessage() for record in caplog.records
    ]


def test_above_the_limit_new_connections_wait(tmp_path, caplog):
    """They are accepted when some have ended, and nobody is refused."""

    async def story():
        async with echo() as mode, recording(tmp_path, mode=mode, limits=Limits(connections=2)) as made:
            pairs = [await connect(made) for _ in range(3)]
            for _, writer in pairs:
                writer.write(b"word")
            for reader, _ in pairs[:2]:
                assert b"word" == await reader.readexactly(4)
            await until(lambda: not made._accepting)
            assert 2 == made.journal.connections
            await close(pairs[0][1])
            assert b"word" == await asyncio.wait_for(pairs[2][0].readexactly(4), PATIENCE)
            await close(pairs[1][1], pairs[2][1])

    asyncio.run(story())
    assert "2 connections: new ones wait until some end" == caplog.records[0].getMessage()


def test_a_deadline_is_noticed(tmp_path, monkeypatch):
    """A client that says nothing is ended after its time; then nothing ticks any more."""
    monkeypatch.setattr(module, "TICK", 0.01)

    async def story():
        async with recording(tmp_path, limits=Limits(hello_time=0.02)) as made:
            reader, writer = await connect(made)
            assert b"" == await asyncio.wait_for(reader.read(), PATIENCE)
            await close(writer)
            await until(lambda: made._ticking is None)
        assert [("client", "silent")] == [(str(e.who), e.code) for e in recorded(tmp_path, Faulted)]

    asyncio.run(story())


def test_quiet_relays_are_told_to_rest(tmp_path, monkeypatch):
    """Every so many ticks."""
    monkeypatch.setattr(module, "TICK", 0.001)
    monkeypatch.setattr(module, "REST_EVERY", 2)

    async def story():
        async with echo() as mode, recording(tmp_path, mode=mode) as made:
            reader, writer = await connect(made)
            writer.write(b"word")
            await reader.readexactly(4)
            (connection,) = made._connections
            rested = asyncio.Event()
            monkeypatch.setattr(type(connection.relay), "rest", lambda _: rested.set())
            await asyncio.wait_for(rested.wait(), PATIENCE)
            await close(writer)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("expected", "own", "host", "port"),
    [
        (True, "127.0.0.1", "127.0.0.1", 8080),
        (False, "127.0.0.1", "127.0.0.1", 8081),
        (False, "127.0.0.1", "127.0.0.2", 8080),
        (True, "127.0.0.1", "0.0.0.0", 8080),  # the system takes it for loopback
        (True, "0.0.0.0", "127.0.0.1", 8080),
        (True, "0.0.0.0", "127.0.0.2", 8080),
        (True, "::", "::1", 8080),
        (True, "::1", "::", 8080),
        (False, "::1", "127.0.0.1", 8080),
        (True, "fe80::1%eth0", "fe80::1%eth0", 8080),
        (False, "0.0.0.0", "192.0.2.1", 8080),
        (False, "0.0.0.0", "::1", 8080),  # whoever listens there is somebody else
        (False, "::", "127.0.0.1", 8080),
        (True, "127.0.0.1", "::ffff:127.0.0.1", 8080),
        (True, "127.0.0.1", "::ffff:0.0.0.0", 8080),
        (True, "0.0.0.0", "::ffff:127.0.0.2", 8080),
        (False, "127.0.0.1", "::ffff:127.0.0.2", 8080),
    ],
)
def test_what_is_our_own_port(tmp_path, expected, own, host, port):
    """The address itself, also mapped into IPv6, any loopback where all are listened on, and the wildcard."""
    made = Recorder(config(tmp_path))
    made.listening = [Address(own, 8080)]
    assert expected is made._is_ours(host, port)


def test_where_all_addresses_are_listened_on_each_of_this_machine_is_ours(tmp_path, monkeypatch):
    """Such as the one that it has in its network: the system says which those are."""
    assert module._is_this_machine("127.0.0.1")
    assert module._is_this_machine("::ffff:127.0.0.1")
    assert not module._is_this_machine("192.0.2.1")  # of documentation (RFC 5737), and nobody's
    assert not module._is_this_machine("fe80::1%nowhere")
    monkeypatch.setattr(module, "_is_this_machine", lambda host: host == "192.0.2.1")
    made = Recorder(config(tmp_path))
    made.listening = [Address("0.0.0.0", 8080)]
    assert made._is_ours("192.0.2.1", 8080)
    assert not made._is_ours("192.0.2.2", 8080)
    assert not made._is_ours("192.0.2.1", 8081)


def test_a_request_for_the_own_port_is_refused(tmp_path):
    """Instead of connecting to itself without end."""

    async def story():
        async with recording(tmp_path) as made:
            target = str(made.listening[0]).encode()
            answer = await ask(made, b"CONNECT " + target + b" HTTP/1.1\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 403 ")
            assert 1 == made.journal.connections
        assert ["own-port"] == [event.code for event in recorded(tmp_path, Faulted)]

    asyncio.run(story())


@pytest.mark.parametrize("on_full", OnFull)
def test_what_happens_when_the_journal_stops(tmp_path, on_full, caplog):
    """`relay`: all goes on unrecorded. `close`: every connection ends, and new ones are refused."""

    async def story():
        async with echo() as mode, recording(tmp_path, mode=mode, on_full=on_full) as made:
            reader, writer = await connect(made)
            writer.write(b"word")
            assert b"word" == await reader.readexactly(4)
            made.journal._stop(OSError(errno.ENOSPC, "No space left on device"), b"")
            if on_full is OnFull.RELAY:
                writer.write(b"more")
                assert b"more" == await reader.readexactly(4)
                _, other = await connect(made)
                await close(other)
            else:
                assert b"" == await asyncio.wait_for(reader.read(), PATIENCE)
                with pytest.raises(ConnectionRefusedError):
                    await connect(made)
            await close(writer)

    asyncio.run(story())
    assert "No space left on device" in caplog.records[0].getMessage()
    assert "No space left on device" in read_meta(tmp_path / "capture")["stopped"]
