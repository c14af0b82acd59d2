"""Which capture a command reads: the one that `-c` names, else the newest; and which connection of it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from tlscope.capture import directory
from tlscope.capture.segment import Damage
from tlscope_ui.cli.output import complain
from tlscope_ui.text import size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tlscope.capture.reader import Dropped

PATH = click.Path(file_okay=False, path_type=Path)


class Number(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.4
    """The number of something in a capture, from 1."""

    name = "number"

    def __init__(self, what: str, listed: str) -> None:
        self._what, self._listed = what, listed

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; what is none ends in exit code 2, and in where numbers are found."""
        try:
            number = int(value)
        except ValueError:
            number = 0
        if number < 1:
            self.fail(f"{value!r} is not the number of {self._what}: one from 1, as in `{self._listed}`", param, ctx)
        return number


CONNECTION = Number("a connection", "tlscope list")
EXCHANGE = Number("an exchange", "tlscope list --exchanges")


def capture_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The `-c/--capture` that all commands have; the parameter is called `capture` and is None by default."""
    return click.option("-c", "--capture", type=PATH, metavar="DIR", help="The capture to read (default: the newest).")(
        command
    )


def find(capture: Path | None) -> Path:
    """The directory to read. Raises CaptureError where there is none."""
    return directory.existing(capture) if capture else directory.newest(directory.default_root())


def follow(command: str, directory: Path, *arguments: object) -> str:
    """What to go on with, as a shell takes it: the command about this capture, which need not be the newest."""
    return shlex.join(["tlscope", command, "-c", str(directory), *map(str, arguments)])


def describe_missing(item: Damage | Dropped) -> str:
    """One sentence on what of a capture cannot be read."""
    if isinstance(item, Damage):
        return f"{item.segment} is damaged at byte {item.offset}: {item.reason} ({size(item.lost_bytes)} lost)"
    count = item.last - item.first + 1
    if item.first == 1:
        return "the oldest segment is gone" if count == 1 else f"the oldest {count} segments are gone"
    return f"segment {item.first} is gone" if count == 1 else f"{count} segments are gone, from number {item.first} on"


def tell_missing(missing: Sequence[Damage | Dropped]) -> None:
    """Say on standard error what could not be read, the first few in full."""
    for item in missing[:3]:
        complain(f"note: {describe_missing(item)}")
    if len(missing) > 3:
        complain(f"note: and {len(missing) - 3} more such places")
