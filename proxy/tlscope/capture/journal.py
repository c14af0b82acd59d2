"""The journal's writer: appends what happened, and never makes a relay wait for a reader.

Records gather in one buffer, which goes to the segment file when it holds `FLUSH_SIZE` bytes or `FLUSH_TIME` after its
first record: a kill -9 loses at most that. The buffer has a second use. A relay decrypts straight into it, behind the place
of a head that `commit` writes afterwards, and encrypts straight out of it: application data is recorded without a copy.

    offset = journal.room()              where the next payload may lie in journal.buffer
    ... ROOM bytes at most are written there ...
    journal.commit(connection, flags, size)

Between `room` and `commit` nothing else may be put.

A written segment is not read again by us. So that hours of recording do not push everybody else's files out of memory, the
page cache is asked to let go of what lies more than `CACHE_WINDOW` behind. That is also twice as fast: pages that were
just freed are warm.

When a write fails the journal stops for good: what was written whole stays, a last record and meta.json say where and why
(a reserve of `RESERVE` bytes, given back at that moment, makes room for them on a full disk), and `on_stop` is told once.
From then on `put` and `commit` lead nowhere, while the buffer still serves the relays.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from time import gmtime, monotonic_ns, strftime, time_ns
from typing import Any
from zlib import crc32

from tlscope import __version__
from tlscope.capture import format as fmt
from tlscope.capture.directory import SEGMENT_GLOB, read_meta, write_meta
from tlscope.events import Event, Faulted, Secret, Who

FLUSH_SIZE = 1 << 20
FLUSH_TIME = 0.02
"""Seconds; with FLUSH_SIZE, the most that a kill -9 loses."""
ROOM = 384 * 1024
"""Bytes of payload that always fit behind the head at `room`: one read of a relay, decrypted."""
SEGMENT_SIZE = 256 << 20
MIN_SEGMENT_SIZE = 1 << 20
CACHE_WINDOW = 64 << 20
CACHE_STEP = 8 << 20
RESERVE = 64 << 10
RESERVE_NAME = "reserve"
HEAD = fmt.RECORD.size
_pack = fmt.CHECKED.pack
_DATA = int(fmt.Kind.DATA)

CallLater = Callable[[float, Callable[[], None]], Any]


class Journal:
    """The one writer of a capture; the directory must be held (capture/directory.py, `Hold`)."""

    def __init__(
        self,
        directory: Path,
        *,
        call_later: CallLater,
        on_stop: Callable[[str], None] = lambda _: None,
        keep: int = 4 << 30,
        series: int = 0,
        keylog: Path | None = None,
        meta: dict[str, Any] | None = None,
    ) -> None:
        """Begin a new segment; `keylog` is a file that every secret is appended to besides (RFC 9850), for other tools.

        Raises OSError where the first write fails.
        """
        self.directory = directory
        self.series = series
        self.stopped = ""
        """Why nothing is written any more; empty while all is well."""
        self.connections = 0
        """The highest connection number given out."""
        self.buffer = bytearray(FLUSH_SIZE + HEAD + ROOM)
        self._view = memoryview(self.buffer)
        self._at = 0
        self._call_later, self._on_stop = call_later, on_stop
        self._armed = False
        self._keylog = os.open(keylog, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600) if keylog else -1
        self._keep = keep
        self._segment_size = max(MIN_SEGMENT_SIZE, min(SEGMENT_SIZE, keep // 8))
        self._number = max((number for number, _ in self._segments()), default=0)
        self._salt = self._fd = self._size = self._uncached = self._advised = 0
        self._meta = {**read_meta(directory), **(meta or {})}
        self._meta.setdefault("created", strftime("%Y-%m-%dT%H:%M:%SZ", gmtime()))
        self._meta.pop("stopped", None)
        write_meta(directory, self._meta)
        _write_file(directory / RESERVE_NAME, bytes(RESERVE))
        self._begin_segment()

    # ------------------------------------------------------------------------------------------------------ recording

    def put(self, connection: int, event: Event) -> None:
        """Append an event, now."""
        self._append(connection, *fmt.encode(event))
        if self._keylog >= 0 and isinstance(event, Secret):
            os.write(self._keylog, event.data + b"\n")

    def put_message(self, connection: int, flags: int, version: int, content_type: int, data: bytes) -> None:
        """Append an events.Message in pieces: some twenty a connection, for which making the event would cost as much again."""
        self._append(connection, fmt.Kind.MESSAGE, flags, fmt.message_meta(version, content_type), data)

    def _append(self, connection: int, kind: int, flags: int, meta: bytes, data: bytes) -> None:
        payload = meta + data if meta else data
        size = len(payload)
        end = self._at + HEAD + size
        if end > FLUSH_SIZE:
            self.flush()
            end = HEAD + size
        checked = _pack(size, kind, flags, len(meta), connection, time_ns(), monotonic_ns())
        check = crc32(checked, self._salt)
        if kind not in fmt.BULKY:
            check = crc32(payload, check)
        head = check.to_bytes(4, "little") + checked
        if end > FLUSH_SIZE:
            self._write(head + payload)
            return
        self.buffer[self._at : end] = head + payload
        self._at = end
        if not self._armed:
            self._arm()

    def room(self) -> int:
        """Where in `buffer` the next payload may lie, ROOM bytes at most."""
        return self._at + HEAD

    def commit(self, connection: int, flags: int, size: int) -> None:
        """The `size` bytes at `room` are application data; `flags` as in capture/format.py."""
        checked = _pack(size, _DATA, flags, 0, connection, time_ns(), monotonic_ns())
        at = self._at
        self.buffer[at : at + HEAD] = crc32(checked, self._salt).to_bytes(4, "little") + checked
        self._at = at + HEAD + size
        if self._at > FLUSH_SIZE:
            self.flush()
        elif not self._armed:
            self._arm()

    def next_connection(self) -> int:
        """A number for a new connection."""
        self.connections += 1
        return self.connections

    # ---------------------------------------------------------------------------------------------------------- writing

    def flush(self) -> None:
        """Write what has gathered."""
        size, self._at = self._at, 0
        if size:
            self._write(self._view[:size])

    def note(self, **facts: object) -> None:
        """Add to meta.json."""
        self._meta.update(facts)
        with contextlib.suppress(OSError):  # it is a convenience; the journal is the truth
            write_meta(self.directory, self._meta)

    def close(self) -> None:
        """Flush and end the segment."""
        self.flush()
        (self.directory / RESERVE_NAME).unlink(missing_ok=True)
        os.close(self._fd)
        self._fd = -1
        if self._keylog >= 0:
            os.close(self._keylog)
            self._keylog = -1

    def _arm(self) -> None:
        self._armed = True
        self._call_later(FLUSH_TIME, self._tick)

    def _tick(self) -> None:
        self._armed = False
        if self._fd >= 0:
            self.flush()

    def _write(self, data: memoryview | bytes) -> None:
        if self.stopped:
            return
        try:
            _write_all(self._fd, data)
            self._size += len(data)
            if self._size >= self._segment_size:
                self._roll()
            elif self._size - self._uncached >= CACHE_STEP:
                self._uncache()
        except OSError as error:
            self._stop(error)

    def _stop(self, error: OSError) -> None:
        """Take back the half of a record that was written, say why, and stop."""
        self.stopped = error.strerror or str(error)
        where = f"{_segment_name(self.series, self._number)}, byte {self._size}"
        said = Faulted(Who.US, "recording-stopped", f"the journal cannot be written: {self.stopped} ({where})",
                       "make room on the disk and start a new capture; all that was recorded before can be read")  # fmt: skip
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, self._size)
            (self.directory / RESERVE_NAME).unlink(missing_ok=True)
            _write_all(self._fd, fmt.record(said, 0, time_ns(), monotonic_ns(), self._salt))
        self.note(stopped=said.what)
        self._on_stop(said.what)

    # --------------------------------------------------------------------------------------------------------- segments

    def _begin_segment(self) -> None:
        self._number += 1
        self._salt = secrets.randbits(32)
        head = fmt.segment_head(
            {
                "salt": self._salt,
                "series": self.series,
                "segment": self._number,
                "connections": self.connections,
                "tlscope": __version__,
            }
        )
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
        self._fd = os.open(self.directory / _segment_name(self.series, self._number), flags, 0o600)
        _write_all(self._fd, head)
        self._size, self._uncached = len(head), 0

    def _roll(self) -> None:
        old, self._fd = self._fd, -1
        os.close(old)
        self._begin_segment()
        segments = self._segments()
        total = sum(size for _, size in segments)
        for number, size in segments[:-1]:
            # Half a segment is left for the one just begun: the budget holds while it fills, too.
            if total + self._segment_size // 2 <= self._keep:
                break
            (self.directory / _segment_name(self.series, number)).unlink(missing_ok=True)
            total -= size

    def _segments(self) -> list[tuple[int, int]]:
        """Number and size of this series' segments on disk, oldest first."""
        found = []
        for path in self.directory.glob(SEGMENT_GLOB):
            _, series, number = path.stem.split("-")
            if series == str(self.series) and number.isdigit():
                found.append((int(number), path.stat().st_size))
        return sorted(found)

    def _uncache(self) -> None:
        """Let the page cache go of what lies behind the window (written back by then, or it stays until the next step)."""
        self._uncached = self._size
        behind = self._size - CACHE_WINDOW
        if behind > 0 and hasattr(os, "posix_fadvise"):
            os.posix_fadvise(self._fd, max(0, behind - CACHE_WINDOW), min(behind, CACHE_WINDOW), os.POSIX_FADV_DONTNEED)
            # The write-back of the younger pages begins here too: by the next steps they are clean and can go.


def _segment_name(series: int, number: int) -> str:
    return f"journal-{series}-{number:06d}.tlsj"


def _write_all(fd: int, data: memoryview | bytes) -> None:
    written = os.write(fd, data)
    while written < len(data):
        written += os.write(fd, memoryview(data)[written:])


def _write_file(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
