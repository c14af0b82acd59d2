"""What one leg of a connection did, as plain values: what stories are told from and findings are judged by.

    facts = leg_facts(events_of_one_connection, Leg.SERVER)

Only the events of one connection go in, in their order; where no message was recorded of a leg (a connection passed
through, or one whose server failed before the client was answered), the hellos are read out of the ciphertext. What was
not seen is empty or 0. Nothing raises; memory is bounded by the limits below.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tlscope.events import (
    Action,
    Ciphertext,
    Closed,
    Data,
    Direction,
    Faulted,
    HandshakeDone,
    LeafForged,
    Leg,
    Message,
    Opened,
    Outcome,
    Policy,
    Secret,
    VerdictGiven,
)
from tlscope.wire.tls.codes import AlertDescription, NamedGroup, ProtocolVersion, SignatureScheme, message_name, name_of
from tlscope.wire.tls.compression import CannotExpand, expand
from tlscope.wire.tls.meaning import gist
from tlscope.wire.tls.meaning.stapled import response_of
from tlscope.wire.tls.suites import CipherSuite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tlscope.events import Event
    from tlscope.wire.tls.meaning.gist import Chosen, Offered

MAX_MESSAGES = 10_000
"""Messages of a leg that are kept: a handshake has some fifteen, but KeyUpdates and tickets have no end."""
MAX_ALERTS = 100
"""Kept of a leg; a peer may send warnings without end."""
MAX_CIPHERTEXT = 64 << 10
"""Bytes of a direction in which a hello is looked for: as long as the recorder lets one be."""

ALERT, CLIENT_HELLO = 21, b"\x01"
TLS1_3 = 0x0304
FATAL = 2
CLOSURE = frozenset({AlertDescription.close_notify, AlertDescription.user_canceled})
"""Alerts that end no connection by themselves (RFC 8446 section 6.1)."""
RAW_PUBLIC_KEY = b"\x02"
"""A CertificateType (RFC 7250 section 3)."""
STATUS_REQUEST, SIGNED_CERTIFICATE_TIMESTAMP, SERVER_CERTIFICATE_TYPE, PRE_SHARED_KEY, EARLY_DATA = 5, 18, 20, 41, 42


class Alert(NamedTuple):
    """An alert that passed on a leg (RFC 8446 section 6)."""

    place: int
    """The index of the message on its leg."""
    direction: Direction
    fatal: bool
    """In TLS 1.3 all are but two, whatever level they give (RFC 8446 section 6)."""
    description: int
    after_data: bool
    """Whether application data had passed before it, in its direction or the other."""


@dataclass(slots=True)
class LegFacts:
    """One leg. Made by leg_facts, which fills it as the events come; nobody else changes it."""

    leg: Leg = Leg.CLIENT
    direct: bool = False
    """Whether nobody stood between client and server: it was passed through, or others captured the packets."""
    host: str = ""
    """The name asked for: the hello's server name, else the name that policy knew."""
    hello: bytes = b""
    """The ClientHello."""
    client_hello: bytes = b""
    """On the server leg, the ClientHello of the client leg: what this one was made after."""
    second_hello: bytes = b""
    """The one after a HelloRetryRequest."""
    retry: bytes = b""
    server_hello: bytes = b""
    version: int = 0
    suite: int = 0
    group: int = 0
    """The NamedGroup of the key exchange; 0 where none was used or it is not known."""
    dh_bits: int = 0
    """The prime of a finite-field key exchange of TLS 1.2."""
    scheme: int = 0
    """With which SignatureScheme the server proved its key; 0 where it did not, or before TLS 1.2."""
    client_scheme: int = 0
    alpn: str = ""
    encrypted: tuple[int, ...] = ()
    """The extensions of EncryptedExtensions, in their order."""
    raw_key: bool = False
    """Whether the server shows a bare public key in the place of a certificate (RFC 7250)."""
    chain: tuple[bytes, ...] = ()
    """The server's certificates as DER; on the client leg ours in the server's place."""
    timestamps: bytes = b""
    """The SignedCertificateTimestampList that came beside the certificate (RFC 6962 section 3.3.1)."""
    ocsp: bytes = b""
    """The OCSPResponse that was stapled to the handshake (RFC 6066 section 8)."""
    client_chain: tuple[bytes, ...] = ()
    asked: bool = False
    """Whether the server asked for the client's certificate."""
    messages: list[tuple[Direction, str]] = field(default_factory=list)
    """Every message by its name, alerts too, in the order recorded."""
    alerts: list[Alert] = field(default_factory=list)
    tickets: list[int] = field(default_factory=list)
    """Lifetimes of the tickets given, in seconds."""
    secrets: list[str] = field(default_factory=list)
    """Labels of the secrets that were logged; never the secrets."""
    early_accepted: bool = False
    done: bool = False
    """Whether its handshake was completed."""
    resumed: bool = False
    closes: list[Closed] = field(default_factory=list)
    closed_second: bool = False
    """Whether the other leg had come to its end before, of which this one's is then the consequence."""
    up: int = 0
    """Bytes of application data that the connection relayed towards the server, once it was encrypted."""
    down: int = 0
    verdict: tuple[str, ...] | None = None
    """What verification said of the server's chain: `code: sentence`; None where it said nothing."""
    pardoned: bool = False
    """Whether the client is shown a valid certificate whatever the verdict is."""
    forged: str = ""
    """Who signed the certificate shown to the client: `authority`, `throw-away` or `self`."""
    mirrored: tuple[str, ...] = ()
    """On the client leg, what is wrong with the server's chain and therefore with ours: `code: sentence`."""
    fault: Faulted | None = None
    """The connection's first."""
    outcome: Outcome | None = None
    """How the connection ended; None while it goes on."""
    policy: Policy | None = None
    """What was done with it, and why."""

    @property
    def over(self) -> bool:
        """Whether the connection has ended."""
        return self.outcome is not None

    @property
    def passed_through(self) -> bool:
        """Whether policy had us relay it unopened; of packets that others captured we relayed nothing."""
        policy = self.policy
        return policy is not None and policy.action is Action.PASS_THROUGH and policy.via != "pcap"

    @property
    def offered(self) -> Offered | None:
        """The ClientHello's contents."""
        return gist.offered(self.hello)

    @property
    def chosen(self) -> Chosen | None:
        """The ServerHello's contents."""
        return gist.chosen(self.server_hello)

    @property
    def shown(self) -> bool:
        """Whether the server showed a certificate, or a key; one that was compressed and does not expand counts."""
        return bool(self.chain) or self.raw_key or self.place("CompressedCertificate", Direction.DOWN) is not None

    @property
    def sealed(self) -> bool:
        """Whether the handshake went on under keys that nobody here has: how it ended is not seen, `done` concluded.

        In TLS 1.3 all behind the ServerHello is encrypted, before it what follows ChangeCipherSpec. Of a connection
        that was passed through only the hellos are read.
        """
        if not (self.direct and self.server_hello):
            return False
        names = {name for _, name in self.messages}
        if self.version >= TLS1_3:
            return not names & {"EncryptedExtensions", "Finished"}
        return not names or ("ChangeCipherSpec" in names and "Finished" not in names)

    @property
    def version_name(self) -> str:
        """`TLSv1.3`; empty as long as none was chosen."""
        return name_of(ProtocolVersion, self.version) if self.version else ""

    @property
    def suite_name(self) -> str:
        """The RFC's name."""
        return name_of(CipherSuite, self.suite) if self.server_hello else ""

    @property
    def group_name(self) -> str:
        """The group, or the size of the prime."""
        if self.group:
            return name_of(NamedGroup, self.group)
        return f"DH of {self.dh_bits} bits" if self.dh_bits else ""

    @property
    def scheme_name(self) -> str:
        """How the server signed."""
        return name_of(SignatureScheme, self.scheme) if self.scheme else ""

    def place(self, name: str, direction: Direction | None = None) -> int | None:
        """The index of the first message of this name."""
        for index, (way, found) in enumerate(self.messages):
            if found == name and direction in {None, way}:
                return index
        return None

    def sender(self, direction: Direction) -> str:
        """Who sends in a direction on this leg: `client`, `server` or `us`."""
        if self.direct:
            return "server" if direction else "client"
        if self.leg is Leg.CLIENT:
            return "us" if direction else "client"
        return "server" if direction else "us"


def leg_facts(events: Iterable[Event], leg: Leg) -> LegFacts:
    """All that the events of one connection tell of a leg."""
    facts = LegFacts(leg)
    streams = {(which, way): bytearray() for which in Leg for way in Direction}
    for event in events:
        if isinstance(event, Ciphertext):
            stream = streams[event.leg, event.direction]
            if len(stream) < MAX_CIPHERTEXT and not facts.server_hello:  # by then all hellos have passed
                stream += event.data[: MAX_CIPHERTEXT - len(stream)]
        else:
            _take(facts, event)
    first = {end: gist.first_message(bytes(stream)) for end, stream in streams.items() if stream}
    if not facts.hello and (leg, Direction.UP) in first:
        _hello(facts, Direction.UP, first[leg, Direction.UP])
        _server_hello(facts, Direction.DOWN, first.get((leg, Direction.DOWN), b""))
    if leg is Leg.SERVER:
        facts.client_hello = facts.client_hello or first.get((Leg.CLIENT, Direction.UP), b"")
    policy = facts.policy
    facts.direct = facts.direct or (policy is not None and policy.action is Action.PASS_THROUGH)
    hello = facts.offered
    facts.host = hello.sni if hello else ""
    if not facts.host and policy and not (policy.via == "reverse" and leg is Leg.CLIENT):
        facts.host = policy.host  # in reverse mode a client knows us by a name of its own
    return facts


def _take(facts: LegFacts, event: Event) -> None:  # noqa: C901, PLR0912 - a table
    """Everything that needs no second look."""
    match event:
        case Opened():
            facts.direct = event.mode == "pcap"
        case Message() if event.leg is facts.leg:
            _message(facts, event)
        case Message(Leg.CLIENT, Direction.UP, _, 22, data) if data[:1] == CLIENT_HELLO:
            facts.client_hello = facts.client_hello or data
        case HandshakeDone() if event.leg is facts.leg:
            facts.done, facts.resumed = True, facts.resumed or event.resumed
            facts.alpn = facts.alpn or event.alpn
            facts.group = facts.group or next((item.value for item in NamedGroup if _same(item.name, event.group)), 0)
        case Secret() if event.leg is facts.leg and len(facts.secrets) < MAX_MESSAGES:
            facts.secrets.append(event.data.partition(b" ")[0].decode("ascii", "replace"))
        case Closed():
            _closed(facts, event)
        case Data() if event.encrypted:
            facts.up += len(event.data) if event.direction is Direction.UP else 0
            facts.down += len(event.data) if event.direction is Direction.DOWN else 0
        case VerdictGiven() if facts.leg is Leg.SERVER:
            facts.verdict, facts.pardoned = event.faults, event.pardoned
        case VerdictGiven(mirrored=True):
            facts.mirrored = event.faults
        case LeafForged() if facts.leg is Leg.CLIENT:
            facts.forged = event.issuer
        case Faulted():
            facts.fault = facts.fault or event
        case Outcome():
            facts.outcome = event
        case Policy():
            facts.policy = event
        case _:
            pass


def _closed(facts: LegFacts, event: Closed) -> None:
    if event.leg is not facts.leg:
        facts.closed_second = facts.closed_second or not facts.closes
    elif len(facts.closes) < MAX_ALERTS:
        facts.closes.append(event)


def _same(ours: str, theirs: str) -> bool:
    """OpenSSL writes the groups' names in small letters, and P-256 by its other name."""
    return ours.lower() == {"prime256v1": "secp256r1"}.get(theirs.lower(), theirs.lower())


def _message(facts: LegFacts, event: Message) -> None:
    direction, data = event.direction, event.data
    name = message_name(event.content_type, data)
    if len(facts.messages) < MAX_MESSAGES:
        facts.messages.append((direction, name))
    if event.content_type == ALERT and len(data) == 2 and len(facts.alerts) < MAX_ALERTS:
        place, passed = len(facts.messages) - 1, bool(facts.up or facts.down)
        fatal = data[0] == FATAL or (facts.version >= TLS1_3 and data[1] not in CLOSURE)
        facts.alerts.append(Alert(place, direction, fatal, data[1], passed))
    read = _READERS.get(name)
    if read and not facts.done:  # what a renegotiation says is another handshake's
        read(facts, direction, data)
    elif name == "NewSessionTicket":
        _ticket(facts, direction, data)


def _hello(facts: LegFacts, _: Direction, data: bytes) -> None:
    if facts.retry:
        facts.second_hello = facts.second_hello or data
    else:
        facts.hello = facts.hello or data


def _server_hello(facts: LegFacts, _: Direction, data: bytes) -> None:
    found = gist.chosen(data)
    if not found or facts.server_hello:
        return
    if found.retry:
        facts.retry, facts.group = facts.retry or data, found.group
        return
    facts.server_hello, facts.version, facts.suite = data, found.version, found.suite
    facts.group = found.group
    facts.alpn = found.alpn.decode("latin-1")
    facts.resumed = PRE_SHARED_KEY in found.extensions.bodies
    facts.timestamps = found.extensions.bodies.get(SIGNED_CERTIFICATE_TIMESTAMP, b"")
    facts.raw_key = found.extensions.bodies.get(SERVER_CERTIFICATE_TYPE) == RAW_PUBLIC_KEY


def _encrypted(facts: LegFacts, _: Direction, data: bytes) -> None:
    extensions = gist.encrypted_extensions(data)
    facts.alpn = gist.selected_protocol(extensions).decode("latin-1")
    facts.early_accepted = EARLY_DATA in extensions.bodies
    facts.encrypted = extensions.order
    facts.raw_key = extensions.bodies.get(SERVER_CERTIFICATE_TYPE) == RAW_PUBLIC_KEY


def _certificate(facts: LegFacts, direction: Direction, data: bytes) -> None:
    if direction is Direction.DOWN and not (facts.chain or facts.raw_key):
        facts.chain = gist.certificates(data, facts.version)
        beside = gist.leaf_extensions(data, facts.version).bodies
        facts.timestamps = facts.timestamps or beside.get(SIGNED_CERTIFICATE_TIMESTAMP, b"")
        facts.ocsp = response_of(beside.get(STATUS_REQUEST, b""))
    elif direction is Direction.UP:
        facts.client_chain = facts.client_chain or gist.certificates(data, facts.version)


def _compressed(facts: LegFacts, direction: Direction, data: bytes) -> None:
    """CompressedCertificate (RFC 8879 section 4); one that does not expand shows nothing."""
    reader = gist.Reader(data, 4)
    algorithm, length, body = reader.number(2), reader.number(3), reader.vector(3)
    try:
        expanded = expand(algorithm, body, length)
    except CannotExpand:
        return
    _certificate(facts, direction, data[:4] + expanded)


def _status(facts: LegFacts, _: Direction, data: bytes) -> None:
    facts.ocsp = facts.ocsp or response_of(data[4:])


def _key_exchange(facts: LegFacts, _: Direction, data: bytes) -> None:
    facts.group, facts.dh_bits, facts.scheme = gist.key_exchange(data, facts.suite, facts.version)


def _verify(facts: LegFacts, direction: Direction, data: bytes) -> None:
    scheme = gist.verify_scheme(data, facts.version)
    if direction is Direction.DOWN:
        facts.scheme = scheme
    else:
        facts.client_scheme = scheme


def _request(facts: LegFacts, _: Direction, __: bytes) -> None:
    facts.asked = True


def _ticket(facts: LegFacts, _: Direction, data: bytes) -> None:
    lifetime = gist.ticket_lifetime(data)
    if lifetime is not None and len(facts.tickets) < MAX_ALERTS:
        facts.tickets.append(lifetime)


_READERS: dict[str, Callable[[LegFacts, Direction, bytes], None]] = {
    "ClientHello": _hello,
    "HelloRetryRequest": _server_hello,
    "ServerHello": _server_hello,
    "EncryptedExtensions": _encrypted,
    "Certificate": _certificate,
    "CompressedCertificate": _compressed,
    "CertificateStatus": _status,
    "ServerKeyExchange": _key_exchange,
    "CertificateVerify": _verify,
    "CertificateRequest": _request,
    "NewSessionTicket": _ticket,
}
