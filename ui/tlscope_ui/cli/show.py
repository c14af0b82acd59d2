"""`tlscope show N`: the whole story of one connection, in order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import rich_click as click

from tlscope.capture.reader import Reader
from tlscope.capture.segment import Record
from tlscope.capture.summary import rfc3339
from tlscope.events import Ciphertext, Data
from tlscope_ui.cli.captures import capture_option, find, tell_missing
from tlscope_ui.cli.jsonl import event_json
from tlscope_ui.cli.lines import describe, details, elapsed
from tlscope_ui.cli.output import Failure, Screen, Span
from tlscope_ui.text import hex_lines, lines_of, size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tlscope.capture.reader import Dropped, Item
    from tlscope.capture.segment import Damage

MAX_DATA = 1 << 16
"""Bytes of application data that the text view shows unless told otherwise: some thousand lines."""
INDENT = " " * 13


@click.command("show")
@click.argument("connection", type=click.IntRange(min=1), metavar="N")
@capture_option
@click.option("--jsonl", is_flag=True, help="One JSON object an event, with all of the data.")
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
    jsonl: bool,
    max_data: int | None,
    everything: bool,
    ciphertext: bool,
    with_secrets: bool,
) -> None:
    """Tell the whole story of connection N: both handshakes, message by message, and the data.

    Data is shown as text where it is text, else as a hex dump.
    """
    directory = find(capture)
    limit = None if everything or (jsonl and max_data is None) else MAX_DATA if max_data is None else max_data
    story = Story(Screen(), limit=limit, jsonl=jsonl, secrets=with_secrets)
    with Reader(directory, data_limit=limit, connection=connection) as reader:
        for item in reader.poll():
            if ciphertext or not (isinstance(item, Record) and isinstance(item.event, Ciphertext)):
                story.tell(item)
    story.end()
    tell_missing(story.missing)
    if not story.begun:
        raise Failure(
            f"there is no connection {connection} in {directory}", f"see which there are: tlscope list -c {directory}"
        )


class Story:
    """Prints one connection's records as they come, and keeps count of the data."""

    def __init__(self, screen: Screen, *, limit: int | None, jsonl: bool, secrets: bool) -> None:
        """Print to `screen`; `limit` is the bytes of data to show, None for all."""
        self.begun = False
        self.missing: list[Damage | Dropped] = []
        self._screen, self._jsonl, self._secrets = screen, jsonl, secrets
        self._left = limit
        self._hidden = 0
        self._mono = 0

    def tell(self, item: Item) -> None:
        """Print one record; a gap is kept for the end."""
        if not isinstance(item, Record):
            self.missing.append(item)
            return
        if not self.begun:
            self.begun, self._mono = True, item.mono
            if not self._jsonl:
                self._screen.line(Span(f"connection {item.connection}", "strong"), f", {rfc3339(item.wall)}")
        since = item.mono - self._mono
        if self._jsonl:
            self._screen.json(event_json(self._bounded(item), since, secrets=self._secrets))
            return
        self._screen.line(Span(f"{elapsed(since):>11}  ", "dim"), *describe(item, room=0, secrets=self._secrets))
        for line in self._details(item):
            self._screen.line(INDENT, line)

    def end(self) -> None:
        """Say what was left out."""
        if self._hidden and not self._jsonl:
            self._screen.line(f"{size(self._hidden)} of data left out; --all shows it, --max-data BYTES more of it")
        self._screen.flush()

    def _details(self, record: Record) -> Iterator[str]:
        event = record.event
        yield from details(event)
        if not isinstance(event, Data | Ciphertext):
            return
        shown = self._take(record, event.data)
        lines = lines_of(shown) if isinstance(event, Data) else None
        if shown:
            yield from hex_lines(shown) if lines is None else (f"│ {line}".rstrip() for line in lines)
        if len(shown) < record.size:
            yield f"… and {size(record.size - len(shown))} more"

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
