"""The application data of one direction of one connection, byte for byte as it was relayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.capture.format import Kind
from tlscope.events import Data, Direction
from tlscope.export.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def stream(directory: Path, connection: int, direction: Direction) -> Iterator[bytes]:
    """The chunks, in order; nothing stands between them, so that they can be written one behind the other."""
    for record in Source(directory, {connection}).records(Kind.DATA):
        if isinstance(record.event, Data) and record.event.direction is direction:
            yield record.event.data
