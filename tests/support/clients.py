"""Other people's TLS clients. Each takes what matters in tests and nothing from the user's environment."""

from __future__ import annotations

import os
import socket
import ssl
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
