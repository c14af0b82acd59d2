"""Where the secrets of HTTP's header fields are in a stream: known exactly, also in HTTP/2, which compresses them.

    heads = Heads(directory, connection, lanes)
    heads.read(alpn, trail, job)               in a thread: what has come since, and no more than the trail has passed
    heads.within(start, end) -> (first, last)  those of a part of the source

An observer listens to the stream as it was recorded. It goes on where it stopped, so each record of a stream that is
still growing is read once; HTTP/2 cannot be read from its middle, as a field may stand in a table since the beginning.
"""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING

from tlscope.capture.index import Index
from tlscope.capture.listening import Listening
from tlscope.capture.lookup import Gone, Lookup
from tlscope.capture.schema import Stale
from tlscope.events import Direction
from tlscope.export import redact
from tlscope.wire.http.exchange import RequestHead, ResponseHead, Trailers
from tlscope_ui.tui.models.octets import Trail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tlscope.wire.http.exchange import Event, Headers
    from tlscope_ui.tui.models.content import Job
    from tlscope_ui.tui.models.lane import Lane

MAX_SECRETS = 200_000
"""Secrets that are kept, in some 4 MB; where there are more, everything is covered."""


class Heads:
    """What is known of them by now."""

    def __init__(self, directory: Path, connection: int, lanes: tuple[Lane, Lane]) -> None:
        self._directory, self._connection, self._lanes = directory, connection, lanes
        self._starts, self._ends = array("Q"), array("Q")
        """Where secrets start, in their order; and where each ends, or one before it."""
        self._begin()

    def _begin(self) -> None:
        self._trail, self._done = Trail(self._connection), 0
        self._listening: Listening | None = None

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._starts)

    @property
    def begun(self) -> bool:
        """Whether something was read."""
        return self._listening is not None

    def within(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Those of a part of the source."""
        if len(self._starts) > MAX_SECRETS:
            yield start, end
            return
        at = bisect_right(self._ends, start)
        while at < len(self._starts) and self._starts[at] < end:
            yield self._starts[at], self._ends[at]
            at += 1

    def read(self, alpn: str, trail: Trail, job: Job) -> None:
        """Read what a trail has passed, and this one has not. Raises OSError, and Stopped: then it goes on later."""
        try:
            with Index(self._directory) as index, Lookup(self._directory, index.database) as lookup:
                self.hear(lookup, alpn, trail, job)
        except (Stale, sqlite3.Error, OSError) as error:
            self._begin()  # a record may have been missed: what comes behind it could not be understood
            raise OSError(f"the index cannot be read: {error}") from error

    def hear(self, lookup: Lookup, alpn: str, trail: Trail, job: Job | None = None) -> None:
        """The same of what is looked up already."""
        if self._trail.last == trail.last or len(self._starts) > MAX_SECRETS:
            return
        listening = self._listening = self._listening or Listening(alpn)
        found: list[tuple[int, int]] = []
        try:
            for item in lookup.passed(self._connection, self._trail.on(lookup, trail)):
                for event in listening.take(item):
                    found += self._of(event)
                if len(self._starts) + len(found) > MAX_SECRETS:
                    break
                self._done += item.length if isinstance(item, Gone) else len(item.payload)
                if job is not None:
                    job.at("finding secrets", self._done, sum(lane.size for lane in self._lanes))
        finally:
            self._keep(found)

    def _keep(self, found: list[tuple[int, int]]) -> None:
        """Add them in their order: a field of HTTP/2 may have begun before one that is known already has ended."""
        found.sort()
        first = found[0][0] if found else 0
        if self._starts and found and first < self._starts[-1]:
            found = sorted([*zip(self._starts, self._ends, strict=True), *found])
            self._starts, self._ends = array("Q"), array("Q")
        for start, end in found:
            self._ends.append(max(end, self._ends[-1] if self._ends else 0))
            self._starts.append(start)

    def _of(self, event: Event) -> Iterator[tuple[int, int]]:
        """Where the secrets of a head are, in the source."""
        match event:
            case RequestHead():
                # A request that the server promised came from there.
                way = Direction.DOWN if event.pushed else Direction.UP
                if event.version.startswith("HTTP/1"):  # HTTP/2 has the target among the headers
                    start = event.start + len(event.method) + 1
                    shown = _alike(redact.url(event.target), event.target)
                    yield from self._lanes[way].here(start + shown, start + len(event.target))
                yield from self._fields(way, event.headers)
            case ResponseHead():
                yield from self._fields(Direction.DOWN, event.headers)
            case Trailers():
                yield from self._fields(event.direction, event.headers)

    def _fields(self, direction: Direction, headers: Headers) -> Iterator[tuple[int, int]]:
        for header in headers:
            if redact.header(header.name.decode("latin-1"), header.text) != header.text:
                # A field line of HTTP/1 begins with its name; of HPACK's representation, all is covered.
                shown = len(header.name) + 1 if header.length > len(header.name) + len(header.value) else 0
                yield from self._lanes[direction].here(header.start + shown, header.start + header.length)


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
