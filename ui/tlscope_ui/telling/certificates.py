"""Certificates as lines: what each check says, the server's chain as it was sent, ours in its place, and what differs.

    certificates(shown)                 as lines, each about a certificate: its DER, as Held
    certificates_json(shown)            as an object

Where there is room, the two chains stand beside each other (beside.py): a line is about one of either, as Pair.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

from tlscope.wire import x509
from tlscope.wire.tls.meaning.checks_chain import facts_of
from tlscope_ui.telling import Span
from tlscope_ui.telling.beside import WIDE, beside, parts_beside
from tlscope_ui.telling.chains import CHECKS, NEVER_MADE, NOT_MADE, UNTRUSTED, Held, Shown, told
from tlscope_ui.telling.flow import Flow, named, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope_ca.faults import FaultCode
    from tlscope_ui.telling import Line

    About = tuple[Line, object]

NAME = 24
"""Columns of the name of what a certificate says."""
MARK = 8
"""Columns of a check's mark."""
MARKS = {True: Span("✓", "good"), False: Span("✗", "bad"), None: Span("-", "dim")}
"""Of a check that was passed, was not, or was not made."""


class Check(NamedTuple):
    """Something that was looked for in both chains."""

    code: str
    """Of the fault that it is."""
    words: str
    """What is true where it was not found."""
    passed: dict[str, bool | None]
    """By `server` and `ours`; None where nobody looked."""


def checked(shown: Shown) -> list[Check]:
    """All checks that there are, in their order; none where nobody looked at either chain."""
    failed = None if shown.verdict is None else frozenset(fault.partition(": ")[0] for fault in shown.verdict)
    found = {"server": failed if shown.server else None, "ours": shown.found if shown.ours else None}
    if all(codes is None for codes in found.values()):
        return []
    trusted = {"ours": UNTRUSTED if shown.by_ours else frozenset()}
    return [
        Check(
            code, words, {name: _passed(code, codes, trusted.get(name, frozenset())) for name, codes in found.items()}
        )
        for code, words in CHECKS.items()
    ]


def _passed(code: FaultCode, found: frozenset[str] | None, pardoned: frozenset[FaultCode]) -> bool | None:
    """Whether a check was passed, of which faults of `pardoned` are none; None where it was not made."""
    if found is None:
        return None
    if code in found:
        return code in pardoned
    unmade = code in NEVER_MADE or any(code in NOT_MADE.get(other, ()) for other in CHECKS if other in found)
    return None if unmade and code not in pardoned else True


def certificates(shown: Shown, side: int | None = None, hint: str = "") -> Flow:
    """All of it as lines; `side` and `hint`: see `beside`."""

    def make(width: int) -> Iterator[About]:
        if not shown.server and not shown.ours:
            for line in wrapped(shown.without, width):
                yield line, None
            return
        yield from _verdict(shown, width)
        if shown.server and shown.ours and width >= WIDE:
            yield [], None
            yield from beside(shown, width, side, hint)
        else:
            yield from _chain("The server's chain, as sent", "server", shown.server, shown.now, width)
            yield from _chain("Ours, in its place", "ours", shown.ours, shown.now, width)
            if shown.server and shown.ours:
                yield from _differences(shown, width)
        yield from _checks(shown, width)

    return Flow(make)


def certificates_json(shown: Shown) -> dict[str, Any]:
    """Both chains, each certificate with what is known of it; `checks` say which were passed by either."""
    return {
        "host": shown.host,
        "verdict": None if shown.verdict is None else list(shown.verdict),
        "without": shown.without or None,
        "server": [_certificate_json(der) for der in shown.server],
        "ours": [_certificate_json(der) for der in shown.ours],
        "signed_by_our_ca": shown.by_ours,
        "checks": [check._asdict() for check in checked(shown)],
    }


def _certificate_json(der: bytes) -> dict[str, Any]:
    """Null for all that cannot be read; the bytes are there in any case."""
    facts = facts_of(der)
    return ({} if facts is None else asdict(facts) | {"serial": f"{facts.serial:x}"}) | {"der": der.hex()}


def _title(text: str) -> Iterator[About]:
    yield [], None
    yield [Span(text, "strong")], None


def _verdict(shown: Shown, width: int) -> Iterator[About]:
    if shown.verdict is None:
        yield [Span("Nobody verified it here.", "dim")], None
        return
    mark = Span("✗ not valid", "bad") if shown.verdict else Span("✓ valid", "good")
    yield [mark, f" for {shown.host}, chain of {len(shown.server)}"], None
    found: dict[str, list[str]] = {}
    for fault in shown.verdict:
        code, _, sentence = fault.partition(": ")
        found.setdefault(code, []).append(sentence or code)
    for code, sentences in found.items():
        for sentence in sentences:
            first, *rest = wrapped(f"{sentence} ({code})", width - 4) or [[""]]
            yield ["  ", Span("✗ ", "bad"), *first], None
            for line in rest:
                yield ["    ", *line], None


def _checks(shown: Shown, width: int) -> Iterator[About]:
    """Each check, and what it says of either chain."""
    checks = checked(shown)
    if not checks:
        return
    whose = [name for name, chain in (("server", shown.server), ("ours", shown.ours)) if chain]
    yield from _title("What was checked")
    yield [Span("  " + "".join(f"{name:<{MARK}}" for name in whose), "dim")], None
    for check, words, passed in checks:
        marks: Line = []
        for name in whose:
            marks += [MARKS[passed[name]], " " * (MARK - 1)]
        trusted = check == "unknown-issuer" and shown.by_ours and shown.found is not None
        said = f"{check}; of ours, where our CA is trusted" if trusted else check
        left = 2 + MARK * len(whose)
        if left + len(words) + 2 + len(said) <= width:
            yield ["  ", *marks, words, Span(f"  {said}", "dim")], None
        else:
            yield ["  ", *marks, words], None
            yield [" " * left, Span(said, "dim")], None


def _chain(title: str, whose: str, chain: tuple[bytes, ...], now: float, width: int) -> Iterator[About]:
    if not chain:
        return
    yield from _title(title)
    for number, der in enumerate(chain):
        held = Held(whose, number, der)
        facts = facts_of(der)
        name = f"{number + 1} of {len(chain)}"
        if facts is None:
            yield ["  ", Span(name, "strong"), ": ", Span("cannot be read", "bad")], held
            continue
        yield ["  ", Span(name, "strong"), f": {facts.subject or facts.common_name or 'no name'}"], held
        for label, text in told(facts, now):
            for line in named(f"    {label}", text, width, NAME):
                yield line, held


def _differences(shown: Shown, width: int) -> Iterator[About]:
    yield from _title("The real certificate and ours")
    held = Held("server", 0, shown.server[0])
    for line in parts_beside(x509.diff(shown.server[0], shown.ours[0]), width):
        yield line, held
