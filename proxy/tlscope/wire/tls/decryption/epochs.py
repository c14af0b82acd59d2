"""Epochs: the keys that a direction's records are under, one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tlscope.wire.tls.decryption.keys import Step
    from tlscope.wire.tls.decryption.negotiation import Negotiation
    from tlscope.wire.tls.decryption.protection import Opened, Protection

PLAINTEXT, EARLY, HANDSHAKE, APPLICATION = 0, 1, 2, 3
"""Stages of TLS 1.3; APPLICATION + n after n KeyUpdates."""
PROTECTED = -1
"""The one of TLS 1.0 to 1.2 that is not PLAINTEXT."""


def stage_name(stage: int) -> str:
    """For people: `handshake`, `application 2`."""
    if stage > APPLICATION:
        return f"application {stage - APPLICATION}"
    return {PROTECTED: "protected", PLAINTEXT: "plaintext", EARLY: "early data", HANDSHAKE: "handshake"}.get(
        stage, "application"
    )


class Missing(NamedTuple):
    """An epoch that cannot be read: why, and whether what is missing may come yet."""

    reason: str
    may_come: bool


class Epoch:
    """One key, and how it was made."""

    __slots__ = ("_steps", "protection", "secret", "stage")

    def __init__(self, stage: int, protection: Protection, secret: bytes = b"", steps: tuple[Step, ...] = ()) -> None:
        self.stage, self.protection, self.secret, self._steps = stage, protection, secret, steps

    def open(self, sequence: int, header: bytes, body: bytes) -> Opened | str:
        """As of Protection."""
        return self.protection.open(sequence, header, body)

    def take_steps(self) -> tuple[Step, ...]:
        """How the key was made, told once: when it has opened its first record."""
        steps, self._steps = self._steps, ()
        return steps


class Trial:
    """A protection whose suite is not known: the first of several that opens a record is the one.

    Early data is under a suite of an earlier connection, which nothing on the wire names unless it is accepted.
    """

    def __init__(self, protections: Iterable[Protection]) -> None:
        self._protections = tuple(protections)

    def open(self, sequence: int, header: bytes, body: bytes) -> Opened | str:
        """As of Protection."""
        reason: Opened | str = "no suite that the client offers goes with the secret"
        for protection in self._protections:
            reason = protection.open(sequence, header, body)
            if not isinstance(reason, str):
                self._protections = (protection,)
                break
        return reason


@dataclass(slots=True)
class Flow:
    """How far one direction has come."""

    side: str
    """Who sends: `client` or `server`."""
    stage: int = PLAINTEXT
    sequence: int = 0
    """The number of the next record under the stage's key. Records count that nobody could read, and those that passed
    before the key was known: the peers counted them, too."""
    epochs: dict[int, Epoch] = field(default_factory=dict)
    """The stage's epoch and the next one's, once they can be made."""
    negotiation: Negotiation | None = None
    """Which one the keys of a PROTECTED stage come from."""

    def enter(self, stage: int) -> None:
        """Go on to the next key; the old ones are forgotten."""
        if stage != self.stage or stage == PROTECTED:  # a renegotiation has another key at the same stage
            self.sequence = 0
        self.stage = stage
        self.epochs = {known: epoch for known, epoch in self.epochs.items() if known >= stage > PLAINTEXT}
