"""Actions to choose from: the menu of a row, the command line, the palette. All of them out of models/actions.py.

    offer(screen, "Actions", at, typed=False)      a menu of what can be done with a row
    offer(screen, "Command", at, typed=True)       of all that can be done on a screen, by its name
    search(app), themes(app)                       the same from anywhere, and the colours

The palette is a menu as all others are. Textual has one of its own, which is not used: in 8.2, page down in its list
ends the program (KeyError) while what is typed changes that list; it searches with markup, to which hosts of strangers
would have to be quoted; its key is always Ctrl+P; and its colours are fixed, some of them black.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlscope_ui.tui.models.actions import ACTIONS, OF_HOST, OF_ROW, PLACES, Action, At, command
from tlscope_ui.tui.models.keynames import all_keys, keys
from tlscope_ui.tui.screens.dialog import Dialog
from tlscope_ui.tui.screens.menu import Choice, Menu
from tlscope_ui.tui.screens.paper import Paper

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode
    from textual.screen import Screen


def possible(screen: Screen[Any]) -> list[tuple[Action, DOMNode]]:
    """What can be done now, and to what: what has the keys, or is around it; else what can be seen."""
    places = _places(screen)
    found = []
    for action in ACTIONS:
        name = f"action_{action.call.partition('(')[0]}"
        nodes = (
            node
            for node in places[action.place]
            if (name.startswith("action_app.") or hasattr(node, name)) and not why_not(node, action)
        )
        if (node := next(nodes, None)) is not None:
            found.append((action, node))
    return found


def why_not(node: DOMNode, action: Action) -> str:
    """Why an action cannot be done there just now, if `node` knows."""
    asked = getattr(node, "why_not", None)
    return asked(action) if asked is not None else ""


def _places(screen: Screen[Any]) -> dict[str, list[DOMNode]]:
    """Which nodes are of each kind that actions belong to; those that have the keys, or are around that, first."""
    focused = screen.focused
    around = list(focused.ancestors_with_self) if focused is not None else [screen, screen.app]
    found: dict[str, list[DOMNode]] = {place: [] for place in PLACES}
    for node in (*around, *(widget for widget in screen.query("*") if widget.is_on_screen)):
        for kind in type(node).__mro__:
            if kind.__name__ in found:
                found[kind.__name__].append(node)
    return found


def choices(screen: Screen[Any], at: At | None, *, typed: bool) -> list[Choice]:
    """The same as lines of a menu, each with its keys and with what does the same in a shell.

    Without what is `typed` no more than what can be done with the row, or with what is shown of it where the keys are.
    """
    made = []
    for action, node in possible(screen):
        if not typed and not _of_row(action, node, screen, at):
            continue
        shell = command(action, at) if at is not None else ""
        foot = f"{action.note}\n$ {shell}" if shell else action.note
        words = f"{action.id} {action.title} {action.note}"
        key = ",".join(keys(action))
        made.append(Choice(key, all_keys(action), action.id, action.note, (action, node), foot, words))
    return made


def _of_row(action: Action, node: DOMNode, screen: Screen[Any], at: At | None) -> bool:
    """Whether it is done with the selected row; `back` and the like are done with the screen."""
    if action.place in {"Main", "RowView"}:
        return at is not None and action.id in (OF_ROW if at.connection else OF_HOST if at.host else ())
    if action.place in {"Tlscope", "LineView", "FindBar", "FilterInput"} or action.call == "leave":
        return False
    return screen.focused is not None and node in screen.focused.ancestors_with_self


def offer(screen: Screen[Any], title: str, at: At | None, *, typed: bool) -> None:
    """Let somebody choose what is done."""
    app = screen.app

    async def act(chosen: tuple[Action, DOMNode] | None) -> None:
        if chosen is not None:
            action, node = chosen
            await app.run_action(action.call, node)

    app.push_screen(Menu(title, choices(screen, at, typed=typed), typed=typed), act)


def search(app: App[Any]) -> None:
    """Offer everything; a paper goes for it, while a menu or a form is to be answered first."""
    while isinstance(app.screen, Paper):
        app.screen.dismiss()
    if not isinstance(app.screen, Dialog):
        at = getattr(app.screen, "at", None)
        offer(app.screen, "Palette", at, typed=True)


def themes(app: App[Any]) -> None:
    """Let somebody choose the colours."""

    def have(name: str | None) -> None:
        if name is not None:
            app.theme = name

    known = app.available_themes
    offered = [Choice("", "✓" if name == app.theme else "", name, _kind(known[name].dark), name) for name in known]
    app.push_screen(Menu("Theme", sorted(offered, key=lambda choice: choice.title), typed=True), have)


def _kind(dark: bool) -> str:  # noqa: FBT001 - a theme's own flag
    return "dark" if dark else "light"
