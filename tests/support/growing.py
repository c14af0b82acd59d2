"""A capture that grows, with its index: `events` as they are, `many` of them by now."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from journals import held, name, segment
from tlscope.capture.index import Index
from tlscope.capture.inspector import catch_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tlscope.events import Event


@contextmanager
def grown(directory: Path, events: list[tuple[int, Event]], many: int) -> Iterator[Index]:
    """The index when so many of the numbered events are recorded, and more may come."""
    directory.mkdir(exist_ok=True)
    (directory / "meta.json").write_text("{}")
    head, *records = segment(events)
    (directory / name()).write_bytes(b"".join((head, *records[:many])))
    with held(directory):
        assert catch_up(directory)
        with Index(directory) as index:
            yield index
