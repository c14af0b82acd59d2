"""What packets of an export of ours announce of the conversations that they begin (exported.py), until these speak.

announced = Announced()
announced.take(segment, packet) -> bool         each of their packets
announced.beginning(place, conversation)        what was said of one that begins, once
announced.clients[identity]                     who a connection is from, and when it came
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.capture.foreign.exported import MADE_UP, Place, beginning
from tlscope.capture.foreign.legs import Client
from tlscope.capture.foreign.packets import address
from tlscope.capture.foreign.reassembly import MAX_CONVERSATIONS

if TYPE_CHECKING:
    from tlscope.capture.foreign.entry import Packet
    from tlscope.capture.foreign.exported import Beginning
    from tlscope.capture.foreign.packets import End as Address
    from tlscope.capture.foreign.packets import Segment
    from tlscope.capture.foreign.reassembly import Conversation


class Announced:
    """What packets of exports of ours say of their conversations, until these begin; no more than go on at a time."""

    def __init__(self) -> None:
        self._found: dict[tuple[Place, Address, Address], Beginning] = {}
        self.clients: dict[int, Client] = {}
        """Who the connections are from, by their identity: so says the client leg."""

    def take(self, found: Segment, packet: Packet) -> bool:
        """Learn from a packet; whether its conversation is one that is known and has not begun."""
        key = _key(packet.place, found.source, found.target)
        if (said := beginning(packet.identity, packet.comments)) is not None:
            self._found[key] = said
            if packet.place is Place.CLIENT_LEG:
                self.clients[said.identity] = Client(packet.wall, address(found.source), address(found.target))
        elif MADE_UP in packet.comments and key in self._found:
            known = self._found[key].identity
            if known in self.clients:
                self.clients[known] = self.clients[known]._replace(via="connect")
        if len(self._found) > MAX_CONVERSATIONS:
            del self._found[next(iter(self._found))]
        if len(self.clients) > MAX_CONVERSATIONS:
            del self.clients[next(iter(self.clients))]
        return key in self._found

    def beginning(self, place: Place, conversation: Conversation) -> Beginning | None:
        """What is known of a conversation that begins."""
        return self._found.pop(_key(place, *conversation.ends), None)


def _key(place: Place, source: Address, target: Address) -> tuple[Place, Address, Address]:
    return place, min(source, target), max(source, target)
