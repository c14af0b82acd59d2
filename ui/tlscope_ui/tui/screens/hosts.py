"""The hosts of a capture with the number of their connections; the one that is chosen becomes the filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.capture.filter.answering import answering
from tlscope_ui.tui.screens.menu import Choice

if TYPE_CHECKING:
    from pathlib import Path

MOST = 500
"""Hosts in the list, those with the most connections."""


def hosts(directory: Path, where: str = "1", parameters: tuple[object, ...] = ()) -> list[Choice]:
    """In a thread: of the connections that a filter selects."""
    with answering(directory) as index:
        groups = index.groups("host", where, parameters, limit=MOST)
    most = max((len(f"{group.connections:,}") for group in groups), default=1)
    return [
        Choice("", f"{group.connections:>{most},}", str(group.value or "(no name)"), "", condition(group.value))
        for group in groups
    ]


def condition(host: object) -> str:
    """The filter that selects the connections of a host."""
    if not host:
        return "not host"
    text = str(host).replace("\\", "\\\\").replace('"', '\\"')
    return f'host == "{text}"'
