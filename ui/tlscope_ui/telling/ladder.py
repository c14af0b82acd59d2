"""The ladder: three columns, and between them every message of both legs as an arrow, in the order of time.

    ═ encrypted client                tlscope                  server
       +0.4 ms │    ◆ policy intercept localhost:443 (by CONNECT)   │
       +9.0 ms │                        │─ ClientHello 342 B ──────▶│
       +5.3 ms │                        │◀─ ServerHello 122 B ──────│
       +0.1 ms │                        │◀═ Certificate 420 B ══════│

The milliseconds are those since the line before. A double line passed encrypted, and is shown decrypted: the head says
so, and where there is room for it each line does. What tlscope itself did stands in its middle. Where nobody stood
between, there are two columns.

Lines are made when they are seen, to the width that there is: at 80 columns the longest names just fit. What does not
fit is left out by the word.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

from tlscope.capture.foreign import FROM_PACKETS
from tlscope.events import Closed, Direction, Leg
from tlscope.export.jsonl import DIRECTIONS, LEGS
from tlscope_ui.telling import Span
from tlscope_ui.telling.handshake import Carried, Handshake, Happened, Lost, Row, Said
from tlscope_ui.telling.lines import HOW, describe, elapsed
from tlscope_ui.text import columns, fit, size, visible

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from tlscope.capture.segment import Record
    from tlscope_ui.telling import Line

TIME = 11
"""Columns of the time and a blank."""
NARROWEST = 8
"""Columns between two of the three, however narrow the view is: it scrolls sideways then."""
ROOMY = 40
"""Columns between two, from which on each arrow says in a word that it is encrypted: all of them do, or none does, as
the one without it would be taken for plain. The longest name of TLS 1.3 with its size and the word just fits."""
LEGEND = "═ encrypted"
"""What a double line means."""
POST = "│"
FATAL = "fatal "


class Ladder:
    """The rows of a handshake as lines."""

    width = 0

    def __init__(self, handshake: Handshake) -> None:
        self.handshake = handshake
        self._rows = handshake.rows
        self._count = len(handshake.rows)
        """Rows may come while the view is painted: it hears of them when it is told."""

    def __len__(self) -> int:
        return self._count + bool(self.handshake.more)

    @property
    def beginning(self) -> int:
        """The first message: what is looked at first."""
        return next((y for y in range(self._count) if isinstance(self._rows[y], Said)), 0)

    def row(self, y: int) -> Row | None:
        """What a line shows."""
        return self._rows[y] if 0 <= y < self._count else None

    def position(self, row: Row | None) -> int:
        """Where a row stands, or would: rows are in the order of time; the first line for none."""
        if row is None:
            return 0
        first = bisect_left(self._rows, row.mono, 0, self._count, key=_mono)
        last = bisect_right(self._rows, row.mono, first, self._count, key=_mono)
        return next((y for y in range(first, last) if _same(self._rows[y], row)), max(min(first, self._count - 1), 0))

    def line(self, y: int, width: int) -> Line:
        """See Lines."""
        row = self.row(y)
        if row is None:
            return [f"… and {self.handshake.more} more"]
        since = row.mono - (_end(self._rows[y - 1]) if y else row.mono)
        time = Span(f"{elapsed(max(since, 0)):>{TIME - 1}} ", "dim")
        posts = _Posts(width - TIME, direct=self.handshake.direct)
        match row:
            case Said():
                labels = self._labels(row, worded=posts.gap >= ROOMY)
                return [time, *posts.arrow(row.leg, row.direction, labels, *self._look(row))]
            case Carried():
                return [time, *posts.through(row.direction, _carried(row), encrypted=row.encrypted)]
            case Happened(record=record) if isinstance(event := record.event, Closed):
                way = Direction.UP if event.leg is Leg.CLIENT else Direction.DOWN
                return [time, *posts.arrow(event.leg, way, _closing(event), "─", "dim")]
            case Happened(record=record):
                told = [Span("◆ ", "strong"), *self._told(record)]
                return [time, *posts.middle(told, _shorter(told))]
            case Lost(count=count):
                return [time, *posts.middle([Span(f"? {count} records are gone", "bad")])]

    def heads(self, width: int, ends: tuple[str, str] = ("", "")) -> str:
        """The names over the columns; `ends` are the addresses of client and server."""
        posts = _Posts(width - TIME, direct=self.handshake.direct)
        client, server = (" ".join(filter(None, parts)) for parts in (("client", ends[0]), (ends[1], "server")))
        room = posts.gap - 5
        left, right = fit(visible(client), room), fit(visible(server), room)
        left = f"{LEGEND:<{TIME}} {left}"
        if self.handshake.direct:
            return left + " " * max(TIME + posts.gap + 2 - columns(left) - columns(right), 1) + right
        blank = TIME + posts.gap + 1 - columns(left)
        middle = "tlscope"
        head = left + " " * max(blank - len(middle) // 2, 1) + middle
        return head + " " * max(TIME + 2 * posts.gap + 3 - columns(head) - columns(right), 1) + right

    def objects(self) -> Iterator[dict[str, Any]]:
        """The rows as objects, with the time since the connection began."""
        for row in self._rows[: self._count]:
            yield {"elapsed_us": (row.mono - self.handshake.mono) // 1000} | self._object(row)

    def _object(self, row: Row) -> dict[str, Any]:
        match row:
            case Said():
                return {
                    "kind": "message",
                    "leg": LEGS[row.leg],
                    "direction": DIRECTIONS[row.direction],
                    "name": row.name,
                    "note": row.note or None,
                    "length": row.size,
                    "encrypted": self.handshake.encrypted(row),
                }
            case Carried():
                return {
                    "kind": "data",
                    "direction": DIRECTIONS[row.direction],
                    "offset": row.offset,
                    "length": row.size,
                    "pieces": row.pieces,
                    "until_us": (row.last - self.handshake.mono) // 1000,
                    "encrypted": row.encrypted,
                }
            case Happened(record=record):
                return {"kind": "event", "text": "".join(map(_text, self._told(record)))}
            case Lost():
                return {"kind": "gone", "records": row.count}

    def _told(self, record: Record) -> list[str | Span]:
        return describe(record, room=0, mode=FROM_PACKETS if self.handshake.direct else "")

    def _labels(self, said: Said, *, worded: bool) -> list[str]:
        """What stands on an arrow, the longest first; `worded`: also in a word that it is encrypted, where it is."""
        name, sized = said.name, f"{said.name} {size(said.size)}"
        if said.alert:
            names = [f"{name} {said.note}", f"{name} {said.note.partition(' ')[2]}"]
        elif self.handshake.encrypted(said) or not said.note:
            names = [sized, name]
        else:
            names = [f"{sized} {said.note}", sized, name]
        if worded and self.handshake.encrypted(said):
            return [*(f"{text} encrypted" for text in names), *names]
        return names

    def _look(self, said: Said) -> tuple[str, str]:
        """The line that it is drawn with, and its style."""
        fatal = said.alert and said.note.startswith(FATAL)
        return "═" if self.handshake.encrypted(said) else "─", "bad" if fatal else ""


def ends_of(row: sqlite3.Row | None) -> tuple[str, str]:
    """The addresses of client and server, of a connection's row in the index; see `Ladder.heads`."""
    if row is None:
        return "", ""
    return row["client"] or "", f"{row['host']}:{row['port']}" if row["host"] else ""


class _Posts:
    """Where the columns stand, and what is drawn between them."""

    def __init__(self, room: int, *, direct: bool) -> None:
        self.direct = direct
        self.gap = max(room - 2 if direct else (room - 3) // 2, NARROWEST)

    def arrow(self, leg: Leg, way: Direction, labels: list[str], stroke: str, style: str) -> Line:
        """An arrow of one leg."""
        drawn = self._drawn(way, labels, stroke, style or "strong", LEGS[leg])
        blank = " " * self.gap
        if self.direct:
            return [POST, *drawn, POST]
        return [POST, *drawn, POST, blank, POST] if leg is Leg.CLIENT else [POST, blank, POST, *drawn, POST]

    def through(self, way: Direction, label: str, *, encrypted: bool) -> Line:
        """An arrow of both legs: what was passed on."""
        stroke = "═" if encrypted else "─"
        if self.direct:
            return [POST, *self._drawn(way, [label], stroke, "", "dim"), POST]
        named = self._drawn(way, [label], stroke, "", "client")
        bare = self._drawn(way, [""], stroke, "", "server")
        return [POST, *named, "┼", *bare, POST]

    def middle(self, *tellings: Line) -> Line:
        """What happened between the two: the first telling that fits, or as much of the last as does."""
        inside = self.gap if self.direct else 2 * self.gap + 1
        fitting = (parts for parts in tellings if sum(columns(visible(_text(part))) for part in parts) <= inside - 2)
        cut = _cut(next(fitting, tellings[-1]), inside - 2)
        used = sum(columns(_text(part)) for part in cut)
        left = max((inside - used) // 2, 1)
        return [POST, " " * left, *cut, " " * max(inside - used - left, 0), POST]

    def _drawn(self, way: Direction, labels: list[str], stroke: str, style: str, leg: str) -> Line:
        """`── label ────▶`, or the other way round."""
        shown, room = [visible(label) for label in labels], self.gap
        label = next((text for text in shown if columns(text) <= room - 4), None)
        if label is None:
            label = fit(shown[-1], room - 5) + "…"
        head = "▶" if way is Direction.UP else "◀"
        if not label:
            line = stroke * (room - 1)
            return [Span(line + head if way is Direction.UP else head + line, leg)]
        tail = stroke * (room - 4 - columns(label))
        if way is Direction.UP:
            return [Span(f"{stroke} ", leg), Span(label, style), Span(f" {tail}{head}", leg)]
        return [Span(f"{head}{stroke} ", leg), Span(label, style), Span(f" {tail}", leg)]


def _end(row: Row) -> int:
    return row.last if isinstance(row, Carried) else row.mono


def _mono(row: Row) -> int:
    return row.mono


def _same(one: Row, other: Row) -> bool:
    """Whether both are one row, of which more may be known by now."""
    match one, other:
        case ((Said() | Happened()), (Said() | Happened())):
            return one.place == other.place
        case Carried(), Carried():
            return (one.direction, one.encrypted, one.offset) == (other.direction, other.encrypted, other.offset)
        case _:
            return isinstance(one, Lost) and isinstance(other, Lost)


def _closing(event: Closed) -> list[str]:
    detail = f", {event.detail}" if event.detail else ""
    return [f"closed {HOW[event.how]}{detail}", f"closed {HOW[event.how]}", event.how]


def _carried(row: Carried) -> str:
    pieces = f" in {row.pieces}" if row.pieces > 1 else ""
    return f"data {size(row.size)}{pieces}{'' if row.encrypted else ' outside TLS'}"


def _text(part: str | Span) -> str:
    return part if isinstance(part, str) else part.text


def _shorter(told: Line) -> Line:
    """The same without a word that what follows implies."""
    at = next((at for at, part in enumerate(told) if _text(part) == "handshake"), None)
    if at is None:
        return told
    return [*told[:at], _text(told[at + 1]).lstrip(), *told[at + 2 :]]


def _cut(parts: Line, room: int) -> Line:
    """As many words as there is room for; visible already, so that columns can be counted."""
    safe: Line = [visible(part) if isinstance(part, str) else Span(visible(part.text), part.style) for part in parts]
    text = "".join(map(_text, safe))
    if columns(text) <= room:
        return safe
    left = len(kept := fit(text, room - 1))
    if text[left] != " " and (last := kept.rfind(" ")) > left // 2:  # a word that is longer than that is cut
        left = last + 1
    cut: Line = []
    for part in safe:
        piece = _text(part)[:left]
        left -= len(piece)
        cut.append(piece if isinstance(part, str) else Span(piece, part.style))
    return [*cut, "…"]
