"""The page cache is asked to let go of a journal that was written and will not be read again by its writer.

    behind = Behind()
    behind.wrote(path, size)         after each STEP bytes or so, and at the end of a segment: it has grown up to `size`

Without that hours of recording would push everybody else's files out of memory. What was written is asked for twice.
When WINDOW bytes more have been written the kernel begins to write it back to the disk; when as many again have been,
that is over, and its pages go. The youngest bytes stay, and who follows a live capture reads them from memory.

It is advice: a file system need not take it, and what a segment holds may be gone by then, with the segment.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

WINDOW = 64 << 20
"""Bytes of the journal between its being written, its write-back, and its leaving the page cache."""
STEP = 8 << 20
"""Bytes between two calls of `wrote`, roughly: the advice costs a walk over the pages that it is about."""


class Span(NamedTuple):
    """A part of a segment."""

    path: Path
    start: int
    end: int


class Behind:
    """What of a journal may still be in the page cache. Nothing raises, whatever the disk is like."""

    def __init__(self) -> None:
        self._young: deque[Span] = deque()
        """Not written back yet, for all we know; the oldest first."""
        self._old: deque[Span] = deque()
        """Being written back."""
        self._path: Path | None = None
        self._size = 0

    def wrote(self, path: Path, size: int) -> None:
        """The segment at `path` has `size` bytes by now; another one than before is a new one."""
        start = self._size if path == self._path else 0
        self._path, self._size = path, size
        self._young.append(Span(path, start, size))
        for spans, older in ((self._young, self._old), (self._old, None)):
            while spans and _length(spans) - (spans[0].end - spans[0].start) >= WINDOW:
                span = spans.popleft()
                _let_go(span)
                if older is not None:
                    older.append(span)


def _length(spans: deque[Span]) -> int:
    return sum(span.end - span.start for span in spans)


def _let_go(span: Span) -> None:
    """Advise the kernel: pages that are dirty are written back, the others leave."""
    if not hasattr(os, "posix_fadvise"):
        return
    with contextlib.suppress(OSError):
        file = os.open(span.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.posix_fadvise(file, span.start, span.end - span.start, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(file)
