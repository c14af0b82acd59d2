"""Where the time went: from the accept to the last byte, as bars.

    phases(handshake)                       of a connection, each from the end of the one before
    spans(index, connection, exchange)      of an exchange: request, waiting, response
    timing(...), timing_json(...)           as lines, as an object

A bar shows where in the whole a phase lies and how long it is; the number beside it is exact. What takes less than a
column is a thin line. Handshake and exchanges have a scale each: one page is not compared with an hour of silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tlscope.events import Direction, HandshakeDone, LeafForged, Leg, Outcome, Policy, Reached, VerdictGiven
from tlscope.export import redact
from tlscope_ui.telling import Span
from tlscope_ui.telling.flow import Flow, cell
from tlscope_ui.telling.handshake import Carried, Happened, Said

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from tlscope.capture.index import Index
    from tlscope_ui.telling import Line
    from tlscope_ui.telling.handshake import Handshake, Row

LISTED = 200
"""Exchanges that are shown; the list has all of them."""
NAME, NUMBER = 28, 12
"""Columns of a name, and of a number."""
LEAST = 8
"""Columns of a bar at least."""
EIGHTHS = " ▏▎▍▌▋▊▉"


class Phase(NamedTuple):
    """What took some time; in nanoseconds since the beginning of what it is part of."""

    name: str
    start: int
    end: int
    style: str = ""


class Timed(NamedTuple):
    """All that there is to show."""

    setup: tuple[Phase, ...]
    """From the accept until both handshakes are done."""
    traffic: tuple[Phase, ...]
    """From there to the end."""
    exchanges: tuple[Phase, ...]
    """Since the first of them began."""
    more: int
    """Exchanges that are not shown."""
    chosen: tuple[Phase, ...]
    """Of the exchange that is selected."""


def timed(index: Index, handshake: Handshake, exchange: int, *, masked: bool = True) -> Timed:
    """Find out; in a thread. The URLs of exchanges have their secrets taken out if `masked`."""
    number = handshake.connection
    rows = index.exchanges("e.connection = ?", (number,), limit=LISTED)
    begun = min((row["started"] for row in rows if row["started"]), default=0)
    listed = tuple(
        Phase(
            f"{row['exchange']} {row['method'] or '?'} {redact.url(target) if masked else target}",
            row["started"] - begun,
            row["ended"] - begun,
        )
        for row in rows
        if row["started"] and row["ended"]
        for target in [row["target"] or ""]
    )
    more = max(index.count("e.connection = ?", (number,), row="exchange") - len(rows), 0) if len(rows) == LISTED else 0
    setup, traffic = phases(handshake)
    return Timed(setup, traffic, listed, more, spans(index, number, exchange) if exchange else ())


def phases(handshake: Handshake) -> tuple[tuple[Phase, ...], tuple[Phase, ...]]:
    """The phases until both handshakes are done, and those after it."""
    marks = _Marks(handshake)
    asked, passed_on = marks.said(Leg.CLIENT, Direction.UP), marks.said(Leg.SERVER, Direction.UP)
    if asked and passed_on and asked > passed_on:  # recorded when it was answered, as captures once had it
        asked = None
    reached = marks.first(Reached)
    # Behind a proxy request the server is dialled before the client sends its hello, else after.
    arrival = [("accept, and whereto", marks.first(Policy), ""), ("client's hello", asked, "client")]
    arrival.insert(1 if reached and asked and reached < asked else 2, ("dial", reached, "server"))
    setup = (
        *arrival,
        ("our hello" if reached else "dial, and our hello", passed_on, ""),
        ("server's handshake", marks.done(Leg.SERVER), "server"),
        ("verification", marks.first(VerdictGiven), ""),
        ("forging", marks.first(LeafForged), ""),
        ("our answer to the client", marks.said(Leg.CLIENT, Direction.DOWN), "client"),
        ("client's handshake", marks.done(Leg.CLIENT), "client"),
    )
    found, end = _chained(setup, 0)
    traffic = (
        ("until the first byte up", marks.carried(Direction.UP, first=True), "client"),
        ("until the first byte down", marks.carried(Direction.DOWN, first=True), "server"),
        ("until the last byte", marks.carried(None, first=False), ""),
        ("until the end", marks.first(Outcome), "dim"),
    )
    return found, _chained(traffic, end)[0]


def _chained(marks: Sequence[tuple[str, int | None, str]], begin: int) -> tuple[tuple[Phase, ...], int]:
    """Phases that follow one another; one whose end is not known is left out, and the next one has its time."""
    found, at = [], begin
    for name, end, style in marks:
        if end is not None and end >= at:
            found.append(Phase(name, at, end, style))
            at = end
    return tuple(found), at


class _Marks:
    """When what happened first, or last, in nanoseconds since the connection began."""

    def __init__(self, handshake: Handshake) -> None:
        self._rows: list[Row] = handshake.rows
        self._begin = handshake.mono

    def first(self, kind: type) -> int | None:
        return next((self._since(row.mono) for row in self._happened() if isinstance(row.record.event, kind)), None)

    def done(self, leg: Leg) -> int | None:
        for row in self._happened():
            if isinstance(event := row.record.event, HandshakeDone) and event.leg is leg:
                return self._since(row.mono)
        return None

    def said(self, leg: Leg, way: Direction) -> int | None:
        for row in self._rows:
            if isinstance(row, Said) and row.leg is leg and row.direction is way:
                return self._since(row.mono)
        return None

    def carried(self, way: Direction | None, *, first: bool) -> int | None:
        rows = [row for row in self._rows if isinstance(row, Carried) and way in {None, row.direction}]
        if not rows:
            return None
        return self._since(min(row.mono for row in rows) if first else max(row.last for row in rows))

    def _happened(self) -> Iterator[Happened]:
        return (row for row in self._rows if isinstance(row, Happened))

    def _since(self, mono: int) -> int:
        return mono - self._begin


def spans(index: Index, connection: int, exchange: int) -> tuple[Phase, ...]:
    """An exchange: its request, the waiting, its response; by the records that hold their first and last bytes."""
    found = index.exchanges("e.connection = ? AND e.exchange = ?", (connection, exchange))
    row = found[0] if found else None
    if row is None:
        return ()
    ends = _ends(index, row, Direction.UP, "request"), _ends(index, row, Direction.DOWN, "response")
    (asked, sent), (answered, received) = ends
    if asked is None:
        return ()
    marks = (
        ("request", sent - asked if sent else None, "client"),
        ("waiting for the first byte", answered - asked if answered else None, "dim"),
        ("response", received - asked if received else None, "server"),
    )
    return _chained(marks, 0)[0]


def _ends(index: Index, row: sqlite3.Row, way: Direction, what: str) -> tuple[int | None, int | None]:
    """When the first and the last byte of a request or a response passed."""
    start, end = row[f"{what}_start"], row[f"{what}_end"]
    last = None if end is None else max(end - 1, start or 0)
    return _moment(index, row["connection"], way, start), _moment(index, row["connection"], way, last)


def _moment(index: Index, connection: int, way: Direction, offset: int | None) -> int | None:
    place = None if offset is None else index.lookup.holding(connection, way, offset)
    head = None if place is None else index.lookup.head(connection, place)
    return None if head is None else head.wall


def timing(found: Timed) -> Flow:
    """Everything as lines."""

    def make(width: int) -> Iterator[tuple[Line, object]]:
        sections = (
            ("This exchange", found.chosen),
            ("Setting up", found.setup),
            ("After that", found.traffic),
            ("Exchanges", found.exchanges),
        )
        if not any(listed for _, listed in sections):
            yield ["Nothing was recorded that took time."], None
        for title, listed in sections:
            if listed:
                begin, end = min(phase.start for phase in listed), max(phase.end for phase in listed)
                yield [Span(title, "strong"), f"  {duration(end - begin)}"], None
                for phase in listed:
                    yield bar(phase, begin, end, width), phase
                yield [], None
        if found.more:
            yield [Span(f"… and {found.more} exchanges more", "dim")], None

    return Flow(make)


def timing_json(found: Timed) -> dict[str, Any]:
    """The same, in microseconds; each part since its own beginning."""

    def told(phases_: tuple[Phase, ...]) -> list[dict[str, Any]]:
        return [{"name": name, "start_us": start // 1000, "end_us": end // 1000} for name, start, end, _ in phases_]

    return {
        "exchange": told(found.chosen),
        "setup": told(found.setup),
        "traffic": told(found.traffic),
        "exchanges": told(found.exchanges),
        "more": found.more,
    }


def duration(nanoseconds: int) -> str:
    """For people: three digits or so, with a unit that suits it."""
    if abs(nanoseconds) < 10**6:
        return f"{nanoseconds / 1e3:.0f} µs"
    return f"{nanoseconds / 1e6:.1f} ms" if abs(nanoseconds) < 10**10 else f"{nanoseconds / 1e9:.1f} s"


def bar(phase: Phase, begin: int, end: int, width: int) -> Line:
    """A name, a bar on the scale from `begin` to `end`, and how long it was."""
    room = max(width - NAME - NUMBER - 4, LEAST)
    whole = max(end - begin, 1)
    left = (phase.start - begin) * room // whole
    eighths = (phase.end - begin) * room * 8 // whole - left * 8
    full, rest = divmod(eighths, 8)
    drawn = ("█" * full + EIGHTHS[rest].strip()) or "▏"
    left = min(left, room - 1)
    parts: Line = ["  ", cell(phase.name, NAME), f"{duration(phase.end - phase.start):>{NUMBER - 2}}  "]
    return [*parts, " " * left, Span(drawn[: room - left], phase.style)]
