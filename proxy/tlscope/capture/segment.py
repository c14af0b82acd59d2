"""One segment of the journal, read from its file as far as it is written, whatever has become of it.

    segment.read(final=False) -> Record, Damage ...     what was appended since the last call
    segment.go_on(at, unchecked)                        take up a reading that another Segment broke off
    segment.record(at) -> Record | None                 the one record that begins there

Reading goes a block at a time and never holds a segment whole. What is there but cannot be is said as `Damage`, and
reading goes on behind it. That needs an answer to the question where the next record begins:

A record's check is seeded with the segment's random salt, so that a place where 32 bytes look like a head and the check
holds *is* a record: what a peer sent through the relay cannot imitate one. Candidates are found with a regular
expression over the few bytes of a head that have few values. For the bulky kinds the head alone is checked; for the
others the payload must be read, and a relayed stream could consist of nothing but heads that claim a long payload each.
So the scan checks no payload of more than `SCAN_PAYLOAD` bytes: its time is linear in the bytes that it passes, and the
worst that it does is to pass over an intact but very large message directly behind the damage.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from tlscope.capture import format as fmt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tlscope.events import Event

BLOCK = 1 << 14
"""Bytes asked of the file at once, where a payload does not need more; little, for most of the data is passed over."""
SCAN_BLOCK = 1 << 16
"""Bytes that are searched at once behind a damage."""
SCAN_PAYLOAD = 1 << 15
"""The longest payload that the scan behind a damage checks; a chain of post-quantum certificates takes some 20 KiB."""
HEAD = fmt.RECORD.size
HEAD_FIELDS = re.compile(
    # check(4) length(4) kind(1) flags(1): from the last byte of the length on, which MAX_PAYLOAD keeps at 0 or 1
    rb"[\x00\x01](?=[\x%02x-\x%02x][\x00-\x07])" % (min(fmt.Kind), max(fmt.Kind))
)
BEFORE_FIELDS, HEAD_FIELDS_SIZE = 7, 3
"""Bytes of a head before the first that HEAD_FIELDS looks at, and how many it looks at."""


@dataclass(frozen=True, slots=True)
class Record:
    """An event, when it was, on which connection, and where it lies."""

    connection: int
    """From 1; 0 for what concerns the recording as a whole."""
    wall: int
    """Nanoseconds since the epoch."""
    mono: int
    """Nanoseconds of the monotonic clock of the machine that recorded."""
    event: Event | fmt.Unreadable
    segment: str
    """The segment's file name."""
    offset: int
    """Of the payload, in the segment."""
    length: int
    """Of the payload, in bytes."""
    meta: int
    """How many of these are the event's fields; the rest are its `data`."""

    @property
    def size(self) -> int:
        """Bytes of the event's `data`, also where less of it was read."""
        return self.length - self.meta


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes of a segment that hold nothing that can be read."""

    segment: str
    offset: int
    reason: str
    lost_bytes: int


class Answer(Enum):
    """Why no record can be read at an offset."""

    NO = "the record is damaged"
    NOT_YET = "the segment ends inside a record"


class Segment:
    """The reading end of one segment file.

    Of a bulky kind's `data` only the first `data_limit` bytes are read, where that is not None; the record's `size` is
    that of all of it. With a `connection`, the records of all others are passed over; with `kinds`, all other kinds.
    """

    def __init__(
        self,
        path: Path,
        *,
        data_limit: int | None = None,
        connection: int | None = None,
        kinds: frozenset[fmt.Kind] | None = None,
    ) -> None:
        """Open the file; raises OSError as open does."""
        self.name = path.name
        self.done = False
        """Whether nothing more can come from here."""
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._data_limit, self._connection, self._kinds = data_limit, connection, kinds
        self._at = 0
        self._salt: int | None = None
        self._lost = ""
        """Why there is no record at `_at`, while the next one is searched for from `_scanned` on."""
        self._scanned = 0
        self._unchecked = 0
        """Where the payload of the record before `_at` begins, if no check covers it."""
        self._block, self._block_at = b"", 0

    def close(self) -> None:
        """Let go of the file, for good."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    @property
    def position(self) -> tuple[int, int]:
        """What `go_on` takes: where the next record begins, and from where on no check covers the bytes before it."""
        return self._at, self._unchecked

    def go_on(self, at: int, unchecked: int = 0) -> None:
        """Let `read` go on at a `position`, which no other place can stand in for: damage is told from there on."""
        self._at, self._unchecked, self._lost = at, unchecked, ""

    def record(self, at: int) -> Record | None:
        """The record whose head begins at `at`; None where no whole record does, or the file cannot be read."""
        head = self.head(at)
        return None if head is None else self._record(head, at + HEAD)

    def head(self, at: int) -> fmt.Head | None:
        """The head that begins at `at`, checked, where all of its payload is there."""
        try:
            end = os.fstat(self._fd).st_size
            if self._salt is None and isinstance(found := self._segment_head(), tuple):
                self._salt = found[0]["salt"] & 0xFFFFFFFF
            head = None if self._salt is None or not 0 <= at < end else self._head(at, end, self._salt)
        except OSError:
            return None
        return head if isinstance(head, fmt.Head) else None

    def content(self, offset: int, length: int) -> bytes:
        """The bytes at `offset`, fewer where the file ends before or cannot be read."""
        try:
            return self._bytes(offset, length)
        except OSError:
            return b""

    def read(self, *, final: bool) -> Iterator[Record | Damage]:
        """Yield what was appended since the last call, and no more than was there when it began.

        `final` says that nobody writes here any more: an incomplete record is then torn, else it is not yet there.
        """
        self._block, self._block_at = b"", 0  # a writer out of space takes back the half of a record that it wrote
        try:
            end = os.fstat(self._fd).st_size
            if self._salt is None:
                yield from self._begin(end, final=final)
            if self._salt is not None:
                yield from self._records(end, self._salt, final=final)
        except OSError as error:
            yield Damage(self.name, self._at, f"cannot be read: {error.strerror}", 0)
            self.done = True
        self.done = self.done or final

    def _begin(self, end: int, *, final: bool) -> Iterator[Damage]:
        """Read the segment's header; without it no record can be told from chance, so all of the segment is lost."""
        found = self._segment_head()
        if isinstance(found, tuple):
            meta, start = found
            self._at = max(self._at, start)
            self._salt = meta["salt"] & 0xFFFFFFFF
        elif isinstance(found, str):
            self.done = True
            yield Damage(self.name, 0, found, end)
        elif final and end:
            yield Damage(self.name, 0, "the segment ends inside its header", end)

    def _segment_head(self) -> tuple[dict[str, Any], int] | str | None:
        return fmt.read_segment_head(self._bytes(0, fmt.SEGMENT_HEAD.size + fmt.MAX_SEGMENT_META + 4))

    def _records(self, end: int, salt: int, *, final: bool) -> Iterator[Record | Damage]:
        while self._at < end:
            if not self._lost:
                head = self._head(self._at, end, salt)
                if isinstance(head, fmt.Head):
                    at, self._at = self._at, self._at + HEAD + head.length
                    self._unchecked = at + HEAD if head.kind in fmt.BULKY else 0
                    if self._wanted(head):
                        yield self._record(head, at + HEAD)
                    continue
                if head is Answer.NOT_YET and not final:
                    return
                # Where bytes of a payload that no check covers are missing, the next record begins before its end.
                self._lost, self._scanned = head.value, self._unchecked or self._at + 1
            found = self._scan(end, salt, final=final)
            if found is None and not final:
                return
            start, self._at = self._at, end if found is None else found
            reason, self._lost = self._lost if found is None else Answer.NO.value, ""
            yield Damage(self.name, min(start, self._at), reason, max(0, self._at - start))

    def _wanted(self, head: fmt.Head) -> bool:
        return self._connection in {None, head.connection} and (self._kinds is None or head.kind in self._kinds)

    def _record(self, head: fmt.Head, offset: int) -> Record:
        wanted = head.length
        if self._data_limit is not None and head.kind in fmt.BULKY:
            wanted = min(wanted, head.meta + self._data_limit)
        event = fmt.decode(head, self._bytes(offset, wanted))
        return Record(head.connection, head.wall, head.mono, event, self.name, offset, head.length, head.meta)

    def _head(self, at: int, end: int, salt: int, longest: int = fmt.MAX_PAYLOAD) -> fmt.Head | Answer:
        """The head at `at`, where a whole record begins there; no payload longer than `longest` is read to check it."""
        start = self._bytes(at, HEAD) if end - at >= HEAD else b""
        if len(start) < HEAD:
            return Answer.NOT_YET
        head = fmt.read_head(start)
        bulky = head.kind in fmt.BULKY
        whole = end - at - HEAD >= head.length
        if head.length > (fmt.MAX_PAYLOAD if bulky else longest) or head.meta > head.length:
            return Answer.NO
        if bulky or whole:
            holds = fmt.head_holds(head, b"" if bulky else self._bytes(at + HEAD, head.length), salt)
            return (head if whole else Answer.NOT_YET) if holds else Answer.NO
        return Answer.NOT_YET

    def _scan(self, end: int, salt: int, *, final: bool) -> int | None:
        """Where the next record begins; None where none does before `end`, or it cannot be said yet."""
        while self._scanned + HEAD <= end:
            # All that checking a candidate takes is in the same window, so that no byte is read often.
            window = self._bytes(self._scanned, SCAN_BLOCK + HEAD + SCAN_PAYLOAD)
            last = min(SCAN_BLOCK, len(window) - HEAD, end - self._scanned - HEAD)
            if last < 0:
                return None
            for match in HEAD_FIELDS.finditer(window, BEFORE_FIELDS, last + BEFORE_FIELDS + HEAD_FIELDS_SIZE):
                at = self._scanned + match.start() - BEFORE_FIELDS
                head = self._head(at, end, salt, SCAN_PAYLOAD)
                if isinstance(head, fmt.Head):
                    return at
                if head is Answer.NOT_YET and not final:
                    self._scanned = at
                    return None
            self._scanned += last + 1
        return None

    def _bytes(self, offset: int, length: int) -> bytes:
        """The bytes at `offset`; fewer where the file ends before."""
        start = offset - self._block_at
        if start < 0 or start + length > len(self._block):
            self._block, self._block_at, start = os.pread(self._fd, max(length, BLOCK), offset), offset, 0
        return self._block[start : start + length]
