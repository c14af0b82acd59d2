"""Names that peers chose, inside a sentence: some of many, and each no longer than a sentence has room for.

few(["a", "b", "c", "d"], 2) -> "a, b and 2 more"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_NAME: Final = 256
"""Characters of one name: a host's has 253 at most (RFC 1035 section 2.3.4), a certificate may hold one of 60 KiB."""


def few(names: Sequence[str], most: int) -> str:
    """The first ones, and how many there are besides."""
    rest = len(names) - most
    return ", ".join(map(short, names[:most])) + (f" and {rest} more" if rest > 0 else "")


def short(name: str) -> str:
    """A name as it is, or its beginning."""
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"
