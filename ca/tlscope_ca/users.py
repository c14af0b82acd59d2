"""Who works with an authority at this moment: each recorder leaves a note beside it, which holds while it lives.

    with Use(directory, what="/the/capture"): ...          it is a user as long as that lasts
    users(directory) -> User ...                           those that are

An authority that is replaced goes on in the memory of those that have loaded it, wherever they record; who replaces it
wants to know them. A note is a file in `users/`, named after the process and locked by it. The lock ends with the
process, however that ends, and a note that nobody has locked is none: it is removed by whoever comes upon it.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from pathlib import Path

USERS = "users"
"""The directory with the notes, in the authority's."""
NOTE = re.compile(r"([0-9]{1,10})-[0-9a-f]{8}")
"""The name of a note; nothing else is touched."""
MAX_NOTE = 16 << 10
"""Bytes of a note that are read; a path has 4 KiB at the most."""


class User(NamedTuple):
    """Somebody who works with an authority."""

    process: int
    what: str
    """What for: a recorder's is the path of its capture."""


class Use:
    """A note that holds until `end`, or until the process is no more. Raises OSError where none can be left.

    Made before the authority is loaded: who replaces it meanwhile then knows rather one too many than one too few.
    """

    def __init__(self, directory: Path, what: str) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        (directory / USERS).mkdir(mode=0o700, exist_ok=True)
        # Before it is locked it is taken for one that was left behind, and may be removed: then there is no file of
        # that name any more, and another is made.
        while True:
            self._path = directory / USERS / f"{os.getpid()}-{secrets.token_hex(4)}"
            self._fd = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                os.write(self._fd, os.fsencode(what))
                fcntl.flock(self._fd, fcntl.LOCK_EX)
            except OSError:
                self.end()
                raise
            if self._path.exists():
                return
            os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Take the note away."""
        with suppress(OSError):
            self._path.unlink()
        os.close(self._fd)


def users(directory: Path) -> list[User]:
    """Those that work with the authority in a directory, by the number of their process; notes of the dead go."""
    try:
        notes = [(name, path) for path in (directory / USERS).iterdir() if (name := NOTE.fullmatch(path.name))]
    except OSError:  # nobody has worked with it yet, or it is not ours to look into
        return []
    return sorted(User(int(name[1]), what) for name, path in notes if (what := _held(path)) is not None)


def _held(path: Path) -> str | None:
    """What a note says, if whoever left it is alive; else it is removed."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None  # it has ended meanwhile
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.fsdecode(os.read(fd, MAX_NOTE))
    except OSError:
        return None
    else:
        with suppress(OSError):
            path.unlink()
        return None
    finally:
        os.close(fd)
