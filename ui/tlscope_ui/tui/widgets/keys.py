"""Bindings out of the table of actions (models/actions.py), so that keys, menus and help never differ."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from tlscope_ui.tui.models.actions import of

OPENING = frozenset(
    {"actions", "command", "copy", "export", "save", "comment", "columns", *(f"tab-{number}" for number in range(1, 9))}
)
"""Actions of the main screen that have something take the keys: a dialog, or another pane."""
LEAVING = frozenset({"find-look", "find-close", "filter-keep", "filter-back", "filter-complete"})
"""Actions of a field that give the keys back."""
AT_ONCE = frozenset({"filter", "filter-before", "filter-after", "find", "palette", *OPENING, *LEAVING})
"""Actions that are done before the next key is looked at, wherever it goes: what is typed behind `/` is for the filter,
behind Ctrl+F for the search, and behind Enter in them for the list, however fast; and the palette comes over a page of
help, too."""


def bound(place: str) -> list[BindingType]:
    """The bindings of a kind of widget or screen; settings know them by the action's id."""
    return [
        Binding(
            action.keys,
            action.call,
            action.title,
            show=False,
            tooltip=action.note,
            id=action.id,
            priority=action.id in AT_ONCE,
        )
        for action in of(place)
        if action.keys
    ]
