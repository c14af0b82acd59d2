"""The inspector's process: keeps the index of one capture up to date while that is recorded, then ends.

    ensure(directory)                 have one at work, started where none is; returns at once
    catch_up(directory)               index here and now what is there: short captures, scripts, tests
    python -m tlscope.capture.inspector DIRECTORY

Whoever looks at a capture starts it, never the recorder: who only records pays nothing for it. It runs at the lowest
priority, on its own, and outlives who started it. `index.lock` is held by the one that works; another one that is
started ends at once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tlscope.capture.directory import is_locked, locked
from tlscope.capture.reader import is_live, segments

if TYPE_CHECKING:
    from collections.abc import Callable

INDEX_LOCK = "index.lock"
NICE = 10
BUSY, IDLE = 0.05, 0.25
"""Seconds between two looks at a journal that grows, and at one that does not. A look costs some 50 us."""
PATIENCE = 30.0
"""Seconds that `catch_up` waits for another inspector to come as far as the journal was."""
FAILURES = 3
"""Times that an inspector begins anew where the index broke under it."""


def ensure(directory: Path) -> bool:
    """Start an inspector where none is at work and there is something to do; whether one was started."""
    if is_held(directory) or is_current(directory):
        return False
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "tlscope.capture.inspector", str(directory.absolute())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    # It outlives us; should it end before, somebody must take note of that, or it stays a zombie.
    threading.Thread(target=process.wait, name="inspector", daemon=True).start()
    return True


def catch_up(directory: Path, patience: float = PATIENCE) -> bool:
    """Index all that is recorded by now, here; where another inspector is at work, wait for it, `patience` seconds.

    Whether all of it is indexed. Raises sqlite3.Error or OSError where the index cannot be written.
    """
    sizes, end = _sizes(directory), time.monotonic() + patience
    while True:
        with Working(directory) as working:
            if working.alone:
                _inspect(directory, once=True)
                return True
        if _reached(directory, sizes):
            return True
        if time.monotonic() > end:
            return False
        time.sleep(BUSY)


def is_held(directory: Path) -> bool:
    """Whether an inspector is at work on the capture."""
    return is_locked(directory / INDEX_LOCK)


def is_current(directory: Path) -> bool:
    """Whether the capture is over and all of it is indexed: nothing is left for an inspector."""
    from tlscope.capture.index import Index  # noqa: PLC0415 - sqlite3 is loaded by those who look only
    from tlscope.capture.schema import Stale  # noqa: PLC0415 - as above

    if is_live(directory):
        return False
    try:
        with Index(directory) as index:
            return index.finished and _reached(directory, _sizes(directory))
    except Stale:
        return False


class Working:
    """The right to write the index, while it is entered; `alone` says whether it was to be had."""

    def __init__(self, directory: Path) -> None:
        """Make the lock file where it is missing; raises OSError where that cannot be."""
        self._fd = os.open(directory / INDEX_LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        self.alone = locked(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)


def main(arguments: list[str] | None = None) -> int:
    """Be the inspector of one capture; 0 also where another one is at work."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) != 1:
        print("usage: python -m tlscope.capture.inspector DIRECTORY", file=sys.stderr)
        return 2
    import sqlite3  # noqa: PLC0415 - so that who only starts an inspector does not load it

    from tlscope.capture.schema import open_writing  # noqa: PLC0415 - as above

    directory = Path(given[0])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # what is not committed is read again
    os.nice(NICE)
    try:
        with Working(directory) as working:
            if working.alone:
                open_writing(directory).close()  # who waits to look begins with it, while what reads is loaded
                _inspect(directory)
    except (OSError, sqlite3.Error) as error:
        print(f"Error: {directory} cannot be indexed: {getattr(error, 'strerror', error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _inspect(directory: Path, *, once: bool = False, pause: Callable[[float], None] = time.sleep) -> None:
    """Index until nobody records any more, or (`once`) what is there; begin anew where the index is ruined."""
    import sqlite3  # noqa: PLC0415 - so that who only starts an inspector does not load it

    from tlscope.capture.indexer import Indexer  # noqa: PLC0415 - as above
    from tlscope.capture.schema import delete, is_ruined  # noqa: PLC0415 - as above

    failures = 0
    while True:
        indexer = Indexer(directory)
        try:
            while True:
                found = indexer.poll()
                if once or indexer.finished or not directory.is_dir():
                    return
                pause(BUSY if found else IDLE)
        except sqlite3.DatabaseError as error:
            failures += 1
            if not is_ruined(error) or failures == FAILURES:
                raise
        finally:
            indexer.close()
        delete(directory)


def _sizes(directory: Path) -> dict[int, tuple[int, int]]:
    """The last segment of each series, and its size."""
    found = {}
    for series, numbers in segments(directory).items():
        path = directory / f"journal-{series}-{numbers[-1]:06d}.tlsj"
        found[series] = numbers[-1], path.stat().st_size if path.exists() else 0
    return found


def _reached(directory: Path, sizes: dict[int, tuple[int, int]]) -> bool:
    """Whether the index has come that far."""
    from tlscope.capture.index import Index  # noqa: PLC0415 - sqlite3 is loaded by those who look only
    from tlscope.capture.schema import Stale  # noqa: PLC0415 - as above

    try:
        with Index(directory) as index:
            extents = {extent.series: extent for extent in index.extents()}
    except Stale:
        return False
    return all(series in extents and extents[series].holds(*size) for series, size in sizes.items())


if __name__ == "__main__":
    sys.exit(main())
