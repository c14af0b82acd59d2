"""An export on its way into a file: what is wanted, how far it is, and the end of it.

wanted = Wanted(directory, "har", Extent("everything"), secrets=False, path)
write(wanted, stopped, progress)          in a thread; `stopped()` is asked, `progress(bytes)` told, now and then
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tlscope.events import Direction
from tlscope_ui.cli.export import FORMATS, Asked
from tlscope_ui.cli.output import overheard
from tlscope_ui.cli.writing import free, write_whole
from tlscope_ui.tui.models.extent import OF_ONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tlscope_ui.tui.models.extent import Extent

TELL = 0.1
"""Seconds between two words on how far it is."""
ENDINGS = {
    "har": "har", "pcapng": "pcapng", "jsonl": "jsonl", "curl": "sh", "pem": "pem", "keylog": "keylog", "raw": "bin",
}  # fmt: skip
NOTES = {
    "har": "HTTP exchanges, as browsers save them",
    "pcapng": "packets with the keys that open them, for Wireshark: whoever has the file can read them",
    "jsonl": "events, an object a line; the data is what it is",
    "curl": "requests as commands",
    "pem": "certificates of both legs",
    "keylog": "the keys, for SSLKEYLOGFILE: nothing but secrets",
    "raw": "the data of one direction of one connection, as it passed",
}
"""Formats, in the order of the dialog."""
REDACTED = frozenset({"har", "curl", "jsonl"})
"""Formats that secrets can be left out of."""


class Stopped(Exception):  # noqa: N818 - it is no error: somebody wanted it
    """It was given up; there is no file."""


class Missing(Exception):  # noqa: N818 - it is what is wrong with the capture
    """What is to be written is not there, or not all of it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written, and where."""

    directory: Path
    format: str
    extent: Extent
    secrets: bool
    path: Path
    direction: Direction = Direction.DOWN
    """Of which the data is, where the format has one direction."""


class Written(NamedTuple):
    """What there is now."""

    size: int
    """Bytes."""
    counted: str
    """How many of what they are, in words."""
    notes: list[str]
    """What is missing of it, or to be known of it."""


def suggested(where: Path, name: str, format_: str, exists: Callable[[Path], bool] = Path.exists) -> Path:
    """A path for an export that is not there yet."""
    return free(where / f"{name}.{ENDINGS[format_]}", exists)


def write(wanted: Wanted, stopped: Callable[[], bool], progress: Callable[[int], None]) -> Written:
    """Write all of it or nothing. Raises Stopped, Missing, and whatever the commands do (Failure, OSError …)."""
    taken = wanted.extent.taken(wanted.directory, wanted.format)
    if taken.nothing:
        raise Missing(taken.counted)
    direction = wanted.direction if wanted.format in OF_ONE else None
    asked = Asked(wanted.directory, taken.numbers, direction, wanted.secrets, taken.exchanges)
    with overheard() as notes:
        count = _written(FORMATS[wanted.format](asked), wanted.path, stopped, progress)
    return Written(count, taken.counted, [note.removeprefix("note: ") for note in notes])


def _written(pieces: Iterable[bytes], path: Path, stopped: Callable[[], bool], progress: Callable[[int], None]) -> int:
    count = 0

    def watched() -> Iterator[bytes]:
        nonlocal count
        told = time.monotonic()
        for piece in pieces:
            if stopped():
                raise Stopped
            yield piece
            count += len(piece)
            if (now := time.monotonic()) - told > TELL:
                progress(count)
                told = now

    write_whole(watched(), path.resolve())
    return count
