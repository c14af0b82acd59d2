"""The journal's writer: appends what happened, and never makes a relay wait for a reader.

Records gather in one buffer, which goes to the segment file when it holds `FLUSH_SIZE` bytes or `FLUSH_TIME` after its
first record: a kill -9 loses at most that. The buffer has a second use. A relay decrypts straight into it, behind
the place of a head that `commit` writes afterwards, and encrypts straight out of it: application data is recorded
without a copy.

    offset = journal.room()              where the next payload may lie in journal.buffer
    ... ROOM bytes at most are written there ...
    journal.commit(connection, flags, size)

Between `room` and `commit` nothing else may be put.

What was written is not read again by us, and the page cache is asked to let go of it (pagecache.py).

When a write fails the journal stops for good: what was written whole stays, a last record and meta.json say where
and why (a reserve of `RESERVE` bytes, given back at that moment, makes room for them on a full disk), and `on_stop`
is told once. From then on `put` and `commit` lead nowhere, while the buffer still serves the relays.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import struct
from collections.abc import Callable
from mmap import ACCESS_READ, mmap
from time import gmtime, monotonic_ns, strftime, time_ns
from typing import TYPE_CHECKING, Any
from zlib import crc32

from tlscope import __version__
from tlscope.capture import format as fmt
from tlscope.capture.directory import read_meta, write_meta
from tlscope.capture.pagecache import STEP, Behind
from tlscope.capture.reader import segments
from tlscope.capture.segment import Record, Segment
from tlscope.events import Event, Faulted, Secret, Who

if TYPE_CHECKING:
    from pathlib import Path

FLUSH_SIZE = 256 << 10
"""Bytes. Small enough to stay in the processor's cache, where they are written from, too."""
FLUSH_TIME = 0.02
"""Seconds; with FLUSH_SIZE, the most that a kill -9 loses."""
ROOM = 384 * 1024
"""Bytes of payload that always fit behind the head at `room`: one read of a relay, decrypted."""
SEGMENT_SIZE = 256 << 20
MIN_SEGMENT_SIZE = 1 << 20
SHORT_SEGMENT = 4 << 20
"""Bytes that can be read record by record when a capture is opened again; it takes a second at the worst."""
RESERVE = 64 << 10
RESERVE_NAME = "reserve"
HEAD = fmt.RECORD.size
_pack = fmt.CHECKED.pack
_WALK = struct.Struct("<4xI4xI")
"""Of a record's head: the length and the connection."""
_DATA, _MESSAGE = int(fmt.Kind.DATA), int(fmt.Kind.MESSAGE)

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
        self.keylog_stopped = ""
        """The same of the key log."""
        self.connections = highest_connection(directory)
        """The highest connection number given out, by those who recorded here before us, too."""
        self.buffer = bytearray(FLUSH_SIZE + HEAD + ROOM)
        self._view = memoryview(self.buffer)
        self._at = 0
        self._call_later, self._on_stop = call_later, on_stop
        self._armed = False
        self._keylog = os.open(keylog, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600) if keylog else -1
        self._keep = keep
        self._segment_size = max(MIN_SEGMENT_SIZE, min(SEGMENT_SIZE, keep // 8))
        self._number = max(segments(directory).get(series, [0]))
        self._salt = self._size = self._told = 0
        self._behind = Behind()
        self._fd = -1
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
            self._log_secret(event.data)

    def put_message(self, connection: int, flags: int, version: int, content_type: int, data: bytes) -> None:
        """Append an events.Message in pieces: to make the event, some twenty a connection, would cost as much again."""
        self._append(connection, _MESSAGE, flags, fmt.message_meta(version, content_type), data)

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
            elif self._size - self._told >= STEP:
                self._told = self._size
                self._behind.wrote(self._path(self._number), self._size)
        except OSError as error:
            self._stop(error, data)

    def _stop(self, error: OSError, data: memoryview | bytes) -> None:
        """Take back the half of a record that was written of `data`, say why, and stop."""
        self.stopped = error.strerror or str(error)
        with contextlib.suppress(OSError):
            self._size += _whole(data, os.fstat(self._fd).st_size - self._size)
        where = f"{self._path(self._number).name}, byte {self._size}"
        said = Faulted(
            Who.US,
            "recording-stopped",
            f"the journal cannot be written: {self.stopped} ({where})",
            "make room on the disk and start a new capture; all that was recorded before can be read",
        )
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, self._size)
            (self.directory / RESERVE_NAME).unlink(missing_ok=True)
            last = fmt.record(said, 0, time_ns(), monotonic_ns(), self._salt)
            _write_all(self._fd, last)
            self._size += len(last)
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, self._size)  # where even that was too much
        self.note(stopped=said.what)
        self._on_stop(said.what)

    def _log_secret(self, line: bytes) -> None:
        """Append to the key log, which is a convenience: where it cannot be written, the recording goes on without."""
        try:
            _write_all(self._keylog, line + b"\n")
        except OSError as error:
            os.close(self._keylog)
            self._keylog = -1
            self.keylog_stopped = error.strerror or str(error)
            self.put(0, Faulted(Who.US, "keylog-stopped", f"the key log cannot be written: {error.strerror}",
                                "the secrets are in the capture, too"))  # fmt: skip

    # --------------------------------------------------------------------------------------------------------- segments

    def _begin_segment(self) -> None:
        """Go over to a new segment; where it cannot be made, the present one stays."""
        number, salt = self._number + 1, secrets.randbits(32)
        head = fmt.segment_head(
            {
                "salt": salt,
                "series": self.series,
                "segment": number,
                "connections": self.connections,
                "tlscope": __version__,
            }
        )
        path = self._path(number)
        fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            _write_all(fd, head)
        except OSError:
            os.close(fd)
            path.unlink()
            raise
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._number, self._salt = fd, number, salt
        self._size, self._told = len(head), 0

    def _roll(self) -> None:
        """Go over to a new segment, and drop what is too old."""
        full, size = self._path(self._number), self._size
        try:
            self._begin_segment()
            self._behind.wrote(full, size)
            self._drop()
        except OSError as error:
            # No descriptor is free. A connection that ends gives one back: the present segment grows until then.
            if error.errno not in {errno.EMFILE, errno.ENFILE}:
                raise

    def _drop(self) -> None:
        """Remove the oldest segments, as far as the budget asks for it."""
        found = []
        for number in segments(self.directory)[self.series]:
            with contextlib.suppress(FileNotFoundError):  # somebody else tidied up
                found.append((number, self._path(number).stat().st_size))
        total = sum(size for _, size in found)
        for number, size in found[:-1]:
            # A whole segment is left for the one just begun: the budget holds while it fills, too.
            if total + self._segment_size <= self._keep:
                break
            self._path(number).unlink(missing_ok=True)
            total -= size

    def _path(self, number: int) -> Path:
        return self.directory / f"journal-{self.series}-{number:06d}.tlsj"


def highest_connection(directory: Path) -> int:
    """The highest connection number in a capture, 0 where it holds none.

    A segment's header says what was given out before it, so only the last one of each series is read; where that has no
    header any more, the one before.
    """
    highest = 0
    for series, numbers in segments(directory).items():
        for number in reversed(numbers):
            found = _highest_in(directory / f"journal-{series}-{number:06d}.tlsj")
            if found is not None:
                highest = max(highest, found)
                break
    return highest


def _highest_in(path: Path) -> int | None:
    """The highest connection in a segment, None where its header cannot be read.

    A segment can hold millions of records, and a recorder shall listen at once: the walk goes from head to head, and
    checks only those that it learns something from. Where it stumbles the reader looks at everything, but not because
    of the tail that a kill tore off a long segment.
    """
    if not path.stat().st_size:
        return None
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        head = fmt.read_segment_head(data[: fmt.SEGMENT_HEAD.size + fmt.MAX_SEGMENT_META + 4])
        if not isinstance(head, tuple):
            return None
        meta, end = head
        before, salt, size, start = meta.get("connections"), meta["salt"] & 0xFFFFFFFF, len(data), end
        highest = before if isinstance(before, int) else 0
        while end + HEAD <= size:
            start = end
            length, connection = _WALK.unpack_from(data, start)
            end = start + HEAD + length
            if connection > highest:
                if not fmt.head_holds(fmt.read_head(data[start : start + HEAD]), data[start + HEAD : end], salt):
                    break
                highest = connection
    torn = end > size or size - end < HEAD
    if end == size or (torn and size > SHORT_SEGMENT and size - start <= FLUSH_SIZE + HEAD + ROOM):
        return highest
    segment = Segment(path, data_limit=0)
    found = max((item.connection for item in segment.read(final=True) if isinstance(item, Record)), default=0)
    segment.close()
    return max(highest, found)


def _whole(records: memoryview | bytes, size: int) -> int:
    """How many of the first `size` bytes are whole records."""
    at = 0
    while at + HEAD <= size and (end := at + HEAD + fmt.read_head(records, at).length) <= size:
        at = end
    return at


def _write_all(fd: int, data: memoryview | bytes) -> None:
    written = os.write(fd, data)
    while written < len(data):
        written += os.write(fd, memoryview(data)[written:])


def _write_file(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
