"""The help: which keys do what, here first, and what the signs mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tlscope_ui.telling import Span
from tlscope_ui.telling.flow import named, wrapped
from tlscope_ui.tui.models.actions import PLACES, of
from tlscope_ui.tui.models.keynames import all_keys, key
from tlscope_ui.tui.models.settings import kept_file, keys_file
from tlscope_ui.tui.screens.paper import Paper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tlscope_ui.telling import Line
    from tlscope_ui.tui.models.actions import Action

ALL_KEYS = "tlscope open --keymap"
KEYS = 18
"""Columns for the keys."""
SIGNS = (
    ("✓ ✗ ●", "it went well, it failed, it is still going on; a word says the same"),
    ("‼ !", "something grave was found; something worth a look"),
    ("▲ ▼", "towards the server; towards the client"),
    ("▸ ▾ ★", "folded; unfolded; marked with {}, or with a comment"),
)


def nothing(action: Action) -> str:  # noqa: ARG001 - as every `why_not`
    """No reason not to do anything."""
    return ""


class Help(Paper):
    """The keys, those that work where the cursor is first."""

    CAN: ClassVar = (("search everything that can be done", "palette"), ("back", "paper-leave"))

    def __init__(self, here: Sequence[str], why_not: Callable[[Action], str] = nothing) -> None:
        """`here`: the places that have the keys, the innermost first; `why_not`: why something cannot be done."""
        super().__init__("Help", lambda width: told(here, width, why_not))


def told(here: Sequence[str], width: int, why_not: Callable[[Action], str] = nothing) -> Iterator[tuple[Line, object]]:
    """The lines."""
    first = [place for place in dict.fromkeys(here) if place in PLACES and place not in {"Main", "Tlscope"}]
    places = [*first, "Main", "Tlscope", *(place for place in PLACES if place not in {*first, "Main", "Tlscope"})]
    for number, place in enumerate(places):
        if number == len(first) + 2:
            yield [Span("ELSEWHERE", "strong")], None
            yield [], None
        actions = of(place)
        if not actions:
            continue
        yield [Span(PLACES[place], "strong")], None
        for action in actions:
            why = f" Not now, as {text}." if (text := why_not(action)) else ""
            for line in named(all_keys(action) or key("palette"), f"{action.title}: {action.note}{why}", width, KEYS):
                yield line, None
        yield [], None
    yield [Span("Signs", "strong")], None
    for sign, meaning in SIGNS:
        for line in named(sign, meaning.format(key("mark")), width, KEYS):
            yield line, None
    yield [], None
    yield [Span("Keys of your own", "strong")], None
    for line in wrapped(
        f'In {keys_file()}, below [keys], a line for each action: follow = "F", or quit = ["q", "Ctrl+X"]. '
        f"`{ALL_KEYS}` prints such a file with all actions ({key('open')} copies the command). "
        f"Theme, columns and earlier filters are kept in {kept_file()}.",
        width,
    ):
        yield line, ALL_KEYS
    yield [], None
    for line in wrapped(
        "Each of these can be done without a screen: tlscope list, show, watch, export, control.", width
    ):
        yield line, None
