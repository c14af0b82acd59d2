"""A connection that tlscope stood in, out of the conversations that its export made of it (exported.py).

    legs = Legs(put, secrets, beginning, client)  put(wall, event)
    side = legs.side(place)                       of each conversation, when it begins
    side.passed(direction, wall, data) ...        as a Stream; side.finish(wall)
    legs.over(wall, detail)                       once none of them is left

Application data stands in several of them: it went in on one leg and out on the other, and where not all ciphertext was
recorded, it is in a conversation of its own. It is the same everywhere, so each conversation knows how far it has come,
and tells what is beyond what was told already. So it is with their ends. What was encrypted is told where it left: a
server may speak at once, and a client may refuse its certificate before that was sent on.

What packets do not hold is not known again: verdicts and faults, and where not all ciphertext was recorded, what came
behind the handshake and is no data, as tickets.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.foreign import EXPORTED, FROM_PACKETS
from tlscope.capture.foreign.exported import Place
from tlscope.capture.foreign.stream import Stream
from tlscope.events import Action, Closed, Data, Direction, Faulted, How, Leg, Opened, Outcome, OutcomeKind, Policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.capture.foreign.exported import Beginning
    from tlscope.events import Event
    from tlscope.wire.tls.decryption.keylog import Secrets

    Put = Callable[[int, Event], None]

_LEAVES_BY = {Direction.UP: Leg.SERVER, Direction.DOWN: Leg.CLIENT}
_ACTIONS = {OutcomeKind.REFUSED: Action.REFUSE}


class Client(NamedTuple):
    """Who a connection is from, and when it came."""

    wall: int
    address: str = ""
    listener: str = ""
    via: str = FROM_PACKETS
    """How: the CONNECT is in the file, or nothing is."""


class Legs:
    """One connection, as events."""

    def __init__(self, put: Put, secrets: Secrets, beginning: Beginning, client: Client) -> None:
        """Of a client, as far as it is known."""
        self._put, self._secrets, self._beginning = put, secrets, beginning
        self._legs: dict[Leg, _Leg] = {}
        self._has_client_leg = bool(client.address)
        self._sides = 0
        self._told = [0, 0]
        """Bytes of data that were told, of each direction."""
        self._ended: set[Leg] = set()
        action = _ACTIONS.get(beginning.outcome, Action.INTERCEPT) if beginning.outcome else Action.INTERCEPT
        put(client.wall, Opened(EXPORTED, client.address, client.listener))
        put(client.wall, Policy(action, beginning.host, beginning.port, client.via))

    def side(self, place: Place) -> _Leg | _Decrypted:
        """What a conversation that begins is told to."""
        self._sides += 1
        if place is Place.DECRYPTED:
            return _Decrypted(self)
        leg = Leg(int(place))
        side = self._legs[leg] = _Leg(self, leg, self._secrets)
        return side

    @property
    def is_over(self) -> bool:
        """Whether none of its conversations goes on: an export ends all of them at once."""
        return not self._sides

    def over(self, wall: int, detail: str) -> None:
        """Say how it ended."""
        found = self._beginning
        if found.outcome is not None:
            outcome, detail = found.outcome, found.detail
        elif not self.is_tls:
            outcome = OutcomeKind.NOT_TLS
        else:
            done = any(self._told) or [stream.is_done for stream in self._streams] == [True, True]
            outcome = OutcomeKind.INTERCEPTED if done else OutcomeKind.ABORTED
        up, down = self._told
        self._put(wall, Outcome(outcome, up, down, detail))

    @property
    def _streams(self) -> list[Stream]:
        return [leg.stream for leg in self._legs.values()]

    @property
    def is_tls(self) -> bool:
        """Whether TLS was spoken on a leg."""
        return any(stream.is_tls for stream in self._streams)

    @property
    def opened(self) -> bool:
        """Whether something of it was decrypted."""
        return any(stream.opened for stream in self._streams)

    @property
    def locked(self) -> str:
        """Why what could not be decrypted could not be."""
        return next((stream.locked for stream in self._streams if stream.locked), "")

    # ---------------------------------------------------------------------------------------------- what a side tells

    def tell(self, wall: int, event: Event) -> None:
        """Something that stands in one conversation only, or is to be told each time."""
        self._put(wall, event)

    def is_seen_leaving(self, direction: Direction) -> bool:
        """Whether the leg that data of a direction leaves by is there, and nothing in it is missing so far."""
        leg = _LEAVES_BY[direction]
        if leg in self._legs:
            return self._legs[leg].said[direction] is not None
        return leg is Leg.CLIENT and self._has_client_leg  # it has not spoken yet, as the server may have

    def data(self, begin: int, wall: int, event: Data) -> None:
        """Data, which begins at that place of its direction."""
        told, end = self._told[event.direction], begin + len(event.data)
        if end > told:
            self._told[event.direction] = end
            self._put(wall, replace(event, data=event.data[max(told - begin, 0) :]))

    def end(self, wall: int, event: Closed) -> None:
        """One side sends no more."""
        if event.leg not in self._ended:
            self._ended.add(event.leg)
            self._put(wall, event)

    def leave(self) -> None:
        """A conversation is over."""
        self._sides -= 1


class _Leg:
    """A leg: its handshake, its keys, and the data in it, as far as that can be decrypted."""

    def __init__(self, legs: Legs, leg: Leg, secrets: Secrets) -> None:
        self._legs, self._leg = legs, leg
        self.stream = Stream(self._put, secrets, late=False, leg=leg)
        self.said: list[int | None] = [0, 0]
        """Bytes of data in it, of each direction; None where it is not known any more how many there were."""
        self.passed, self.ended = self.stream.passed, self.stream.ended

    def missing(self, direction: Direction, wall: int, size: int) -> None:
        """The file was cut since: TLS does not tell how much data was in it."""
        self.stream.missing(direction, wall, size)
        said = self.said[direction]
        self.said[direction] = None if self.stream.is_tls or said is None else said + size

    def finish(self, wall: int) -> None:
        """Nothing more comes."""
        self.stream.finish(wall)
        self._legs.leave()

    def _put(self, wall: int, event: Event) -> None:
        match event:
            case Data(direction, data, encrypted):
                begin = self.said[direction]
                if begin is None:
                    return
                self.said[direction] = begin + len(data)
                if not encrypted or self._leg is _LEAVES_BY[direction] or not self._legs.is_seen_leaving(direction):
                    self._legs.data(begin, wall, event)
            case Closed():
                self._legs.end(wall, event)
            case Faulted():
                self._legs.tell(wall, replace(event, missing=0))  # the other leg has the data of it
            case _:
                self._legs.tell(wall, event)


class _Decrypted:
    """The data, where the legs do not have all of it."""

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self._said = [0, 0]

    def passed(self, direction: Direction, wall: int, data: bytes) -> None:
        """Bytes of one end."""
        begin = self._said[direction]
        self._said[direction] += len(data)
        self._legs.data(begin, wall, Data(direction, data))

    def missing(self, direction: Direction, _: int, size: int) -> None:
        """What follows stands where it stood."""
        self._said[direction] += size

    def ended(self, direction: Direction, wall: int, how: How) -> None:
        """It says when, which the legs do not: they are whole only once the connection is over."""
        self._legs.end(wall, Closed(Leg(int(direction)), how))

    def finish(self, _: int) -> None:
        """Nothing more comes."""
        self._legs.leave()
