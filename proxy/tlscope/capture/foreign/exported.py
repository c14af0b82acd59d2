"""What an export of ours (export/pcapng.py) says in its file, so that reading it gives the connections that it is of.

A connection that tlscope stood in is two TLS connections, its legs, and they become TCP conversations of their own,
each on the interface of its kind, its Place. Which of them belong together is said on their first packets: they are, as
epb_packetid puts it, one packet that was seen on two interfaces of a router, on its way through it
(draft-ietf-opsawg-pcapng section 4.3).

What packets cannot hold stands in their comments, in words that people read as well: to whom the connection was, which
packets were made up, how it ended.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from tlscope.events import OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Sequence


class Place(IntEnum):
    """Where packets passed; the numbers of an export's interfaces, the first two those of a Leg."""

    CLIENT_LEG = 0
    SERVER_LEG = 1
    DECRYPTED = 2
    CAPTURED = 3
    """Where nobody stood between. All that others recorded is there."""


INTERFACES = {
    Place.CLIENT_LEG: ("client leg", "between the client and tlscope, as on the wire"),
    Place.SERVER_LEG: ("server leg", "between tlscope and the server, as on the wire"),
    Place.DECRYPTED: ("application data", "between the client and the server, decrypted"),
    Place.CAPTURED: ("as captured", "between the client and the server, recorded as packets by others"),
}
"""Names and descriptions."""
MADE_UP = "made up from what was recorded of the client's request"
"""On the packets of a CONNECT."""
PASSED = "passed through untouched"
"""Both legs are one TLS connection, of which each has all bytes."""

_NUMBERS = 0xFFFF_FFFF
_WHOM = re.compile(r"connection [0-9]+ to (.*?):([0-9]+)(?:, (?:client|server) leg)?: ", re.DOTALL)
_OUTCOME = "outcome: "


class Beginning(NamedTuple):
    """What a conversation's first packet tells of the connection that it is part of."""

    identity: int
    host: str
    port: int
    passed: bool
    """Whether it was passed through untouched."""
    outcome: OutcomeKind | None
    """How the connection ended, if it had."""
    detail: str


def identity(number: int, wall: int) -> int:
    """The epb_packetid of a connection: those of other captures, which may be merged into the file, are different."""
    return (wall // 10**9 & _NUMBERS) << 32 | number & _NUMBERS


def whom(number: int, host: str, port: int, place: Place, said: str) -> str:
    """The comment on a conversation's first packet."""
    where = "" if place is Place.DECRYPTED else f", {INTERFACES[place][0]}"
    return f"connection {number} to {host}:{port}{where}: {said}"


def ended(outcome: OutcomeKind, detail: str) -> str:
    """The comment that says how the connection ended."""
    return f"{_OUTCOME}{outcome}, {detail}" if detail else f"{_OUTCOME}{outcome}"


def beginning(identity: int, comments: Sequence[str]) -> Beginning | None:
    """What these say together; None where it is not the first packet of such a conversation."""
    found = _WHOM.match(comments[0]) if identity and comments else None
    if found is None:
        return None
    host, port = found[1], int(found[2][-5:])
    outcome, detail = _outcome(comments[1]) if len(comments) > 1 else (None, "")
    return Beginning(identity, host, port & 0xFFFF, PASSED in comments[0][found.end() :], outcome, detail)


def _outcome(comment: str) -> tuple[OutcomeKind | None, str]:
    kind, _, detail = comment.removeprefix(_OUTCOME).partition(", ")
    known = comment.startswith(_OUTCOME) and kind in set(OutcomeKind)
    return (OutcomeKind(kind), detail) if known else (None, "")
