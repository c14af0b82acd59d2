"""One connection, from accept to close, in the order of the design.

    1  route     what the client says first: a proxy request, or TLS at once (routes.py)
    2  collect   its whole ClientHello (wire/tls/hello.py)
    3  policy    intercept, pass through, refuse (policy.py)
    4  dial      and finish the server's handshake first, with the client's SNI, ALPN offer and version range
    5  verify    the server's chain, and mint a leaf that mirrors it (tlscope_ca)
    6  finish    the client's handshake, with the server's ALPN choice and version
    7  relay     until both sides have ended (relay.py)

Behind a proxy request the server is dialled before the request is answered: a server that cannot be reached is then
an HTTP 502 or a SOCKS reply, and one that speaks first (SMTP, SSH) is heard.

Steps 1 to 3 are in arrival.py, 4 to 6 in handshakes.py; what they find out they keep here. They are one coroutine; the
relay is callbacks. A fault on the way is recorded, and told to the client in the words of the protocol that it is
speaking at that moment: an HTTP status, a SOCKS reply, a TLS alert, a reset.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from tlscope.engine.arrival import client_speaks_tls, collect_hello, decide_policy, dial, find_target, open_tunnel
from tlscope.engine.handshakes import invalid_upstream, mint_leaf, shake_client, shake_server
from tlscope.engine.openssl import HANDSHAKE
from tlscope.engine.relay import Relay, Side
from tlscope.engine.relay_plain import OpaqueSide, PlainSide
from tlscope.engine.relay_tls import TlsSide
from tlscope.events import (
    Action,
    Ciphertext,
    Direction,
    Event,
    Message,
    Opened,
    Outcome,
    OutcomeKind,
    Policy,
    Who,
)
from tlscope.events import Leg as Which
from tlscope.faults import ClientFault, Fault, OurFault

if TYPE_CHECKING:
    from tlscope.config import Address
    from tlscope.engine.leg import Leg
    from tlscope.engine.link import Link
    from tlscope.engine.recorder import Services
    from tlscope.engine.routes import Request
    from tlscope.wire.tls.hello import ClientHello
    from tlscope_ca.verify import Verdict

log = logging.getLogger("tlscope")

INTERNAL_ERROR = 80
"""AlertDescription (RFC 8446 section 6.2): what a client is told of a fault that has no alert of its own."""
STATUS = {"refused-by-policy": 403, "own-port": 403, "dial-timeout": 504, "name-timeout": 504}
"""The HTTP status that tells a fault before the tunnel; 502 for all others."""
LINGER = 1.0
"""Seconds for a client that was told of a fault to read it: closing with unread input would reset, and lose it."""


class Connection:
    """One accepted client. `run` carries it through; `services.closed` is told when all is over."""

    def __init__(self, link: Link, listener: str, services: Services) -> None:
        self.client, self.listener, self.services = link, listener, services
        self.config, self.journal, self.limits = services.config, services.journal, services.config.limits
        self.number = self.journal.next_connection()
        self.server: Link | None = None
        self.relay: Relay | None = None
        self.task: asyncio.Task[None] | None = None
        self.target: Address | None = None
        self.via = ""
        self.request: Request | None = None
        """A proxy request that is not answered yet."""
        self.policy: Policy | None = None
        """The last that was recorded."""
        self.forwarded = 0
        """Bytes of a request's head that were sent on before the relay began."""
        self.hello: ClientHello | None = None
        self.raw = b""
        """The bytes of the client's hello, as they arrived."""
        self.message = b""
        """The hello in them, as a handshake message."""
        self.spoke_tls = False
        """Whether the client began with TLS and was not answered yet: it understands an alert in the clear."""
        self.answered = False
        """Whether the client was told already, in its own protocol, of the fault that is about to end it."""
        self.verdict: Verdict | None = None
        self.legs: list[Leg] = []
        self.deadline: float | None = None
        """When, on the loop's clock, the step at work has taken too long."""
        self._late: Fault
        self._expired = False
        self.loop = link.loop
        self.kind: OutcomeKind | None = None
        """How the connection will be counted, where that is known before its end."""
        self.detail = ""
        """What its outcome says, where that is not the fault that ended it."""

    async def run(self) -> None:
        """Carry the connection as far as its relay. Raises nothing."""
        self.put(Opened(str(self.config.mode), self.client.peer, self.listener))
        try:
            try:
                await self._in_time()
            except Fault as fault:
                fault.__traceback__ = None  # its frames hold the fault: a cycle that would hold all of the connection
                await self._faulted(fault)
            except Exception as error:
                log.exception("connection %d", self.number)
                await self._faulted(
                    OurFault("bug", f"tlscope failed: {type(error).__name__}: {error}", "please report it")
                )
        except asyncio.CancelledError:
            self._over(OutcomeKind.ABORTED, "the recorder was stopped")

    @property
    def carried(self) -> tuple[int, int]:
        """Application bytes up and down so far, while it is relayed; as events.Outcome counts them."""
        relay = self.relay
        return (self.forwarded + relay.client.counted, relay.server.counted) if relay else (0, 0)

    def put(self, event: Event) -> None:
        """Record an event of this connection."""
        self.journal.put(self.number, event)

    def put_hello(self) -> None:
        """Keep the client's hello as it came, if it came: it says who wanted what, whatever becomes of it."""
        if self.raw:
            self.put(Ciphertext(Which.CLIENT, Direction.UP, self.raw))

    def stop(self, why: str) -> None:
        """End it now."""
        if self.relay:
            self.kind = OutcomeKind.ABORTED
            self.put(OurFault("stopped", why).event())
            self.relay.end()
        elif self.task:
            self.task.cancel()

    def expire(self) -> None:
        """The deadline has passed; called by the recorder, which looks at all of them some times a second."""
        self._expired, self.deadline = True, None
        if self.task:
            self.task.cancel()

    async def _in_time(self) -> None:
        """`_run`, with the fault that belongs to the deadline where it passed."""
        try:
            await self._run()
        except asyncio.CancelledError:
            if not self._expired:
                raise
            if self.task:
                self.task.uncancel()
            raise self._late from None
        finally:
            self.deadline = None

    def until(self, seconds: float, fault: Fault) -> None:
        """From now on: `fault` after so many seconds. The recorder looks; a timer for each step would cost too much."""
        self.deadline, self._late = self.loop.time() + seconds, fault

    async def _run(self) -> None:
        await find_target(self)
        if self.request:
            await open_tunnel(self)
        if self.via == "absolute-form" or not await client_speaks_tls(self):
            self._relay_plain()
            return
        await collect_hello(self)
        action = decide_policy(self)
        assert self.hello  # collected
        if action is Action.INTERCEPT:
            self.put_hello()
            # Told now, as it has come, and not when an endpoint is given it: the server has answered by then.
            self.put(Message(Which.CLIENT, Direction.UP, self.hello.versions[1], HANDSHAKE, self.message))
        if not self.server:
            await dial(self)
        if action is Action.PASS_THROUGH:
            self._relay_opaque()
            return
        server = await shake_server(self)
        leaf = await mint_leaf(self, server)
        client = await shake_client(self, server, leaf)
        self._relay_tls(client, server)

    async def _faulted(self, fault: Fault) -> None:
        """Record a fault, tell the client the same, and close."""
        self.put(fault.event())
        if fault.reset:
            self.client.reset()
        elif self.answered or self._tell(fault):
            self.client.finish()
            with contextlib.suppress(TimeoutError, asyncio.CancelledError):  # a recorder that stops waits no longer
                async with asyncio.timeout(LINGER):
                    while await self.client.more():
                        self.client.take()
        self._over(self.kind or _kind_of(fault), self.detail or fault.what)

    def _tell(self, fault: Fault) -> bool:
        """Say the fault in the protocol that the client is speaking; False where there is none to say it in."""
        if self.request:
            status = STATUS.get(fault.code, 502)
            self.client.send(
                self.request.refusal(
                    fault.code, status, f"{fault.what}\nNext: {fault.next}" if fault.next else fault.what
                )
            )
            return True
        if not self.spoke_tls or fault.code == "closed":  # a server that closed without a word: so do we
            return False
        alert = bytes([2, fault.alert if fault.alert is not None else INTERNAL_ERROR])
        self.client.send(b"\x15\x03\x03\x00\x02" + alert)
        self.put(Message(Which.CLIENT, Direction.DOWN, 0x0303, 21, alert))
        return True

    def _over(self, kind: OutcomeKind, detail: str = "", up: int = 0, down: int = 0) -> None:
        """The last event; frees everything."""
        for leg in self.legs:
            leg.tls.close()
        self.client.close()
        if self.server:
            self.server.close()
        self.put(Outcome(kind, up, down, detail))
        self.services.up += up
        self.services.down += down
        self.services.closed(self)

    def _new_relay(self) -> Relay:
        self.relay = Relay(
            self.journal, self.services.address, self.number, self._relay_over, keep_ciphertext=self.config.ciphertext
        )
        return self.relay

    def _relay_tls(self, client: Leg, server: Leg) -> None:
        self.legs.clear()  # the relay's sides own the endpoints from here on
        relay = self._new_relay()
        relay.start(
            TlsSide(relay, Which.CLIENT, client.link, client.tls), TlsSide(relay, Which.SERVER, server.link, server.tls)
        )

    def _relay_plain(self) -> None:
        self.kind = OutcomeKind.NOT_TLS
        self._relay_with(PlainSide)

    def _relay_opaque(self) -> None:
        assert self.server  # dialled
        self.kind = OutcomeKind.PASSED_THROUGH
        if not self.config.ciphertext:
            self.put_hello()
        self.client.put_back(self.raw)
        self._relay_with(OpaqueSide)

    def _relay_with(self, kind: type[PlainSide]) -> None:
        assert self.server  # dialled
        relay = self._new_relay()
        relay.start(kind(relay, Which.CLIENT, self.client), kind(relay, Which.SERVER, self.server))

    def _relay_over(self) -> None:
        """Both sides have ended: say what it was."""
        relay = self.relay
        assert relay  # who else would call
        up, down = self.carried
        kind, detail = self.kind, ""
        if kind is None:
            alert = getattr(relay.server, "alert", "")
            truncated = relay.fault is not None and relay.fault.code == "truncated"  # by the client, says the alert
            if (
                alert and not down and not truncated
            ):  # TLS 1.3: a server refuses a client certificate, or its absence, after our Finished
                kind, detail = OutcomeKind.UPSTREAM_FAILED, f"the server sent the alert {alert}"
            elif relay.fault and relay.fault.code == "broken-tls" and relay.fault.who is Who.CLIENT and not up:
                kind, detail = OutcomeKind.ABORTED, relay.fault.what  # no word of what it thinks of our certificate
            else:
                kind, detail = self._judge_relay(relay.client, up, relay.first)
        fault = relay.fault
        if kind is OutcomeKind.UPSTREAM_INVALID:
            assert self.verdict  # else it would be valid
            fault = invalid_upstream(self, self.verdict, detail)
        if fault:
            self.put(fault.event())
        self.relay = None
        self._over(kind, detail, up, down)

    def _judge_relay(self, client: Side, up: int, first: Which | None) -> tuple[OutcomeKind, str]:
        """Whether a client that finished its handshake accepted what it was shown.

        Many check the certificate's name only then. One that closes without having sent a byte, by an alert or without
        even a close_notify, has refused it (and never counts as intercepted); the most common reason is a CA it does
        not know.
        """
        valid = self.verdict is None or self.verdict.valid
        if up or (client.notified and valid) or first is not Which.CLIENT or getattr(client, "renegotiates", False):
            # A server that says goodbye first leaves the client nothing to judge, but perhaps an end to complain about.
            return OutcomeKind.INTERCEPTED, ""
        if alert := getattr(client, "alert", ""):
            refused = f"the client sent the alert {alert} after its handshake"
        elif client.notified:  # curl judges a name after its handshake, and says no more than this
            refused = "the client closed in good order, having sent nothing"
        else:
            refused = "the client closed without an alert, having sent nothing"
        return (OutcomeKind.CLIENT_REJECTED if valid else OutcomeKind.UPSTREAM_INVALID), refused


def _kind_of(fault: Fault) -> OutcomeKind:
    """How a connection that a fault ended is counted."""
    if fault.code in {"refused-by-policy", "own-port"}:
        return OutcomeKind.REFUSED
    if fault.code in {"not-tls", "not-a-request", "not-a-proxy-request"} and isinstance(fault, ClientFault):
        return OutcomeKind.NOT_TLS
    return OutcomeKind.ABORTED if isinstance(fault, ClientFault | OurFault) else OutcomeKind.UPSTREAM_FAILED
