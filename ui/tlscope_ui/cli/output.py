"""Where everything that the commands say goes out: one place, so that nothing unsafe or coloured slips past it.

Text comes as strings and `Span`s; each is made visible (text.py) and only then coloured. Colour is for terminals, is
never the only sign of anything, and obeys NO_COLOR (https://no-color.org) and TERM=dumb.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from errno import EDQUOT, EFBIG, ENOSPC
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from tlscope_ui.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tlscope_ui.telling import Span

FULL = frozenset({ENOSPC, EDQUOT, EFBIG})
"""Errors of disks on which there is no room."""
STYLES = {"": "", "good": "32", "bad": "31", "dim": "2", "strong": "1", "client": "36", "server": "35"}
"""What a span can be, and its SGR code (ECMA-48 section 8.3.117)."""


class Failure(Exception):  # noqa: N818 - it is what a command ends with
    """A command cannot do what it was asked to: what is wrong, what to do next, and the exit code that says so."""

    def __init__(self, what: str, next_: str, code: int = 1) -> None:
        super().__init__(what)
        self.next = next_
        self.code = code


class Screen:
    """Standard output, or another stream, line by line."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Colour where `stream` is a terminal that wants it."""
        self._stream = stream or sys.stdout
        self._terminal = self._stream.isatty()
        self._colour = self._terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    @property
    def width(self) -> int | None:
        """Columns of the terminal, or what COLUMNS says; None where output goes elsewhere and has no width."""
        return shutil.get_terminal_size().columns if self._terminal or "COLUMNS" in os.environ else None

    def line(self, *parts: str | Span) -> None:
        """Write one line. When nobody reads any more, the program ends, quietly and in order."""
        self._write("".join(map(self._painted, parts)))

    def json(self, value: Mapping[str, Any]) -> None:
        """Write one line of JSON, in ASCII."""
        self._write(json_line(value))

    def flush(self) -> None:
        """Let readers see what was written."""
        flush(self._stream)

    def _write(self, line: str) -> None:
        try:
            self._stream.write(line + "\n")
        except OSError as error:
            unwritable(error)

    def _painted(self, part: str | Span) -> str:
        if isinstance(part, str):
            return visible(part)
        text = visible(part.text)
        return f"\x1b[{STYLES[part.style]}m{text}\x1b[0m" if self._colour and STYLES[part.style] else text


def json_line(value: Mapping[str, Any]) -> str:
    """JSON that no terminal takes for anything else: all but printable ASCII is escaped, and reads back exactly."""
    return json.dumps(value)


def complain(*lines: str) -> None:
    """Write to standard error what went wrong, and on the next line what to do; or tell `overheard`."""
    heard = _HEARD.get()
    if heard is not None:
        heard += lines
        return
    for line in lines:
        print(visible(line), file=sys.stderr)


@contextmanager
def overheard() -> Iterator[list[str]]:
    """What is complained of meanwhile, here and in nothing else that goes on: for who has no standard error to show."""
    heard: list[str] = []
    token = _HEARD.set(heard)
    try:
        yield heard
    finally:
        _HEARD.reset(token)


_HEARD: ContextVar[list[str] | None] = ContextVar("heard", default=None)


def flush(stream: TextIO | None = None) -> None:
    """Let all of it out; raises Failure."""
    try:
        (stream or sys.stdout).flush()
    except OSError as error:
        unwritable(error)


def unwritable(error: OSError) -> NoReturn:
    """Standard output takes no more: end where its reader has gone, else raise Failure."""
    if isinstance(error, BrokenPipeError):
        nobody_reads()
    _no_more_output()
    raise Failure(f"standard output cannot be written: {error.strerror}", "lead it to where there is room") from None


def nobody_reads() -> NoReturn:
    """End because the reader of our output has: `tlscope list | head -1` is no failure."""
    _no_more_output()
    sys.exit(0)


def _no_more_output() -> None:
    """Python flushes standard output once more when it ends, and would complain then."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
