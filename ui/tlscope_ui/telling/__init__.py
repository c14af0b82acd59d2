"""What there is to tell, as lines: the same for the commands and for the screen.

    lines       events
    tree        messages and certificates, field by field
    story       a connection explained
    exchanges   requests, responses and messages
    fitting     lines cut or folded to a width

A line is strings and `Span`s, which are put in as they came from the wire. Nothing here prints: cli/output.py and
tui/widgets/lineview.py make them safe, colour them, and show them.
"""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A piece of a line that looks different."""

    text: str
    style: str
    """`good`, `bad`, `dim`, `strong`, `client`, `server`, or "" for none; who shows it knows what that looks like."""


Line = list[str | Span]
