"""Slow readers, too few files, too many connections, full disks: the recorder bends and does not break."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack

import pytest

from support.clients import ByHand, client_context, connect, curl, receive_all, run
from support.inprocess import Ended, recording
from support.recorder import tlscope
from support.servers import server_context
from support.waiting import PATIENCE, until

MEGABYTE = 1 << 20
BIG = 64


def test_a_slow_reader_costs_nothing(record, serve_python, issued):
    """A big download by a client that does not read stops at its source; the recorder's memory stays as it is."""
    block, total = bytes(MEGABYTE), BIG * MEGABYTE
    held_back = threading.Event()

    def handle(connection, server):
        connection.recv(100)
        connection.settimeout(0.5)
        try:
            while len(server.sent) < total:
                server.sent += block[: connection.send(block[: 16 << 10])]
        except TimeoutError:
            held_back.set()  # half a second without room: nobody reads
        connection.settimeout(PATIENCE)
        while len(server.sent) < total:
            connection.sendall(block[: min(MEGABYTE, total - len(server.sent))])
            server.sent += block[: total - len(server.sent)]
        connection.unwrap()

    server = serve_python(handle, server_context(issued))
    recording_ = record()
    with recording_.catch() as caught:
        own = ByHand(connect(recording_.port, f"localhost:{server.port}"), client_context(recording_.ca))
        own.send(b"all of it")
        before = recording_.resident()
        assert held_back.wait(PATIENCE)
        assert len(server.sent) < total // 2
        assert recording_.resident() - before < 20 * MEGABYTE
        received = sum(map(len, iter(own.receive, b"")))
        own.close_notify()
        own.sock.close()
    assert total == received == caught.one.summary["down"]
    assert recording_.resident() - before < 20 * MEGABYTE


def test_too_few_files(record, serve_python):
    """Without file descriptors new clients wait, and are served when others have gone; the recorder goes on."""
    server = serve_python(lambda connection, _: connection.sendall(connection.recv(100)))
    recording_ = record(limits=["-n", 64])
    target = f"127.0.0.1:{server.port}"
    waiting = [socket.create_connection(("127.0.0.1", recording_.port), 20) for _ in range(80)]
    until(lambda: "cannot accept" in recording_.log.read_text(), "the recorder to run out of files")
    with recording_.catch(81):
        for sock in waiting:
            sock.close()
        with connect(recording_.port, target) as sock:
            sock.sendall(b"ping")
            assert b"ping" == sock.recv(100)
            sock.shutdown(socket.SHUT_WR)
            receive_all(sock)
    assert 0 == recording_.stop()[0]


def test_too_few_files_for_servers(record, serve_python):
    """A client whose server cannot be dialled for want of files is told so, and it is our fault."""
    server = serve_python(lambda connection, _: receive_all(connection))
    # A tunnel takes two files: whether accepting or dialling misses the last depends on how many there were.
    answers = [last_answer(record(limits=["-n", 40]), server.port, idle) for idle in (0, 1)]
    (told,) = [answer for answer in answers if answer]
    assert told.startswith(b"HTTP/1.1 502 ")
    assert b"X-Tlscope-Fault: out-of-sockets" in told


def last_answer(recording_, port, idle):
    """Open tunnels until one is not made: what its client is told, or nothing if it must wait."""
    with ExitStack() as opened:
        for _ in range(idle):
            opened.enter_context(socket.create_connection(("127.0.0.1", recording_.port)))
        while True:
            sock = opened.enter_context(socket.create_connection(("127.0.0.1", recording_.port), 1))
            sock.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
            try:
                answer = sock.recv(1000)
            except TimeoutError:
                assert "cannot accept" in recording_.log.read_text()
                return b""
            if not answer.startswith(b"HTTP/1.1 200 "):
                return answer


def test_too_many_connections(tmp_path, serve_python):
    """Above the limit new clients wait in the listen queue until others have gone."""
    server = serve_python(lambda connection, _: connection.sendall(connection.recv(100)))
    with recording(tmp_path, limits={"connections": 2}) as port:
        first, second = (connect(port, f"127.0.0.1:{server.port}") for _ in range(2))
        third = socket.create_connection(("127.0.0.1", port), 20)
        third.sendall(f"CONNECT 127.0.0.1:{server.port} HTTP/1.1\r\n\r\n".encode())
        third.settimeout(0.3)
        with pytest.raises(TimeoutError):
            third.recv(1)
        first.close()
        third.settimeout(20)
        assert b"HTTP/1.1 200 " == third.recv(13)
        second.close()
        third.close()
    assert 3 == len(Ended(tmp_path / "capture").summaries.connections)


FULL_AFTER = 4 * 1024
"""In the 512-byte units of `ulimit -f`: files of 2 MiB at most."""


def fill(recording_, nginx, count=3):
    """Fetch more than the journal may hold; the bodies."""
    return [
        curl("-x", f"http://{recording_.address}", "--cacert", recording_.ca, f"{nginx.url}/1M") for _ in range(count)
    ]


def test_a_full_disk_and_relay(record, nginx):
    """With --on-full relay the bytes still flow when the journal cannot be written; the capture says where that was."""
    recording_ = record("--on-full", "relay", limits=["-f", FULL_AFTER])
    assert [nginx.files["1M"]] * 4 == [done.stdout for done in fill(recording_, nginx, 4)]
    assert "cannot be written" in recording_.log.read_text()
    code, last = recording_.stop()
    assert (0, 4) == (code, last["recorded"])
    assert "stopped" in last
    assert "File too large" in last["stopped"]
    kept = recording_.listed()
    assert "intercepted" == kept[1]["outcome"]
    assert kept[1]["down"] > MEGABYTE
    assert len(kept) < 4
    stopped = tlscope(recording_.home, "list", "-c", recording_.capture)
    assert "journal cannot be written" in stopped.stderr
    assert "Next:" in stopped.stderr


def test_a_full_disk_and_close(record, nginx):
    """With --on-full close no connection goes on unrecorded, and no new one is taken."""
    recording_ = record("--on-full", "close", limits=["-f", FULL_AFTER])
    done = fill(recording_, nginx, 4)
    late = curl("-x", f"http://{recording_.address}", f"{nginx.url}/one")
    assert nginx.files["1M"] == done[0].stdout
    assert done[-1].returncode
    assert 7 == late.returncode  # CURLE_COULDNT_CONNECT
    assert "--on-full close" in recording_.log.read_text()
    code, last = recording_.stop()
    assert 0 == code
    assert "stopped" in last


def test_a_disk_that_is_full(record, nginx, tmp_path, stack):
    """On a disk without room the reserve is given back, so that the last record can say what happened."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if run("mount", "-t", "tmpfs", "-o", "size=3m", "none", disk).returncode == 0:
        stack.callback(run, "umount", disk)
        limits, why = [], "No space left on device"
    else:  # who may not mount a small disk is left with small files
        limits, why = ["-f", FULL_AFTER], "File too large"
    recording_ = record(capture=disk / "capture", limits=limits)
    assert [nginx.files["1M"]] * 4 == [done.stdout for done in fill(recording_, nginx, 4)]
    code, last = recording_.stop()
    assert 0 == code
    assert why in last["stopped"]
    kept = recording_.listed()
    assert "intercepted" == kept[1]["outcome"]
    assert why in tlscope(recording_.home, "list", "-c", recording_.capture).stderr


def test_a_budget(record, nginx):
    """The journal keeps to its budget by dropping what is oldest; what is left can be read, and the gap is told."""
    recording_ = record("--keep", "8M")
    assert [nginx.files["1M"]] * 11 == [done.stdout for done in fill(recording_, nginx, 11)]
    with recording_.catch():
        fill(recording_, nginx, 1)
    assert 0 == recording_.stop()[0]
    assert sum(path.stat().st_size for path in recording_.capture.glob("*.tlsj")) <= 8 * MEGABYTE
    done = tlscope(recording_.home, "list", "-c", recording_.capture)
    assert 0 == done.returncode
    assert "segments are gone" in done.stderr
    kept = recording_.listed()
    assert "intercepted" == kept[12]["outcome"]
    assert 1 not in kept
