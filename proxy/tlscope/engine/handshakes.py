"""Steps 4 to 6 of a connection: the server's handshake, the verdict on it and its mirror, the client's handshake.

The server's comes first: what it chose, and what is wrong with it, is what the client is shown.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from tlscope.config import UpstreamInvalid
from tlscope.engine import contexts, mirror
from tlscope.engine.leg import Leg, received_chain
from tlscope.engine.policy import match
from tlscope.events import Closed, LeafForged, OutcomeKind, VerdictGiven
from tlscope.events import Leg as Which
from tlscope.faults import UPSTREAM_INVALID, ClientFault, UpstreamFault, mending
from tlscope_ca.faults import describe

if TYPE_CHECKING:
    from tlscope.engine.connection import Connection
    from tlscope_ca.leaf import Leaf
    from tlscope_ca.verify import Verdict

ACCESS_DENIED, UNKNOWN_CA = 49, 48
"""AlertDescriptions (RFC 8446 section 6.2): what a client is told where an invalid server is refused, and what it says
of an issuer that it does not know."""
OURS = "authority"
"""The issuer of a leaf that our own CA signed."""


async def shake_server(connection: Connection) -> Leg:
    """Carry the server's handshake through as the client would have: its SNI, ALPN offer, versions, groups ..."""
    hello, link, target = connection.hello, connection.server, connection.target
    assert hello
    assert link
    assert target
    certificate = next(
        (own.path for own in connection.config.client_certificates if match((own.host,), target.host, hello.sni or "")),
        None,
    )
    leg = Leg(
        Which.SERVER,
        link,
        contexts.to_servers(*hello.versions, mirror.groups(hello), certificate, mirror.signatures(hello)),
        connection.journal,
        connection.number,
    )
    connection.legs.append(leg)
    sni = _server_name(connection)
    if sni:
        leg.tls.connection.set_tlsext_host_name(sni.encode())
    if protocols := [name for name in hello.alpn if name]:  # that there is an empty one, the client's own leg will tell
        leg.tls.connection.set_alpn_protos(protocols)
    connection.until(
        connection.limits.handshake_time,
        UpstreamFault(
            "handshake-timeout", f"{target} stopped in its handshake", "try the server without tlscope: it may be busy"
        ),
    )
    connection.client.arrival = partial(_notice_the_client, connection)
    try:
        connection.client.arrival()
        await leg.handshake()
    finally:
        connection.client.arrival = None
    if leg.asked and not certificate:
        await leg.settle(connection.limits.certificate_wait)
    connection.deadline = None
    connection.put(leg.done(sni))
    return leg


def _notice_the_client(connection: Connection) -> None:
    """End it if the client is gone, who waits for its server: no fault of the server's, however slow it is."""
    how = connection.client.ended
    if how:
        connection.put(Closed(Which.CLIENT, how))
        what = "the client was gone before the server's handshake was complete"
        connection.until(0, ClientFault("closed", what, "see whether the server is slow, or the client in a hurry"))
        connection.expire()


def _server_name(connection: Connection) -> str:
    """The SNI for the server: the client's own, or in reverse mode the target's name."""
    assert connection.hello
    assert connection.target
    if connection.via != "reverse":
        return connection.hello.sni or ""
    return "" if connection.services.is_address(connection.target.host) else connection.target.host


async def mint_leaf(connection: Connection, server: Leg) -> Leaf:
    """Judge the server's chain, and mint what the client is shown in its place."""
    hello, target, config = connection.hello, connection.target, connection.config
    assert hello
    assert target
    host = _server_name(connection) or target.host
    chain = received_chain(server.certificates, server.version)
    verdict = connection.services.verifier.judge(chain, host, datetime.now(UTC))
    mirrored = verdict.valid or config.upstream_invalid is UpstreamInvalid.MIRROR
    insecure = not verdict.valid and bool(match(config.insecure_upstream, host, target.host))
    connection.put(
        VerdictGiven(
            host,
            tuple(f"{fault.code}: {describe(fault)}" for fault in verdict.faults),
            len(chain),
            mirrored=mirrored and not insecure,
            pardoned=insecure,
        )
    )
    if insecure:
        verdict = verdict.pardoned()
    elif not mirrored:
        connection.kind = OutcomeKind.UPSTREAM_INVALID
        raise invalid_upstream(connection, verdict)
    connection.verdict = verdict
    kind = mirror.key_type(hello, mirror.client_version(hello, server.version))
    names = (*_extra_names(connection), host) if insecure else _extra_names(connection)
    leaf = await connection.services.mint(chain[0] if chain else b"", verdict, kind, names)
    connection.put(LeafForged(leaf.issuer, leaf.key_type, leaf.der))
    return leaf


def _extra_names(connection: Connection) -> tuple[str, ...]:
    """In reverse mode the client asks us by a name that the server need not have."""
    if connection.via != "reverse":
        return ()
    assert connection.hello  # collected
    return (connection.hello.sni or connection.listener.rpartition(":")[0].strip("[]"),)


async def shake_client(connection: Connection, server: Leg, leaf: Leaf) -> Leg:
    """Carry the client's handshake through, with the server's version and ALPN choice."""
    hello = connection.hello
    assert hello  # collected
    context = contexts.to_clients(
        mirror.client_version(hello, server.version),
        server.tls.connection.get_alpn_proto_negotiated(),
        ask=server.asked,
        chain=connection.services.chain(leaf),
    )
    leg = Leg(Which.CLIENT, connection.client, context, connection.journal, connection.number)
    connection.legs.append(leg)
    leg.tls.use(*connection.services.native(leaf))
    leg.begin(connection.raw, connection.message)
    connection.raw, connection.message, connection.spoke_tls = b"", b"", False
    try:
        next_ = "see what it was shown last: it may be waiting for somebody to decide"
        late = ClientFault("handshake-timeout", "the client stopped in its handshake", next_)
        connection.until(connection.limits.handshake_time, late)
        await leg.handshake()
    except ClientFault as fault:
        if fault.code not in {"alert", "closed"}:
            connection.answered = fault.code != "handshake-timeout"  # OpenSSL has sent its alert
            raise
        verdict, ours = connection.verdict, leaf.issuer == OURS
        if verdict is None or verdict.valid or (ours and fault.alert == UNKNOWN_CA):
            connection.kind = OutcomeKind.CLIENT_REJECTED
            raise
        connection.kind, connection.detail = OutcomeKind.UPSTREAM_INVALID, fault.what
        fault.__traceback__ = None  # as in Connection.run
        raise invalid_upstream(connection, verdict, fault.what, reset=fault.reset) from None
    connection.put(leg.done(hello.sni or ""))
    return leg


def invalid_upstream(
    connection: Connection, verdict: Verdict, refused: str = "", *, reset: bool = False
) -> UpstreamFault:
    """The server's certificate is what ended the connection; `refused`: how a client said so that saw it mirrored."""
    faults = "; ".join(describe(fault) for fault in verdict.faults)
    what = f"the certificate of {connection.target} is not valid: {faults}"
    return UpstreamFault(
        UPSTREAM_INVALID,
        f"{what}; ours repeats that, and {refused}" if refused else what,
        mending((fault.code for fault in verdict.faults), verdict.host, mirrored=bool(refused)),
        alert=ACCESS_DENIED,
        reset=reset,
    )
