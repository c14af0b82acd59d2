"""The key schedule of both legs, step by step: what each secret, key and IV is made of.

    keys(handshake)                  in a thread: derives them again, from the key log and the ciphertext
    schedule(found)                  as lines, masked
    keys_json(found, masked=True)    as objects, a leg each

What was recorded is what a key log holds: the branches of the schedule. Everything below them is derived here by the
RFC, and held against the Finished messages that passed. Secrets are masked until they are asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

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
        decryptor.derive_rest()  # of data, as a rule: its ciphertext is kept only with --ciphertext
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


def keys_json(found: tuple[LegKeys, ...], *, masked: bool) -> list[dict[str, Any]]:
    """The steps as objects; null stands for what is masked."""
    return [
        {
            "leg": LEGS[part.leg],
            "steps": [
                {
                    "name": step.name,
                    "source": step.source,
                    "formula": step.formula,
                    "inputs": {name: _hex(value, masked=masked and _is_secret(name)) for name, value in step.inputs},
                    "output": _hex(step.output, masked=masked and not _proves(step)),
                    "reference": step.reference,
                }
                for step in part.steps
            ],
            "logged": {label: None if masked else secret for label, secret in _underived(part)},
            "proofs": [
                {"what": proof.what, "ok": proof.ok, "detail": proof.detail, "reference": proof.reference}
                for proof in part.proofs
            ],
        }
        for part in found
    ]


def _hex(value: bytes, *, masked: bool) -> str | None:
    return None if masked else value.hex()


def _is_secret(name: str) -> bool:
    return name not in PUBLIC + PUBLIC_TOO


def _proves(step: Step) -> bool:
    """Whether what comes out is sent to the peer."""
    return step.name.startswith("verify_data")


def _underived(part: LegKeys) -> Iterator[tuple[str, str]]:
    """What the key log has beyond the steps: labels and secrets."""
    derived = {step.output.hex() for step in part.steps}
    for line in part.logged:
        label, _, secret = split_secret(line)
        if secret and secret not in derived:
            yield label, secret


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
            shown = _shown(value, masked=masked and _is_secret(name))
            yield from named(f"{ASIDE * 2}{name}", shown, width, 28, "dim")
        shown = _shown(step.output, masked=masked and not _proves(step))
        yield from named(f"{ASIDE * 2}gives", shown, width, 28)
        yield [ASIDE * 2, Span(step.reference, "dim")]
    for label, secret in _underived(part):
        yield from named(f"{ASIDE}{label}", f"{MASK} {len(secret) // 2} bytes" if masked else secret, width, 36)
    for proof in part.proofs:
        mark = Span("✓ ", "good") if proof.ok else Span("? ", "dim") if proof.ok is None else Span("✗ ", "bad")
        first, *rest = wrapped(f"{proof.what}: {proof.detail} ({proof.reference})", width, ASIDE * 2)
        yield [ASIDE, mark, *first[1:]]
        yield from rest


def _shown(value: bytes, *, masked: bool) -> str:
    if masked:
        return f"{MASK} {len(value)} bytes"
    return value[:SHOWN].hex() + (f"… {len(value)} bytes" if len(value) > SHOWN else "")
