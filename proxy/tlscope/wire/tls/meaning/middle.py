"""What the man in the middle does, told from the two legs of one connection: the part that no TLS diagram shows.

    middle(client, server)       five steps; one is missing where its leg did not come so far; none if nobody was there

It is not one connection that is listened to but two, each with its own hello, certificate and keys. All that holds
them together is that the program in between copies what one side said to the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.tls.meaning.checks_chain import facts_of
from tlscope.wire.tls.meaning.listing import short
from tlscope.wire.tls.meaning.story import State, Step
from tlscope.wire.tls.meaning.verdicts import said

if TYPE_CHECKING:
    from tlscope.wire.tls.meaning.facts import LegFacts


FORGED = "forged"
"""The topic of the step in which the client is shown our certificate."""


class _Legs(NamedTuple):
    client: LegFacts
    server: LegFacts


def middle(client: LegFacts, server: LegFacts) -> tuple[Step, ...]:
    """What happens between the legs of one connection, in its order."""
    if client.direct or server.direct:
        return ()
    legs = _Legs(client, server)
    return (
        _step(legs, "two-hellos", "Two connections", _two_hellos(legs), "RFC 8446 section 4.1.2"),
        _step(legs, "asked-first", "The server is asked first", _asked_first(legs), "RFC 5280 section 6.1"),
        _step(legs, FORGED, "A forged certificate", _forged(legs), "RFC 5280 section 4.1.2.4"),
        _step(legs, "two-keys", "A key on each side", _two_keys(legs), "RFC 8446 section 7.1"),
        _step(legs, "opened", "Opened and sealed again", _opened(legs), "RFC 8446 section 5.2"),
    )


_BELONGS = {
    "two-hellos": ({"ClientHello"}, {"ClientHello"}),
    "asked-first": (frozenset[str](), {"ServerHello", "Certificate", "CertificateVerify", "Finished"}),
    FORGED: ({"Certificate", "CompressedCertificate"}, {"Certificate", "CompressedCertificate"}),
    "two-keys": ({"ServerHello", "ServerKeyExchange", "ClientKeyExchange"},) * 2,
}
"""Names of a step's messages on the client leg and on the server leg."""


def _step(legs: _Legs, topic: str, title: str, text: str, reference: str) -> Step:
    client, server = (
        tuple(place for place, (_, name) in enumerate(facts.messages) if name in names)
        for facts, names in zip(legs, _BELONGS.get(topic, ((), ())), strict=True)
    )
    return Step(topic, title, text, reference, client, State.DONE if text else State.MISSING, server)


def _two_hellos(legs: _Legs) -> str:
    theirs, ours = legs.client.offered, legs.server.offered
    if not theirs or not ours:
        return ""
    return (
        f"The client's hello, with the random number {theirs.random[:4].hex()}…, ends here. tlscope writes its own, "
        f"with {ours.random[:4].hex()}…, and asks the server for {legs.server.host or 'a name that it does not say'}: "
        "two connections, not one."
    )


def _asked_first(legs: _Legs) -> str:
    server = legs.server
    if not server.done:
        return ""
    judged = "nothing was said of it"
    if server.verdict is not None:
        judged = f"it is not valid: {said(server.verdict)}" if server.verdict else "it is valid"
        judged += ". The client is shown a valid one all the same, as -k asks for" if server.pardoned else ""
    return (
        f"The server's handshake is finished first, with {server.version_name} and {server.suite_name}: what the "
        f"client is told depends on it. Its certificate is verified as a client should; {judged}."
    )


def _forged(legs: _Legs) -> str:
    real = facts_of(legs.server.chain[0]) if legs.server.chain else None
    shown = facts_of(legs.client.chain[0]) if legs.client.chain else None
    if not real or not shown:
        return ""
    by = {
        "throw-away": "an authority made for the moment, as nobody trusts the server's either",
        "self": "itself, as the server's is",
    }.get(legs.client.forged, "tlscope's own authority")
    kept = "the names are the same" if real.names == shown.names else "its names follow the server's"
    subject = short(shown.subject) or "no name"
    issuer, instead = short(real.issuer) or "nobody", short(shown.issuer) or "nobody"
    return (
        f"For the client a certificate is forged: {subject}; {kept}. The key is ours ({shown.key} for the server's "
        f"{real.key}), and it is signed by {by}: {instead} in the place of {issuer}. Only a client that trusts this "
        "issuer, or does not look, goes on."
    )


def _two_keys(legs: _Legs) -> str:
    client, server = legs
    if not client.done or not server.done:
        return ""
    same = "Even with the same algorithms the keys differ" if client.suite == server.suite else "The keys differ"
    return (
        f"The client agreed on a key with tlscope ({client.group_name or 'by RSA'}, {client.suite_name}), and tlscope "
        f"on another one with the server ({server.group_name or 'by RSA'}, {server.suite_name}). {same}: neither end "
        "knows the other's."
    )


def _opened(legs: _Legs) -> str:
    up, down = legs.client.up, legs.client.down
    if not up and not down:
        return ""
    return (
        f"{up} bytes from the client and {down} from the server were decrypted on one side and encrypted again for the "
        "other. They were not changed; in between they lay open."
    )
