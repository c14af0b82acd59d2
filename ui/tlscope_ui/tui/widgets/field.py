"""A field to type in, in which keys are done in the order in which they were typed.

Letters are taken in the field's own queue, and actions of ours that leave it wait for them (inorder.py). All other
keys that a field knows, as Backspace, Ctrl+U and the arrows, Textual looks at only when they have come up to the app,
by all that is around the field: of what is typed fast, Enter came before the Backspace that was typed before it, and
a letter behind a Backspace was what that took away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input

if TYPE_CHECKING:
    from textual import events


class Field(Input):
    """A field to type in."""

    async def _on_key(self, event: events.Key) -> None:
        """Do what a key is bound to here, at once; Input's own handler, which follows, takes letters."""
        if event.is_printable:
            return
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if not binding.priority and await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return
