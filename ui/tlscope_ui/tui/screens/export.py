"""The export dialog: what, in which format, with or without secrets, where to; then how far it is.

It ends with a sentence on what became of it, or with None where nothing was done.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tlscope_ui.cli.output import Failure
from tlscope_ui.telling import Line, Span
from tlscope_ui.text import size, visible
from tlscope_ui.tui.models.exporting import NOTES, REDACTED, Stopped, Wanted, suggested, write
from tlscope_ui.tui.models.keynames import hint, hints
from tlscope_ui.tui.screens.form import Form
from tlscope_ui.tui.widgets.lineview import LineView, Told

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

FORMATS = tuple(NOTES)
CAN = (
    ("so be it", "open"),
    ("choose", "scroll-left", "scroll-right"),
    ("go", "up", "down"),
    ("leave it", "form-leave"),
)
"""What is said that can be done."""


class Which(NamedTuple):
    """A choice of connections."""

    title: str
    numbers: Callable[[], frozenset[int] | None]
    """Asked in a thread."""


class Export(Form):
    """Four lines to choose in, a path, and a bar."""

    def __init__(self, directory: Path, name: str, which: list[Which]) -> None:
        """Of the capture in `directory`; `name` is what the file is called if nobody says otherwise."""
        super().__init__("Export")
        self._directory, self._called, self._which = directory, name, which
        self._at = [0, 0, 0]
        """Which format, which connections, whether with secrets."""
        self._suggested = ""
        self._sure = ""
        """The path that may be written over: Enter was pressed twice."""
        self._stopping = threading.Event()
        self._busy = False
        """Whether it is being written."""

    def compose(self) -> ComposeResult:
        """See textual.widget.Widget."""
        with Vertical():
            yield Static("Export", classes="title", markup=False)
            yield Options()
            yield Input(max_length=4096)
            yield Static(classes="foot", markup=False)
            yield Static(classes="keys", markup=False)

    def begin(self) -> None:
        """The choices have the keys."""
        self.query_one(Options).focus()
        self.turn(0)
        self._can()

    def turn(self, by: int) -> None:
        """Choose the next, or the one before, in the line under the cursor."""
        options = self.query_one(Options)
        many = (len(FORMATS), len(self._which), 2)
        if not self._busy:
            self._at[options.cursor] = (self._at[options.cursor] + by) % many[options.cursor]
        options.replace(Told(self._lines()))
        field = self.query_one(Input)
        if field.value == self._suggested:  # nobody typed another
            self._suggested = str(suggested(Path.cwd(), self._called, FORMATS[self._at[0]]))
            field.value = self._suggested
        self._say(NOTES[FORMATS[self._at[0]]])

    def _lines(self) -> list[Line]:
        format_ = FORMATS[self._at[0]]
        fixed = "in it, always" if format_ in {"pcapng", "keylog", "raw"} else "none in it"
        secrets = ("left out", "in it")[self._at[2]] if format_ in REDACTED else fixed
        values = (format_, self._which[self._at[1]].title, secrets)
        return [
            [f" {name:<13}", Span("◂ ", "dim"), Span(value, "strong"), Span(" ▸", "dim")]
            for name, value in zip(("format", "connections", "secrets"), values, strict=True)
        ]

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """Nobody else is to hear of it."""
        event.stop()

    def on_line_view_chosen(self, event: LineView.Chosen) -> None:
        """Begin."""
        event.stop()
        self._begin()

    def submit(self, value: str) -> None:  # noqa: ARG002 - see Form
        """Write it."""
        self._begin()

    def _begin(self) -> None:
        text = self.query_one(Input).value
        path = Path(text).expanduser()
        if self._busy:
            return
        if not text.strip() or path.is_dir():
            self._say("Name a file.")
        elif path.exists() and self._sure != text:
            self._sure = text
            self._say(f"✗ {path.name} is there already. Enter again: replace it")
        else:
            self._busy = True
            self._say("…")
            self._can()
            which = self._which[self._at[1]]
            secrets = bool(self._at[2])
            self.run_worker(lambda: self._write(which, secrets=secrets, path=path), thread=True, exit_on_error=False)

    def _write(self, which: Which, *, secrets: bool, path: Path) -> None:
        """In a thread."""
        call = self.app.call_from_thread
        try:
            wanted = Wanted(self._directory, FORMATS[self._at[0]], which.numbers(), secrets, path)
            count = write(wanted, self._stopping.is_set, lambda many: call(self._say, f"{size(many)} …"))
        except Stopped:
            call(self.dismiss, "the export was stopped; there is no file")
        except Failure as failure:
            call(self._failed, f"✗ {failure}. Next: {failure.next}")
        except Exception as error:  # noqa: BLE001 - a bug must not end the screen; it is told
            call(self._failed, f"✗ it cannot be exported: {error}")
        else:
            call(self.dismiss, f"✓ {size(count)} in {path}")

    def _failed(self, what: str) -> None:
        self._busy = False
        self._say(what)
        self._can()

    def _can(self) -> None:
        """Say which keys do what."""
        said = hint("stop", "form-leave") if self._busy else f"{hints(*CAN)}   Tab: to the name and back"
        self.query_one(".keys", Static).update(said)

    def _say(self, what: str) -> None:
        self.query_one(".foot", Static).update(Content(visible(what)))

    def action_leave(self) -> None:
        """Stop what is going on; else leave."""
        if self._busy:
            self._stopping.set()
        else:
            self.dismiss(None)

    def on_unmount(self) -> None:
        """Nothing goes on without its dialog."""
        self._stopping.set()


class Options(LineView):
    """The lines to choose in: left and right choose."""

    DEFAULT_CSS = "Options { height: 3; }"

    def action_sideways(self, by: int) -> None:
        """Choose."""
        dialog = self.screen
        assert isinstance(dialog, Export)  # it is a part of that
        dialog.turn(1 if by > 0 else -1)
