"""Steps 1 to 4 of a connection: where to, the whole hello, policy, and the way to the server.

Each function takes the connection, learns one thing of it, writes it there, and raises the fault that ends it.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from tlscope.config import Address
from tlscope.engine.link import Link
from tlscope.engine.policy import CONTROL
from tlscope.engine.routes import Front, Request, as_proxy, excerpt, http_answer
from tlscope.events import Action, Ciphertext, Data, Direction, How, Policy, Reached
from tlscope.events import Leg as Which
from tlscope.faults import ClientFault, NetworkFault, OurFault, UpstreamFault
from tlscope.wire.tls.hello import HANDSHAKE_RECORD, ClientHello, HelloCollector, Malformed, looks_like_sslv2

if TYPE_CHECKING:
    from tlscope.engine.connection import Connection

HTTPS_PORT = 443
METHODS = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH", b"PRI"})
"""Of HTTP (RFC 9110 section 9.3, RFC 5789), and what HTTP/2 begins with (RFC 9113 section 3.4)."""
ACCESS_DENIED, DECODE_ERROR, PROTOCOL_VERSION, UNRECOGNIZED_NAME = 49, 50, 70, 112
"""AlertDescriptions (RFC 8446 section 6)."""

_SILENT = "does it mean this port? tlscope connect shows how clients are sent here"
_HALF = "see whether it is interrupted: a whole hello takes a few milliseconds"
"""What to do about clients that do not go on."""


async def find_target(connection: Connection) -> None:
    """Learn where to, from the mode or from what the client says first."""
    mode = connection.config.mode
    if mode.target:
        connection.target, connection.via = mode.target, "reverse"
        if mode.scheme == "tcp":
            _ask_the_rules(connection)
            await dial(connection)
        return
    front = Front(connection.limits.head_size, connection.listener)
    found = None
    connection.until(
        connection.limits.hello_time,
        ClientFault("silent", "the client said nothing that could be routed in time", _SILENT),
    )
    while found is None:
        if not await connection.client.more():
            raise ClientFault("closed", "the client closed before it said where to", _SILENT)
        found = front.feed(connection.client.take())
        if front.reply:
            connection.client.send(front.reply)
    connection.deadline = None
    connection.client.put_back(front.rest)
    if isinstance(found, Malformed):
        connection.spoke_tls, connection.answered = found.code == "sslv2-hello", bool(front.reply)
        is_plain = found.code == "not-a-proxy-request"
        next_ = as_proxy(connection.listener) if is_plain else _NEXT.get(found.code, "")
        raise ClientFault(found.code, found.reason, next_, alert=PROTOCOL_VERSION)
    if isinstance(found, Request):
        connection.request, connection.target, connection.via = found, found.target, found.via
    else:
        connection.via = "sni"


async def open_tunnel(connection: Connection) -> None:
    """Dial, then answer the client's proxy request."""
    request = connection.request
    assert request
    assert connection.target
    _ask_the_rules(connection)
    await dial(connection)
    assert connection.server  # dialling raises otherwise
    connection.request = None
    connection.client.send(request.accepted)
    if request.forward:
        connection.server.send(request.forward)
        connection.forwarded = len(request.forward)
        connection.put(Data(Direction.UP, request.forward, encrypted=False))


async def client_speaks_tls(connection: Connection) -> bool:
    """Wait for whoever speaks first; whether it is the client, with TLS. Raises where it must be and is not."""
    if connection.server:
        await connection.client.first(connection.server)
    elif not connection.client.waiting:
        connection.until(connection.limits.hello_time, ClientFault("silent", "the client said nothing", _SILENT))
        await connection.client.more()
    head = await _head(connection)
    if head[:1] == bytes([HANDSHAKE_RECORD]) and head[1:2] in {b"", b"\x03"}:
        connection.spoke_tls = True
        return True
    if looks_like_sslv2(head):
        connection.spoke_tls = True
        raise ClientFault(
            "sslv2-hello", "an SSLv2 ClientHello, which no TLS stack of today answers", alert=PROTOCOL_VERSION
        )
    if connection.server and (head or connection.server.waiting or connection.config.mode.scheme == "tcp"):
        _not_tls(connection, head)
        return False
    if connection.server and not connection.client.ended:
        reset = connection.server.ended is How.RST
        raise UpstreamFault("closed", "the server closed before anything was said", reset=reset)
    if not head:
        raise ClientFault("closed", "the client closed before it said anything", _SILENT)
    raise _without_tls(connection, head)


async def _head(connection: Connection) -> bytes:
    """The first bytes of the client, at least three where it sends as many; they stay to be taken."""
    head = connection.client.take()
    if head[:1] == bytes([HANDSHAKE_RECORD]) or (head and head[0] & 0x80):
        connection.until(
            connection.limits.hello_time, ClientFault("hello-timeout", "half a ClientHello, then silence", _HALF)
        )
        while len(head) < 3 and await connection.client.more():
            head += connection.client.take()
    connection.client.put_back(head)
    return head


def _without_tls(connection: Connection, head: bytes) -> ClientFault:
    """Where the mode has the client begin with TLS, and it does not; told to it, if it speaks HTTP."""
    mode, listener = connection.config.mode, connection.listener
    relayed = f"record with --mode reverse:tcp://{mode.target or 'HOST:PORT'} to relay what comes"
    if head.partition(b" ")[0] in METHODS:
        what, next_ = "the client speaks HTTP without TLS", f"use https://{listener}/, or {relayed}"
        connection.client.send(http_answer(400, "not-tls", f"this port expects TLS, as {mode} says\nNext: {next_}"))
        connection.answered = True
    else:
        what, next_ = "the client does not speak TLS", f"let it begin with TLS, or {relayed}"
    return ClientFault("not-tls", f"{what}: {excerpt(head)}", next_)


def _not_tls(connection: Connection, head: bytes) -> None:
    """A tunnel of something else: recorded as it is, and said to be so."""
    if connection.config.mode.scheme != "tcp":
        who = "the client does not speak TLS" if head else "the server spoke first, which no TLS server does"
        connection.put(ClientFault("not-tls", who, "it is relayed and recorded as it is").event())


async def collect_hello(connection: Connection) -> None:
    """Gather the whole ClientHello; what is none is kept as it came."""
    collector, raw = HelloCollector(connection.limits.hello_size), bytearray()
    found: ClientHello | Malformed | None = None
    connection.until(
        connection.limits.hello_time,
        ClientFault("hello-timeout", "half a ClientHello, then silence", _HALF, alert=DECODE_ERROR),
    )
    try:
        while found is None:
            if not await connection.client.more():
                found = Malformed("hello-truncated", len(raw), "the client closed in the middle of its ClientHello")
                break
            data = connection.client.take()
            raw += data
            found = collector.feed(data)
    finally:
        if not isinstance(found, ClientHello):  # too late, too long, no hello: the bytes tell more than the fault
            connection.put(Ciphertext(Which.CLIENT, Direction.UP, bytes(raw)))
    if isinstance(found, Malformed):
        raise ClientFault(found.code, found.reason, "look at the bytes that were sent", alert=DECODE_ERROR)
    connection.hello, connection.raw, connection.deadline = found, bytes(raw), None
    connection.message = collector.whole


def decide_policy(connection: Connection) -> Action:
    """What to do, now that all names are known."""
    hello = connection.hello
    assert hello  # collected
    if connection.via == "sni":
        if hello.sni is None:
            raise ClientFault(
                "no-sni",
                "a client that names no server (SNI) in direct TLS",
                alert=UNRECOGNIZED_NAME,
                next_="use the proxy (CONNECT or SOCKS), or --mode reverse:https://HOST:PORT",
            )
        connection.target = Address(hello.sni, HTTPS_PORT)
    return _ask_the_rules(connection, hello.sni or "")


def _ask_the_rules(connection: Connection, sni: str = "") -> Action:
    """Record what they say, unless it is what they said before dialling; raises where that is to refuse."""
    target = connection.target
    assert target  # known by now
    rule = connection.services.rules.decide(target.host, sni)
    policy = Policy(rule.action, target.host, target.port, connection.via, rule.text)
    if policy != connection.policy:
        connection.policy = policy
        connection.put(policy)
    if rule.action is Action.REFUSE:
        connection.put_hello()
        next_ = (
            f"take it back: tlscope control forget {quote(rule.host)}"
            if rule.origin == CONTROL
            else "record without it"
        )
        raise OurFault("refused-by-policy", f"{target.host} is refused by {rule.text}", next_, alert=ACCESS_DENIED)
    return rule.action


async def dial(connection: Connection) -> None:
    """Reach the server."""
    assert connection.target  # known by now
    dialer, seconds = connection.services.dialer, connection.limits.dial_time
    if not dialer.knows(connection.target):
        begun = connection.loop.time()
        connection.until(
            seconds,
            NetworkFault(
                "name-timeout",
                f"no name server said within {seconds:g} s where {connection.target.host} is",
                "check the name servers of this machine (/etc/resolv.conf), and the way to them",
            ),
        )
        await dialer.resolve(connection.target)
        seconds -= connection.loop.time() - begun
    connection.until(
        seconds,
        UpstreamFault(
            "dial-timeout",
            f"{connection.target} did not answer within {connection.limits.dial_time:g} s",
            "is the server up, and is there a way to it?",
        ),
    )
    sock, address = await dialer.dial(connection.target)
    connection.server, connection.deadline = Link(sock, connection.loop, address), None
    connection.put(Reached(address))


_NEXT = {
    "not-a-request": "point a TLS client, or a program that uses an HTTP or SOCKS proxy, at this port",
    "sslv2-hello": "use a TLS client of this century",
    "request-line": "send a request line of HTTP/1: METHOD TARGET HTTP/1.1",
    "field-line": "send header fields as RFC 9112 section 5 has them",
    "connect-target": "name the target as HOST:PORT",
    "absolute-form-target": "name the target as http://HOST[:PORT]/PATH",
    "head-too-long": "send a shorter request head; the README lists the limits",
    "socks-authentication": "let the client offer SOCKS5 without authentication: none is asked for",
    "socks-command": "use SOCKS CONNECT: BIND and UDP are not relayed",
    "socks-host": "name the target by a host name or an address",
    "socks-too-long": "send a SOCKS request that ends",
}
"""What to do about what the front could not route."""
