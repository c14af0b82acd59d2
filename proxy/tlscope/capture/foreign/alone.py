"""A connection in which nobody stood between: one conversation, as events.

alone = Alone(put, secrets, 443, late=False)          put(wall, event)
alone.name(wall, host)
alone.stream.passed(...)                              a Stream; a ClientHello may name another host
alone.over(wall, detail)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.capture.foreign import FROM_PACKETS
from tlscope.capture.foreign.stream import HANDSHAKE, Stream
from tlscope.events import Action, Message, Outcome, OutcomeKind, Policy
from tlscope.wire.tls.meaning.gist import offered

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.events import Event
    from tlscope.wire.tls.decryption.keylog import Secrets


class Alone:
    """A connection in which nobody stood between."""

    is_over = True

    def __init__(self, put: Callable[[int, Event], None], secrets: Secrets, port: int, *, late: bool) -> None:
        self._put_at, self._port, self._name, self._has_keys = put, port, "", bool(len(secrets))
        self.stream = Stream(self._put, secrets, late=late)

    def name(self, wall: int, host: str) -> None:
        """To whom it is, as far as that is known."""
        self._name = host
        self._put_at(wall, Policy(Action.PASS_THROUGH, host, self._port, FROM_PACKETS))

    def over(self, wall: int, detail: str) -> None:
        """Say how it ended."""
        if self.is_tls:
            said = "decrypted" if self.opened else "nothing that is encrypted passed"
            if self.locked:
                why = self.locked if self._has_keys else "there are no keys; --keylog FILE names them"
                said = f"{'decrypted in part' if self.opened else 'not decrypted'}: {why}"
            detail = f"{said}; {detail}" if detail else said
        read = any(self.stream.carried) or not self.locked
        up, down = self.stream.carried if read else self.stream.sizes
        self._put_at(
            wall, Outcome(OutcomeKind.PASSED_THROUGH if self.is_tls else OutcomeKind.NOT_TLS, up, down, detail)
        )

    @property
    def is_tls(self) -> bool:
        """Whether TLS was spoken."""
        return self.stream.is_tls

    @property
    def opened(self) -> bool:
        """Whether something of it was decrypted."""
        return self.stream.opened

    @property
    def locked(self) -> str:
        """Why what could not be decrypted could not be."""
        return self.stream.locked

    def _put(self, wall: int, event: Event) -> None:
        self._put_at(wall, event)
        if isinstance(event, Message) and event.content_type == HANDSHAKE and event.data[0] == 1:
            hello = None if self.stream.is_done else offered(event.data)
            if hello is not None and hello.sni and hello.sni != self._name:
                self.name(wall, hello.sni)
