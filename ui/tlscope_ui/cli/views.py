"""What `show` tells in place of a connection's events: the same that the screen has as tabs.

    @views
    def command(..., asked: tuple[str, ...] = ()):      in the order in which they were asked for
        tell(asked, Question(directory, connection))

What they are told by (tabs.py, words.py) is loaded when it is asked for: most of it loads `cryptography`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import rich_click as click

from tlscope.capture import notes
from tlscope.capture.summary import rfc3339
from tlscope_ui.cli.captures import follow
from tlscope_ui.cli.filters import check_exchange, no_such, opened
from tlscope_ui.cli.noted import note_line
from tlscope_ui.cli.output import Screen, complain
from tlscope_ui.telling import Span
from tlscope_ui.telling.fitting import folded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


STORY = "story"
VIEWS = {
    "overview": "At a glance: who, whereto, how it ended, what to do next; both legs; what was found.",
    STORY: "In plain words: what happened, what was chosen, what was found.",
    "ladder": "Both handshakes as arrows between client, tlscope and server; double ones passed encrypted.",
    "diff": "What was offered, sent on, chosen and answered; the real certificate and ours.",
    "certificates": "Both chains, the server's and ours, and each check that they passed or failed.",
    "keys": "The key schedule of both legs: what each secret is made of, and what proves it.",
    "findings": "What is worth a word in both handshakes, the gravest first, and where that is written.",
    "timing": "Where the time went: the phases of the connection, and its exchanges.",
    "exchanges": "HTTP: heads, contents and messages, decoded and laid out.",
    "frames": "Messages of WebSocket, gRPC and event streams; frames of HTTP/2 and WebSocket; a line each.",
    "stream": "The data alone, as it passed: each piece with its time, direction, length and offset.",
}
"""What each tells."""
OF_AN_EXCHANGE = "--overview, --timing, --exchanges (which it means alone), --frames"
"""Those that can tell of one alone."""


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wants to know, and how."""

    directory: Path
    connection: int
    exchange: int = 0
    """0 for all that there are."""
    json: bool = False
    fields: bool = False
    """With the fields of what has some."""
    places: bool = False
    """With the bytes of every field."""
    meaning: bool = False
    """With what every field means."""
    secrets: bool = False
    """Not masked."""
    content: str = "pretty"
    """The view of contents: see telling/exchanges.py."""
    limit: int | None = None
    """Of data, how much is shown; None for all, and for all names of long offers."""


def views(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that choose views; the parameter is called `asked`."""

    def ask(ctx: click.Context, option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's signature
        if wanted:
            ctx.params["asked"] = (*ctx.params.get("asked", ()), option.name)

    for name in reversed(VIEWS):
        chosen = click.option(f"--{name}", is_flag=True, expose_value=False, callback=ask, help=VIEWS[name])
        command = chosen(command)
    return command


def tell(asked: tuple[str, ...], question: Question) -> None:
    """Tell each view, as lines or as JSON; raises Failure where there is no such connection, or exchange."""
    screen = Screen()
    for number, name in enumerate(asked):
        if number and not question.json:
            screen.line()
        if name == STORY:
            from tlscope_ui.cli.words import tell as tell_in_words  # noqa: PLC0415 (see above)

            tell_in_words(question.directory, question, screen)
        else:
            _tell(name, question, screen)
    screen.flush()


def _tell(name: str, question: Question, screen: Screen) -> None:
    directory = question.directory
    with opened(directory) as index:
        row = index.connection(question.connection)
        if row is None:
            raise no_such(question.connection, directory)
        if question.exchange:
            check_exchange(directory, index, question.connection, question.exchange)
        from tlscope_ui.cli.tabs import TABS  # noqa: PLC0415 (see above)

        told = TABS[name](index, question)
        if question.json:
            for each in told.objects():
                screen.json({"connection": question.connection, "view": name} | dict(each))
            return
        lines = told.lines(screen.width)
        if told.headed:
            head(screen, directory, question.connection, row["opened"])
        count = 0
        for count, line in enumerate(lines, 1):  # noqa: B007 - counted
            screen.line(*line)
        if not count:
            screen.flush()
            complain(
                f"connection {question.connection} has {told.without}",
                f"Next: {follow('show', directory, question.connection)}",
            )


def head(screen: Screen, directory: Path, connection: int, wall: int | None) -> None:
    """Say which connection it is, when it was opened, and what somebody noted of it."""
    screen.line(Span(f"connection {connection}", "strong"), f", {rfc3339(wall)}" if wall else "")
    for note in notes.known(directory).get(connection, ()):
        for part in folded(note_line(note), screen.width, "  "):
            screen.line(*part)
