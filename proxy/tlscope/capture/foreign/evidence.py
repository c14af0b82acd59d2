"""What records that nobody can open tell all the same: that the handshake before them was completed.

    evidence = Evidence()
    evidence.take(record, negotiation)       each record that could not be opened
    evidence.complete

Before TLS 1.3 a record says in the clear that it holds application data, and no stack sends that before it has seen the
other side's Finished, but for the first one of a client in a hurry (RFC 7918): both ways, and it is certain.

In TLS 1.3 all that is encrypted says so (RFC 8446 section 5.2), and the order tells. The server's flight comes first;
then the client's, of which the first record holds its Finished, its certificate where it was asked for one, or an
alert. What the server sends behind that, if it is no alert, it sends to a client whose Finished it has seen: a ticket,
an answer. A second record of the client's that is no alert, and the two are talking. Early data would come before the
client's flight and look like it: then nothing is concluded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tlscope.events import Direction
from tlscope.wire.tls.codes import ContentType

if TYPE_CHECKING:
    from tlscope.wire.tls.decryption.decrypted import Record
    from tlscope.wire.tls.decryption.negotiation import Negotiation

HEADER: Final = 5
"""Bytes of a record's header (RFC 8446 section 5.1)."""
ALERT: Final = 2 + 1 + 16
"""Bytes of an alert's record in TLS 1.3: the alert, its content type, the tag, where no padding is added."""
TLS1_3: Final = 0x0304


class Evidence:
    """What was seen so far of one handshake."""

    __slots__ = ("_answered", "_said")

    def __init__(self) -> None:
        self._answered = False
        """TLS 1.3: whether the client's own flight has begun."""
        self._said: set[Direction] = set()
        """Which sides have sent what an endpoint sends once the handshake is completed."""

    @property
    def complete(self) -> bool:
        """Whether it was completed, by all that was seen; what was not seen may have been completed as well."""
        return len(self._said) == len(Direction)

    def take(self, record: Record, negotiation: Negotiation) -> None:
        """See a record that could not be opened."""
        if record.content_type != ContentType.application_data or not negotiation.version:
            return
        if negotiation.version < TLS1_3:
            self._said.add(record.direction)
        elif record.length - HEADER > ALERT and not negotiation.early_data:
            if self._answered:
                self._said.add(record.direction)
            elif record.direction is Direction.UP:
                self._answered = True
