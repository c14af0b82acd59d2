"""An observer of application data, listening to what a journal recorded of one connection.

    listening = Listening(alpn, keep=...)
    for passed in lookup.passed(connection):
        for event in listening.take(passed): ...         (wire/http/exchange.py)
    listening.finish()

The indexer listens as the records come (fold.py, traffic.py), whoever reads them again listens with this. Both must
hear the same, for exchanges are known by their number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.capture import format as fmt
from tlscope.capture.fold import decoded, lost_of
from tlscope.capture.lookup import Gone
from tlscope.events import Closed, Direction, Faulted, Leg, Outcome
from tlscope.wire.http.exchange import Raw
from tlscope.wire.http.observe import observe

if TYPE_CHECKING:
    from tlscope.capture.walk import Passed
    from tlscope.wire.http.exchange import Event

UP, DOWN = Direction.UP, Direction.DOWN


class Listening:
    """An observer, and how far it has come; `alpn` is what the connection agreed on."""

    def __init__(self, alpn: str = "", *, keep: int = 0) -> None:
        self._alpn, self._keep = alpn, keep
        self._observer = observe(alpn, keep=keep)
        self._offsets = [0, 0]
        self._ended: set[Direction] = set()
        self._plain = self.over = False
        """`over`: bytes of the stream are gone. What comes after cannot be told apart any more."""
        self._early: list[Faulted] = []
        """What was missing before it was known whether the data is plain."""

    def take(self, passed: Passed | Gone) -> list[Event]:
        """What is heard in the next record."""
        if self.over:
            return []
        if isinstance(passed, Gone):
            self.over = passed.length > 0
            return [Raw(direction, self._offsets[direction]) for direction in (UP, DOWN) if self.over]
        if passed.kind == fmt.Kind.DATA:
            return self._data(passed)
        if passed.kind == fmt.Kind.FAULT:
            return self._missing(passed)
        return self._end(*_ended_by(passed))

    def finish(self) -> list[Event]:
        """There is no more in the journal: what is heard if that is the end."""
        return [] if self.over else self._end(UP, DOWN)

    def _end(self, *directions: Direction) -> list[Event]:
        events: list[Event] = []
        for direction in directions:
            if direction not in self._ended:
                self._ended.add(direction)
                events += self._observer.finish(direction)
        return events

    def _data(self, passed: Passed) -> list[Event]:
        direction = Direction(bool(passed.flags & fmt.FLAG_DOWN))
        data = passed.payload[passed.meta :]
        events: list[Event] = []
        if self._offsets == [0, 0] and passed.flags & fmt.FLAG_PLAIN and not self._plain:
            self._plain = True
            self._observer = observe(self._alpn, scheme="http", keep=self._keep)
            for fault in self._early:
                events += self._observer.missing(fault.direction, fault.missing)
        if direction not in self._ended:
            events += self._observer.feed(direction, data, self._offsets[direction])
        self._offsets[direction] += len(data)
        return events

    def _missing(self, passed: Passed) -> list[Event]:
        event = decoded(passed)
        if not isinstance(event, Faulted) or not event.missing or event.direction in self._ended:
            return []
        if self._offsets == [0, 0]:
            self._early.append(event)
            return []
        return self._observer.missing(event.direction, lost_of(event, plain=self._plain))


def _ended_by(passed: Passed) -> tuple[Direction, ...]:
    """The directions that a record ends."""
    if passed.kind not in {fmt.Kind.CLOSE, fmt.Kind.OUTCOME}:
        return ()
    event = decoded(passed)
    if isinstance(event, Closed):
        return (UP if event.leg is Leg.CLIENT else DOWN,)
    return (UP, DOWN) if isinstance(event, Outcome) else ()
