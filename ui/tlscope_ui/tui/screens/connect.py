"""What is on the screen while nothing has been recorded: how clients are connected. Each command can be copied.

page(here, width)                the lines
over(directory, address, width)  where nobody records any more: how to record again, as clients would find nobody
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tlscope_ui.cli.captures import follow
from tlscope_ui.telling import Span
from tlscope_ui.telling.clients import Here, Way, told, ways
from tlscope_ui.telling.flow import Flow, wrapped
from tlscope_ui.tui.models.keynames import key
from tlscope_ui.tui.screens.paper import Paper
from tlscope_ui.tui.widgets.flowview import FlowView

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tlscope_ui.telling import Line
    from tlscope_ui.tui.widgets.lineview import LineView


class Waiting(FlowView):
    """In the place of list and detail, until the first connection."""

    DEFAULT_CSS = """
    Waiting { display: none; height: 100%; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__(id="waiting")
        self._here: Here | None = None

    def tell(self, here: Here) -> None:
        """Clients are to go there."""
        if here != self._here:
            self._here = here
            self.show(Flow(lambda width: page(here, width)))

    def on_line_view_moved(self, event: LineView.Moved) -> None:
        """Nobody else is to hear of it."""
        event.stop()

    def on_line_view_chosen(self, event: LineView.Chosen) -> None:
        """Copy the command."""
        event.stop()
        if isinstance(text := self.about(), str):
            self.app.copy_to_clipboard(text)


class Connect(Paper):
    """The same, later; of a recorder that has ended, that."""

    CAN: ClassVar = (("copy the command", "paper-copy", "open"), ("back", "paper-leave"))

    def __init__(self, here: Here, directory: Path, *, live: bool) -> None:
        """Clients are to go there; `live` says whether somebody records in `directory`."""
        super().__init__(
            "Connect a client", lambda width: page(here, width) if live else over(directory, here.address, width)
        )


def page(here: Here, width: int) -> Iterator[tuple[Line, object]]:
    """The lines."""
    yield [Span("Connect a client", "strong"), f" to {here.address or 'the recorder'}"], None
    for line in wrapped(
        f"Nothing is recorded until one comes. {key('open')} copies the command under the cursor.", width, "", "dim"
    ):
        yield line, None
    yield [], None
    yield from told(ways(here), width)


def over(directory: Path, address: str, width: int) -> Iterator[tuple[Line, object]]:
    """The lines where nobody records; `address` is where the recorder listened, "" where there never was one."""
    anew = Way("into a new capture", "With a screen of its own, in another terminal.", ("tlscope",))
    again = Way(
        "into this capture",
        "Behind what it holds, while this screen looks on. If it was recorded with other options, give them, too.",
        (follow("record", directory),),
    )
    yield [Span(f"Nothing is recorded here{' any more' if address else ''}", "strong")], None
    why = f"The recorder has ended: nobody listens on {address}." if address else "This capture was imported."
    then = f"Once something is recorded again, {key('connect')} shows how clients are connected."
    for line in wrapped(f"{why} {then} {key('open')} copies the command under the cursor.", width, "", "dim"):
        yield line, None
    yield [], None
    yield from told([again, anew] if address else [anew], width)
