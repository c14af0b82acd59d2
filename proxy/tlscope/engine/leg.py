"""One TLS side of a connection during its handshake: an endpoint (openssl.py), a link, and what they tell the journal.

The one table from OpenSSL's reasons to our faults is here, at the edge; beyond it faults are objects.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tlscope.capture import format as fmt
from tlscope.engine import openssl
from tlscope.engine.openssl import ALERT, HANDSHAKE, State, Tls
from tlscope.events import Ciphertext, Closed, Direction, HandshakeDone, How, Secret
from tlscope.events import Leg as Which
from tlscope.faults import ClientFault, Fault, UpstreamFault
from tlscope.wire.tls.codes import AlertDescription, name_of
from tlscope.wire.tls.suites import CipherSuite

if TYPE_CHECKING:
    from OpenSSL import SSL

    from tlscope.capture.journal import Journal
    from tlscope.engine.link import Link

_SCRATCH = bytearray(64 * 1024)
_SCRATCH_ADDRESS = openssl.address_of(_SCRATCH)

CERTIFICATE, CERTIFICATE_REQUEST, FINISHED = 11, 13, 20
"""Handshake types (RFC 8446 section 4) that the order of a handshake depends on."""

FATAL = 2
SUITE_AT = 40
"""Bytes before the suite in a ServerHello with an empty session id, and one of the suite."""


@dataclass(frozen=True, slots=True)
class _Reason:
    """What one of OpenSSL's reasons means: a stable code, and what to do next."""

    code: str
    next: str


_REASONS = {
    "no shared cipher": _Reason("no-common-suite", "compare the suites that both sides offer"),
    "no suitable signature algorithm": _Reason(
        "no-common-suite", "compare the signature algorithms that both sides offer"
    ),
    "no suitable key share": _Reason("no-common-group", "compare the groups that both sides offer"),
    "unsupported protocol": _Reason("no-common-version", "compare the versions that both sides offer"),
    "wrong version number": _Reason("not-tls", "the other side does not speak TLS on this port, or not yet (STARTTLS)"),
    "packet length too long": _Reason("not-tls", "the other side does not speak TLS on this port"),
    "http request": _Reason("not-tls", "the other side speaks plain HTTP"),
    "https proxy request": _Reason("not-tls", "the other side speaks plain HTTP"),
    "too much early data": _Reason(
        "early-data", "let the client send no early data (0-RTT), or 16 KiB of it at most: it is refused, and read past"
    ),
    "record layer failure": _Reason("broken-tls", "look at its last bytes"),
    "unexpected eof while reading": _Reason("closed", "look at what was sent last"),
    "peer did not return a certificate": _Reason("no-client-certificate", "give the client one"),
    "tlsv1 alert protocol version": _Reason("no-common-version", "compare the versions that both sides offer"),
    "dh key too small": _Reason("weak-key-exchange", "the server's Diffie-Hellman group is too small to be safe"),
}
"""OpenSSL's reasons, in lower case, to ours; the first that is here counts."""
_UNKNOWN = _Reason("handshake-failed", "look at what it sent last")
_ENDED = {
    How.FIN: "closed the connection in the handshake, without an alert",
    How.RST: "reset the connection in the handshake, without an alert",
    How.CLOSE_NOTIFY: "ended the handshake with close_notify",
}
"""What a side did that closed before its handshake was complete."""


class Leg:
    """One side's handshake. `which` says which; events go to `journal` as connection `number`."""

    def __init__(self, which: Which, link: Link, context: SSL.Context, journal: Journal, number: int) -> None:
        self.which, self.link, self.journal, self.number = which, link, journal, number
        self.tls = Tls(context, server=which is Which.CLIENT)
        self.alert: int | None = None
        """The fatal alert that the other end sent, if any."""
        self.certificates = b""
        """The body of the Certificate message that was received."""
        self.suite = 0
        """The cipher suite that the ServerHello chose."""
        self.asked = False
        """Whether the other end asked for a certificate."""
        self.after_finished = 0
        """Messages received after the other end's Finished: tickets, mostly."""
        self._finished = False
        self._told = b""
        """A message that is in the journal already."""
        up = which is Which.CLIENT
        self._flags = fmt.message_flags(which)
        self._inward, self._outward = (Direction.UP, Direction.DOWN) if up else (Direction.DOWN, Direction.UP)

    async def handshake(self) -> None:
        """Carry the handshake through; raises the fault that ended it.

        Each flight is answered in the callback that read it: waking this coroutine for every one would cost a turn
        of the loop, and there are three of them in a TLS 1.2 handshake.
        """
        if self.step():
            return
        complete: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.link.arrival = partial(self._arrived, complete)
        try:
            if self.link.waiting or self.link.ended:
                self.link.arrival()
            await complete
        finally:
            self.link.arrival = None

    def _arrived(self, complete: asyncio.Future[None]) -> None:
        """Something came, or the end: go on."""
        if complete.done():
            return
        try:
            data = self.link.take()
            if not data:
                self._closed(self.link.ended or How.FIN)
            self.feed(data)
            if self.step():
                complete.set_result(None)
        except Exception as error:  # noqa: BLE001 (who waits deals with it; the loop would only log it, and he wait on)
            complete.set_exception(error)

    def step(self) -> bool:
        """As far as what was fed allows; True when the handshake is complete. Raises the fault that ended it."""
        done = self.tls.handshake()
        self.record_heard()
        self.send()
        if self.tls.state is State.FAILED:
            raise self._fault()
        if self.tls.state is State.CLOSED:
            self._closed(How.CLOSE_NOTIFY)
        return done

    def begin(self, data: bytes, hello: bytes) -> None:
        """Take the ciphertext of a hello, both of which are in the journal already."""
        self._told = hello
        self.tls.feed(openssl.address_of(data), len(data))

    def feed(self, data: bytes) -> None:
        """Take ciphertext that arrived."""
        self.journal.put(self.number, Ciphertext(self.which, self._inward, data))
        self.tls.feed(openssl.address_of(data), len(data))

    def send(self) -> None:
        """Send what the endpoint wants to send."""
        while size := self.tls.drain(_SCRATCH_ADDRESS, len(_SCRATCH)):
            data = bytes(_SCRATCH[:size])
            self.journal.put(self.number, Ciphertext(self.which, self._outward, data))
            self.link.send(data)

    def record_heard(self) -> None:
        """Put what the endpoint said and heard into the journal."""
        heard = self.tls.heard[:]
        self.tls.heard.clear()
        for item in heard:
            if isinstance(item, bytes):
                self.journal.put(self.number, Secret(self.which, item))
                continue
            sent, version, content_type, data = item
            if self._told and data == self._told and not sent:
                self._told = b""
                continue
            self.journal.put_message(self.number, self._flags[sent], version, content_type, data)
            if content_type == HANDSHAKE and data[:1] == b"\x02" and len(data) > SUITE_AT:
                # msg_type, length, legacy_version, random, legacy_session_id_echo, cipher_suite (RFC 8446 section
                # 4.1.3)
                self.suite = int.from_bytes(data[39 + data[38] : 41 + data[38]])
            if not sent:
                self._notice(content_type, data)

    async def settle(self, seconds: float) -> None:
        """Give the server time to refuse us: in TLS 1.3 it does so after our handshake is complete.

        Returns when it said anything, or after `seconds`; raises the fault when it refused.
        """
        try:
            async with asyncio.timeout(seconds):
                while not self.after_finished:
                    if not await self.link.more():
                        self._closed(self.link.ended or How.FIN)
                    self.feed(self.link.take())
                    self._peek()
        except TimeoutError:
            return

    @property
    def version(self) -> int:
        """The version that was negotiated, for instance 0x0304."""
        return self.tls.connection.get_protocol_version()

    def done(self, sni: str) -> HandshakeDone:
        """What was negotiated."""
        connection = self.tls.connection
        return HandshakeDone(
            self.which,
            connection.get_protocol_version_name(),
            name_of(CipherSuite, self.suite),
            connection.get_group_name() or "",
            connection.get_alpn_proto_negotiated().decode("latin-1"),
            sni,
        )

    def _peek(self) -> None:
        """Let OpenSSL read messages that came after the handshake, leaving application data where it is."""
        self.tls.peek()
        self.record_heard()
        self.send()
        if self.tls.state is State.FAILED:
            raise self._fault()
        if self.tls.state is not State.EMPTY:
            self.after_finished += 1

    def _notice(self, content_type: int, data: bytes) -> None:
        if content_type == ALERT and len(data) == 2 and data[0] == FATAL:
            self.alert = data[1]
        if content_type != HANDSHAKE or not data:
            return
        self.after_finished += self._finished
        if data[0] == CERTIFICATE:
            self.certificates = data[4:]
        elif data[0] == CERTIFICATE_REQUEST:
            self.asked = True
        elif data[0] == FINISHED:
            self._finished = True

    def _closed(self, how: How) -> None:
        """The other end closed before the handshake was complete."""
        self.journal.put(self.number, Closed(self.which, how))
        ended = _ENDED[how]
        if self.which is Which.CLIENT:
            raise ClientFault(
                "closed",
                f"the client {ended}",
                "it may not trust the certificate that it was shown: tlscope ca path",
                reset=how is How.RST,
            )
        raise UpstreamFault(
            "closed",
            f"the server {ended}",
            "try the server without tlscope: it may ask for another version or name",
            reset=how is How.RST,
        )

    def _fault(self) -> Fault:
        made = ClientFault if self.which is Which.CLIENT else UpstreamFault
        side = "client" if self.which is Which.CLIENT else "server"
        if self.alert is not None:
            name = name_of(AlertDescription, self.alert)
            self.journal.put(self.number, Closed(self.which, How.ALERT, name))
            next_ = _ALERT_NEXT.get(self.alert, "look at what was sent before it")
            if self.which is Which.SERVER and self.asked and self.alert in _OF_CERTIFICATES:
                next_ = _ALERT_NEXT[116]
            return made("alert", f"the {side} sent the alert {name}", next_, alert=self.alert)
        reasons = [reason.lower() for reason in self.tls.reasons]
        known = next((_REASONS[reason] for reason in reasons if reason in _REASONS), _UNKNOWN)
        return made(
            known.code, f"the handshake with the {side} failed: {', '.join(self.tls.reasons)}", known.next, alert=40
        )


_ALERT_NEXT = {
    40: "compare the versions, suites and groups that both sides offer",
    42: "the certificate does not please it: compare the names and the key",
    45: "the certificate's time has not come or has passed",
    46: "it does not trust the certificate: tlscope ca path names the CA to trust",
    48: "it does not know the CA: tlscope ca path names the CA to trust",
    70: "compare the versions that both sides offer",
    116: "it wants a client certificate that it accepts: --client-cert HOST=PEM gives one",
    120: "compare the ALPN protocols that both sides offer",
}
"""What to do about an alert (RFC 8446 section 6.2)."""
_OF_CERTIFICATES = frozenset({40, 42, 43, 44, 45, 46, 48, 49, 116})
"""How a server that asked for a certificate refuses the one that it got, or none (RFC 5246 section 7.4.6)."""


def received_chain(body: bytes, version: int) -> tuple[bytes, ...]:
    """The certificates of a Certificate message's body, leaf first, as DER.

    RFC 8446 section 4.4.2, RFC 5246 section 7.4.2.

    OpenSSL has parsed the message already: a malformed one has failed the handshake. What does not fit ends the list.
    """
    tls13 = version >= 0x0304
    at = 1 + body[0] + 3 if tls13 and body else 3
    chain = []
    while at + 3 <= len(body):
        size = int.from_bytes(body[at : at + 3])
        chain.append(body[at + 3 : at + 3 + size])
        at += 3 + size
        if tls13:
            at += 2 + int.from_bytes(body[at : at + 2])
    return tuple(chain)
