"""The line at the bottom: who records, how much there is and how much of it is shown, how fast it grows.

said(status, width) -> Line
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tlscope_ui.telling import Span
from tlscope_ui.text import columns, size
from tlscope_ui.tui.models.keynames import key

if TYPE_CHECKING:
    from tlscope_ui.telling import Line

SEPARATOR = " │ "
SPARKS = "▁▂▃▄▅▆▇█"
SECONDS = 12
"""Of the sparkline: a bar for each."""
LATE = 0.5
"""Seconds behind the journal that are worth a word."""


@dataclass(slots=True)
class Status:
    """What the bottom line knows."""

    listening: list[str] = field(default_factory=list)
    mode: str = ""
    live: bool = False
    """Whether somebody records."""
    was_live: bool = False
    """Whether somebody did when we began to look."""
    shown: int = 0
    total: int = 0
    looked: float = 1.0
    """The share of the index that the filter has been held against."""
    size: int = 0
    keep: int = 0
    """Bytes of the journal, and its budget; 0 for none."""
    behind: float = 0.0
    """Seconds for which the index has not been up to date."""
    follow: bool = False
    paused: bool = False
    new: int = 0
    """Connections that came since it was paused."""
    faults: list[str] = field(default_factory=list)
    rates: deque[int] = field(default_factory=lambda: deque(maxlen=SECONDS))
    """Connections a second, the newest last."""

    @property
    def lost(self) -> bool:
        """Whether the recorder ended while we looked."""
        return self.was_live and not self.live


def sparkline(values: deque[int]) -> str:
    """A bar a value; the highest is full."""
    top = max(values, default=0)
    return "".join(
        SPARKS[min(value * len(SPARKS) // (top + 1), len(SPARKS) - 1)] if top else SPARKS[0] for value in values
    )


def said(status: Status, width: int) -> Line:
    """The line, as much of it as fits: what is counted gives way first, then the sparkline, then what comes last."""
    bars = len(status.rates)
    parts = _parts(status, bars, named=True)
    growing = SECONDS - bars if status.live else 0  # what stands there now is not to go when there are more bars
    if _over(parts, width) + growing > 0:
        parts = _parts(status, bars)
        if (over := _over(parts, width)) > 0:
            parts = _parts(status, max(bars - over, 0))
    line: Line = []
    taken = 0
    for part in parts:
        wide = _columns(part)
        if taken + wide + len(SEPARATOR) > width and line:
            continue
        if line:
            line.append(Span(SEPARATOR, "dim"))
            taken += len(SEPARATOR)
        line += part
        taken += wide
    return line


def _over(parts: list[Line], width: int) -> int:
    """Columns that they take more than there are."""
    return sum(map(_columns, parts)) + len(SEPARATOR) * (len(parts) - 1) - width


def _columns(part: Line) -> int:
    return sum(columns(piece if isinstance(piece, str) else piece.text) for piece in part)


def _parts(status: Status, bars: int, *, named: bool = False) -> list[Line]:
    """What there is to say; of the sparkline the latest bars; `named`: with what it is that is counted."""
    where = ", ".join(status.listening)
    if status.live:
        recorder: Line = [Span("● ", "good"), f"{where} {status.mode}".strip()]
    elif status.was_live:
        recorder = [Span("✗ the recorder has ended", "bad")]
    else:
        recorder = [Span("■ ", "dim"), "finished capture"]
    many = (
        f"{status.shown:,}/{status.total:,}"
        if status.shown != status.total or status.looked < 1
        else f"{status.total:,}"
    )
    if named:
        many += " connection" if status.total == 1 else " connections"
    rate = status.rates[-1] if status.rates else 0
    latest = deque(status.rates, maxlen=bars)
    parts: list[Line] = [
        [Span("PAUSED", "strong"), f" +{status.new:,} new"] if status.paused else [],
        [Span("FOLLOW", "strong")] if status.follow and not status.paused else [],
        recorder,
        [many, Span(f" … {status.looked:.0%}", "dim") if status.looked < 1 else ""],
        [f"{sparkline(latest)} {rate}/s".lstrip()] if status.live else [],
        [f"{size(status.size)} / {size(status.keep)}" if status.keep else size(status.size)] if status.size else [],
        [Span(f"index {status.behind:.1f} s behind", "strong")] if status.behind > LATE else [],
        [Span(f"{key('help')} help", "dim")],
    ]
    return [part for part in parts if part]
