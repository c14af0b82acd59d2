"""`tlscope search TEXT`: where it stands in what passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from tlscope.events import Direction
from tlscope.export.jsonl import DIRECTIONS
from tlscope_ui.cli.captures import capture_option, find
from tlscope_ui.cli.filters import filter_argument, opened, selected
from tlscope_ui.cli.output import Failure, Screen, complain
from tlscope_ui.telling import Span
from tlscope_ui.telling.fitting import NARROWEST, cut
from tlscope_ui.telling.lines import ARROWS
from tlscope_ui.text import columns, fit, visible

if TYPE_CHECKING:
    from pathlib import Path

    from tlscope.capture.search import Match


@click.command("search")
@click.argument("text")
@filter_argument
@capture_option
@click.option("--hex", "hexadecimal", is_flag=True, help="TEXT is bytes, as hexadecimal digits.")
@click.option("--jsonl", is_flag=True, help="One JSON object a match; what is around it is what it is.")
@click.option("--with-secrets", is_flag=True, help="Also cookies, passwords, tokens around it. Otherwise masked.")
def command(
    text: str,
    filter_: tuple[str, ...],
    capture: Path | None,
    *,
    hexadecimal: bool,
    jsonl: bool,
    with_secrets: bool,
) -> None:
    """Search for TEXT in the application data: of all connections, or of those that FILTER selects.

    Of HTTP, heads and contents are searched, compressed contents too, and the messages of WebSocket and gRPC; of
    anything else, the bytes as they passed.
    Upper and lower case of ASCII letters are the same. Exit code 1 where nothing is found.
    """
    needle = _needle(text, hexadecimal=hexadecimal)
    directory = find(capture)
    numbers = selected(directory, filter_)
    screen, count = Screen(), 0
    from tlscope.capture.search import Contents  # noqa: PLC0415 - sqlite3 is loaded by those who need it
    from tlscope.export.cover import covered  # noqa: PLC0415 - as above

    with opened(directory) as index:
        contents = Contents(index, None if jsonl or with_secrets else covered)
        for (number,) in index.database.execute("SELECT connection FROM connection ORDER BY connection").fetchall():
            if numbers is None or number in numbers:
                for match in contents.find(number, needle):
                    count += 1
                    screen.json(_as_json(match)) if jsonl else screen.line(*_line(match, screen.width))
    screen.flush()
    if not count:
        complain(f"{text} is nowhere in what passed")
        raise SystemExit(1)


def _needle(text: str, *, hexadecimal: bool) -> bytes:
    try:
        needle = bytes.fromhex(text) if hexadecimal else text.encode(errors="surrogateescape")
    except ValueError:
        raise Failure(f"{text} is not hexadecimal", "give two digits a byte: 0d0a, or 0d 0a", 2) from None
    if not needle:
        raise Failure("there is nothing to search for", "tlscope search --help", 2)
    return needle


def _line(match: Match, width: int | None) -> list[str | Span]:
    """Where it stands and what it stands in: of that, as much on either side as there is room for."""
    exchange = f"exchange {match.exchange}, " if match.exchange is not None else ""
    part = f"{match.part} {match.message}" if match.message is not None else match.part
    number, where = f"#{match.connection}", f" {exchange}{part} at {match.offset}: {ARROWS[match.direction]} "
    before, found, after = _text(match.before), _text(match.found), _text(match.after)
    if width is not None:
        room = max(width, NARROWEST) - columns(number + where + found)
        before = fit(before[::-1], max(room // 2, room - columns(after)))[::-1]
        after = fit(after, room - columns(before))
    return cut([Span(number, "strong"), where, before, Span(found, "good"), after], width)


def _text(data: bytes) -> str:
    return visible(data.decode("utf-8", "backslashreplace"))


def _as_json(match: Match) -> dict[str, object]:
    return {
        "connection": match.connection,
        "exchange": match.exchange,
        "direction": DIRECTIONS[Direction(match.direction)],
        "part": match.part,
        "message": match.message,
        "offset": match.offset,
        "before": match.before.decode("latin-1"),
        "found": match.found.decode("latin-1"),
        "after": match.after.decode("latin-1"),
    }
