"""`tlscope show N`: the whole story of one connection, in order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import rich_click as click

from tlscope.capture.format import Kind, Unreadable
from tlscope.capture.reader import Reader
from tlscope.capture.segment import Record
from tlscope.capture.summary import rfc3339
from tlscope.events import Ciphertext, Data, LeafForged, Message
from tlscope.export.jsonl import FROM_WIRE, event_json, passed_hello, settled
from tlscope.wire.field import as_json
from tlscope.wire.tls.meaning.passed import MAX_HELLO, PassedHellos
from tlscope.wire.tls.meaning.versions import Versions
from tlscope_ui.cli.captures import capture_option, find, tell_missing
from tlscope_ui.cli.filters import no_such, opened
from tlscope_ui.cli.output import Failure, Screen, complain
from tlscope_ui.telling import Span
from tlscope_ui.telling.fitting import BAR, folded
from tlscope_ui.telling.lines import READ_FROM_WIRE, describe, details, elapsed
from tlscope_ui.telling.tree import tree_lines
from tlscope_ui.text import hex_lines, lines_of, size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tlscope.capture.reader import Dropped, Item
    from tlscope.capture.segment import Damage
    from tlscope.events import Event
    from tlscope.wire.dissection import Dissection
    from tlscope.wire.field import Field
    from tlscope_ui.telling import Line

MAX_DATA = 1 << 16
"""Bytes of application data that the text view shows unless told otherwise: some thousand lines."""
INDENT = " " * 13
"""Of what stands below an event's line, under its words."""
NARROW_INDENT = "  "
"""The same on a screen where a hex dump would not fit behind INDENT; behind this it takes 80 columns."""
HEX_COLUMNS = 78


@click.command("show")
@click.argument("connection", type=click.IntRange(min=1), metavar="N")
@capture_option
@click.option("--tree", is_flag=True, help="Every field of every message and certificate.")
@click.option("--bytes", "places", is_flag=True, help="As --tree, with the offset and the bytes of each field.")
@click.option("--explain", is_flag=True, help="As --tree, with what each field means, and the RFC that says so.")
@click.option(
    "--story", "in_words", is_flag=True, help="In plain words instead: what happened, what was chosen, what was found."
)
@click.option("--exchanges", is_flag=True, help="HTTP instead: heads, contents and messages, decoded and laid out.")
@click.option("--jsonl", is_flag=True, help="One JSON object an event, with all of the data.")
@click.option("--json", "fields", is_flag=True, help="As --jsonl, with the fields of messages and certificates.")
@click.option(
    "--max-data", type=click.IntRange(min=0), metavar="BYTES", help=f"Show that much data (default: {MAX_DATA})."
)
@click.option("--all", "everything", is_flag=True, help="Show all of the data.")
@click.option("--ciphertext", is_flag=True, help="Also what passed on the wire, encrypted.")
@click.option("--with-secrets", is_flag=True, help="Also the connection's keys. Whoever has them can decrypt it.")
def command(
    connection: int,
    capture: Path | None,
    *,
    tree: bool,
    places: bool,
    explain: bool,
    in_words: bool,
    exchanges: bool,
    jsonl: bool,
    fields: bool,
    max_data: int | None,
    everything: bool,
    ciphertext: bool,
    with_secrets: bool,
) -> None:
    """Tell the whole story of connection N: both handshakes, message by message, and the data.

    Data is shown as text where it is text, else as a hex dump.
    """
    directory = find(capture)
    json = jsonl or fields
    if in_words:
        _tell(directory, connection, json=json)
        return
    if exchanges:
        if json:
            raise Failure("exchanges have no JSON of their own", f"HAR is: tlscope export -f har -n {connection}", 2)
        _tell_exchanges(directory, connection, None if everything else MAX_DATA if max_data is None else max_data)
        return
    limit = None if everything or (json and max_data is None) else MAX_DATA if max_data is None else max_data
    style = Style(json=json, fields=fields or tree or places or explain, places=places, meaning=explain)
    story = Story(Screen(), style, limit=limit, secrets=with_secrets, ciphertext=ciphertext)
    read = None if limit is None else max(limit, MAX_HELLO)  # a hello is told whole
    with Reader(directory, data_limit=read, connection=connection) as reader:
        for item in reader.poll():
            story.tell(item)
    story.end()
    tell_missing(story.missing)
    if not story.begun:
        raise no_such(connection, directory)


def _tell(directory: Path, connection: int, *, json: bool) -> None:
    """Explain a connection."""
    from tlscope_ui.telling.story import explained, explained_json  # noqa: PLC0415 - it loads `cryptography`

    screen = Screen()
    with Reader(directory, data_limit=1, connection=connection) as reader:
        items = list(reader.poll())
    records = [item for item in items if isinstance(item, Record)]
    passed = _passed(records)
    tell_missing([item for item in items if not isinstance(item, Record)])
    if not records:
        raise no_such(connection, directory)
    events = [*_beginnings(directory, connection), *_but_ciphertext(records)]
    now = records[0].wall / 1e9
    if json:
        screen.json({"connection": connection, **explained_json(events, now, passed)})
    else:
        screen.line(Span(f"connection {connection}", "strong"), f", {rfc3339(records[0].wall)}")
        for said in explained(events, now, screen.width, passed):
            for line in folded(said, screen.width, NARROW_INDENT * 2):
                screen.line(*line)
    screen.flush()


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
    from tlscope.wire.tls.meaning.facts import MAX_CIPHERTEXT  # noqa: PLC0415 - it loads what reads certificates

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


def _tell_exchanges(directory: Path, connection: int, limit: int | None) -> None:
    """Print what was said over HTTP."""
    from tlscope_ui.telling.exchanges import WRITTEN, told  # noqa: PLC0415 - it loads sqlite3, and what reads contents

    screen, count = Screen(), 0
    # A hex dump is not broken where it need not be.
    bar = BAR if screen.width is not None and screen.width < len(WRITTEN) + HEX_COLUMNS else WRITTEN
    with opened(directory) as index:
        if index.connection(connection) is None:
            raise no_such(connection, directory)
        for count, said in enumerate(told(index, connection, limit), 1):  # noqa: B007 - counted
            if said[0] == WRITTEN:
                lines = folded([bar, *said[1:]], screen.width, bar)
            else:
                lines = folded(said, screen.width, NARROW_INDENT * 3)
            for line in lines:
                screen.line(*line)
    screen.flush()
    if not count:
        complain(f"connection {connection} has no exchange of HTTP", f"Next: tlscope show {connection}")


@dataclass(frozen=True, slots=True)
class Style:
    """How a story is told."""

    json: bool
    """One object an event, else lines for people."""
    fields: bool
    """With the fields of every message."""
    places: bool
    """With the bytes of every field."""
    meaning: bool
    """With what every field means; JSON always says it."""


class Story:
    """Prints one connection's records as they come, and keeps count of the data."""

    def __init__(self, screen: Screen, style: Style, *, limit: int | None, secrets: bool, ciphertext: bool) -> None:
        """Print to `screen`; `limit` is the bytes of data to show, None for all."""
        self.begun = False
        self.missing: list[Damage | Dropped] = []
        self._screen, self._style, self._secrets, self._ciphertext = screen, style, secrets, ciphertext
        self._versions, self._passed = Versions(), PassedHellos()
        self._dissection: Dissection | None = None
        if style.fields:
            # Certificates are dissected with `cryptography`, which is slow to load and not needed for the lines alone.
            from tlscope.wire.dissection import Dissection  # noqa: PLC0415 (see above)

            self._dissection = Dissection()
        self._left = limit
        self._hidden = 0
        self._mono = 0
        width = self._width = screen.width
        self._indent = INDENT if width is None or width >= len(INDENT) + HEX_COLUMNS else NARROW_INDENT
        self._room = None if width is None else width - len(self._indent)

    def tell(self, item: Item) -> None:
        """Print one record; a gap is kept for the end."""
        if not isinstance(item, Record):
            self.missing.append(item)
            return
        if not self.begun:
            self.begun, self._mono = True, item.mono
            if not self._style.json:
                self._screen.line(Span(f"connection {item.connection}", "strong"), f", {rfc3339(item.wall)}")
        item = settled(item, self._versions)
        since = item.mono - self._mono
        hello = passed_hello(item, self._passed, self._versions)
        if self._ciphertext or not isinstance(item.event, Ciphertext):
            self._event(item, since)
        if hello:
            self._event(hello, since, from_wire=True)

    def _event(self, item: Record, since: int, *, from_wire: bool = False) -> None:
        tree = self._dissect(item)
        if self._style.json:
            told = event_json(self._bounded(item), since, secrets=self._secrets)
            told |= FROM_WIRE if from_wire else {}
            self._screen.json(told if tree is None else told | {"fields": as_json(tree)})
            return
        stamped = [Span(f"{elapsed(since):>11}  ", "dim"), *describe(item, room=0, secrets=self._secrets)]
        if from_wire:
            stamped.append(READ_FROM_WIRE)
        for line in folded(stamped, self._width, INDENT):
            self._screen.line(*line)
        for line in self._details(item):
            self._screen.line(self._indent, *line)
        if tree and isinstance(item.event, Ciphertext | LeafForged | Message):
            style, room = self._style, self._room
            for line in tree_lines(tree, item.event.data, places=style.places, meaning=style.meaning, width=room):
                self._screen.line(self._indent, *line)

    def end(self) -> None:
        """Say what was left out."""
        if self._hidden and not self._style.json:
            self._screen.line(f"{size(self._hidden)} of data left out; --all shows it, --max-data BYTES more of it")
        self._screen.flush()

    def _dissect(self, record: Record) -> Field | None:
        if self._dissection is None or isinstance(record.event, Unreadable):
            return None
        return self._dissection.feed(record.event)

    def _details(self, record: Record) -> Iterator[Line]:
        event = record.event
        for said in details(event):
            yield from folded([said], self._room, NARROW_INDENT)
        if not isinstance(event, Data | Ciphertext):
            return
        shown = self._take(record, event.data)
        lines = lines_of(shown) if isinstance(event, Data) else None
        if lines is None:
            yield from (list[str | Span]((line,)) for line in hex_lines(shown))
        elif shown:
            for line in lines:
                yield from folded([f"{BAR}{line}".rstrip()], self._room, BAR)
        if len(shown) < record.size:
            yield [f"… and {size(record.size - len(shown))} more"]

    def _bounded(self, record: Record) -> Record:
        event = record.event
        return (
            replace(record, event=replace(event, data=self._take(record, event.data)))
            if isinstance(event, Data | Ciphertext)
            else record
        )

    def _take(self, record: Record, data: bytes) -> bytes:
        """As much of `data` as may still be shown; the rest of the record's is counted as left out."""
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        self._hidden += record.size - len(data)
        return data
