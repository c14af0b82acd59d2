"""`tlscope show N`: the whole story of one connection, in order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import rich_click as click

from tlscope.capture import notes
from tlscope.capture.format import Unreadable
from tlscope.capture.reader import Reader
from tlscope.capture.segment import Record
from tlscope.capture.summary import rfc3339
from tlscope.events import Ciphertext, Data, LeafForged, Message, Opened
from tlscope.export.jsonl import FROM_WIRE, event_json, note_json, passed_hello, settled
from tlscope.wire.field import as_json
from tlscope.wire.tls.meaning.passed import MAX_HELLO, PassedHellos
from tlscope.wire.tls.meaning.versions import Versions
from tlscope_ui.cli.captures import CONNECTION, EXCHANGE, capture_option, find, tell_missing
from tlscope_ui.cli.choosing import Chosen, message_options
from tlscope_ui.cli.filters import no_such
from tlscope_ui.cli.noted import note_line
from tlscope_ui.cli.output import Screen, complain
from tlscope_ui.cli.views import OF_AN_EXCHANGE, Question, tell, views
from tlscope_ui.telling import Span
from tlscope_ui.telling.fitting import BAR, folded
from tlscope_ui.telling.lines import READ_FROM_WIRE, describe, details, elapsed
from tlscope_ui.telling.tree import tree_lines
from tlscope_ui.text import hex_lines, lines_of, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tlscope.capture.notes import Note
    from tlscope.capture.reader import Dropped, Item
    from tlscope.capture.segment import Damage
    from tlscope.events import Leg
    from tlscope.wire.dissection import Dissection
    from tlscope.wire.field import Field
    from tlscope_ui.cli.concealing import Hidden
    from tlscope_ui.telling import Line

MAX_DATA = 1 << 16
"""Bytes of application data that the text view shows unless told otherwise: some thousand lines."""
INDENT = " " * 13
"""Of what stands below an event's line, under its words."""
NARROW_INDENT = "  "
"""The same on a screen where a hex dump would not fit behind INDENT; behind this it takes 80 columns."""
HEX_COLUMNS = 78


@click.command("show")
@click.argument("connection", type=CONNECTION, metavar="N")
@capture_option
@views
@click.option("--exchange", type=EXCHANGE, metavar="E", help=f"This exchange alone: with {OF_AN_EXCHANGE}.")
@click.option("--tree", is_flag=True, help="Every field: of messages and certificates, contents, frames.")
@click.option("--bytes", "places", is_flag=True, help="As --tree, with the offset and the bytes of each field.")
@click.option("--explain", is_flag=True, help="As --tree, with what each field means, and the RFC that says so.")
@message_options
@click.option("--raw", is_flag=True, help="With --exchanges: contents as they are, decoded but not laid out.")
@click.option("--passed", is_flag=True, help="With --exchanges: contents as they passed, their codings not undone.")
@click.option("--hex", "as_hex", is_flag=True, help="All data, and contents, as a hex dump.")
@click.option(
    "--jsonl", is_flag=True, help="One JSON object an event, with all of the data; of a view, its own objects."
)
@click.option("--json", "fields", is_flag=True, help="As --jsonl, with the fields of messages, certificates, frames.")
@click.option(
    "--max-data", type=click.IntRange(min=0), metavar="BYTES", help=f"Show that much data (default: {MAX_DATA})."
)
@click.option("--all", "everything", is_flag=True, help="Show all of the data, and all names of long offers.")
@click.option("--ciphertext", is_flag=True, help="Also what passed on the wire, encrypted.")
@click.option(
    "--with-secrets",
    is_flag=True,
    help="Also what is masked otherwise; and the connection's keys: whoever has them can decrypt it.",
)
def command(
    connection: int,
    capture: Path | None,
    *,
    asked: tuple[str, ...] = (),
    exchange: int | None,
    tree: bool,
    places: bool,
    explain: bool,
    message: frozenset[str],
    leg: Leg | None,
    raw: bool,
    passed: bool,
    as_hex: bool,
    jsonl: bool,
    fields: bool,
    max_data: int | None,
    everything: bool,
    ciphertext: bool,
    with_secrets: bool,
) -> None:
    """Tell the whole story of connection N: both handshakes, message by message, and the data.

    Data is shown as text where it is text, else as a hex dump. What the screen has as tabs is told instead of all that
    where one of these is given, or several: --overview, --story, --ladder, --diff, --certificates, --keys, --findings,
    --timing, --exchanges, --frames, --stream.

    Secrets are masked, as on the screen: the keys; and cookies, passwords and tokens, also in heads of HTTP/2, by the
    names of headers, parameters, members and fields, and a few by their look. Others are not, nor any in paths, in
    prose, in contents that are packed, or of a binary format. A hex dump masks the same bytes. With --json and --jsonl,
    the events, --exchanges and --stream hold the data as it is, for programs; the other views are masked alike.
    """
    directory = find(capture)
    json, apart = jsonl or fields, tree or places or explain
    limit = None if everything or (json and max_data is None) else MAX_DATA if max_data is None else max_data
    if exchange and not asked:
        asked = ("exchanges",)
    chosen = Chosen(message, leg)
    if asked and chosen:
        raise click.UsageError(f"--message and --leg choose among the events, and --{asked[0]} tells none")
    if asked:
        content = "passed" if passed else "hex" if as_hex else "raw" if raw else "tree" if apart else "pretty"
        question = Question(
            directory, connection, exchange or 0, json=json, fields=fields or apart, places=places, meaning=explain,
            secrets=with_secrets, content=content, limit=limit,
        )  # fmt: skip
        tell(asked, question)
        return
    style = Style(json=json, fields=fields or apart, places=places, meaning=explain, as_hex=as_hex)
    story = Story(
        Screen(), style, chosen, limit=limit, secrets=with_secrets, ciphertext=ciphertext,
        hide=None if with_secrets else lambda: _hidden(directory, connection, limit),
    )  # fmt: skip
    read = None if limit is None else max(limit, MAX_HELLO)  # a hello is told whole
    with Reader(directory, data_limit=read, connection=connection) as reader:
        for item in reader.poll():
            story.tell(item)
    story.end([] if chosen else notes.known(directory).get(connection, []))
    tell_missing(story.missing)
    if not story.begun:
        raise no_such(connection, directory)
    if chosen and (nothing := chosen.nothing(directory, connection)):
        complain(*nothing)


def _hidden(directory: Path, connection: int, limit: int | None) -> Hidden:
    """What covers the secrets of its data; what finds them is loaded when there is some."""
    from tlscope_ui.cli.concealing import hidden  # noqa: PLC0415 (see above)

    return hidden(directory, connection, limit)


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
    as_hex: bool
    """With data as a dump also where it is text."""


class Story:
    """Prints one connection's records as they come, and keeps count of the data."""

    def __init__(
        self,
        screen: Screen,
        style: Style,
        chosen: Chosen,
        *,
        limit: int | None,
        secrets: bool,
        ciphertext: bool,
        hide: Callable[[], Hidden] | None,
    ) -> None:
        """Print to `screen` what is chosen; `limit` is the bytes of data to show, None for all.

        `hide` is called when data is to be shown, and makes what covers its secrets; None shows it as it is.
        """
        self.begun = False
        self.missing: list[Damage | Dropped] = []
        self._screen, self._style, self._secrets, self._ciphertext = screen, style, secrets, ciphertext
        self._chosen = chosen
        self._versions, self._passed = Versions(), PassedHellos()
        self._dissection: Dissection | None = None
        if style.fields:
            # Certificates are dissected with `cryptography`, which is slow to load and not needed for the lines alone.
            from tlscope.wire.dissection import Dissection  # noqa: PLC0415 (see above)

            self._dissection = Dissection()
        self._left = limit
        self._hide = hide
        self._covered: Hidden | None = None
        self._hidden = 0
        self._mono, self._mode = 0, ""
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
        if isinstance(item.event, Opened):
            self._mode = item.event.mode
        item = settled(item, self._versions)
        since = item.mono - self._mono
        hello = passed_hello(item, self._passed, self._versions)
        if self._ciphertext or not isinstance(item.event, Ciphertext):
            self._event(item, since)
        if hello:
            self._event(hello, since, from_wire=True)

    def _event(self, item: Record, since: int, *, from_wire: bool = False) -> None:
        tree = self._dissect(item)  # also of what is not told: what follows is read in its light
        if not self._chosen.takes(item.event):
            return
        if self._style.json:
            told = event_json(self._bounded(item), since, secrets=self._secrets)
            told |= FROM_WIRE if from_wire else {}
            self._screen.json(told if tree is None else told | {"fields": as_json(tree)})
            return
        pieces = describe(item, room=0, secrets=self._secrets, mode=self._mode)
        stamped = [Span(f"{elapsed(since):>11}  ", "dim"), *pieces]
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

    def end(self, noted: Iterable[Note] = ()) -> None:
        """Say what was noted, and what was left out."""
        for note in noted:
            if self._style.json:
                self._screen.json(note_json(note))
            else:
                for line in folded(note_line(note), self._width, NARROW_INDENT):
                    self._screen.line(*line)
        for said in self._covered.said() if self._covered else ():
            for line in folded(said, self._width, NARROW_INDENT):
                self._screen.line(*line)
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
        if shown and isinstance(event, Data):
            shown = self._without_secrets(record, shown)
        lines = lines_of(shown) if isinstance(event, Data) and not self._style.as_hex else None
        if lines is None:
            yield from (list[str | Span]((line,)) for line in hex_lines(shown))
        elif shown:
            for line in lines:
                yield from folded([f"{BAR}{line}".rstrip()], self._room, BAR)
        if len(shown) < record.size:
            yield [f"… and {size(record.size - len(shown))} more"]

    def _without_secrets(self, record: Record, data: bytes) -> bytes:
        if self._hide is None:
            return data
        self._covered = self._covered or self._hide()
        return self._covered.of(record, data)

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
