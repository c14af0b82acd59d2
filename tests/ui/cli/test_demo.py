"""`tlscope demo`, run as users run it."""

import re
import signal
import socket
from dataclasses import dataclass

import pytest

from tools import tool

TLS1_3 = [
    "▲ ClientHello",
    "▼ ServerHello",
    "▼ ChangeCipherSpec",
    "▼ EncryptedExtensions",
    "▼ Certificate",
    "▼ CertificateVerify",
    "▼ Finished",
    "▲ ChangeCipherSpec",
    "▲ Finished",
]
TLS1_2 = [
    "▲ ClientHello",
    "▼ ServerHello",
    "▼ Certificate",
    "▼ ServerKeyExchange",
    "▼ ServerHelloDone",
    "▲ ClientKeyExchange",
    "▲ ChangeCipherSpec",
    "▲ Finished",
    "▼ ChangeCipherSpec",
    "▼ Finished",
]
LATER = {"▼ NewSessionTicket", "▲ Alert", "▼ Alert"}
"""Messages that may follow a handshake."""


@pytest.fixture
def demo(tmp_path, process):
    """Run `tlscope demo` where `curl`, a shell script, is the only program on the PATH; without it there is none."""
    for name in ("home", "tmp", "bin"):
        (tmp_path / name).mkdir()

    def run(curl=""):
        if curl:
            (tmp_path / "bin" / "curl").write_text(f"#!/bin/sh\n{curl}\n")
            (tmp_path / "bin" / "curl").chmod(0o755)
        places = {name: str(tmp_path / place) for name, place in (("HOME", "home"), ("TMPDIR", "tmp"), ("PATH", "bin"))}
        running = process("demo", env={**places, "PYTHONIOENCODING": "utf-8"}, encoding="utf-8")
        out, err = running.communicate(timeout=60)
        assert_nothing_is_left(tmp_path, out)
        return Ran(running.returncode, out, err)

    return run


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def assert_nothing_is_left(tmp_path, output):
    assert [] == [*(tmp_path / "home").iterdir(), *(tmp_path / "tmp").iterdir()]
    host, port = re.search(r"from \S+ to (\S+):(\d+)", output).groups()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)


def story(output, number):
    """What was said of one connection."""
    return re.search(rf"^connection {number}, .*?\n\n", output, re.DOTALL | re.MULTILINE)[0]


def messages(text, leg):
    return re.findall(rf"^ +\S+ ms  {leg} ([▲▼] \w+) \d+ B TLSv", text, re.MULTILINE)


def assert_handshake(expected, found):
    assert expected == found[: len(expected)]
    assert set(found[len(expected) :]) <= LATER


def test_it_shows_both_handshakes_and_the_data(demo):
    """Every message of both legs, over TLS 1.3 and 1.2, and the bytes both ways; then it ends by itself, exit 0."""
    done = demo()
    assert (0, "") == (done.code, done.err)
    get, post = story(done.out, 1), story(done.out, 2)
    for leg in ("client", "server"):
        assert_handshake(TLS1_3, messages(get, leg))
        assert_handshake(TLS1_2, messages(post, leg))
        assert re.search(rf"{leg} ✓ handshake TLSv1.3 TLS_\w+ \S+ ALPN http/1.1 SNI localhost", get)
        assert re.search(rf"{leg} ✓ handshake TLSv1.2 TLS_ECDHE_ECDSA_\w+ \S+ SNI localhost", post)
    assert "│ GET /hello HTTP/1.1" in get
    assert "│ You sent: GET /hello" in get
    assert "│ name=Ada&city=London" in post
    assert "│ You sent: POST /form, name=Ada&city=London" in post
    assert "There is no curl on this machine" in done.out
    assert "README.md goes on" in done.out.splitlines()[-1]


def test_it_shows_a_refusal(demo):
    """A client that does not trust the CA sends its alert, and no data; `list` tells all of them apart."""
    output = demo().out
    refused = story(output, 3)
    assert_handshake(TLS1_3, messages(refused, "server"))
    assert [*TLS1_3[:7], "▲ Alert"] == messages(refused, "client")
    assert "✗ client-rejected ▲ 0 B ▼ 0 B: the client sent the alert unknown_ca" in refused
    assert "data " not in refused
    listed = output.partition("$ tlscope list\n")[2]
    assert ["intercepted", "intercepted", "client-rejected"] == re.findall(r"[✓✗] (\S+)", listed)


def test_it_uses_curl_where_there_is_one(demo):
    """It gets the proxy, the CA and the address on its command line, and its connection is shown."""
    done = demo(f'exec {tool("curl")} "$@"')
    assert (0, "") == (done.code, done.err)
    assert "│ User-Agent: curl/" in story(done.out, 3)
    assert "✓ intercepted" in story(done.out, 3)


def test_it_fails_when_a_client_fails(demo):
    """Exit 1, what went wrong, and what to do; a demonstration that shows nothing is not a success."""
    done = demo("echo cannot >&2; exit 7")
    assert 1 == done.code
    assert "Error: curl failed: cannot\nNext: " in done.err
    assert "README.md" not in done.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing_behind(demo, number):
    """A signal in the middle of it ends server, recorder and clients, and removes the files."""
    done = demo(f"kill -{number:d} $PPID; exec /bin/sleep 30")
    assert 1 == done.code
    assert "README.md" not in done.out
