"""What is searched for, in text and in bytes.

needle("token")        wherever it stands, in capitals or not
needle("Token")        only so: a capital is typed on purpose
needle("x: de ad be"), needle("0xdeadbe")        bytes

for place in hits(lines, needle, stopped): ...      a place is what `line_at` makes a line of; None: still looking
"""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from tlscope_ui.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope_ui.tui.models.lines import Lines
    from tlscope_ui.tui.models.octets import Source

SLICE = 256 << 10
"""Bytes that are searched at once: a few milliseconds."""
STEP = 64
"""Lines that are searched at once."""
MAX_HITS = 100_000
"""Hits that are counted; nobody goes to the last of more."""
MAX_TYPED = 1024


class Needle(NamedTuple):
    """What is searched for."""

    text: re.Pattern[str]
    """In what is painted."""
    data: re.Pattern[bytes]
    """In bytes."""
    length: int
    """Bytes that it has at the most."""


@runtime_checkable
class Searched(Protocol):
    """Lines that know where something is, without being asked for each; searched in a thread."""

    def search(self, needle: Needle) -> Iterator[int | None]:
        """The places where it is, in their order, each something for `line_at`; None as a sign of life."""

    def line_at(self, place: int) -> int:
        """The line of a place."""


def needle(typed: str) -> Needle | None:
    """What somebody has typed; None for nothing, or for hex that is none yet."""
    if not typed:
        return None
    low = typed.lower()
    if low.startswith(("x:", "0x")):
        digits = re.sub(r"\s+", "", low[2:])
        if not digits or len(digits) % 2 or re.fullmatch("[0-9a-f]+", digits) is None:
            return None
        data = bytes.fromhex(digits)
        return Needle(re.compile(r"\s*".join(re.findall("..", digits))), re.compile(re.escape(data)), len(data))
    if typed != low:
        data = typed.encode("utf-8", "surrogatepass")
        return Needle(re.compile(re.escape(typed)), re.compile(re.escape(data)), len(data))
    letters = [{case.encode("utf-8", "surrogatepass") for case in (letter, letter.upper())} for letter in low]
    pattern = b"".join(b"(?:%b)" % b"|".join(map(re.escape, sorted(either))) for either in letters)
    return Needle(
        re.compile(re.escape(low), re.IGNORECASE), re.compile(pattern), sum(max(map(len, either)) for either in letters)
    )


def in_bytes(source: Source, sought: Needle) -> Iterator[int | None]:
    """Where it begins, in their order, each behind the end of the one before."""
    at, behind = 0, 0
    while at < len(source):
        block = source.read(at, at + SLICE + sought.length - 1)
        for match in sought.data.finditer(block, max(behind - at, 0)):
            if match.start() >= SLICE:
                break
            behind = at + match.end()
            yield at + match.start()
        at += SLICE
        yield None


def in_lines(lines: Lines, sought: Needle, width: int) -> Iterator[int | None]:
    """The lines in which it is, each as often as it is there."""
    y = 0
    while y < len(lines):
        try:
            text = painted(lines, y, width)
        except IndexError:  # they have become fewer since
            return
        for _ in sought.text.finditer(text):
            yield y
        y += 1
        if y % STEP == 0:
            yield None


def painted(lines: Lines, y: int, width: int) -> str:
    """The text of a line, as it is on the screen."""
    return "".join(visible(part if isinstance(part, str) else part.text) for part in lines.line(y, width))


class Hits:
    """Places that were found, as they are found."""

    def __init__(self) -> None:
        self.places = array("Q")
        self.done = False
        self.full = False

    def __len__(self) -> int:
        return len(self.places)

    def take(self, place: int | None) -> bool:
        """Keep it; whether there is room for more."""
        if place is not None:
            if len(self.places) >= MAX_HITS:
                self.full = True
                return False
            self.places.append(place)
        return True
