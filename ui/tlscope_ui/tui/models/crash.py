"""What is said where the screen itself has failed: where and how, and nothing of what passed.

Textual would show the values of all variables, with the traffic, its secrets and its escape sequences among them. Here
it is the places, the lines of our own sources, and the exceptions. What an exception quotes may be the traffic's: that
is masked, except in those in which Python speaks of names that stand in the sources.
"""

from __future__ import annotations

import re
from itertools import islice
from traceback import StackSummary, extract_tb
from typing import TYPE_CHECKING

from tlscope.export import redact
from tlscope_ui.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FRAMES = 40
"""Of an exception, the innermost: more are a recursion's."""
MAX_CHAINED = 5
"""Exceptions that led to each other."""
MAX_MESSAGE = 500
"""Characters of what an exception says."""
OF_NAMES = (AttributeError, ImportError, NameError, NotImplementedError, TypeError)
"""Exceptions that quote names of the sources, not values."""

_QUOTED = re.compile(r"""((?:\bb|(?<!\w))(['"]))(?:\\.|(?!\2)[^\\])*+(?:\2|\\?\Z)""", re.DOTALL)
"""A literal, of text or bytes, and no apostrophe; one that is not closed goes to the end: nothing is tried twice."""


def told(error: BaseException) -> str:
    """The lines for somebody who is to mend it, first where it began; what it is comes last, where it is seen."""
    lines = []
    for each in reversed(list(islice(_chain(error), MAX_CHAINED))):
        lines += [line for frame in _frames(each) for line in frame.splitlines()]
        lines.append(_said(each))
    lines.append("✗ The screen has failed: this is a defect of tlscope, not of what it shows.")
    return "\n".join(map(visible, lines))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception, and those that led to it."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


def _frames(error: BaseException) -> list[str]:
    frames: StackSummary = extract_tb(error.__traceback__, limit=-MAX_FRAMES)
    return frames.format()


def _said(error: BaseException) -> str:
    try:
        message = str(error)[:MAX_MESSAGE]
    except Exception:  # noqa: BLE001 - an exception that cannot even say what it is
        message = ""
    if not isinstance(error, OF_NAMES):
        message = redact.url(_QUOTED.sub(r"\1…\2", message))
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"{name}: {message}" if message else name
