"""`tlscope watch`: one line an event, as it happens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import rich_click as click

from tlscope.capture.directory import CaptureError
from tlscope.capture.reader import Reader, is_live
from tlscope.capture.segment import Record
from tlscope.events import Ciphertext, Opened, Outcome, Ruled, Secret
from tlscope.export.jsonl import FROM_WIRE, event_json, missing_json, passed_hello, settled
from tlscope.wire.tls.meaning.passed import FROM_PACKETS, PassedHellos
from tlscope.wire.tls.meaning.versions import Versions
from tlscope_ui.cli.captures import capture_option, describe_missing, find
from tlscope_ui.cli.filters import Choice, filter_argument, understood
from tlscope_ui.cli.output import Screen, complain
from tlscope_ui.telling import Span
from tlscope_ui.telling.lines import EXCERPT, READ_FROM_WIRE, describe, elapsed, stamp
from tlscope_ui.telling.masked import Masked

if TYPE_CHECKING:
    from pathlib import Path

    from tlscope.capture.reader import Item

POLL = 0.05
"""Seconds between two looks at the journal, which is written to every 0.02."""
LINE_HEAD = 40
"""Columns of a data line that are not the excerpt."""
SHOWN = 1 << 12
"""Bytes that are read of data: more than an excerpt in a line needs, and enough for a hello that is passed through."""


MAX_HELD = 500
"""Records of a connection that wait until a filter can tell: both handshakes take some forty."""
MAX_WAITING = 2_000
"""Connections that wait; those that wait longest are forgotten."""


@click.command("watch")
@filter_argument
@capture_option
@click.option("--no-follow", is_flag=True, help="Show what is there, and end.")
@click.option("--exchanges", is_flag=True, help="The exchanges of HTTP instead, one line each, when they are over.")
@click.option("--jsonl", is_flag=True, help="One JSON object an event, with all of the data; or an exchange.")
@click.option("--ciphertext", is_flag=True, help="Also what passed on the wire, encrypted.")
@click.option(
    "--with-secrets",
    is_flag=True,
    help="Also keys, cookies, passwords. Otherwise they are masked, but in --jsonl's data.",
)
def command(
    filter_: tuple[str, ...],
    capture: Path | None,
    *,
    no_follow: bool,
    exchanges: bool,
    jsonl: bool,
    ciphertext: bool,
    with_secrets: bool,
) -> None:
    """Show what happens, one line an event, live: of all connections, or of those that FILTER selects.

    A connection is shown, from its beginning, as soon as the filter selects it (see `tlscope list --help`). Follows the
    capture until its recorder ends, or until Ctrl-C; waits for one if there is none yet. An arrow up goes
    towards the server, one down towards the client; times are since the connection was opened. Changes of the policy
    are of no connection, and shown where there is no FILTER.
    """
    if exchanges:
        _watch_exchanges(filter_, capture, no_follow=no_follow, jsonl=jsonl, masked=not with_secrets)
        return
    where = understood(filter_)
    view = View(Screen(), jsonl=jsonl, ciphertext=ciphertext, secrets=with_secrets)
    try:
        directory = find(capture) if no_follow else _wait(capture)
        if where:
            view = Chosen(view, Choice(directory, where))
        with Reader(directory, data_limit=None if jsonl else SHOWN) as reader:
            while True:
                for item in reader.poll():
                    view.show(item)
                over = no_follow or reader.finished
                view.flush(over=over)
                if over:
                    return
                time.sleep(POLL)
    except KeyboardInterrupt:
        view.flush()


def _watch_exchanges(
    filter_: tuple[str, ...], capture: Path | None, *, no_follow: bool, jsonl: bool, masked: bool
) -> None:
    from tlscope_ui.cli.asked import Asked  # noqa: PLC0415 - it loads sqlite3

    where = understood(filter_, "exchange")
    try:
        directory = find(capture) if no_follow else _wait(capture)
        asked = Asked(directory, where, Screen(), jsonl=jsonl, masked=masked)
        if not no_follow:
            asked.follow()
            while is_live(directory):
                asked.look()
                time.sleep(POLL)
        asked.last_look()
    except KeyboardInterrupt:
        pass


class View:
    """Prints items as they come."""

    def __init__(self, screen: Screen, *, jsonl: bool, ciphertext: bool, secrets: bool) -> None:
        """Print to `screen`, with what is asked for."""
        self._screen = screen
        self._jsonl, self._ciphertext, self._secrets = jsonl, ciphertext, secrets
        self._versions, self._passed = Versions(), PassedHellos()
        self._masked = None if secrets else Masked()
        self._began: dict[int, int] = {}
        """When each connection that is not over was opened, by the monotonic clock."""
        self._packets: set[int] = set()
        """Those of them that were read from a file of packets."""

    def flush(self, *, over: bool = False) -> None:
        """Let readers see what was printed; `over`: nothing more will come."""
        del over
        self._screen.flush()

    def show(self, item: Item) -> None:
        """Print one item, if it is one to be shown."""
        if not isinstance(item, Record):
            if self._jsonl:
                self._screen.json(missing_json(item))
            else:
                self._screen.line(Span(f"! {describe_missing(item)}", "bad"))
            return
        item = settled(item, self._versions)
        since = self._since(item)
        hello = passed_hello(item, self._passed, self._versions)
        if self._ciphertext or not isinstance(item.event, Ciphertext):
            self._event(item, since)
        if hello:
            self._event(hello, since, from_wire=True)

    def _event(self, record: Record, since: int, *, from_wire: bool = False) -> None:
        if self._jsonl:
            told = event_json(record, since, secrets=self._secrets)
            self._screen.json(told | FROM_WIRE if from_wire else told)
        elif self._secrets or not isinstance(record.event, Secret):
            self._line(record, since, [READ_FROM_WIRE] if from_wire else [])

    def _since(self, record: Record) -> int:
        number = record.connection
        if isinstance(record.event, Opened):  # a second recorder in a capture may count from 1 again
            self._began[number] = record.mono
        began = self._began.setdefault(number, record.mono)
        if isinstance(record.event, Outcome):
            del self._began[number]
        return record.mono - began

    def _line(self, record: Record, since: int, mark: list[str | Span]) -> None:
        if self._masked:
            self._masked.feed(record)
        width = self._screen.width
        room = max(16, width - LINE_HEAD) if width else EXCERPT
        if isinstance(record.event, Opened) and record.event.mode == FROM_PACKETS:
            self._packets.add(record.connection)
        mode = FROM_PACKETS if record.connection in self._packets else ""
        pieces = describe(record, room=room, secrets=self._secrets, masked=self._masked, mode=mode)
        if isinstance(record.event, Outcome):
            self._packets.discard(record.connection)
        number = f" #{record.connection} " if record.connection else " "
        self._screen.line(
            Span(stamp(record.wall), "dim"), Span(number, "strong"), *pieces, *mark, Span(f" {elapsed(since)}", "dim")
        )


class Chosen(View):
    """Shows the connections that a filter selects; what cannot be told yet waits."""

    def __init__(self, view: View, choice: Choice) -> None:
        """Show in `view`."""
        self._view, self._choice = view, choice
        self._selected: set[int] = set()
        self._waiting: dict[int, list[Record]] = {}

    def show(self, item: Item) -> None:
        """Show one item, or keep it until it is known whether to."""
        number = item.connection if isinstance(item, Record) else 0
        if isinstance(item, Record) and isinstance(item.event, Ruled):
            return  # of no connection that could be selected; told now, it would stand before what is still waiting
        if not isinstance(item, Record) or not number or number in self._selected:
            self._view.show(item)
            return
        kept = self._waiting.setdefault(number, [])
        if len(kept) < MAX_HELD:
            kept.append(item)
        if len(self._waiting) > MAX_WAITING:
            del self._waiting[next(iter(self._waiting))]

    def flush(self, *, over: bool = False) -> None:
        """Show what turned out to be selected."""
        for number in self._choice.last_look(self._waiting) if over else self._choice.look(self._waiting):
            self._selected.add(number)
            for item in self._waiting.pop(number):
                self._view.show(item)
        self._view.flush()
        if over:
            self._choice.close()


def _wait(capture: Path | None) -> Path:
    """The capture to follow, as soon as there is one."""
    said = False
    while True:
        try:
            return find(capture)
        except CaptureError as error:
            if not said:
                complain(f"{error}; waiting for one", f"Next: {error.next}")
            said = True
        time.sleep(POLL)
