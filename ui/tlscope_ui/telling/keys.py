"""The key schedule of both legs, step by step: what each secret, key and IV is made of.

    keys(handshake)                  in a thread: derives them again, from the key log and the ciphertext
    schedule(found)                  as lines, masked

What was recorded is what a key log holds: the branches of the schedule. Everything below them is derived here by the
RFC, and held against the Finished messages that passed. Secrets are masked until they are asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tlscope.events import Direction, Leg
from tlscope.export.jsonl import LEGS, split_secret
from tlscope.wire.tls.decryption.decrypt import Decryptor
from tlscope.wire.tls.decryption.decrypted import Confirmation
from tlscope.wire.tls.decryption.keylog import Secrets
from tlscope.wire.tls.decryption.keys import DERIVED
from tlscope_ui.telling import Span
from tlscope_ui.telling.flow import Flow, named, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.wire.tls.decryption.keys import Step
    from tlscope_ui.telling import Line
    from tlscope_ui.telling.handshake import Handshake

SHOWN = 64
"""Bytes of an input that are shown: transcripts' hashes and keys are shorter."""
PUBLIC = ("Context", "HkdfLabel", "Transcript-Hash", "Hash(handshake_messages)", "ClientHello.random")
PUBLIC_TOO = ("ServerHello.random", "sequence number", "session_hash", "0")
"""Inputs that everybody on the way knows, or can compute of what they see."""
ASIDE = "  "
MASK = "••••••••"


class LegKeys(NamedTuple):
    """What is known of the keys of a leg."""

    leg: Leg
    steps: tuple[Step, ...]
    proofs: tuple[Confirmation, ...]
    logged: tuple[bytes, ...]
    """Lines of the key log."""


def keys(handshake: Handshake) -> tuple[LegKeys, ...]:
    """Derive the keys of each leg that anything is known of."""
    found = []
    for leg in Leg:
        lines = handshake.secrets[leg]
        if not lines:
            continue
        decryptor = Decryptor(Secrets(b"\n".join(lines)), waits=False)
        events = [
            event for way in Direction for event in decryptor.feed(way, handshake.wire[leg, way].data)
        ] + decryptor.finish()
        proofs = tuple(event for event in events if isinstance(event, Confirmation))
        found.append(LegKeys(leg, tuple(decryptor.steps), proofs, tuple(lines)))
    return tuple(found)


def schedule(found: tuple[LegKeys, ...], *, masked: bool = True, shown_by: str = "") -> Flow:
    """The steps as lines; `shown_by` is what shows secrets that are masked: a key, an option."""

    def make(width: int) -> Iterator[tuple[Line, object]]:
        if not found:
            yield ["No secrets were recorded: without them nobody can derive the keys."], None
        elif masked:
            shows = f": {shown_by} shows them" if shown_by else ""
            said = f"Secrets are masked{shows}. Whoever has them can decrypt the connection."
            for line in wrapped(said, width, style="dim"):
                yield line, None
        for part in found:
            for line in _leg(part, width, masked=masked):
                yield line, None

    return Flow(make)


def _leg(part: LegKeys, width: int, *, masked: bool) -> Iterator[Line]:
    yield []
    yield [Span(f"The {LEGS[part.leg]} leg", "strong")]
    if not part.steps:
        yield [ASIDE, Span("The ciphertext of its handshake was not recorded: this is what the key log has.", "dim")]
    for step in part.steps:
        yield []
        yield [ASIDE, Span(step.name, "strong"), Span(f"  {step.source}" if step.source != DERIVED else "", "dim")]
        yield from wrapped(f"= {step.formula}", width, ASIDE * 2)
        for name, value in step.inputs:
            secret = masked and name not in PUBLIC + PUBLIC_TOO
            yield from named(f"{ASIDE * 2}{name}", _shown(value, masked=secret), width, 28, "dim")
        proves = step.name.startswith("verify_data")
        yield from named(f"{ASIDE * 2}gives", _shown(step.output, masked=masked and not proves), width, 28)
        yield [ASIDE * 2, Span(step.reference, "dim")]
    derived = {step.output.hex() for step in part.steps}
    for line in part.logged:
        label, _, hidden = split_secret(line)
        if hidden and hidden not in derived:
            shown = f"{MASK} {len(hidden) // 2} bytes" if masked else hidden
            yield from named(f"{ASIDE}{label}", shown, width, 36)
    for proof in part.proofs:
        mark = Span("✓ ", "good") if proof.ok else Span("? ", "dim") if proof.ok is None else Span("✗ ", "bad")
        first, *rest = wrapped(f"{proof.what}: {proof.detail} ({proof.reference})", width, ASIDE * 2)
        yield [ASIDE, mark, *first[1:]]
        yield from rest


def _shown(value: bytes, *, masked: bool) -> str:
    if masked:
        return f"{MASK} {len(value)} bytes"
    return value[:SHOWN].hex() + (f"… {len(value)} bytes" if len(value) > SHOWN else "")
