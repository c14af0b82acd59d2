"""`tlscope show N --story`: a connection in plain words. The journal alone is read: no index is needed for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.capture.format import Kind, Unreadable
from tlscope.capture.reader import Reader
from tlscope.capture.segment import Record
from tlscope.events import Ciphertext, Data
from tlscope.wire.tls.meaning.facts import MAX_CIPHERTEXT
from tlscope_ui.cli.captures import tell_missing
from tlscope_ui.cli.filters import no_such
from tlscope_ui.cli.views import head
from tlscope_ui.telling.fitting import folded
from tlscope_ui.telling.story import STEP, explained, explained_json

if TYPE_CHECKING:
    from pathlib import Path

    from tlscope.events import Event
    from tlscope_ui.cli.output import Screen
    from tlscope_ui.cli.views import Question


def tell(directory: Path, question: Question, screen: Screen) -> None:
    """Explain a connection; raises Failure where it is not there."""
    connection = question.connection
    with Reader(directory, data_limit=1, connection=connection) as reader:
        items = list(reader.poll())
    records = [item for item in items if isinstance(item, Record)]
    tell_missing([item for item in items if not isinstance(item, Record)])
    if not records:
        raise no_such(connection, directory)
    passed = _passed(records)
    events = [*_beginnings(directory, connection), *_but_ciphertext(records)]
    now = records[0].wall / 1e9
    if question.json:
        screen.json({"connection": connection, "view": "story", **explained_json(events, now, passed)})
        return
    head(screen, directory, connection, records[0].wall)
    for said in explained(events, now, screen.width, passed, whole=question.limit is None):
        for line in folded(said, screen.width, STEP):
            screen.line(*line)


def _passed(records: list[Record]) -> tuple[int, int]:
    """How many bytes were encrypted, up and down."""
    sizes = [0, 0]
    for record in records:
        if isinstance(record.event, Data) and record.event.encrypted:
            sizes[record.event.direction] += record.size
    return sizes[0], sizes[1]


def _but_ciphertext(records: list[Record]) -> list[Event]:
    return [record.event for record in records if not isinstance(record.event, Unreadable | Ciphertext)]


def _beginnings(directory: Path, connection: int) -> list[Ciphertext]:
    """The first ciphertext: of a connection passed through, its hellos are all there is to read."""
    found: list[Ciphertext] = []
    room = 2 * MAX_CIPHERTEXT  # both hellos have passed by then
    wanted = frozenset({Kind.CIPHERTEXT})
    with Reader(directory, data_limit=MAX_CIPHERTEXT, connection=connection, kinds=wanted) as reader:
        for item in reader.poll():
            if isinstance(item, Record) and isinstance(item.event, Ciphertext):
                found.append(item.event)
                room -= len(item.event.data)
            if room <= 0:
                break
    return found
