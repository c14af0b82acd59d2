"""What connections cost in memory: idle ones, one with a slow reader, and rounds of all loads one after the other."""

from __future__ import annotations

import resource
import socket
import ssl
import time
from contextlib import ExitStack

from loads import LOADS, measure
from processes import resident

IDLE = 1000
SETTLED = 6
"""Seconds without a change after which memory counts as settled; tlscope gives back what quiet connections do not need
after 5 to 10."""
SETTLE_TIME = 30
BURST = 4 << 20
PAUSE = 0.08
"""The slow reader takes BURST bytes, then nothing for PAUSE seconds: some 40 MB/s, 1 GB in half a minute."""
ENOUGH = 1024
"""MB after which a proxy has shown that it keeps the whole file in memory."""
RECEIVE_BUFFER = 64 << 10
ROUNDS = 5


def idle_connection(port: int, pid: int) -> float:
    """KB for each of 1,000 connections that have carried one request and are held open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4 * IDLE)), hard))
    with ExitStack() as held:
        _get(held.enter_context(_connect(port)), "1k")
        before = _settled(pid)
        for _ in range(IDLE):
            _get(held.enter_context(_connect(port)), "1k")
        return (_settled(pid) - before) / IDLE / 1024


def slow_reader(port: int, pid: int) -> float:
    """MB that the proxy grows by, at most, while a client takes 1 GB slowly; over ENOUGH it is not finished."""
    with _connect(port, RECEIVE_BUFFER) as connection:
        before = most = resident(pid)
        connection.sendall(_request("1g"))
        buffer, left, total = bytearray(1 << 18), BURST, 0
        while size := connection.recv_into(buffer):
            total, left = total + size, left - size
            if left <= 0:
                time.sleep(PAUSE)
                most, left = max(most, resident(pid)), BURST
            grown = (most - before) / (1 << 20)
            if total >= 1 << 30 or grown > ENOUGH:
                return grown
    raise ConnectionError(f"the download ended after {total} bytes")


def rounds(port: int, pid: int) -> list[float]:
    """MB held after each of some rounds of all loads, through one and the same process."""
    held = []
    for _ in range(ROUNDS):
        for load in LOADS:
            last = measure(load, port, pid)
        held.append(last.memory)
    return held


def _settled(pid: int) -> int:
    """The memory that is held once it does not change any more."""
    least, since = resident(pid), time.monotonic()
    end = since + SETTLE_TIME
    while (now := time.monotonic()) < end and now - since < SETTLED:
        time.sleep(0.2)
        held = resident(pid)
        if abs(held - least) > 1 << 18:
            least, since = held, now
    return least


def _connect(port: int, receive_buffer: int = 0) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = socket.socket()
    plain.settimeout(60)
    if receive_buffer:  # before it connects, or the window is negotiated without it
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    plain.connect(("127.0.0.1", port))
    return context.wrap_socket(plain, server_hostname="localhost")


def _get(connection: ssl.SSLSocket, name: str) -> None:
    connection.sendall(_request(name))
    answer = b""
    while b"\r\n\r\n" not in answer or len(answer.partition(b"\r\n\r\n")[2]) < 1 << 10:
        if not (data := connection.recv(1 << 16)):
            raise ConnectionError(f"closed after {answer!r}")
        answer += data


def _request(name: str) -> bytes:
    return f"GET /{name} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
