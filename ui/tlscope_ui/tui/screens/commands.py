"""Actions to choose from: the palette, the menu of a row, the command line. All of them out of models/actions.py."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from textual.command import DiscoveryHit, Hit, Provider
from textual.content import Content

from tlscope_ui.text import visible
from tlscope_ui.tui.models.actions import ACTIONS, Action, At, command, shown
from tlscope_ui.tui.screens.menu import Choice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.command import Hits
    from textual.dom import DOMNode
    from textual.screen import Screen


def place_of(action: Action, screen: Screen[Any]) -> DOMNode | None:
    """What it is done to: what has the keys, or is around it; else what can be seen; None where there is nothing."""
    focused = screen.focused
    around = list(focused.ancestors_with_self) if focused is not None else [screen, screen.app]
    name = f"action_{action.call.partition('(')[0]}"
    for node in (*around, *(widget for widget in screen.query("*") if widget.is_on_screen)):
        if action.place in {kind.__name__ for kind in type(node).__mro__} and _can(node, name):
            return node
    return None


def _can(node: DOMNode, name: str) -> bool:
    return name.startswith("action_app.") or hasattr(node, name)


def possible(screen: Screen[Any]) -> list[tuple[Action, DOMNode]]:
    """What can be done now, and to what."""
    found = ((action, place_of(action, screen)) for action in ACTIONS)
    return [(action, node) for action, node in found if node is not None]


def choices(screen: Screen[Any], at: At, keymap: Mapping[str, str]) -> list[Choice]:
    """The same as lines of a menu."""
    made = []
    for action, node in possible(screen):
        if action.place == "LineView":  # moving about is done there, and here
            continue
        keys, shell = keymap.get(action.id, action.keys), command(action, at)
        foot = f"{action.note}\n$ {shell}" if shell else action.note
        made.append(Choice(keys, shown(keys), action.id, action.note, (action, node), foot))
    return made


class Actions(Provider):
    """What the palette offers."""

    async def search(self, query: str) -> Hits:
        """Actions whose title, name or sentence holds what was typed."""
        matcher = self.matcher(query)
        for action, node in possible(self.screen):
            text = _said(action)
            if (score := matcher.match(text)) > 0:
                yield Hit(score, matcher.highlight(text), partial(self._run, action, node), text, self._shell(action))

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for action, node in possible(self.screen):
            yield DiscoveryHit(_said(action), partial(self._run, action, node), _said(action), self._shell(action))

    async def _run(self, action: Action, node: DOMNode) -> None:
        await self.app.run_action(action.call, node)

    def _shell(self, action: Action) -> str:
        at = getattr(self.screen, "at", None)
        shell = command(action, at) if isinstance(at, At) else ""
        # The palette makes a Content of a string by reading markup in it: hosts of strangers are in this.
        return Content(visible(f"{action.note}  $ {shell}" if shell else action.note)).markup


def _said(action: Action) -> str:
    keys = shown(action.keys)
    return f"{action.title} ({keys})" if keys else action.title
