"""A capture is a directory: where captures live, how one is made, found, and held by a single recorder.

    journal-0-000001.tlsj ...   the truth (capture/journal.py)
    meta.json                   what recorded it: version, time, where it listened, where it stopped
    lock                        held with flock by the recorder while it lives

Directories are 0700 and files 0600: a capture holds the plaintext and the keys of what it saw.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from platformdirs import user_data_path

if TYPE_CHECKING:
    from pathlib import Path

META = "meta.json"
LOCK = "lock"
SEGMENT_GLOB = "journal-*.tlsj"
LOCK_ATTEMPTS = 5
LOCK_PAUSE = 0.01
"""Seconds between attempts to hold a capture."""


class CaptureError(Exception):
    """A capture cannot be opened; `next` says what to do."""

    def __init__(self, what: str, next_: str) -> None:
        super().__init__(what)
        self.next = next_


def default_root() -> Path:
    """Where captures go that were given no directory of their own."""
    return user_data_path("tlscope") / "captures"


def new_name(now: datetime | None = None) -> str:
    """A name that sorts by time, unique to the process."""
    return f"{now or datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}"


def newest(root: Path) -> Path:
    """The capture begun last under `root`.

    Raises CaptureError where there is none.
    """
    found = [path for path in root.glob("*/") if (path / META).is_file()]
    if not found:
        raise CaptureError(f"there is no capture in {root}", "start one with: tlscope record")
    return max(found, key=lambda path: (str(read_meta(path).get("created", "")), path.name))


def existing(directory: Path) -> Path:
    """`directory`, where it holds a capture; raises CaptureError where not."""
    if not directory.is_dir():
        raise CaptureError(
            f"there is no directory {directory}", "name a capture that exists, or record one: tlscope record -c DIR"
        )
    if not (directory / META).is_file() and not any(directory.glob(SEGMENT_GLOB)):
        raise CaptureError(f"{directory} holds no capture", "name a directory that tlscope record wrote")
    return directory


def read_meta(directory: Path) -> dict[str, Any]:
    """What meta.json says; empty where it is missing or damaged, for the journal is the truth."""
    try:
        meta = json.loads((directory / META).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return meta if isinstance(meta, dict) else {}


def write_meta(directory: Path, meta: dict[str, Any]) -> None:
    """Replace meta.json at once: a reader sees the old or the new one, never half."""
    fresh = directory / f".{META}.{os.getpid()}"
    try:
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            json.dump(meta, file, indent=1)
        fresh.replace(directory / META)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


class Hold:
    """The right to write to a capture, held until `release` or the end of the process.

    Makes the directory (0700) where it is missing. Raises CaptureError where another recorder holds it, where it
    cannot be made, or where it holds something else than a capture.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._made = not directory.exists()
        try:
            directory.parent.mkdir(parents=True, exist_ok=True)
            directory.mkdir(mode=0o700, exist_ok=True)
            if not _is_capture_or_empty(directory):
                raise CaptureError(f"{directory} is not empty and holds no capture", "name a new or an empty directory")
            self._fd = os.open(directory / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CaptureError(
                f"cannot write to {directory}: {error.strerror}", "name another directory with -c"
            ) from error
        if not locked(self._fd):
            os.close(self._fd)
            raise CaptureError(
                f"another recorder writes to {directory}", "name another directory with -c, or stop that recorder"
            )

    def release(self) -> None:
        """Let another recorder write here."""
        os.close(self._fd)

    def abandon(self) -> None:
        """Release it; a directory that was made for this and that nothing was written to is removed."""
        if self._made and [path.name for path in self.directory.iterdir()] == [LOCK]:
            with contextlib.suppress(OSError):
                (self.directory / LOCK).unlink()
                self.directory.rmdir()
        self.release()


def _is_capture_or_empty(directory: Path) -> bool:
    names = {path.name for path in directory.iterdir()}
    return META in names or names <= {LOCK} or any(directory.glob(SEGMENT_GLOB))


def is_locked(path: Path) -> bool:
    """Whether a process has locked a file for itself; where that cannot be known, nobody has."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(fd)
    return False


def locked(fd: int) -> bool:
    """Lock a file for us alone, at once or not at all; whether we have it."""
    # A viewer that asks whether somebody has it (`is_locked`) holds the lock for some microseconds.
    for _ in range(LOCK_ATTEMPTS):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_PAUSE)
        else:
            return True
    return False
