"""A head and its content: requests, responses, messages.

    body.show(about, head, content, tail)       head and tail: functions that make lines, with secrets or without

`v` goes round the views, `w` wraps lines or cuts them, `c` shows content as it passed or decoded, `u` shows secrets,
`b` goes to the content and back. What takes time is done in a thread, says how far it is, and ends when something else
is to be seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from textual.containers import Vertical
from textual.message import Message

from tlscope_ui.telling import Line, Span
from tlscope_ui.text import size
from tlscope_ui.tui.models.body import HexLines, TextLines
from tlscope_ui.tui.models.content import FIRST, VIEWS, Body, Coded, Job, Made, Stopped, Want
from tlscope_ui.tui.models.joined import Joined
from tlscope_ui.tui.models.lines import NOTHING, Told
from tlscope_ui.tui.widgets.bodylines import BodyLines
from tlscope_ui.tui.widgets.keys import bound
from tlscope_ui.tui.widgets.lineview import LineView
from tlscope_ui.tui.widgets.viewbar import ViewBar

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.timer import Timer

TICK = 1 / 15
BAR = 20
"""Columns of a bar that says how far something is."""
BEHIND = 256 << 10
"""Bytes behind the cursor of which the lines are known: more than a screen shows."""
CONTENT = 1
"""Its place between head and trailers."""


class Teller(Protocol):
    """Makes the lines of a head, or of trailers."""

    def __call__(self, *, masked: bool) -> list[Line]:
        """Its lines, the secrets in them taken out if `masked`."""


class Maker(Protocol):
    """Makes the views of something; see content.Body."""

    def make(self, want: Want, job: Job) -> Made:
        """What to show: in a thread."""


def nothing(*, masked: bool) -> list[Line]:  # noqa: ARG001 - see Teller
    """No lines."""
    return []


class Spot(NamedTuple):
    """Where the cursor stands, whatever else there is."""

    part: int
    """Head, content or trailers."""
    local: int
    """A line of it; of bytes, the place of the line's first."""
    headed: bool = False
    """Whether it is the line before that one, which stands before a piece."""


class Ready(Message):
    """Content is made."""

    def __init__(self, job: Job, made: Made) -> None:
        super().__init__()
        self.job, self.made = job, made


class BodyView(Vertical):
    """A head and its content, in views."""

    DEFAULT_CSS = """
    BodyView { height: 1fr; }
    BodyView #said { height: 1; background: $panel; scrollbar-size: 0 0; overflow: hidden hidden; }
    """
    BINDINGS: ClassVar = bound("BodyView")

    def __init__(self, views: tuple[str, ...] = VIEWS) -> None:
        super().__init__()
        self._views = views
        self._about: object = None
        self._head: Teller = nothing
        self._tail: Teller = nothing
        self._body: Maker | None = None
        self._want = Want()
        self._wrapped = True
        self._made: Made | None = None
        self._seen = "", False, True
        """In which view, whether as it passed, whether masked."""
        self._job = Job()
        self._shown = self._job
        """That of what can be seen."""
        self._fresh = True
        self._indexing = False
        self._goal: int | None = None
        """The byte of the content that is to be looked at."""
        self._timer: Timer | None = None
        """Ticks while something is being done: several views that do nothing need not be asked 15 times a second."""

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        yield ViewBar(self._views, "body-view")
        said = LineView(id="said")
        said.can_focus = False
        yield said
        yield BodyLines()

    @property
    def view(self) -> BodyLines:
        """The lines."""
        return self.query_one(BodyLines)

    def on_mount(self) -> None:
        """Look after what is being done."""
        self._timer = self.set_interval(TICK, self._tick)

    def on_unmount(self) -> None:
        """Nobody wants it any more."""
        self._job.stop()

    def show(self, about: object, head: Teller, content: Coded | Maker | None, tail: Teller = nothing) -> None:
        """Show something else; or, where `about` is the same, the same as it is now."""
        self._fresh = about != self._about
        self._about, self._head, self._tail = about, head, tail
        if self._fresh:
            self._want, self._goal = Want(self._want.view), None
        self._body = Body(content) if isinstance(content, Coded) else content
        self._make()

    def go_to(self, place: int) -> None:
        """Put the cursor on the line that a byte of the content is in, as soon as there is one."""
        self._goal = place
        self._go()

    def _go(self) -> None:
        """Lines of text come as they are found: one that is not there yet is gone to when it is."""
        lines = self.view.lines
        if self._goal is None or self._shown is not self._job or self._made is None or not isinstance(lines, Joined):
            return
        content = lines.parts[CONTENT]
        if not isinstance(content, HexLines | TextLines):
            self._goal = None  # no line of fields, or of a question, is that of a byte
        elif not content.indexing or self._goal < content.reached:
            place, self._goal = self._goal, None
            y = lines.first(CONTENT) + content.line_at(min(place, max(len(content.source) - 1, 0)))
            # At the top, below the line that says what it is: what follows is to be read.
            self.view.scroll_to(y=y - 1, animate=False, immediate=True, force=True)
            self.view.cursor = y

    # ------------------------------------------------------------------------------------------------------------ work

    def _make(self) -> None:
        """Make the content anew, as it is wanted now."""
        self._job.stop()
        self._job = job = Job()
        if self._timer is not None:
            self._timer.resume()
        reach = self._spot().local
        body, want = self._body, self._want._replace(wrap=self.view.room if self._wrapped else 0)
        self._want = want
        if body is None:
            self.on_ready(Ready(job, Made(NOTHING, "", [Span("no content", "dim")])))
        else:
            self.run_worker(
                lambda: self._work(body, want, job, reach),
                thread=True,
                exclusive=True,
                group="body",
                exit_on_error=False,
            )

    def _work(self, body: Maker, want: Want, job: Job, reach: int) -> None:
        """In a thread: make the content, let it be seen, find the rest of its lines.

        Not before the line is found that the cursor is on, and some screens of lines behind it: it is to stay there.
        """
        try:
            made = body.make(want, job)
        except Stopped:
            return
        except OSError as error:
            made = Made(NOTHING, "", [Span(f"✗ {error}", "bad")])
        lines = made.lines
        while isinstance(lines, TextLines) and lines.indexing and lines.reached <= reach + BEHIND and not job.stopped:
            lines.index(lambda: job.stopped, FIRST)
        job.what = ""
        self.post_message(Ready(job, made))
        if isinstance(lines, TextLines):
            lines.index(lambda: job.stopped)

    def on_ready(self, event: Ready) -> None:
        """Show what was made, if it is still wanted."""
        if event.job is not self._job:
            return
        self._shown = event.job
        made, masked = event.made, self._want.masked
        lines = Joined(Told(self._head(masked=masked)), made.lines, Told(self._tail(masked=masked)))
        spot, alike = self._spot(), self._alike(made)
        self._made, self._indexing = made, isinstance(made.lines, TextLines)
        self._seen = self._how(made)
        if self._fresh:
            self.view.show(lines)
        else:
            self._replace(lines, spot if alike or spot.part != CONTENT else None)
        self._fresh = False
        self._tick()

    def _alike(self, made: Made) -> bool:
        """Whether what was made holds the bytes of what is shown, where these are; there may be more behind them."""
        old = self._made.lines if self._made is not None else NOTHING
        if not (isinstance(old, HexLines | TextLines) and isinstance(made.lines, HexLines | TextLines)):
            return False
        before, now = len(old.source), len(made.lines.source)
        return before == now or (before < now and self._seen == self._how(made))

    def _how(self, made: Made) -> tuple[str, bool, bool]:
        return made.view, self._want.passed, self._want.masked

    def _spot(self) -> Spot:
        """Where the cursor stands."""
        lines = self.view.lines
        if self._fresh or not isinstance(lines, Joined):
            return Spot(0, 0)
        number, local = lines.part_of(self.view.cursor)
        content = lines.parts[number]
        if not isinstance(content, HexLines | TextLines):
            return Spot(number, local)
        return Spot(number, content.place_at(local), content.is_head(local))

    def _replace(self, lines: Joined, spot: Spot | None) -> None:
        """Show lines in the place of others, the cursor where it was, and at the same height of the screen."""
        view = self.view
        before, top = view.cursor, view.scroll_target_y  # asked now: fewer lines may move both
        view.replace(lines)
        if spot is None:
            return
        part = lines.parts[spot.part]
        local = part.line_at(spot.local) - spot.headed if isinstance(part, HexLines | TextLines) else spot.local
        y = lines.first(spot.part) + local
        if y != before:
            view.scroll_to(y=top + y - before, animate=False, immediate=True, force=True)
        view.cursor = y

    def _tick(self) -> None:
        job, made = self._job, self._made
        if self._indexing and made is not None:
            self._indexing = bool(getattr(made.lines, "indexing", False))
            self.view.grown()
        self._go()
        self.query_one(ViewBar).active = self._views.index(self._want.view)
        self.query_one("#said", LineView).say(self._said(job, made))
        if self._timer is not None and self._shown is job and not self._indexing:
            self._timer.pause()

    def _said(self, job: Job, made: Made | None) -> Line:
        if job.what:
            part = min(job.done / job.total, 1) if job.total else 0
            bar = "█" * int(part * BAR) + "░" * (BAR - int(part * BAR))
            return [Span(f"{job.what} ", "strong"), bar, f" {part:.0%} of {size(job.total)}"]
        if made is None:
            return [""]
        auto = [Span(f"{made.view}: ", "dim")] if self._want.view == "auto" and made.view else []
        lines = made.lines
        if isinstance(lines, TextLines) and lines.indexing:
            return [
                *auto,
                Span(f"{lines.reached / max(len(lines.source), 1):.0%} of the lines found · ", "dim"),
                *made.said,
            ]
        return [*auto, *made.said]

    # ------------------------------------------------------------------------------------------------------------ keys

    def look_at(self, number: int) -> None:
        """Show a view."""
        self._want = self._want._replace(view=self._views[number % len(self._views)])
        self._make()

    def action_view(self, by: int) -> None:
        """Show the next view."""
        self.look_at(self._views.index(self._want.view) + by)

    def action_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self._wrapped = not self._wrapped
        self._make()

    def action_codings(self) -> None:
        """Show it as it passed, or decoded."""
        self._want = self._want._replace(passed=not self._want.passed)
        self._make()

    def action_unmask(self) -> None:
        """Show the secrets, or hide them again."""
        self._want = self._want._replace(masked=not self._want.masked)
        self._make()

    def action_content(self) -> None:
        """From the head to the content, or back."""
        if isinstance(lines := self.view.lines, Joined):
            first = lines.first(CONTENT)
            self.view.cursor = 0 if self.view.cursor == first else first

    def on_view_bar_picked(self, event: ViewBar.Picked) -> None:
        """A view was clicked on."""
        event.stop()
        self.look_at(event.number)

    def on_line_view_chosen(self, event: LineView.Chosen) -> None:
        """Let it take its time."""
        event.stop()
        if self._made is not None and self._made.asks and not self._want.asked:
            self._want = self._want._replace(asked=True)
            self._make()

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """Nobody else needs to know."""
        event.stop()

    def on_resize(self) -> None:
        """Lines that were wrapped do not fit any more."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        if self._wrapped and self._body is not None and self.view.room != self._want.wrap:
            self._make()
