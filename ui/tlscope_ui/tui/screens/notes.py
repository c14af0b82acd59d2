"""What is done with rows: marked, commented on, grouped by host, sorted, exported.

It stands on screens/acts.py and screens/saving.py, and Main on all of these; the pages on the CA and on clients are
opened here, too.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.order import ORDERS
from tlscope_ui.cli.output import Failure
from tlscope_ui.tui.models.columns import BY_KEY, COLUMNS, DEFAULT
from tlscope_ui.tui.models.hosts import OTHERS, condition
from tlscope_ui.tui.models.keynames import key
from tlscope_ui.tui.models.marks import MAX_COMMENT, Marks
from tlscope_ui.tui.models.rows import NOBODY, Selected
from tlscope_ui.tui.screens.authority import Authority, read
from tlscope_ui.tui.screens.columns import NUMBER, Choosing, Columns
from tlscope_ui.tui.screens.connect import Connect
from tlscope_ui.tui.screens.form import Form
from tlscope_ui.tui.screens.saving import Saving
from tlscope_ui.tui.widgets.filterbar import FilterBar

if TYPE_CHECKING:
    from tlscope.capture.filter.query import Where
    from tlscope_ui.telling.clients import Here
    from tlscope_ui.tui.models.extent import Extent
    from tlscope_ui.tui.models.settings import Settings


class Only(NamedTuple):
    """One host alone is shown."""

    filter: str = ""
    """By this filter."""
    before: str = ""
    """The one that there was before."""


class Notes(Saving):
    """A screen with rows that can be noted."""

    where: Where | None = None
    """Which connections are shown; None for all."""
    authority: str = ""
    """The path of the CA's certificate, as the recorder says."""

    def __init__(self, directory: Path, settings: Settings) -> None:
        super().__init__(directory)
        self.settings = settings
        self.marks = Marks(directory)
        self._only = Only()

    def as_chosen(self) -> None:
        """Have columns, order, hosts and the history of filters as they were chosen the last time."""
        settings = self.settings
        self.query_one(FilterBar).history = list(settings.history)
        order = settings.order if settings.order in {*ORDERS, *(column.order for column in COLUMNS)} - {""} else NUMBER
        if settings.columns or order != NUMBER:
            self._lay(Choosing(tuple(settings.columns), settings.widths, order, settings.descending))
        if settings.by_host:
            self.flows.group(on=True)

    def load_marks(self) -> None:
        """Show the marks that were kept."""
        self.run_worker(self._marks_loaded, thread=True, group="marks")

    def _marks_loaded(self) -> None:
        marks = Marks.load(self._directory)
        self.app.call_from_thread(self._have, marks)

    def _have(self, marks: Marks) -> None:
        self.marks = marks
        self.flows.flow_lines.marked, self.flows.flow_lines.comments = marks.marked, marks.comments
        self.flows.view.changed()
        if marks.problem:
            self.tell(marks.problem, "warning")

    # -------------------------------------------------------------------------------------------------------- marks

    def action_mark(self) -> None:
        """Put a star beside the row, or take it away."""
        if self.selected.connection:
            self.marks.toggle(self.selected)
            self._noted()
        elif self.selected.host is not None:
            self.tell("a mark is for a connection or an exchange: unfold the host", "warning")

    def action_next_mark(self) -> None:
        """Go to the next row with a star or a comment that the filter shows."""
        for row in self.marks.after(self.selected):
            if self.rows.shows(row):
                self.flows.select(row)
                return
        self.tell(f"no row in sight is marked: {key('mark')} marks one", "warning")

    def action_comment(self) -> None:
        """Write a note on the row."""
        row = self.selected
        if row.connection:
            title = f"Comment on connection {row.connection}" + (f", exchange {row.exchange}" if row.exchange else "")
            now = self.marks.comments.get(row, "")
            self.app.push_screen(Form(title, now, most=MAX_COMMENT), partial(self._commented, row))

    def _commented(self, row: Selected, text: str | None) -> None:
        if text is not None:
            self.marks.comment(row, text)
            self._noted()

    def _noted(self) -> None:
        self.flows.view.changed()
        self.run_worker(self._keep, thread=True, group="marks")

    def _keep(self) -> None:
        """In a thread: keep them."""
        try:
            self.marks.save()
        except OSError as error:
            self.app.call_from_thread(self.tell, f"marks cannot be kept: {error.strerror}", "error")

    # ---------------------------------------------------------------------------------------------- hosts, columns

    def action_hosts(self) -> None:
        """Have connections under their hosts, or not."""
        self.settings.by_host = not self.rows.is_grouping
        self.flows.group(on=self.settings.by_host)

    def action_only_host(self) -> None:
        """Show the connections of the selected host alone; where that is so, what the filter showed before."""
        bar = self.query_one(FilterBar)
        now = bar.input.value
        if now and now == self._only.filter:
            bar.put(self._only.before)
        elif self.selected == NOBODY:
            self.tell("no host is selected", "warning")
        else:
            bar.put(condition(self.at.host))
            self._only = Only(bar.input.value, now)

    def action_columns(self) -> None:
        """Choose columns and order."""
        lines = self.flows.flow_lines
        now = Choosing(
            tuple(column.key for column in lines.columns), lines.widths, self.rows.order, self.rows.descending
        )
        self.app.push_screen(Columns(now, lines.without_room), self.lay)

    def lay(self, wanted: Choosing | None) -> None:
        """Show these columns, in this order."""
        if wanted is None:
            return
        self._lay(wanted)
        settings = self.settings
        settings.columns, settings.widths = list(wanted.columns), dict(wanted.widths)
        settings.order, settings.descending = wanted.order, wanted.descending

    def _lay(self, wanted: Choosing) -> None:
        lines = self.flows.flow_lines
        lines.columns = [BY_KEY[key] for key in wanted.columns if key in BY_KEY] or [BY_KEY[key] for key in DEFAULT]
        lines.widths = dict(wanted.widths)
        if (wanted.order, wanted.descending) != (self.rows.order, self.rows.descending):
            self.rows.sort(wanted.order, descending=wanted.descending)
            self.flows.settle()
        self.flows.refit()

    # ---------------------------------------------------------------------------------------------------------- files

    def action_export(self) -> None:
        """Write exchanges, connections or everything to a file that other tools read."""
        from tlscope_ui.tui.screens.export import Export  # noqa: PLC0415 - it loads what reads contents: the screen is there before

        self.app.push_screen(Export(self._directory, self._extents()), self._told)

    def _extents(self) -> list[Extent]:
        """How much can be exported: what is selected first."""
        from tlscope_ui.tui.models.extent import Extent  # noqa: PLC0415 - as above

        found, (connection, exchange, _) = [], self.selected
        if exchange:
            title = f"exchange {exchange} of connection {connection}, the selected one"
            found.append(Extent(title, f"{connection}-{exchange}", frozenset({self.selected}), alone=True))
        if connection:
            whole = frozenset({Selected(connection)})
            found.append(
                Extent(
                    f"connection {connection}, {'of which it is' if exchange else 'the selected one'}",
                    f"{connection}",
                    whole,
                )
            )
        text = self.at.filter if self.where is not None else ""
        host = self.rows.host(self.selected.host) if self.selected.host is not None else None
        if host is not None and host.number != OTHERS:
            those = condition(host.name)
            found.append(
                Extent(f"those of {host.name or 'no host'}", "host", None, f"({text}) and {those}" if text else those)
            )
        if self.marks.marked:
            found.append(Extent("the marked ones", "marked", frozenset(self.marks.marked)))
        if text:
            found.append(Extent("what the filter shows", "filtered", None, text))
        return [*found, Extent("everything")]

    def _told(self, what: str | None) -> None:
        if what is not None:
            self.tell(what)

    # --------------------------------------------------------------------------------------------------- CA and clients

    @property
    def here(self) -> Here:
        """Where clients are to go."""
        raise NotImplementedError

    @property
    def live(self) -> bool:
        """Whether somebody records."""
        raise NotImplementedError

    def action_connect(self) -> None:
        """Say how clients are connected, or that there is nowhere to."""
        self.app.push_screen(Connect(self.here, self._directory, live=self.live))

    def action_authority(self) -> None:
        """Show the CA."""
        self.run_worker(self._read_authority, thread=True, group="authority", exclusive=True)

    def _read_authority(self) -> None:
        """In a thread: it reads files."""
        call = self.app.call_from_thread
        try:
            facts = read(Path(self.here.ca).parent)
        except Failure as error:
            call(self.tell, f"{error}. Next: {error.next}", "error")
        else:
            call(self.app.push_screen, Authority(facts))
