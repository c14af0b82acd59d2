"""The server's chain and ours, side by side: each part in a line, what differs lit, and said in a word.

    beside(shown, width)                    lines about a Pair
    parts_beside(differences, width)        the same of the leaf alone

    ≠ differs  issuer         CN=Real CA                   CN=tlscope CA b04839a2
                              The real issuer's key is not at hand: this is who signed instead.

The leaf is compared part by part (wire/x509/compare.py), with what is known of why; what is above it, by what people
go by. Nothing is cut off: a text that is too long for its column goes on below.
"""

from __future__ import annotations

import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire import x509
from tlscope.wire.tls.meaning.checks_chain import facts_of
from tlscope.wire.x509 import Kind
from tlscope_ui.telling import Span
from tlscope_ui.telling.chains import Held, Shown, told
from tlscope_ui.telling.flow import cell, wrapped
from tlscope_ui.telling.story import STEP, difference_lines
from tlscope_ui.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope_ui.telling import Line

WIDE = 100
"""Columns from which on the two stand beside each other."""
WORD, NAME, GAP = 11, 24, 2
"""Columns of the word, of the name of a part, and between the two certificates."""
LEFT = 2 + WORD + NAME
MAX_LINES = 12
"""Lines of one part: certificates can name ten thousand hosts."""
ABSENT = "(not there)"
WORDS = {Kind.SAME: "✓ same", Kind.CHANGED: "≠ differs", Kind.ADDED: "+ added", Kind.REMOVED: "- lacks"}
OF_THE_WHOLE = ("valid", "timestamp (SCT)", "SHA-256", "SHA-1", "pin (SPKI)", "malformed")
"""What is said of a certificate beside its parts."""
TITLES = ("The server's chain, as sent", "Ours, in its place")


def parts_beside(parts: tuple[x509.Difference, ...], width: int) -> Iterator[Line]:
    """The parts of a leaf and of ours; where there is no room for that, below each other."""
    if width < WIDE:
        for part in parts:
            yield from difference_lines(part, width - len(STEP))
        return
    room = (width - LEFT - GAP) // 2
    yield [Span(" " * LEFT + cell("the server's", room + GAP) + "ours", "dim")]
    for part in parts:
        yield from _row(_part(part), width, room)


class Pair(NamedTuple):
    """What stands in one line."""

    server: Held | None
    ours: Held | None

    def of(self, side: int) -> Held | None:
        """The one that is opened: that of the other side where there is none."""
        return self[side] or self[1 - side]


class _Row(NamedTuple):
    name: str
    kind: Kind
    real: str
    other: str
    meant: bool = True
    note: str = ""


def beside(shown: Shown, width: int, side: int | None = None, hint: str = "") -> Iterator[tuple[Line, object]]:
    """Both chains; that of `side` is marked, `hint` says what can be done with it."""
    room = (width - LEFT - GAP) // 2
    heads = [cell(("▸ " if side == at else "  ") + title, room) for at, title in enumerate(TITLES)]
    yield [Span(" " * (LEFT - 2) + (" " * GAP).join(heads), "strong")], None
    if hint:
        yield [Span(" " * LEFT + hint, "dim")], None
    for number, (real, other) in enumerate(zip_longest(shown.server, shown.ours)):
        pair = Pair(
            Held("server", number, real) if real is not None else None,
            Held("ours", number, other) if other is not None else None,
        )
        yield [], None
        for line in _head(shown, number, pair, room):
            yield line, pair
        for row in _rows(pair, shown.now):
            for line in _row(row, width, room):
                yield line, pair


def _head(shown: Shown, number: int, pair: Pair, room: int) -> Iterator[Line]:
    """Which certificate, and whose."""
    numbers = [
        f"{number + 1} of {len(chain)}" if held else ""
        for held, chain in zip(pair, (shown.server, shown.ours), strict=True)
    ]
    names = [_subject(held) if held else "" for held in pair]
    what = "the server's own" if not number else "an issuer's"
    real, other = (": ".join(filter(None, both)) for both in zip(numbers, names, strict=True))
    for at, (left, right) in enumerate(_cells(real, other, room)):
        yield [
            Span(cell(f"  {what}" if not at else "", LEFT), "strong"),
            Span(left, "strong"),
            " " * GAP,
            Span(right, "strong"),
        ]


def _subject(held: Held) -> str:
    facts = facts_of(held.der)
    return "cannot be read" if facts is None else facts.subject or facts.common_name or "no name"


def _rows(pair: Pair, now: float) -> Iterator[_Row]:
    server, ours = pair
    if server is None or ours is None:
        for label, text in _told(server, now) if server else _told(ours, now) if ours else ():
            yield _Row(label, Kind.REMOVED, text, "") if server else _Row(label, Kind.ADDED, "", text)
        return
    leaf = server.number == 0
    if leaf:
        for part in x509.diff(server.der, ours.der):
            yield _part(part)
    both = [_by_label(held, now) for held in (server, ours)]
    for label in dict.fromkeys((*both[0], *both[1])):
        if leaf and label not in OF_THE_WHOLE:
            continue
        real, other = (texts.get(label, "") for texts in both)
        kind = Kind.SAME if real == other else Kind.ADDED if not real else Kind.REMOVED if not other else Kind.CHANGED
        yield _Row(label, kind, real, other)


def _part(part: x509.Difference) -> _Row:
    return _Row(part.name, part.kind, part.real, part.other, part.meant, part.note)


def _told(held: Held, now: float) -> Iterator[tuple[str, str]]:
    facts = facts_of(held.der)
    return iter(()) if facts is None else told(facts, now)


def _by_label(held: Held, now: float) -> dict[str, str]:
    """What a certificate says; what it says several times, in one text."""
    found: dict[str, str] = {}
    for label, text in _told(held, now):
        found[label] = f"{found[label]}; {text}" if label in found else text
    return found


def _row(row: _Row, width: int, room: int) -> Iterator[Line]:
    same = row.kind is Kind.SAME
    style = "dim" if same else "strong" if row.meant else "bad"
    other = "the same" if same else row.other or ABSENT
    for at, (left, right) in enumerate(_cells(row.real or ABSENT, other, room)):
        word, name = (WORDS[row.kind], row.name) if not at else ("", "")
        yield [
            "  ",
            Span(cell(word, WORD), "good" if same else "" if row.meant else "bad"),
            cell(name, NAME),
            left if same else Span(left, style),
            " " * GAP,
            Span(right, style),
        ]
    if row.note:
        yield from wrapped(row.note, width, " " * LEFT, "dim")


def _cells(left: str, right: str, room: int) -> Iterator[tuple[str, str]]:
    """Two texts in as many lines as the longer one takes."""
    columns = [
        textwrap.wrap(visible(text), room, max_lines=MAX_LINES, placeholder=" …") or [""] for text in (left, right)
    ]
    for one, two in zip_longest(*columns, fillvalue=""):
        yield cell(one, room), cell(two, room)
