"""The vocabulary: what can happen on a connection.

Every event is a frozen dataclass without behaviour. The engine makes them, the journal keeps them, the views read them;
nobody else needs to know how they lie on disk. An event says what happened, never when or to whom: its `Record`
(capture/reader.py) adds the connection's number and the two clocks.

Each event holds at most one field of bytes, `data`; the journal keeps it raw, behind the other fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Leg(IntEnum):
    """One of the two TLS connections that tlscope joins."""

    CLIENT = 0
    """Between the client and us."""
    SERVER = 1
    """Between us and the server."""


class Direction(IntEnum):
    """Where bytes go, on either leg."""

    UP = 0
    """Towards the server."""
    DOWN = 1
    """Towards the client."""


class Action(StrEnum):
    """What policy does with a connection."""

    INTERCEPT = "intercept"
    PASS_THROUGH = "pass-through"  # noqa: S105 - no password
    REFUSE = "refuse"


class Ruling(StrEnum):
    """What is changed while recording: one of the actions, or that a rule is no more."""

    INTERCEPT = "intercept"
    PASS_THROUGH = "pass-through"  # noqa: S105 - no password
    REFUSE = "refuse"
    FORGET = "forget"


class OutcomeKind(StrEnum):
    """How a connection ended, in a word (design: Words)."""

    INTERCEPTED = "intercepted"
    PASSED_THROUGH = "passed-through"
    CLIENT_REJECTED = "client-rejected"
    UPSTREAM_FAILED = "upstream-failed"
    UPSTREAM_INVALID = "upstream-invalid"
    NOT_TLS = "not-tls"
    REFUSED = "refused"
    ABORTED = "aborted"


class How(StrEnum):
    """How one side ended its direction."""

    CLOSE_NOTIFY = "close_notify"
    """The TLS closure alert (RFC 8446 section 6.1)."""
    FIN = "FIN"
    """The TCP half-close; without a `close_notify` before it the data may be truncated."""
    RST = "RST"
    TIME_OUT = "time-out"
    ALERT = "alert"
    """A fatal alert, named in `Closed.detail`."""


class Who(StrEnum):
    """Who is at fault."""

    CLIENT = "client"
    UPSTREAM = "upstream"
    NETWORK = "network"
    US = "us"


@dataclass(frozen=True, slots=True)
class Opened:
    """A client connected. Addresses are `host:port`, IPv6 hosts in brackets."""

    mode: str
    client: str
    listener: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Where the connection goes and what is done with it; there may be two, when the hello's SNI changes the first."""

    action: Action
    host: str
    port: int
    via: str
    """How the target became known: `connect`, `absolute-form`, `socks4`, `socks5`, `sni`, `reverse`."""
    rule: str = ""
    """What decided: an option, for instance `--passthrough *.bank`, or a rule set while recording, for instance
    `control pass-through *.bank`; empty for the default."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The server's TCP accepted our connection."""

    server: str
    """The address that answered, as `host:port`; the target may be a name."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """The policy was changed: it holds for connections that are not decided yet. Of connection 0, the recording."""

    ruling: Ruling
    host: str
    """A glob over host names."""


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """Bytes as they passed on the wire of one leg: the handshake flights, and all of it with `--ciphertext`."""

    leg: Leg
    direction: Direction
    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One TLS protocol message, decrypted: handshake (22, with its header), alert (21) or change_cipher_spec (20)."""

    leg: Leg
    direction: Direction
    version: int
    """The protocol version of the leg as OpenSSL knew it then, for instance 0x0304."""
    content_type: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Secret:
    """One line of the NSS key log (RFC 9850): label, client random, secret."""

    leg: Leg
    data: bytes


@dataclass(frozen=True, slots=True)
class HandshakeDone:
    """A leg's handshake is complete. Empty strings stand for what was not negotiated."""

    leg: Leg
    version: str
    """`TLSv1.3`, `TLSv1.2`, `TLSv1.1` or `TLSv1`."""
    cipher: str
    """The RFC name of the suite, for instance `TLS_AES_128_GCM_SHA256`."""
    group: str
    alpn: str
    sni: str
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class VerdictGiven:
    """What verification said of the server's chain for `host`; no fault means valid."""

    host: str
    faults: tuple[str, ...]
    """One line a fault, `code: sentence`."""
    chain_length: int
    mirrored: bool = True
    """Whether the client is shown what verification says: an invalid chain with its faults."""
    pardoned: bool = False
    """Whether an invalid chain is shown as valid, as the user asked; one neither mirrored nor pardoned is refused."""


@dataclass(frozen=True, slots=True)
class LeafForged:
    """The certificate (DER) shown to the client in the server's place."""

    issuer: str
    """`authority`, `throw-away` or `self`: who signed it, which mirrors whether the server's chain was trusted."""
    key: str
    """`P-256` or `RSA-2048`."""
    data: bytes


@dataclass(frozen=True, slots=True)
class Data:
    """Application bytes as relayed."""

    direction: Direction
    data: bytes
    encrypted: bool = True
    """False for bytes that passed outside TLS."""


@dataclass(frozen=True, slots=True)
class Closed:
    """One side ended its sending direction."""

    leg: Leg
    how: How
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Faulted:
    """Something went wrong, and at whose fault."""

    who: Who
    code: str
    """A stable name for scripts, for instance `hello-too-long`."""
    what: str
    """What happened, in a sentence."""
    next: str = ""
    """What to do next, in a sentence."""
    direction: Direction = Direction.UP
    missing: int = 0
    """Bytes of that direction that passed here and were not recorded, where that is what went wrong."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The connection is over."""

    outcome: OutcomeKind
    up: int
    """Application bytes towards the server; for a connection passed through, the bytes on the wire."""
    down: int
    detail: str = ""


Event = (
    Opened
    | Policy
    | Reached
    | Ciphertext
    | Message
    | Secret
    | HandshakeDone
    | VerdictGiven
    | LeafForged
    | Data
    | Closed
    | Faulted
    | Outcome
    | Ruled
)
