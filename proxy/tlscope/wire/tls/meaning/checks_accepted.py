"""Whether a client took a certificate that it should have refused: the test that a mirrored fault makes of it.

A server whose certificate is not valid is shown to the client with the same faults, so that a client that checks breaks
off as it would have done alone. One that goes on, and sends what it has to say, does not check: whoever stands on the
way can do what tlscope did here.

What counts is what the certificate shown says, not what is wrong with the server's: with -k, or where the client
resumes a session, the client saw nothing wrong. Nor does it count that a client finished its handshake: many look at
the name only then, and close without having sent a byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tlscope.events import Direction, Leg
from tlscope.wire.tls.meaning.alert_tables import CERTIFICATE_ALERTS
from tlscope.wire.tls.meaning.checks_chain import SERVER_PURPOSES, date, facts_of, names_match
from tlscope.wire.tls.meaning.finding import Found
from tlscope.wire.tls.meaning.listing import few, short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.wire.tls.meaning.facts import LegFacts

ACCEPTS_INVALID: Final = "accepts-invalid-certificate"
UNTRUSTED: Final = {
    "self": "is signed by itself",
    "throw-away": "is signed by an authority that nobody trusts",
}
"""LeafForged.issuer where the server's chain leads nowhere either: no client that looks can trust these."""
MAX_NAMED: Final = 3
"""Names of a certificate, or purposes, in a sentence."""


def accepted(facts: LegFacts, now: float) -> Iterator[Found]:
    """At most one, of the client's leg; `now` in Unix seconds is the time of the connection."""
    went_on = facts.done and facts.up and not facts.resumed
    if facts.leg is not Leg.CLIENT or not facts.mirrored or not went_on or _complained(facts):
        return
    wrong = list(_wrong(facts, now))
    if wrong:
        listed = ", and ".join(wrong)
        yield Found(ACCEPTS_INVALID, f"the client went on and sent data, although the certificate shown to it {listed}")


def _complained(facts: LegFacts) -> bool:
    """Whether the client refused the certificate after all, when its first data was on the way."""
    return any(alert.direction is Direction.UP and alert.description in CERTIFICATE_ALERTS for alert in facts.alerts)


def _wrong(facts: LegFacts, now: float) -> Iterator[str]:
    """What a client that looks must have against the certificate that it was shown, our authority being trusted."""
    leaf = facts_of(facts.chain[0]) if facts.chain and facts.forged else None
    if leaf is None:
        return
    if facts.forged in UNTRUSTED:
        yield UNTRUSTED[facts.forged]
    if leaf.not_after is not None and leaf.not_after < now:
        yield f"expired on {date(leaf.not_after)}"
    if leaf.not_before is not None and now < leaf.not_before:
        yield f"is valid from {date(leaf.not_before)} on only"
    if not leaf.names:
        yield "names no host in subjectAltName"
    elif facts.host and not names_match(facts.host, leaf):
        yield f"is for {few(leaf.names, MAX_NAMED)} and not for {short(facts.host)}"
    if leaf.extended_key_usage and SERVER_PURPOSES.isdisjoint(leaf.extended_key_usage):
        yield f"is for {few(leaf.extended_key_usage, MAX_NAMED)} and not for servers"
