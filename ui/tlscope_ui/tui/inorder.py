"""Keys are done in the order in which they were typed, however fast.

Most keys go the way of Textual's: to what has the keys, from there up through all that is around it, and when they have
come up to the app it is seen what they are bound to, where the keys are then. Those that open something
(widgets/keys.py, AT_ONCE) are done by the app itself, so that what is typed behind them goes to what they open. But so
they came before what was typed before them: of `j j 2`, typed while the screen was at work, 2 opened a tab of the first
row, and the tab got both `j`.

So such a key waits, and all that comes behind it, until what was typed before is done. To find out when that is, a
message is sent the way of the keys: when it is back, they have all been there. It goes twice, as what they did was told
by messages that go the same way.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from textual import events
from textual.app import App
from textual.message import Message
from textual.widgets import Input

if TYPE_CHECKING:
    from textual.timer import Timer

ROUNDS = 2
"""Times that the message goes round."""
PATIENCE = 1.0
"""Seconds after which a message is taken for lost: what it was sent to has gone, as a dialog does."""


class CaughtUp(Message):
    """All that was typed before this was sent is done; it is the last of its rounds, or one of `left` more."""

    def __init__(self, number: int, left: int) -> None:
        super().__init__()
        self.number, self.left = number, left


class InOrder(App[None]):
    """An app that does keys in their order."""

    def __init__(self) -> None:
        super().__init__()
        self._held: deque[events.Key | events.Paste] = deque()
        """What was typed and is not looked at yet."""
        self._asked = 0
        """Number of the message that is under way."""
        self._lost: Timer | None = None

    async def on_event(self, event: events.Event) -> None:
        """See textual.app.App."""
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif self._held:
            self._held.append(event)
        elif self._is_at_once(event):
            self._held.append(event)
            self._ask(ROUNDS)
        else:
            await super().on_event(event)

    def _is_at_once(self, event: events.Key | events.Paste) -> bool:
        """Whether a key is bound to what the app does itself; a letter that is typed is not."""
        if not isinstance(event, events.Key) or (event.is_printable and isinstance(self.focused, Input)):
            return False
        chain = self.screen._binding_chain  # noqa: SLF001 - where Textual looks, too
        return any(binding.priority for _, map_ in chain for binding in map_.key_to_bindings.get(event.key, ()))

    def _ask(self, rounds: int) -> None:
        self._asked += 1
        self._in_time()
        self._lost = self.set_timer(PATIENCE, self._go_on)
        (self.focused or self.screen).post_message(CaughtUp(self._asked, rounds - 1))

    async def on_caught_up(self, event: CaughtUp) -> None:
        """It is back."""
        event.stop()
        if event.number != self._asked or not self._held:
            return
        if event.left:
            self._ask(event.left)
        else:
            await self._go_on()

    async def _go_on(self) -> None:
        """Do what was held, one after the other, behind what each has caused, as far as the next that has to wait."""
        self._in_time()
        if self._held:
            await super().on_event(self._held.popleft())
        if self._held and self._is_at_once(self._held[0]):
            self._ask(ROUNDS)
        elif self._held:
            self.call_later(self._go_on)

    def _in_time(self) -> None:
        if self._lost is not None:
            self._lost.stop()
            self._lost = None
