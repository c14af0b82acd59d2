"""A message taken apart: its fields, what the chosen one means, and its bytes; choosing in one chooses in all.

    dissected.show(lambda index: anatomy(...))      asked in a thread, with an index of its own

The cursor in the fields lights the field's bytes; the cursor in the bytes chooses the innermost field that holds them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.worker import Worker, WorkerState

from tlscope.capture.index import Index
from tlscope_ui.telling.flow import Flow
from tlscope_ui.tui.models.anatomy import Anatomy
from tlscope_ui.tui.models.hexdump import HexDump
from tlscope_ui.tui.models.lines import NOTHING
from tlscope_ui.tui.widgets.explain import Explain, silence
from tlscope_ui.tui.widgets.fieldtree import FieldView
from tlscope_ui.tui.widgets.hexview import HexView
from tlscope_ui.tui.widgets.keys import bound

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual import events
    from textual.app import ComposeResult

    from tlscope_ui.tui.widgets.lineview import LineView

WAIT = 0.03
"""Seconds that a message must be chosen for before it is taken apart: a key that is held down takes nothing apart."""
ROOMY = 132
"""Columns from which on the three stand beside each other."""
FLAT = 12
"""Lines below which the explanation stands under both others, to leave them some."""
GROUP = "dissected"


class Dissected(Vertical):
    """Fields, explanation, bytes."""

    DEFAULT_CSS = """
    Dissected { height: 1fr; }
    Dissected > Horizontal { height: 1fr; }
    Dissected FieldView { width: 1fr; }
    Dissected #reading { width: 1fr; border-left: vkey $panel; }
    Dissected Explain { height: 1fr; }
    Dissected HexView { height: 1fr; border-top: hkey $panel; }
    Dissected.-roomy #reading { layout: horizontal; width: 2fr; }
    Dissected.-roomy HexView { border-top: none; border-left: vkey $panel; width: 80; height: 1fr; }
    Dissected.-flat HexView { border-top: none; }
    Dissected.-flat Explain { max-height: 5; height: 50%; }
    """
    BINDINGS: ClassVar = bound("Dissected")

    class Left(Message):
        """Somebody wants to go back to where this was opened from."""

    def __init__(self, directory: Path, *, id: str | None = None) -> None:  # noqa: A002 - as Textual names it
        super().__init__(id=id)
        self._directory = directory
        self._wanted: object = None
        self._key = ""
        self._chosen: int | None = None

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        with Horizontal():
            yield FieldView()
            with Vertical(id="reading"):
                yield Explain()
                yield HexView()

    def show(self, about: object, load: Callable[[Index], Anatomy], key: str = "") -> None:
        """Show what `load` finds, its field `key` chosen; `about` says what it is: the same again changes nothing."""
        if about == self._wanted:
            return
        self._wanted, self._key = about, key
        self.set_timer(WAIT, lambda: self._start(about, load))

    def enter(self) -> None:
        """Give the keys to the fields."""
        self.query_one(FieldView).focus()

    def on_resize(self, event: events.Resize) -> None:
        """Lay them out as there is room."""
        self.set_class(event.size.width >= ROOMY, "-roomy")
        self.set_class(event.size.width < ROOMY and event.size.height < FLAT, "-flat")

    def _start(self, about: object, load: Callable[[Index], Anatomy]) -> None:
        if about != self._wanted:
            return

        def loaded() -> Anatomy:
            with Index(self._directory) as index:
                return load(index)

        self.run_worker(loaded, thread=True, exclusive=True, group=GROUP, exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What was asked for is there, or why not."""
        if event.worker.group != GROUP:
            return
        event.stop()
        if event.state is WorkerState.SUCCESS:
            found: Any = event.worker.result
            self._put(found)
        elif event.state is WorkerState.ERROR:
            self._wanted = None
            self._put(Anatomy(None, b"", f"It cannot be read: {event.worker.error}"))

    def _put(self, anatomy: Anatomy) -> None:
        self._chosen = None
        self.query_one(HexView).show(HexDump(anatomy.data))
        fields = self.query_one(FieldView)
        if anatomy.tree is None:
            fields.show(NOTHING)
            self.query_one(Explain).show(Flow(lambda _: silence(anatomy.said)))
            return
        found = anatomy.tree.find(self._key) if self._key else None
        fields.show(anatomy.tree, anatomy.tree.reveal(found) if found is not None else 0)

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """Another field was chosen."""
        event.stop()
        fields = self.query_one(FieldView)
        if event.view is fields and fields.chosen is not None and fields.chosen != self._chosen:
            self._choose(fields.chosen, go=True)

    def on_hex_view_byte_moved(self, event: HexView.ByteMoved) -> None:
        """Choose the innermost field of a byte."""
        event.stop()
        fields = self.query_one(FieldView)
        if fields.model is not None:
            at = fields.model.at_byte(event.offset)
            if at != self._chosen:
                self._choose(at, go=False)
                fields.choose(at)

    def on_line_view_chosen(self, event: LineView.Chosen) -> None:
        """A field without anything inside was opened: go to its bytes; from there back."""
        event.stop()
        other = self.query_one(HexView) if isinstance(event.view, FieldView) else self.query_one(FieldView)
        other.focus()

    def action_leave(self) -> None:
        """Go back."""
        if self.query_one(FieldView).has_focus:
            self.post_message(self.Left())
        else:
            self.enter()

    def _choose(self, at: int, *, go: bool) -> None:
        fields = self.query_one(FieldView)
        assert fields.model is not None  # a field of it was chosen
        self._chosen = at
        field = fields.model.fields[at]
        self.query_one(HexView).light(field.start, field.end, go=go)
        self.query_one(Explain).tell(fields.model.path(at))
