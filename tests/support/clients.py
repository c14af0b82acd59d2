"""Other people's TLS clients. Each takes what matters in tests and nothing from the user's environment."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import subprocess

from support.needs import needs
from support.waiting import PATIENCE

CLEAN = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ} | {"HOME": "/nonexistent"}


def run(*command, input_=b"", env=None, cwd=None):
    """Run a program to its end."""
    return subprocess.run(
        [str(part) for part in command],
        input=input_,
        env=CLEAN | (env or {}),
        cwd=cwd,
        capture_output=True,
        timeout=60,
        check=False,
    )


def curl(*options):
    """curl; what it says on standard error are errors only."""
    return run(needs("curl"), "-q", "-sS", "--max-time", PATIENCE, *options)


def wget(*options):
    return run(needs("wget"), "--no-config", "--no-hsts", "-q", "-t", "1", "-O", "-", *options)


def s_client(port, *options, input_=b"", proxy=None, name="localhost"):
    """`openssl s_client` to a local port; by itself it ends when its input does."""
    way = ["-proxy", f"127.0.0.1:{proxy}"] if proxy else []
    sni = ["-servername", name] if name else ["-noservername"]
    return run(needs("openssl"), "s_client", "-connect", f"127.0.0.1:{port}", *way, *sni, *options, input_=input_)


def connect(proxy, target, host="127.0.0.1"):
    """A socket behind a CONNECT, answered with 200."""
    sock = socket.create_connection((host, proxy), PATIENCE)
    sock.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        assert byte, head
        head += byte
    assert head.startswith(b"HTTP/1.1 200 "), head
    return sock


def client_context(ca, *, alpn=()):
    """A context of Python's for clients that trust one CA."""
    context = ssl.create_default_context(cafile=ca)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def tls(proxy, port, context, name="localhost"):
    """A TLS connection through tlscope."""
    return context.wrap_socket(connect(proxy, f"localhost:{port}"), server_hostname=name, suppress_ragged_eofs=False)


def receive_all(connection):
    """Everything until the end."""
    parts = []
    while data := connection.recv(65536):
        parts.append(data)
    return b"".join(parts)


class ByHand:
    """A TLS client over memory BIOs: it can end its directions one by one, and in the wrong way.

    `receive` gives b"" at a close_notify, and raises ssl.SSLEOFError at a FIN without one.
    """

    def __init__(self, sock, context, name="localhost"):
        self.sock = sock
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=name)
        self._do(self._tls.do_handshake)

    def send(self, data):
        self._do(self._tls.write, data)

    def receive(self):
        try:
            return self._do(self._tls.read, 65536)
        except ssl.SSLZeroReturnError:
            return b""

    def receive_all(self):
        return b"".join(iter(self.receive, b""))

    def close_notify(self):
        """Say that we send no more, and go on receiving."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self._tls.unwrap()
        self._flush()

    def finish(self):
        self.sock.shutdown(socket.SHUT_WR)

    def _do(self, operation, *arguments):
        while True:
            try:
                return operation(*arguments)
            except ssl.SSLWantReadError:
                self._flush()
                if data := self.sock.recv(65536):
                    self._in.write(data)
                else:
                    self._in.write_eof()
            finally:
                self._flush()

    def _flush(self):
        if data := self._out.read():
            self.sock.sendall(data)


def reset(sock):
    """Close with a TCP reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
