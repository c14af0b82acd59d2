"""One connection's records, folded into its row of the index.

    fold = Fold(number)
    fold.take(passed)           each of its records, in order
    fold.row()                  the columns of `connection`
    fold.findings()             rows of `finding`
    fold.traffic.fresh          rows of `exchange` that changed; fold.packer has its places

All of it follows from the records alone: a fold that was let go of is made again by giving it the same records. That is
how the inspector goes on after it was stopped, and how it keeps within its memory. What a fold keeps in the meantime is
said by `weight`.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from tlscope.capture import format as fmt
from tlscope.capture.foreign import FROM_PACKETS
from tlscope.capture.handshake import Meaning, meaning
from tlscope.capture.places import Packer
from tlscope.capture.traffic import MAX_TEXT, Traffic
from tlscope.events import (
    Closed,
    Data,
    Direction,
    Faulted,
    HandshakeDone,
    Leg,
    Message,
    Opened,
    Outcome,
    Policy,
    Reached,
    VerdictGiven,
)
from tlscope.wire.tls.codes import AlertDescription, name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.capture.handshake import Finding
    from tlscope.capture.walk import Passed
    from tlscope.events import Event

MAX_EVENTS = 500
"""Events of a connection that are kept to judge its handshakes by: a handshake of both legs takes some forty."""
MAX_KEPT = 256 << 10
"""Bytes in them: two hellos, two chains, some tickets; a chain of post-quantum certificates takes some 20 KiB."""
MAX_HELLO = 16 << 10
"""Bytes of ciphertext that are kept for the ClientHello in them, where the recorder opened no TLS."""
MAX_ALERTS = 16
MAX_ALIKE = 1 << 10
"""Bytes of a record that is kept, in case that another one is the same."""
WEIGHT, EVENT_WEIGHT = 4 << 10, 300
"""Bytes of memory: of a fold, and of an event beside its bytes."""

UP, DOWN, CLIENT, SERVER = Direction.UP, Direction.DOWN, Leg.CLIENT, Leg.SERVER
VERSIONS = {"SSLv3": 0x0300, "TLSv1": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
HANDSHAKE, ALERT, CLIENT_HELLO = 22, 21, 1
DATA, MESSAGE, CIPHERTEXT = int(fmt.Kind.DATA), int(fmt.Kind.MESSAGE), int(fmt.Kind.CIPHERTEXT)
SECRET = int(fmt.Kind.SECRET)

Row = dict[str, Any]

SENDERS = ("client", "server")
"""Who sends in a direction; who is at the far end of a leg."""
ODD = 2
"""The severity of an oddity: a notice."""


class Fold:
    """One connection, as far as its records tell."""

    __slots__ = (
        "_alerts",
        "_begun",
        "_bytes",
        "_hello",
        "_judged",
        "_kept",
        "_masks",
        "_meaning",
        "_plain",
        "_spoke",
        "bare_for",
        "columns",
        "number",
        "over",
        "packer",
        "traffic",
        "written",
    )

    def __init__(self, number: int) -> None:
        self.number = number
        self.columns: Row = {"connection": number, "up": 0, "down": 0}
        self.packer = Packer()
        self.traffic: Traffic | None = None
        self.over = False
        """Whether the recorder said how it ended."""
        self.bare_for = ""
        """Why it goes on from its row, where its records could not be taken again."""
        self.written: list[Finding] = []
        """The findings that the index holds already."""
        self._begun = 0
        """When its first record was written."""
        self._kept: list[Event] = []
        self._bytes = 0
        self._judged = (0, 0)
        """How much of `_kept` and `_hello` the meaning was concluded from."""
        self._meaning = Meaning()
        self._masks = [0, 0]
        self._alerts: dict[str, None] = {}
        self._hello = bytearray()
        self._plain = False
        self._spoke = [False, False]
        """Whether there was application data, up and down."""

    @classmethod
    def bare(cls, row: Row, fault: str) -> Fold:
        """A fold that goes on from its row, without what it knew of the records: its data is not followed any more."""
        fold = cls(row["connection"])
        fold.columns = {**row, "dissector_fault": fault}
        fold.bare_for = fault
        fold.over = row["outcome"] is not None
        fold._masks = [row["client_messages"], row["server_messages"]]
        fold._alerts = dict.fromkeys((row["alerts"] or "").split())
        return fold

    def take(self, passed: Passed) -> None:
        """Take its next record."""
        kind, size = passed.kind, len(passed.payload) - passed.meta
        if not self._begun:
            self._begun = passed.wall
        if kind == DATA:
            self._data(passed, size)
        elif kind == CIPHERTEXT:
            self._ciphertext(passed, size)
        elif kind != SECRET:
            self._event(passed)
        self.packer.add(passed.series, passed.segment, passed.start, kind, passed.flags, size)

    @property
    def exchanges(self) -> int:
        """How many it has had so far."""
        return 0 if self.traffic is None else self.traffic.count

    @property
    def weight(self) -> int:
        """Bytes of memory that it takes, roughly."""
        own = WEIGHT + self._bytes + EVENT_WEIGHT * len(self._kept) + len(self._hello)
        return own if self.traffic is None else own + self.traffic.weight

    def row(self) -> Row:
        """The columns that are known."""
        row = self.columns
        row["client_messages"], row["server_messages"] = self._masks
        row["alerts"] = " ".join(self._alerts) or None
        if self.bare_for:
            return row
        self._judge()
        row.update(self._meaning.columns)
        traffic = self.traffic
        if traffic:
            traffic.settle()
            row["exchanges"] = traffic.count
            row["protocol"] = "plain" if self._plain and traffic.protocol in {"", "raw"} else traffic.protocol or None
        row["dissector_fault"] = self._meaning.fault or (traffic and traffic.fault) or None
        found = self.findings()
        row["findings"] = " ".join(dict.fromkeys(code for _, code, _, _ in found)) or None
        row["severity"] = max((severity for _, _, severity, _ in found), default=None)
        return row

    def findings(self) -> list[Finding]:
        """Leg, code, severity and sentence of each."""
        self._judge()
        found = list(self._meaning.findings)
        if self.traffic:
            for code, (direction, text) in self.traffic.oddities.items():
                found.append((SENDERS[direction], code, ODD, text))
        return found

    def _judge(self) -> None:
        """Conclude anew from the events, where there are more of them than the last time."""
        if self._judged != (judged := (len(self._kept), len(self._hello))):
            self._judged = judged
            self._meaning = meaning(self._kept, bytes(self._hello), self._begun / 1e9)

    # --------------------------------------------------------------------------------------------------------- records

    def _data(self, passed: Passed, size: int) -> None:
        down = passed.flags & fmt.FLAG_DOWN
        packer, columns = self.packer, self.columns
        if not self.over:  # then the outcome has the last word
            columns["down" if down else "up"] += size
        if self.bare_for:
            return
        traffic = self.traffic or self._speaks(passed)
        if not self._spoke[bool(down)]:  # that there was some: how much says the row
            self._spoke[bool(down)] = True
            self._kept.append(Data(DOWN if down else UP, b"-", encrypted=not self._plain))
        payload = passed.payload[passed.meta :] if passed.meta else passed.payload
        if down:
            traffic.feed(DOWN, payload, packer.down, passed.wall)
        else:
            traffic.feed(UP, payload, packer.up, passed.wall)

    def _speaks(self, passed: Passed) -> Traffic:
        """The first application data."""
        self._plain = bool(passed.flags & fmt.FLAG_PLAIN)
        alpn = self.columns.get("client_alpn") or self.columns.get("server_alpn") or ""
        traffic = self.traffic = Traffic(alpn, scheme="http" if self._plain else "https")
        for event in self._kept:
            if self._plain and isinstance(event, Faulted) and event.missing:
                traffic.missing(event.direction, event.missing, passed.wall)
        return traffic

    def _ciphertext(self, passed: Passed, size: int) -> None:
        """Keep the client's first bytes until its hello has come as a message: it does not where nothing is opened."""
        if not passed.flags & (fmt.FLAG_SERVER | fmt.FLAG_DOWN) and not self._masks[CLIENT]:
            room = MAX_HELLO - len(self._hello)
            if room > 0:
                self._hello += passed.payload[passed.meta : passed.meta + min(size, room)]

    def _event(self, passed: Passed) -> None:
        event = decoded(passed)
        if isinstance(event, fmt.Unreadable):  # this version does not know it, or cannot read it
            return
        handle = self._handlers.get(type(event))
        if handle is not None:
            handle(self, event, passed.wall)
        if len(self._kept) < MAX_EVENTS and self._bytes + len(passed.payload) <= MAX_KEPT:
            self._kept.append(event)
            self._bytes += len(passed.payload)

    # ---------------------------------------------------------------------------------------------------------- events

    def _opened(self, event: Opened, wall: int) -> None:
        ip, port = _address(event.client)
        self.columns.update(
            opened=wall, client=event.client, client_ip=ip, client_port=port, listener=event.listener, mode=event.mode
        )

    def _policy(self, event: Policy, _: int) -> None:
        """The last one counts: the hello's SNI may change the first."""
        self.columns.update(
            action=event.action.value,
            host=event.host[:MAX_TEXT],
            port=event.port,
            via=event.via,
            rule=event.rule[:MAX_TEXT] or None,
            server_ip=event.host if _is_ip(event.host) else self.columns.get("server_ip"),
        )

    def _reached(self, event: Reached, _: int) -> None:
        self.columns["server_ip"] = _address(event.server)[0]

    def _message(self, event: Message, _: int) -> None:
        data = event.data
        if event.content_type == HANDSHAKE and data:
            if data[0] < 63:  # bits of a signed number of 64
                self._masks[event.leg] |= 1 << data[0]
            if data[0] == CLIENT_HELLO and event.leg is CLIENT:
                self._hello.clear()
        elif event.content_type == ALERT and len(data) > 1 and len(self._alerts) < MAX_ALERTS:
            far = int(event.leg) == int(event.direction) or self.columns.get("mode") == FROM_PACKETS
            who = SENDERS[event.direction] if far else "us"
            self._alerts[f"{who}:{name_of(AlertDescription, data[1]).replace(' ', '-')}"] = None

    def _handshake(self, event: HandshakeDone, _: int) -> None:
        leg = "client" if event.leg is CLIENT else "server"
        self.columns.update(
            {
                f"{leg}_version": VERSIONS.get(event.version),
                f"{leg}_cipher": event.cipher or None,
                f"{leg}_group": event.group or None,
                f"{leg}_alpn": event.alpn or None,
            }
        )
        if event.sni:
            self.columns["sni" if event.leg is CLIENT else "server_sni"] = event.sni

    def _verdict(self, event: VerdictGiven, _: int) -> None:
        self.columns["verdict"] = " ".join(dict.fromkeys(fault.partition(":")[0] for fault in event.faults))[:MAX_TEXT]

    def _closed(self, event: Closed, wall: int) -> None:
        """The client ends what goes up, the server what goes down."""
        if self.traffic:
            self.traffic.finish(UP if event.leg is CLIENT else DOWN, wall)

    def _faulted(self, event: Faulted, wall: int) -> None:
        """The first one counts: those after it are as a rule its consequences."""
        if event.missing and self.traffic is not None:
            self.traffic.missing(event.direction, lost_of(event, plain=self._plain), wall)
        if self.columns.get("fault") is None:
            self.columns.update(
                fault=event.code,
                fault_who=event.who.value,
                fault_what=event.what[:MAX_TEXT],
                fault_next=event.next[:MAX_TEXT],
            )

    def _outcome(self, event: Outcome, wall: int) -> None:
        self.columns.update(
            outcome=event.outcome.value,
            detail=event.detail[:MAX_TEXT] or None,
            closed=wall,
            up=event.up,
            down=event.down,
        )
        self.over = True
        if self.traffic:
            self.traffic.finish(UP, wall)
            self.traffic.finish(DOWN, wall)

    _handlers: ClassVar[dict[type, Callable[[Fold, Any, int], None]]] = {
        Opened: _opened,
        Policy: _policy,
        Reached: _reached,
        Message: _message,
        HandshakeDone: _handshake,
        VerdictGiven: _verdict,
        Closed: _closed,
        Faulted: _faulted,
        Outcome: _outcome,
    }


def lost_of(event: Faulted, *, plain: bool) -> int:
    """Application bytes that a capture does not have; 0 where TLS hides how many were in the missing records."""
    return event.missing if plain else 0


def decoded(passed: Passed) -> Event | fmt.Unreadable:
    """The event of a record."""
    kind, flags, meta, payload = passed.kind, passed.flags, passed.meta, passed.payload
    if kind == MESSAGE and (known := _message_meta(bytes(payload[:meta]))):
        leg, direction = Leg(flags & fmt.FLAG_SERVER), Direction(bool(flags & fmt.FLAG_DOWN))
        return Message(leg, direction, *known, bytes(payload[meta:]))
    return (_decoded if len(payload) <= MAX_ALIKE else _decoded.__wrapped__)(kind, flags, meta, bytes(payload))


@lru_cache(maxsize=1_024)
def _decoded(kind: int, flags: int, meta: int, payload: bytes) -> Event | fmt.Unreadable:
    """Policies, handshakes and verdicts are alike from connection to connection: making them anew is what costs."""
    return fmt.decode(fmt.Head(0, len(payload), kind, flags, meta, 0, 0, 0), payload)


@lru_cache(maxsize=256)
def _message_meta(meta: bytes) -> tuple[int, int] | None:
    """Version and content type of a Message; None where its fields are not those that this version writes."""
    made = fmt.decode(fmt.Head(0, len(meta), MESSAGE, 0, len(meta), 0, 0, 0), meta)
    return (made.version, made.content_type) if isinstance(made, Message) else None


@lru_cache(maxsize=1_024)
def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _address(text: str) -> tuple[str | None, int | None]:
    """`host:port`, IPv6 hosts in brackets, in two."""
    host, _, port = text.rpartition(":")
    return host.strip("[]") or None, int(port) if port.isascii() and port.isdecimal() else None


def address(host: str | None, port: int | None) -> str | None:
    """The two as one again."""
    return host and f"{f'[{host}]' if ':' in host else host}:{port}"
