"""`tlscope show N --story`: a connection in plain words.

It is read by the index, as all views are. Of a capture that has none, and where none can be made, the journal tells.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tlscope.capture.reader import Dropped
from tlscope.capture.segment import Damage
from tlscope.capture.unindexed import unindexed
from tlscope_ui.cli.captures import follow, tell_missing
from tlscope_ui.cli.filters import no_such, opened
from tlscope_ui.cli.output import Failure, complain
from tlscope_ui.cli.views import head
from tlscope_ui.telling.fitting import folded
from tlscope_ui.telling.handshake import Handshake
from tlscope_ui.telling.story import STEP, explained, explained_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tlscope.capture.lookup import Lookup
    from tlscope_ui.cli.output import Screen
    from tlscope_ui.cli.views import Question


def tell(directory: Path, question: Question, screen: Screen) -> None:
    """Explain a connection; raises Failure where it is not there."""
    connection = question.connection
    with _looked_up(directory, connection) as (lookup, opened_at, missing):
        if lookup.last_chunk(connection) is None:
            raise no_such(connection, directory)
        handshake = Handshake(connection).read(lookup)
    tell_missing(missing)
    legs = handshake.legs()
    if question.json:
        screen.json({"connection": connection, "view": "story", **explained_json(legs)})
        return
    head(screen, directory, connection, handshake.wall or opened_at)
    if not handshake.wall:
        screen.flush()
        complain(
            f"the records of connection {connection} are gone",
            f"Next: {follow('list', directory)} tells what is known of it",
        )
    for said in explained(legs, screen.width, whole=question.limit is None):
        for line in folded(said, screen.width, STEP):
            screen.line(*line)


@contextmanager
def _looked_up(directory: Path, connection: int) -> Iterator[tuple[Lookup, int | None, list[Damage | Dropped]]]:
    """Where its records lie, when it was opened, if that is indexed, and what of the journal could not be read."""
    try:
        index = opened(directory)
    except Failure as failure:
        complain(f"note: {failure}; this is read from the journal")
        with unindexed(directory, connection) as (lookup, missing):
            yield lookup, None, missing
        return
    with index:
        missing = [Dropped(*row) for row in index.dropped()] + [Damage(*row) for row in index.damage()]
        row = index.connection(connection)
        yield index.lookup, row["opened"] if row else None, missing
