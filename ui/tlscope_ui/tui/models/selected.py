"""What the cursor of the list stands on: the one thing that all panes and actions are about."""

from __future__ import annotations

from typing import NamedTuple


class Selected(NamedTuple):
    """A connection, or one of its exchanges."""

    connection: int
    """Its number in the capture; 0 for nothing."""
    exchange: int = 0
    """Its number in the connection; 0 for the connection itself."""


NOBODY = Selected(0)
