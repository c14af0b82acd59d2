"""What was offered, sent on, chosen and answered, item by item: a table for each topic in which the legs differ.

      ≠ groups                      offered  sent on   chosen  answered
          GREASE (0x0a0a)                 1        -        -         -
          X25519MLKEM768                  2        1        ✓         -
          x25519                          3        2        -         ✓

The numbers are places in the order of preference. Where both legs are alike there is nothing to compare: a line or two
say what both have (story.py), as they do of a topic that the connection has of one leg only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope_ui.telling import Span
from tlscope_ui.telling.flow import cell, wrapped
from tlscope_ui.telling.story import STEP, offer_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.wire.tls.meaning.offers import Offer
    from tlscope_ui.telling import Line

COLUMNS = {"offered": 9, "sent on": 9, "chosen": 9, "answered": 10}
"""Of the table, and how wide they are; of what nobody answers, the first two."""
LEAST = 16
"""Columns of an item's name at least."""
MAX_ITEMS = 400
"""Items of a topic that are shown: all cipher suites that there are. A hello may hold thirty thousand."""
NOT = "-"


def offer_table(row: Offer, width: int, *, whole: bool = False) -> Iterator[Line]:
    """The lines of a topic; `whole`: with all that both legs have alike."""
    if row.same:
        yield from offer_lines(row, width - len(STEP), whole=whole)
        return
    room = max(width - 2 * len(STEP) - sum(COLUMNS.values()), LEAST)
    columns = dict(list(COLUMNS.items())[: None if row.choosable else 2])
    heads = "".join(f"{name:>{wide}}" for name, wide in columns.items())
    yield ["  ", Span("≠ ", "strong"), cell(row.topic, room + len(STEP)), Span(heads, "dim")]
    listed = _items(row)
    for item, cells in list(listed.items())[:MAX_ITEMS]:
        told = "".join(f"{said:>{wide}}" for said, wide in zip(cells, columns.values(), strict=False))
        lacking = NOT in cells[:2]
        yield [STEP * 2, Span(cell(item, room), "" if lacking else "dim"), Span(told, "strong" if lacking else "")]
    if len(listed) > MAX_ITEMS:
        yield [STEP * 2, Span(f"… and {len(listed) - MAX_ITEMS:,} more", "dim")]
    if row.note:
        yield from wrapped(row.note, width, STEP)


def _items(row: Offer) -> dict[str, tuple[str, ...]]:
    """Every item of a topic, and what stands in its columns."""
    offered, sent_on = (_places(names) for names in (row.offered, row.sent_on))
    known = offered.keys() | sent_on.keys()
    chosen, answered = (_parts(said, known) for said in (row.chosen, row.answered))
    return {
        item: (
            *(str(places.get(item, NOT)) for places in (offered, sent_on)),
            *("✓" if item in parts else NOT for parts in (chosen, answered)),
        )
        for item in dict.fromkeys((*offered, *sent_on, *chosen, *answered))
    }


def _places(names: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, name in enumerate(names, 1):
        found.setdefault(name, place)
    return found


def _parts(said: str, known: frozenset[str] | set[str]) -> dict[str, None]:
    """What was chosen: of extensions, several."""
    return dict.fromkeys([said] if said in known else said.split(", ") if said else [])
