"""Everything worth knowing about a leg, collected.

    facts = leg_facts(events, Leg.SERVER)        facts.py
    findings(facts, now)                         tuple of Finding, the gravest first

The checks stand in checks_session.py (what was chosen), checks_offer.py (what was offered), checks_chain.py
(certificates) and checks_accepted.py (what a client took for valid); the kinds with their reasons in finding.py. All
are collected, none stops another, and none raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.events import Leg
from tlscope.wire.tls.meaning.checks_accepted import accepted
from tlscope.wire.tls.meaning.checks_chain import chain
from tlscope.wire.tls.meaning.checks_offer import offer
from tlscope.wire.tls.meaning.checks_session import session
from tlscope.wire.tls.meaning.facts import LegFacts, leg_facts
from tlscope.wire.tls.meaning.finding import KINDS, Finding, Severity, finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tlscope.events import Event

__all__ = ["KINDS", "Finding", "LegFacts", "Severity", "findings", "findings_of", "leg_facts"]


def findings(facts: LegFacts, now: float) -> tuple[Finding, ...]:
    """All findings of a leg, the gravest first; `now` in Unix seconds is the time to judge certificates by."""
    found = [*accepted(facts, now), *session(facts), *offer(facts), *chain(facts, now)]
    made = [finding(facts.leg, item) for item in dict.fromkeys(found)]
    return tuple(sorted(made, key=lambda item: -item.severity))


def findings_of(events: Iterable[Event], now: float) -> tuple[Finding, ...]:
    """The findings of both legs of a connection, from its events."""
    kept = list(events)
    return tuple(item for leg in Leg for item in findings(leg_facts(kept, leg), now))
