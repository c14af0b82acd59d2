"""What an export of packets must know before its first one: the capture is read once for that.

    survey = Survey()
    for block in survey.look(source): ...       the secrets, for the head of the file
    survey.of[connection]                       Facts

Whether all ciphertext was recorded is not said anywhere; it shows. What was relayed is sent on at once, so that behind
the first `Data` of a connection there is `Ciphertext` on the leg that it leaves by, or there never is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tlscope.capture.foreign import FROM_PACKETS
from tlscope.capture.foreign.exported import ended
from tlscope.events import (
    Action,
    Ciphertext,
    Data,
    Direction,
    HandshakeDone,
    Leg,
    Opened,
    Outcome,
    Policy,
    Secret,
)
from tlscope.export import blocks as block
from tlscope.export.keylog import LINE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.export.source import Source

SECRETS = 1 << 16
"""Bytes of key log that are gathered into one block."""

_UNKNOWN = Policy(Action.INTERCEPT, "", 0, "")
_LEAVES_BY = {Direction.UP: Leg.SERVER, Direction.DOWN: Leg.CLIENT}


@dataclass(slots=True)
class Facts:
    """What must be known of a connection before its first packet."""

    secrets: int = 0
    """Lines that are at the head of the file."""
    keyed: set[Leg] = field(default_factory=set)
    """Legs to which these lines belong."""
    encrypted: set[Leg] = field(default_factory=set)
    """Legs on which TLS was spoken."""
    policy: Policy = _UNKNOWN
    """The last one, which says to whom it was: the hello's SNI may have changed the first."""
    policies: int = 0
    """How many there were."""
    spoke: bool = False
    """Whether anything was said in it."""
    captured: bool = False
    """Whether others recorded it: both legs are one."""
    data: set[Direction] = field(default_factory=set)
    """Directions in which data was decrypted."""
    whole: bool = False
    """Whether all ciphertext is there."""
    http: bool = False
    ended: str = ""
    """How it ended, in words."""

    def take(self, event: object) -> None:
        """Learn from an event."""
        match event:
            case Opened(mode=mode):
                self.captured = mode == FROM_PACKETS
            case Policy():
                self.policy = event
                self.policies += 1
            case Secret(leg):
                self.secrets += 1
                self.keyed.add(leg)
            case Data(direction, encrypted=encrypted):
                self.spoke = True
                self.data |= {direction} if encrypted else set()
            case Ciphertext(leg, direction):
                self.spoke = True
                self.encrypted.add(leg)
                self.whole = self.whole or (direction in self.data and leg is _LEAVES_BY[direction])
            case HandshakeDone(alpn=alpn):
                self.http = self.http or alpn in {"h2", "http/1.1", "http/1.0"}
            case Outcome(outcome, detail=detail):
                self.ended = ended(outcome, detail)
            case _:
                pass


class Survey:
    """The secrets go into the file at once, a few facts about each connection are kept."""

    def __init__(self) -> None:
        self.of: dict[int, Facts] = {}

    def look(self, source: Source) -> Iterator[bytes]:
        """The blocks with secrets."""
        gathered = b""
        for record in source.records(data_limit=0):
            facts = self.of.get(record.connection)
            if facts is None:
                facts = self.of[record.connection] = Facts()
            facts.take(record.event)
            if isinstance(record.event, Secret):
                gathered += key_log(record.event.data)
            if len(gathered) >= SECRETS:
                yield block.secrets(gathered)
                gathered = b""
        if gathered:
            yield block.secrets(gathered)


def key_log(line: bytes) -> bytes:
    """A line of a key log; none where it is not what readers take for one."""
    return line + b"\n" if LINE.fullmatch(line) else b""
