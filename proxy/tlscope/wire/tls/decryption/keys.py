"""A derivation, step by step, as a view shows it: what every secret, key and IV is made of.

A `Step` is one line of a key schedule: its name, the formula in the words of the RFC, the inputs, the output. The
schedules themselves are in schedule12.py (TLS 1.0 to 1.2) and schedule13.py. A step holds secrets; that they are masked
before anyone else sees them is the concern of the views.
"""

from __future__ import annotations

from typing import NamedTuple

DERIVED = "derived"
LOGGED = "key log"
PRIVATE_KEY = "private key"
SESSION = "earlier session"


class Step(NamedTuple):
    """One derivation."""

    name: str
    """The RFC's name for what comes out: `client_handshake_traffic_secret`."""
    formula: str
    """How it comes out, in the RFC's notation."""
    inputs: tuple[tuple[str, bytes], ...]
    """Names and bytes of what goes in, in the order of the formula; what is not known is left out."""
    output: bytes
    reference: str
    source: str = DERIVED
    """DERIVED from its inputs; or taken from the key LOGGED, a PRIVATE_KEY or an earlier SESSION, as the inputs that it
    comes of are known to the endpoints only."""


def logged(name: str, secret: bytes, label: str, formula: str, reference: str) -> Step:
    """A secret that a key log gives: how the endpoints came to it is said, not done."""
    return Step(name, formula, (), secret, reference, f"{LOGGED}: {label}")
