"""What verification has against a chain, inside a sentence.

    said(("expired: The server's certificate (CN=a) expired at 2026-01-01",))
    -> "the server's certificate (CN=a) expired at 2026-01-01 (expired)"

A verdict is recorded as one text a fault, `code: Sentence` (events.VerdictGiven).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

BEGINNING = "The "
"""Of each sentence that is made of a fault; others are somebody's text, and stay as they are."""


def said(faults: Iterable[str]) -> str:
    """The faults one after the other, each with its code; to stand behind a colon, before a full stop."""
    return "; ".join(_clause(*fault.partition(": ")[::2]) for fault in faults)


def _clause(code: str, sentence: str) -> str:
    if not sentence:
        return code
    begins = sentence.startswith(BEGINNING)
    return f"{sentence[0].lower() if begins else sentence[0]}{sentence[1:].removesuffix('.')} ({code})"
