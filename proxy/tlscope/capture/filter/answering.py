"""An index that answers filters: it was taught the functions that conditions use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.capture.filter import query
from tlscope.capture.index import Index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def answering(directory: Path) -> Index:
    """The index of a capture, which somebody closes; raises what Index does."""
    return Index(directory, teach)


def teach(index: Index) -> None:
    """Have an index answer filters, those on `body` too."""
    query.prepare(index.database, body=_held_by(index))


def _held_by(index: Index) -> Callable[[int, int | None, bytes], bool]:
    hold: Callable[[int, int | None, bytes], bool] | None = None

    def look(connection: int, exchange: int | None, needle: bytes) -> bool:
        nonlocal hold
        if hold is None:
            from tlscope.capture.search import Contents  # noqa: PLC0415 - few filters look into bodies, and it loads all that reads them

            hold = Contents(index).hold
        return hold(connection, exchange, needle)

    return look
