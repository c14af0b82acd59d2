"""One connection, from accept to close, in the order of the design.

    1  route     what the client says first: a proxy request, or TLS at once (routes.py)
    2  collect   its whole ClientHello (wire/tls/hello.py)
    3  policy    intercept, pass through, refuse (policy.py)
    4  dial      and finish the server's handshake first, with the client's SNI, ALPN offer and version range
    5  verify    the server's chain, and mint a leaf that mirrors it (tlscope_ca)
    6  finish    the client's handshake, with the server's ALPN choice and version
    7  relay     until both sides have ended (relay.py)

Behind a proxy request the server is dialled before the request is answered: a server that cannot be reached is then
an HTTP
502 or a SOCKS reply, and one that speaks first (SMTP, SSH) is heard.

Steps 1 to 6 are this file's coroutine; the relay is callbacks. A fault on the way is recorded, and told to the
client in the words of the protocol that it is speaking at that moment: an HTTP status, a SOCKS reply, a TLS alert, a
reset.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tlscope.config import Address, UpstreamInvalid
from tlscope.engine import contexts, mirror
from tlscope.engine.leg import Leg, received_chain
from tlscope.engine.link import Link
from tlscope.engine.policy import Decision, decide, match
from tlscope.engine.relay import Relay, Side
from tlscope.engine.relay_plain import OpaqueSide, PlainSide
from tlscope.engine.relay_tls import TlsSide
from tlscope.engine.routes import Front, Request, http_answer
from tlscope.events import (
    Action,
    Ciphertext,
    Data,
    Direction,
    Event,
    LeafForged,
    Message,
    Opened,
    Outcome,
    OutcomeKind,
    Policy,
    VerdictGiven,
)
from tlscope.events import Leg as Which
from tlscope.faults import ClientFault, Fault, OurFault, UpstreamFault
from tlscope.wire.tls.hello import HANDSHAKE_RECORD, ClientHello, HelloCollector, Malformed, looks_like_sslv2
from tlscope_ca.faults import describe

if TYPE_CHECKING:
    from tlscope.engine.recorder import Services
    from tlscope_ca.leaf import Leaf
    from tlscope_ca.verify import Verdict

log = logging.getLogger("tlscope")

HTTPS_PORT = 443
ACCESS_DENIED, DECODE_ERROR, PROTOCOL_VERSION, INTERNAL_ERROR, UNRECOGNIZED_NAME = 49, 50, 70, 80, 112
"""AlertDescriptions (RFC 8446 section 6)."""
STATUS = {"refused-by-policy": 403, "own-port": 403, "dial-timeout": 504}
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
        self._target: Address | None = None
        self._via = ""
        self._request: Request | None = None
        """A proxy request that is not answered yet."""
        self._hello: ClientHello | None = None
        self._raw = b""
        """The bytes of the client's hello, as they arrived."""
        self._spoke_tls = False
        """Whether the client began with TLS and was not answered yet: it understands an alert in the clear."""
        self._verdict: Verdict | None = None
        self._legs: list[Leg] = []
        self.deadline: float | None = None
        """When, on the loop's clock, the step at work has taken too long."""
        self._late: Fault
        self._expired = False
        self._loop = link.loop
        self._kind: OutcomeKind | None = None
        """How the connection will be counted, where that is known before its end."""

    # ------------------------------------------------------------------------------------------------------ life and
    # end

    async def run(self) -> None:
        """Carry the connection as far as its relay. Raises nothing."""
        self.put(Opened(str(self.config.mode), self.client.peer, self.listener))
        try:
            try:
                await self._in_time()
            except Fault as fault:
                await self._faulted(fault)
            except Exception as error:
                log.exception("connection %d", self.number)
                await self._faulted(
                    OurFault("bug", f"tlscope failed: {type(error).__name__}: {error}", "please report it")
                )
        except asyncio.CancelledError:
            self._over(OutcomeKind.ABORTED, "the recorder was stopped")

    def put(self, event: Event) -> None:
        """Record an event of this connection."""
        self.journal.put(self.number, event)

    def stop(self, why: str) -> None:
        """End it now."""
        if self.relay:
            self._kind = OutcomeKind.ABORTED
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

    def _until(self, seconds: float, fault: Fault) -> None:
        """From now on: `fault` after so many seconds. The recorder looks; a timer for each step would cost too much."""
        self.deadline, self._late = self._loop.time() + seconds, fault

    async def _run(self) -> None:
        await self._find_target()
        if self._request:
            await self._open_tunnel()
        if self._via == "absolute-form" or not await self._client_speaks_tls():
            self._relay_plain()
            return
        await self._collect_hello()
        decision = self._decide()
        if not self.server:
            await self._dial()
        if decision.action is Action.PASS_THROUGH:
            self._relay_opaque()
            return
        server = await self._shake_server()
        leaf = await self._mint(server)
        client = await self._shake_client(server, leaf)
        self._relay_tls(client, server)

    async def _faulted(self, fault: Fault) -> None:
        """Record a fault, tell the client the same, and close."""
        self.put(fault.event())
        if fault.reset:
            self.client.reset()
        elif self._tell(fault):
            self.client.finish()
            with contextlib.suppress(TimeoutError, asyncio.CancelledError):  # a recorder that stops waits no longer
                async with asyncio.timeout(LINGER):
                    while await self.client.more():
                        self.client.take()
        self._over(self._kind or _kind_of(fault), fault.what)

    def _tell(self, fault: Fault) -> bool:
        """Say the fault in the protocol that the client is speaking; False where there is none to say it in."""
        if self._request:
            status = STATUS.get(fault.code, 502)
            self.client.send(self._request.refusal(fault.code, status, f"{fault.what}. {fault.next}".strip()))
            return True
        if not self._spoke_tls or fault.code == "closed":  # a server that closed without a word: so do we
            return False
        alert = bytes([2, fault.alert if fault.alert is not None else INTERNAL_ERROR])
        self.client.send(b"\x15\x03\x03\x00\x02" + alert)
        self.put(Message(Which.CLIENT, Direction.DOWN, 0x0303, 21, alert))
        return True

    def _over(self, kind: OutcomeKind, detail: str = "", up: int = 0, down: int = 0) -> None:
        """The last event; frees everything."""
        for leg in self._legs:
            leg.tls.close()
        self.client.close()
        if self.server:
            self.server.close()
        self.put(Outcome(kind, up, down, detail))
        self.services.closed(self)

    # ------------------------------------------------------------------------------------------------------- 1  route

    async def _find_target(self) -> None:
        mode = self.config.mode
        if mode.target:
            self._target, self._via = mode.target, "reverse"
            if mode.scheme == "tcp":
                self.put(Policy(Action.INTERCEPT, mode.target.host, mode.target.port, self._via))
                await self._dial()
            return
        front = Front(self.limits.head_size)
        found = None
        self._until(
            self.limits.hello_time, ClientFault("silent", "the client said nothing that could be routed in time")
        )
        while found is None:
            if not await self.client.more():
                raise ClientFault("closed", "the client closed before it said where to")
            found = front.feed(self.client.take())
            if front.reply:
                self.client.send(front.reply)
        self.deadline = None
        self.client.put_back(front.rest)
        if isinstance(found, Malformed):
            self._spoke_tls = found.code == "sslv2-hello"
            raise ClientFault(found.code, found.reason, _NEXT.get(found.code, ""), alert=PROTOCOL_VERSION)
        if isinstance(found, Request):
            self._request, self._target, self._via = found, found.target, found.via
        else:
            self._via = "sni"

    async def _open_tunnel(self) -> None:
        """Dial, then answer the client's proxy request."""
        request = self._request
        assert request
        assert self._target
        decision = decide(self.config, self._target.host)
        if decision.action is Action.REFUSE:
            self._refuse(decision, self._target)
        self.put(Policy(decision.action, self._target.host, self._target.port, self._via, decision.rule))
        await self._dial()
        assert self.server  # dialling raises otherwise
        self._request = None
        self.client.send(request.accepted)
        if request.forward:
            self.server.send(request.forward)
            self.put(Data(Direction.UP, request.forward, encrypted=False))

    async def _client_speaks_tls(self) -> bool:
        """Wait for whoever speaks first; whether it is the client, with TLS. Raises where it must be and is not."""
        if self.server:
            await self.client.first(self.server)
        elif not self.client.waiting:
            self._until(self.limits.hello_time, ClientFault("silent", "the client said nothing"))
            await self.client.more()
        head = await self._head()
        if head[:1] == bytes([HANDSHAKE_RECORD]) and head[1:2] in {b"", b"\x03"}:
            self._spoke_tls = True
            return True
        if looks_like_sslv2(head):
            self._spoke_tls = True
            raise ClientFault(
                "sslv2-hello", "an SSLv2 ClientHello, which no TLS stack of today answers", alert=PROTOCOL_VERSION
            )
        if self.server and (head or self.server.waiting or self.server.ended or self.client.ended):
            self._not_tls(head)
            return False
        if not head:
            raise ClientFault("closed", "the client closed before it said anything")
        if head[:1].isalpha():
            self.client.send(http_answer(400, "not-tls", f"this port expects TLS, as {self.config.mode} says"))
        raise ClientFault(
            "not-tls",
            f"the client does not speak TLS: {head[:32]!r}",
            "use https, or --mode reverse:tcp://HOST:PORT to relay what comes",
        )

    async def _head(self) -> bytes:
        """The first bytes of the client, at least three where it sends as many; they stay to be taken."""
        head = self.client.take()
        if head[:1] == bytes([HANDSHAKE_RECORD]) or (head and head[0] & 0x80):
            self._until(self.limits.hello_time, ClientFault("hello-timeout", "half a ClientHello, then silence"))
            while len(head) < 3 and await self.client.more():
                head += self.client.take()
        self.client.put_back(head)
        return head

    def _not_tls(self, head: bytes) -> None:
        """A tunnel of something else: recorded as it is, and said to be so."""
        if self.config.mode.scheme != "tcp":
            who = "the client does not speak TLS" if head else "the server spoke first, which no TLS server does"
            self.put(ClientFault("not-tls", who, "it is relayed and recorded as it is").event())

    # ----------------------------------------------------------------------------------------------- 2, 3  hello,
    # policy

    async def _collect_hello(self) -> None:
        collector, raw = HelloCollector(self.limits.hello_size), bytearray()
        found: ClientHello | Malformed | None = None
        self._until(
            self.limits.hello_time, ClientFault("hello-timeout", "half a ClientHello, then silence", alert=DECODE_ERROR)
        )
        try:
            while found is None:
                if not await self.client.more():
                    found = Malformed("hello-truncated", len(raw), "the client closed in the middle of its ClientHello")
                    break
                data = self.client.take()
                raw += data
                found = collector.feed(data)
        finally:
            if not isinstance(found, ClientHello):  # too late, too long, no hello: the bytes tell more than the fault
                self.put(Ciphertext(Which.CLIENT, Direction.UP, bytes(raw)))
        if isinstance(found, Malformed):
            raise ClientFault(found.code, found.reason, "look at the bytes that were sent", alert=DECODE_ERROR)
        self._hello, self._raw, self.deadline = found, bytes(raw), None

    def _decide(self) -> Decision:
        """What to do, now that all names are known."""
        hello = self._hello
        assert hello  # collected
        if self._via == "sni":
            if hello.sni is None:
                raise ClientFault(
                    "no-sni",
                    "a client that names no server (SNI) in direct TLS",
                    alert=UNRECOGNIZED_NAME,
                    next_="use the proxy (CONNECT or SOCKS), or --mode reverse:https://HOST:PORT",
                )
            self._target = Address(hello.sni, HTTPS_PORT)
        target = self._target
        assert target  # every other way has one
        decision = decide(self.config, target.host, hello.sni or "")
        if decision.action is Action.REFUSE:
            self._refuse(decision, target)
        if not self.server or decision.action is not Action.INTERCEPT:  # else it was said before dialling
            self.put(Policy(decision.action, target.host, target.port, self._via, decision.rule))
        return decision

    def _refuse(self, decision: Decision, target: Address) -> None:
        self.put(Policy(decision.action, target.host, target.port, self._via, decision.rule))
        raise ClientFault("refused-by-policy", f"{target.host} is refused by {decision.rule}", alert=ACCESS_DENIED)

    # -------------------------------------------------------------------------------------------- 4, 5  server and
    # verdict

    async def _dial(self) -> None:
        assert self._target  # known by now
        self._until(
            self.limits.dial_time,
            UpstreamFault(
                "dial-timeout",
                f"{self._target} did not answer within {self.limits.dial_time:g} s",
                "is the server up, and is there a way to it?",
            ),
        )
        sock, address = await self.services.dialer.dial(self._target)
        self.server, self.deadline = Link(sock, self._loop, address), None

    async def _shake_server(self) -> Leg:
        hello, link, target = self._hello, self.server, self._target
        assert hello
        assert link
        assert target
        certificate = next(
            (own.path for own in self.config.client_certificates if match((own.host,), target.host, hello.sni or "")),
            None,
        )
        leg = Leg(
            Which.SERVER,
            link,
            contexts.to_servers(*hello.versions, mirror.groups(hello), certificate),
            self.journal,
            self.number,
        )
        self._legs.append(leg)
        sni = self._server_name()
        if sni:
            leg.tls.connection.set_tlsext_host_name(sni.encode())
        if hello.alpn:
            leg.tls.connection.set_alpn_protos(list(hello.alpn))
        self._until(
            self.limits.handshake_time, UpstreamFault("handshake-timeout", f"{target} stopped in its handshake")
        )
        await leg.handshake()
        if leg.asked and not certificate:
            await leg.settle(self.limits.certificate_wait)
        self.deadline = None
        self.put(leg.done(sni))
        return leg

    def _server_name(self) -> str:
        """The SNI for the server: the client's own, or in reverse mode the target's name."""
        assert self._hello
        assert self._target
        if self._via != "reverse":
            return self._hello.sni or ""
        return "" if self.services.is_address(self._target.host) else self._target.host

    async def _mint(self, server: Leg) -> Leaf:
        hello, target, config = self._hello, self._target, self.config
        assert hello
        assert target
        host = self._server_name() or target.host
        chain = received_chain(server.certificates, server.version)
        verdict = self.services.verifier.judge(chain, host, datetime.now(UTC))
        mirrored = verdict.valid or config.upstream_invalid is UpstreamInvalid.MIRROR
        insecure = not verdict.valid and bool(match(config.insecure_upstream, host, target.host))
        self.put(
            VerdictGiven(
                host,
                tuple(f"{fault.code}: {describe(fault)}" for fault in verdict.faults),
                len(chain),
                mirrored or insecure,
            )
        )
        if insecure:
            verdict = verdict.pardoned()
        elif not mirrored:
            self._kind = OutcomeKind.UPSTREAM_INVALID
            faults = "; ".join(describe(fault) for fault in verdict.faults)
            raise UpstreamFault(
                "upstream-invalid",
                f"the certificate of {target} is not valid: {faults}",
                "mend the server, trust its CA with --ca-file, or accept it with -k HOST",
                alert=ACCESS_DENIED,
            )
        self._verdict = verdict
        kind = mirror.key_type(hello, mirror.client_version(hello, server.version))
        names = (*self._extra_names(), host) if insecure else self._extra_names()
        leaf = await self.services.mint(chain[0] if chain else b"", verdict, kind, names)
        self.put(LeafForged(leaf.issuer, leaf.key_type, leaf.der))
        return leaf

    def _extra_names(self) -> tuple[str, ...]:
        """In reverse mode the client asks us by a name that the server need not have."""
        if self._via != "reverse":
            return ()
        assert self._hello  # collected
        return (self._hello.sni or self.listener.rpartition(":")[0].strip("[]"),)

    # ------------------------------------------------------------------------------------------------ 6, 7  client,
    # relay

    async def _shake_client(self, server: Leg, leaf: Leaf) -> Leg:
        hello = self._hello
        assert hello  # collected
        context = contexts.to_clients(
            mirror.client_version(hello, server.version),
            server.tls.connection.get_alpn_proto_negotiated(),
            ask=server.asked,
            chain=self.services.chain(leaf),
        )
        leg = Leg(Which.CLIENT, self.client, context, self.journal, self.number)
        self._legs.append(leg)
        leg.tls.use(*self.services.native(leaf))
        leg.feed(self._raw)
        self._raw, self._spoke_tls = b"", False
        try:
            self._until(
                self.limits.handshake_time, ClientFault("handshake-timeout", "the client stopped in its handshake")
            )
            await leg.handshake()
        except ClientFault as fault:
            if fault.code in {"alert", "closed"}:
                valid = self._verdict is None or self._verdict.valid
                self._kind = OutcomeKind.CLIENT_REJECTED if valid else OutcomeKind.UPSTREAM_INVALID
            raise
        self.put(leg.done(hello.sni or ""))
        return leg

    def _new_relay(self) -> Relay:
        self.relay = Relay(
            self.journal, self.services.address, self.number, self._relay_over, keep_ciphertext=self.config.ciphertext
        )
        return self.relay

    def _relay_tls(self, client: Leg, server: Leg) -> None:
        self._legs.clear()  # the relay's sides own the endpoints from here on
        relay = self._new_relay()
        relay.start(
            TlsSide(relay, Which.CLIENT, client.link, client.tls), TlsSide(relay, Which.SERVER, server.link, server.tls)
        )

    def _relay_plain(self) -> None:
        self._kind = OutcomeKind.NOT_TLS
        self._relay_with(PlainSide)

    def _relay_opaque(self) -> None:
        assert self.server  # dialled
        self._kind = OutcomeKind.PASSED_THROUGH
        if not self.config.ciphertext:  # the hello is kept in any case: it says who talks to whom
            self.put(Ciphertext(Which.CLIENT, Direction.UP, self._raw))
        self.client.put_back(self._raw)
        self._relay_with(OpaqueSide)

    def _relay_with(self, kind: type[PlainSide]) -> None:
        assert self.server  # dialled
        relay = self._new_relay()
        relay.start(kind(relay, Which.CLIENT, self.client), kind(relay, Which.SERVER, self.server))

    def _relay_over(self) -> None:
        """Both sides have ended: say what it was."""
        relay = self.relay
        assert relay  # who else would call
        up, down = relay.client.counted, relay.server.counted
        kind, detail = self._kind, ""
        if kind is None:
            kind, detail = self._judge_relay(relay.client, up)
        self.relay = None
        self._over(kind, detail, up, down)

    def _judge_relay(self, client: Side, up: int) -> tuple[OutcomeKind, str]:
        """Whether a client that finished its handshake accepted what it was shown.

        Many check the certificate's name only then. One that closes without having sent a byte, by an alert or without
        even a close_notify, has refused it (and never counts as intercepted); the most common reason is a CA it does
        not know.
        """
        valid = self._verdict is None or self._verdict.valid
        if up or (client.notified and valid):
            return OutcomeKind.INTERCEPTED, ""
        if alert := getattr(client, "alert", ""):
            refused = f"the alert {alert} after its handshake"
        elif client.notified:  # curl judges a name after its handshake, and says no more than this
            refused = "closed in good order, having sent nothing"
        elif client.ended or client.link.ended:
            refused = "closed without an alert, having sent nothing"
        else:
            return OutcomeKind.INTERCEPTED, ""
        return (OutcomeKind.CLIENT_REJECTED if valid else OutcomeKind.UPSTREAM_INVALID), refused


_NEXT = {
    "not-a-request": "point a TLS client, or a program that uses an HTTP or SOCKS proxy, at this port",
    "not-a-proxy-request": "use it as a proxy: curl -x http://127.0.0.1:PORT URL",
    "sslv2-hello": "use a TLS client of this century",
}
"""What to do about what the front could not route."""


def _kind_of(fault: Fault) -> OutcomeKind:
    """How a connection that a fault ended is counted."""
    if fault.code in {"refused-by-policy", "own-port"}:
        return OutcomeKind.REFUSED
    if fault.code in {"not-tls", "not-a-request", "not-a-proxy-request"} and isinstance(fault, ClientFault):
        return OutcomeKind.NOT_TLS
    return OutcomeKind.ABORTED if isinstance(fault, ClientFault | OurFault) else OutcomeKind.UPSTREAM_FAILED
