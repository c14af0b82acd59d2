"""Which of a connection's events `show` tells: all, or some messages alone, or those of one leg.

    @message_options
    def command(..., message: frozenset[str], leg: Leg | None):
        chosen = Chosen(message, leg)
        if chosen.takes(event): ...
        chosen.nothing(directory, connection)      what to say where nothing was taken

Names are those of the RFCs, as `show` writes them: ClientHello, EncryptedExtensions, Alert; case does not matter.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import rich_click as click

from tlscope.events import LeafForged, Leg, Message, VerdictGiven
from tlscope.export.jsonl import LEGS
from tlscope.wire.tls.codes import MESSAGES, HandshakeType, message_name
from tlscope_ui.cli.captures import follow
from tlscope_ui.cli.output import Failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tlscope.capture.format import Unreadable
    from tlscope.events import Event

USAGE = 2
KNOWN = {name.lower(): name for name in (*(kind.name for kind in HandshakeType), *MESSAGES.values())}
"""All names of messages, by how they are looked for."""
OF_A_LEG = {LeafForged: Leg.CLIENT, VerdictGiven: Leg.SERVER}
"""Events that do not say which leg they belong to, as they can belong to one alone."""


def message_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options `--message` and `--leg`; the parameters have their names."""
    command = click.option(
        "--leg", type=click.Choice(list(LEGS.values())), callback=_leg, help="Only what belongs to this leg."
    )(command)
    return click.option(
        "--message", metavar="NAME", multiple=True, callback=_named,
        help="Only these messages: ClientHello, Certificate, Alert ... Several times for several.",
    )(command)  # fmt: skip


class Chosen:
    """What is told, and what there was to choose from."""

    def __init__(self, names: frozenset[str], leg: Leg | None) -> None:
        """No names stand for all events."""
        self._names, self._leg = names, leg
        self._passed: dict[str, None] = {}
        self._taken = False

    def __bool__(self) -> bool:
        """Whether anything is left out."""
        return bool(self._names) or self._leg is not None

    def takes(self, event: Event | Unreadable) -> bool:
        """Whether an event is told."""
        if not self:
            return True
        leg = getattr(event, "leg", OF_A_LEG.get(type(event)))
        taken = self._leg is None or leg is self._leg
        if isinstance(event, Message) and taken:
            name = message_name(event.content_type, event.data)
            self._passed[name] = None
            taken = not self._names or name in self._names
        elif self._names:
            taken = False
        self._taken = self._taken or taken
        return taken

    def nothing(self, directory: Path, connection: int) -> tuple[str, str] | None:
        """What was not there, and what was; None where something was taken."""
        if self._taken:
            return None
        what = " and no ".join(sorted(self._names)) or "event"
        where = "" if self._leg is None else f" on the {LEGS[self._leg]} leg"
        told = f"{follow('show', directory, connection)} tells what it has"
        has = f"it has {', '.join(self._passed)}" if self._passed else told
        return f"connection {connection} has no {what}{where}", f"Next: {has}"


def _named(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> frozenset[str]:
    for name in given:
        if name.lower() not in KNOWN:
            near = difflib.get_close_matches(name.lower(), KNOWN, 1)
            known = f"there are: {', '.join(sorted(KNOWN.values()))}"
            raise Failure(f"no message is called {name}", f"did you mean {KNOWN[near[0]]}?" if near else known, USAGE)
    return frozenset(KNOWN[name.lower()] for name in given)


def _leg(_: click.Context, __: click.Parameter, given: str | None) -> Leg | None:
    return next((leg for leg, name in LEGS.items() if name == given), None)
