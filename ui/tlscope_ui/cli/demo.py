"""`tlscope demo`: everything at work at once, on this machine alone, with nothing of the user's touched.

A real server, a real recorder, real clients. What is shown is what `tlscope show` and `tlscope list` print: these
commands are called, nothing is made up for the occasion. All files lie in one temporary directory.
"""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import rich_click as click
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tlscope.capture import reader
from tlscope.capture.summary import Summaries, Summary
from tlscope.events import OutcomeKind
from tlscope_ca.authority import Authority
from tlscope_ca.leaf import Minter
from tlscope_ui.cli import list as list_
from tlscope_ui.cli import show
from tlscope_ui.cli.live import recording
from tlscope_ui.cli.output import Failure, Screen
from tlscope_ui.telling import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope_ui.cli.live import Ready

PATIENCE = 10
"""Seconds that any one step may take; all together take two or three."""
POLL = 0.02
HOST = "localhost"
QUESTION = b"name=Ada&city=London"

INTRODUCTION = """\
Three programs run now, on this machine alone: an HTTPS server, a client that wants something of it, and between the two
tlscope. The client's TLS ends at tlscope, which speaks TLS of its own to the server: two legs, each with its own
handshake, its own certificate and its own keys. Whoever holds the middle end of both sees everything that passes."""

BEFORE_GET = """\
1. A GET over TLS 1.3, by a client that was told to trust tlscope's CA.
   An arrow up goes towards the server, one down towards the client."""
AFTER_GET = """\
The client's ClientHello had to wait until the server leg was finished: only when tlscope has the server's certificate,
and has judged it, can it make one that mirrors it. That is the line `leaf`, and the client had no reason to complain.
In TLS 1.3 all that comes after ServerHello is encrypted: who merely listens on the wire sees no certificate at all."""

BEFORE_POST = """\
2. A POST over TLS 1.2, because this client can do no better."""
AFTER_POST = """\
One round trip more, and all in the clear until ChangeCipherSpec, certificates included. tlscope asked the server for
TLS 1.2 as well, though both could do better: it offers the server no version that the client did not offer.
`without close_notify` says that an end came without TLS's own goodbye; it is passed on as it came."""

BEFORE_CURL = """\
3. curl, since it is installed:
   curl --proxy http://{listening} --cacert CA {url}hello"""
NO_CURL = "3. There is no curl on this machine: its part is left out."

BEFORE_REFUSAL = """\
4. A client that trusts the server's CA and was never told of tlscope's, as any program that nobody has prepared."""
AFTER_REFUSAL = """\
It refused the certificate and said why in an alert, before it had sent a single byte of data. This is what protects
everybody from a man in the middle, and a program that goes on here has a hole. tlscope has no way around it."""

ENDING = """\
Nothing of this was kept, and nothing on this machine was changed.
README.md goes on from here with traffic of your own: "The first interception"."""


@click.command("demo", cls=click.RichCommand)
@click.pass_context
def command(ctx: click.Context) -> None:
    """See it at work, offline: a real server and real clients, both handshakes and the data, with a word on each.

    Ends by itself within seconds. Uses a capture, a CA and a server of its own; all are gone afterwards.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)  # so that it cleans up, as after Ctrl-C
    with tempfile.TemporaryDirectory(prefix="tlscope-demo-") as folder:
        work = Path(folder)
        with served(work) as server, _recorder(work) as ready:
            Show(ctx, server, ready).run()


class Show:
    """The demonstration: who does what, in order. Raises Failure where anything is not as it has to be."""

    def __init__(self, ctx: click.Context, server: Server, ready: Ready) -> None:
        """Show it through the commands that users have, invoked from `ctx`."""
        self._ctx, self._server, self._ready = ctx, server, ready
        self._screen = Screen()
        self._connections = 0

    def run(self) -> None:
        """All of it."""
        new = ssl.create_default_context(cafile=self._ready.ca)
        new.set_alpn_protocols(["http/1.1"])
        old = ssl.create_default_context(cafile=self._ready.ca)
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        self._say(INTRODUCTION)

        self._say(BEFORE_GET)
        self._expect(self._ask(new, "GET", "/hello"), b"GET /hello")
        self._tell(OutcomeKind.INTERCEPTED, "TLSv1.3")
        self._say(AFTER_GET)

        self._say(BEFORE_POST)
        self._expect(self._ask(old, "POST", "/form", QUESTION), b"POST /form, " + QUESTION)
        self._tell(OutcomeKind.INTERCEPTED, "TLSv1.2")
        self._say(AFTER_POST)

        if curl := shutil.which("curl"):
            self._say(BEFORE_CURL.format(listening=self._ready.listening[0], url=self._server.url))
            self._expect(self._curl(curl), b"GET /hello")
            self._tell(OutcomeKind.INTERCEPTED)
        else:
            self._say(NO_CURL)

        self._say(BEFORE_REFUSAL)
        self._be_refused()
        self._tell(OutcomeKind.CLIENT_REJECTED)
        self._say(AFTER_REFUSAL)

        self._say("All of them, one line each:")
        self._invoke("tlscope list", list_.command)
        self._lines(ENDING)

    # ---------------------------------------------------------------------------------------------------------- clients

    def _ask(self, trust: ssl.SSLContext, method: str, path: str, body: bytes | None = None) -> bytes:
        """A request by Python's own client, through the proxy by CONNECT; the body of the answer."""
        host, _, port = self._ready.listening[0].rpartition(":")
        connection = HTTPSConnection(host, int(port), context=trust, timeout=PATIENCE)
        connection.set_tunnel(HOST, self._server.port)
        self._connections += 1
        try:
            connection.request(method, path, body, {"User-Agent": "Python", "Connection": "close"})
            return connection.getresponse().read()
        except ssl.SSLCertVerificationError:
            raise
        except (OSError, HTTPException) as error:
            raise _wrong(f"a request failed: {error}") from None
        finally:
            connection.close()

    def _curl(self, curl: str) -> bytes:
        proxy = f"http://{self._ready.listening[0]}"
        # -q: what the user's own configuration of curl says does not count here.
        arguments = [curl, "-q", "-sS", "--max-time", str(PATIENCE), "--noproxy", "", "--proxy", proxy]
        self._connections += 1
        done = subprocess.run(  # noqa: S603 - a program of the user's, arguments of ours
            [*arguments, "--cacert", str(self._ready.ca), f"{self._server.url}hello"], capture_output=True, check=False
        )
        if done.returncode:
            raise _wrong(f"curl failed: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def _be_refused(self) -> None:
        try:
            self._ask(ssl.create_default_context(cafile=self._server.ca), "GET", "/secret")
        except ssl.SSLCertVerificationError as error:
            self._screen.line(f'   It says: "{error.verify_message}"')
            self._screen.line("")
        else:
            raise _wrong("a client that does not trust the CA was intercepted all the same")

    # ------------------------------------------------------------------------------------------------------------- view

    def _say(self, text: str) -> None:
        self._lines(text + "\n")
        self._screen.flush()

    def _lines(self, text: str) -> None:
        for line in text.split("\n"):
            self._screen.line(line)

    def _expect(self, body: bytes, wanted: bytes) -> None:
        if body != b"You sent: " + wanted + b"\n":
            raise _wrong(f"the answer arrived as {body!r}")

    def _tell(self, outcome: OutcomeKind, version: str = "") -> None:
        """The last connection's whole story, as `tlscope show` tells it."""
        summary = self._settled(self._connections)
        assert summary.outcome is not None  # that is what settled means
        if summary.outcome.outcome is not outcome:
            raise _wrong(f"connection {summary.connection} ended as {summary.outcome.outcome}, not as {outcome}")
        versions = {leg.version for leg in (summary.client_leg, summary.server_leg) if leg}
        if version and versions != {version}:
            raise _wrong(f"connection {summary.connection} speaks {', '.join(versions)}, not {version}")
        self._invoke(f"tlscope show {summary.connection}", show.command, connection=summary.connection)

    def _settled(self, number: int) -> Summary:
        """A connection that is over; what it did reaches the journal some milliseconds later."""
        summaries, end = Summaries(), time.monotonic() + PATIENCE
        with reader.Reader(self._ready.capture, data_limit=0) as capture:
            while time.monotonic() < end:
                for item in capture.poll():
                    summaries.feed(item)
                found = summaries.connections.get(number)
                if found and found.outcome:
                    return found
                time.sleep(POLL)
        raise _wrong(f"connection {number} did not come to an end")

    def _invoke(self, typed: str, command: click.Command, **given: Any) -> None:
        self._screen.line(Span(f"$ {typed}", "strong"))
        self._ctx.invoke(command, capture=self._ready.capture, **given)
        self._screen.line("")


@dataclass(frozen=True, slots=True)
class Server:
    """The HTTPS server, and what a client must trust to reach it."""

    port: int
    ca: Path

    @property
    def url(self) -> str:
        """Its address."""
        return f"https://{HOST}:{self.port}/"


@contextmanager
def served(work: Path) -> Iterator[Server]:
    """An HTTPS server, for as long as the block lasts, with a certificate for localhost by a CA made for it."""
    authority = Authority.throw_away()
    leaf = Minter(authority).mint_for_host(HOST)
    key = leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (work / "server.pem").write_bytes(key + leaf.certificate.public_bytes(Encoding.PEM))
    (work / "server-ca.pem").write_bytes(authority.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(work / "server.pem")
    context.set_alpn_protocols(["http/1.1"])
    with _Quiet(("127.0.0.1", 0), _Echo) as server:
        # The handshake is made by the connection's own thread, at its first read: one that hangs hangs alone.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        Thread(target=server.serve_forever, args=(POLL,), daemon=True).start()
        try:
            yield Server(server.server_port, work / "server-ca.pem")
        finally:
            server.shutdown()


class _Quiet(ThreadingHTTPServer):
    """A client that refuses us makes the server's side of the connection fail: that is shown, but not by the server."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        del request, client_address


class _Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent."""

    timeout = PATIENCE
    server_version, sys_version = "demo", ""

    def do_GET(self) -> None:
        """Say what was asked for."""
        self._answer(f"GET {self.path}")

    def do_POST(self) -> None:
        """Say what was asked for, and with what."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(f"POST {self.path}, {body.decode()}")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Nothing: the recorder says it all."""

    def _answer(self, sent: str) -> None:
        body = f"You sent: {sent}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def _recorder(work: Path) -> Iterator[Ready]:
    """A recorder whose data, configuration and capture lie in `work`; what it logged is told where something fails."""
    home = {name: str(work) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    options = ("--listen", "127.0.0.1:0", "--capture", str(work / "capture"), "--ca-file", str(work / "server-ca.pem"))
    log = work / "recorder.log"
    try:
        with log.open("wb") as file, recording(*options, env={**os.environ, **home}, log=file) as recorder:
            yield recorder.ready()
    except Exception:
        sys.stderr.write(log.read_text(errors="backslashreplace"))
        raise


def _wrong(what: str) -> Failure:
    return Failure(what, "tell the authors, with all that stands above: this should never fail")


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
