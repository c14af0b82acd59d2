"""A journal of what happened at other times: written from a file, not from a wire.

    series = Series(directory, meta={...})
    series.put(wall, connection, event)
    series.close()

The Journal (journal.py) stamps what it is given with the clocks of now, and is made never to keep a relay waiting. Here
the times are those that the file says, on both clocks, and nothing waits.
"""

from __future__ import annotations

import os
import secrets
from time import gmtime, strftime
from typing import TYPE_CHECKING, Any

from tlscope import __version__
from tlscope.capture import format as fmt
from tlscope.capture.directory import META, SEGMENT_GLOB, CaptureError, Hold, write_meta

if TYPE_CHECKING:
    from pathlib import Path

    from tlscope.events import Event

SEGMENT_SIZE = 256 << 20
"""Bytes, as the recorder's."""
FLUSH_SIZE = 1 << 20
MAX_WALL = (1 << 64) - 1


class Series:
    """The writer of a new capture; raises CaptureError where the directory holds one already."""

    def __init__(self, directory: Path, *, meta: dict[str, Any] | None = None) -> None:
        self.directory = directory
        self.connections = 0
        """The highest connection number so far."""
        self._hold = Hold(directory)
        if (directory / META).exists() or any(directory.glob(SEGMENT_GLOB)):
            self._hold.release()
            raise CaptureError(f"{directory} holds a capture already", "name a new directory with -c")
        write_meta(directory, {"created": strftime("%Y-%m-%dT%H:%M:%SZ", gmtime()), **(meta or {})})
        self._fd = -1
        self._number = self._salt = self._size = 0
        self._pending = bytearray()
        self._begin()

    def put(self, wall: int, connection: int, event: Event) -> None:
        """Append an event that happened at `wall`, in nanoseconds since the epoch."""
        self.connections = max(self.connections, connection)
        wall = min(max(wall, 0), MAX_WALL)
        self._pending += fmt.record(event, connection, wall, wall, self._salt)
        if len(self._pending) >= FLUSH_SIZE:
            self._flush()
            if self._size >= SEGMENT_SIZE:
                self._begin()

    def close(self) -> None:
        """Write the rest, and let go of the capture."""
        self._flush()
        os.close(self._fd)
        self._hold.release()

    def _flush(self) -> None:
        view = memoryview(self._pending)
        at = 0
        while at < len(view):
            at += os.write(self._fd, view[at:])
        view.release()
        self._size += at
        self._pending.clear()

    def _begin(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._number, self._salt, self._size = self._number + 1, secrets.randbits(32), 0
        path = self.directory / f"journal-0-{self._number:06d}.tlsj"
        self._fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        facts = {"salt": self._salt, "series": 0, "segment": self._number, "connections": self.connections}
        self._pending += fmt.segment_head({**facts, "tlscope": __version__})
