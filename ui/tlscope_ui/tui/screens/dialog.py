"""What is laid over the capture, and goes away with an answer: menus, forms, papers."""

from __future__ import annotations

from typing import Generic, TypeVar

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer], Generic[Answer]):
    """A screen over others, which goes once.

    Keys that were pressed before it was gone still come to it: the second one must not take away what lies below.
    """

    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        """See textual.screen.Screen; nothing where it has gone already."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()
