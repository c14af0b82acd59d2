"""The export dialog: in which format, how much, with or without secrets, where to; then how far it is.

It ends with a sentence on what became of it, or with None where nothing was done.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from tlscope.events import Direction
from tlscope_ui.cli.output import Failure
from tlscope_ui.telling import Line, Span
from tlscope_ui.text import size, visible
from tlscope_ui.tui.models.exporting import NOTES, REDACTED, Missing, Stopped, Wanted, suggested, write
from tlscope_ui.tui.models.extent import OF_ONE, offered
from tlscope_ui.tui.models.keynames import hint, hints
from tlscope_ui.tui.models.lines import Told
from tlscope_ui.tui.screens.form import Form
from tlscope_ui.tui.widgets.field import Field
from tlscope_ui.tui.widgets.lineview import LineView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from tlscope_ui.tui.models.extent import Extent

SECRETS, DIRECTION = 2, 3
"""Their lines."""
WAYS = {Direction.UP: "from the client", Direction.DOWN: "from the server"}
Item = TypeVar("Item")
CAN = (
    ("so be it", "open"),
    ("choose", "scroll-left", "scroll-right"),
    ("go", "up", "down"),
    ("leave it", "form-leave"),
)
"""What is said that can be done."""


class Export(Form):
    """Lines to choose in, how much that is, a path, and how far it is."""

    DEFAULT_CSS = "Export .count { text-style: bold; }"

    def __init__(self, directory: Path, extents: list[Extent]) -> None:
        """Of the capture in `directory`, one of these; formats that none of them fits are not offered."""
        super().__init__("Export")
        self._directory, self._extents = directory, extents
        self._formats = [name for name in NOTES if offered(extents, name)]
        self._format, self._extent = self._formats[0], extents[0]
        self._secrets, self._direction = False, Direction.DOWN
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
            yield Static(classes="count", markup=False)
            yield Field(max_length=4096)
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
        if not self._busy:
            self._turn(options.cursor, by)
        options.replace(Told(self._lines()))
        field = self.query_one(Input)
        if field.value == self._suggested:  # nobody typed another
            name = "-".join(filter(None, (self._directory.name, self._extent.name)))
            self._suggested = str(suggested(Path.cwd(), name, self._format))
            field.value = self._suggested
        self._say(NOTES[self._format])
        if not self._busy:
            self._count()

    def _turn(self, line: int, by: int) -> None:
        if line == 0:
            self._format = _next(self._formats, self._format, by)
        fitting = offered(self._extents, self._format)
        if line == 1:
            self._extent = _next(fitting, self._extent, by)
        elif self._extent not in fitting:
            self._extent = fitting[0]
        if line == SECRETS and by:
            self._secrets = not self._secrets
        if line == DIRECTION and by:
            self._direction = Direction(not self._direction)

    def _lines(self) -> list[Line]:
        fixed = "in it, always" if self._format in {"pcapng", "keylog", "raw"} else "none in it"
        secrets = ("left out", "in it")[self._secrets] if self._format in REDACTED else fixed
        way = WAYS[self._direction] if self._format in OF_ONE else "both"
        values = (self._format, self._extent.title, secrets, way)
        return [
            [f" {name:<11}", Span("◂ ", "dim"), Span(value, "strong"), Span(" ▸", "dim")]
            for name, value in zip(("format", "what", "secrets", "direction"), values, strict=True)
        ]

    # ----------------------------------------------------------------------------------------------------------- count

    def _count(self) -> None:
        """Say how much it is."""
        self._much("counting …")
        format_, extent = self._format, self._extent
        self.run_worker(
            lambda: self._counted(format_, extent), thread=True, exclusive=True, group="count", exit_on_error=False
        )

    def _counted(self, format_: str, extent: Extent) -> None:
        """In a thread."""
        try:
            taken = extent.taken(self._directory, format_)
            said = f"✗ {taken.counted}" if taken.nothing else taken.counted
        except Exception as error:  # noqa: BLE001 - a bug must not end the screen; it is told
            said = f"✗ {error}"
        self.app.call_from_thread(self._told, format_, extent, said)

    def _told(self, format_: str, extent: Extent, said: str) -> None:
        if (format_, extent) == (self._format, self._extent) and not self._busy:
            self._much(said)

    def _much(self, said: str) -> None:
        self.query_one(".count", Static).update(Content(visible(said)))

    # ----------------------------------------------------------------------------------------------------------- write

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
            wanted = Wanted(self._directory, self._format, self._extent, self._secrets, path, self._direction)
            self.run_worker(lambda: self._write(wanted), thread=True, exit_on_error=False)

    def _write(self, wanted: Wanted) -> None:
        """In a thread."""
        call = self.app.call_from_thread
        try:
            written = write(wanted, self._stopping.is_set, lambda many: call(self._say, f"{size(many)} …"))
        except Missing as missing:
            call(self._failed, f"✗ {missing}: nothing was written")
        except Stopped:
            call(self.dismiss, "the export was stopped; there is no file")
        except Failure as failure:
            call(self._failed, f"✗ {failure}. Next: {failure.next}")
        except Exception as error:  # noqa: BLE001 - a bug must not end the screen; it is told
            call(self._failed, f"✗ it cannot be exported: {error}")
        else:
            told = f"✓ {written.counted}: {size(written.size)} in {wanted.path}"
            call(self.dismiss, " ⚠ ".join((told, *written.notes)))

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

    DEFAULT_CSS = "Options { height: 4; }"

    def action_sideways(self, by: int) -> None:
        """Choose."""
        dialog = self.screen
        assert isinstance(dialog, Export)  # it is a part of that
        dialog.turn(1 if by > 0 else -1)


def _next(items: Sequence[Item], item: Item, by: int) -> Item:
    """The one that is so far from another, going round."""
    return items[(items.index(item) + by) % len(items)]
