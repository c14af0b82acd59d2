"""The legal order of handshake messages, as one table; what departs from it is a finding.

    order = Order(0x0304)
    order.feed(Direction.UP, "ClientHello")       None: legal
    order.feed(Direction.UP, "Finished")          Departure: at `after ClientHello` there may come ServerHello ...

A stack that takes messages in another order than the RFC's can be led past the step that protects it: SMACK (2015)
found servers' Finished accepted without a Certificate, and the early ChangeCipherSpec of CVE-2014-0224 fixed keys
before there was a secret.

A state is named after what came last. The two directions share a state, although the two flights of a handshake may
cross on the wire: an endpoint answers only what it has read, and what an endpoint read and sent is the order in which a
leg is recorded. Where the RFC lets messages cross (tickets, KeyUpdates, client authentication after the handshake), the
table has them in every state in which they can be seen.

TLS 1.0 and 1.1 go by the table of 1.2. The version is known from the ServerHello on; an Order that was not told it
allows what either table does until a message is only in one of them. Alerts may come at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tlscope.events import Direction

TLS1_3 = 0x0304

State = str
Table = dict[State, dict[str, State]]

START: Final = "the start"
OLD_HELLO: Final = "ServerHello of TLS 1.2"
NEW_HELLO: Final = "ServerHello of TLS 1.3"
EITHER_HELLO: Final = "ServerHello"
EITHER_CCS: Final = "ServerHello and ChangeCipherSpec"
OLD_DONE: Final = "the handshake of TLS 1.2"
NEW_DONE: Final = "the handshake of TLS 1.3"
NEW_ASKED: Final = "CertificateRequest behind the handshake"


# RFC 5246 section 7.3, figures 1 and 2: the full handshake, and the abbreviated one by session ID.
# RFC 5077 section 3.1: NewSessionTicket. RFC 6066 section 8: CertificateStatus. RFC 6066 section 5: CertificateURL.
# RFC 4680 section 2: SupplementalData. RFC 7918: False Start. NextProtocol is draft-agl-tls-nextprotoneg's.
TLS12: Final[Table] = {
    "ClientHello": {"down ServerHello": OLD_HELLO},
    OLD_HELLO: {
        "down SupplementalData": "SupplementalData of the server",
        "down Certificate": "Certificate",
        "down ServerKeyExchange": "ServerKeyExchange",  # anonymous, or PSK with a hint
        "down ServerHelloDone": "ServerHelloDone",  # PSK without a hint
        "down NewSessionTicket": "ServerHello and NewSessionTicket",  # from here on: resumed
        "down ChangeCipherSpec": "ChangeCipherSpec of the resuming server",
    },
    "SupplementalData of the server": {
        "down Certificate": "Certificate",
        "down ServerKeyExchange": "ServerKeyExchange",
        "down ServerHelloDone": "ServerHelloDone",
    },
    "Certificate": {
        "down CertificateStatus": "CertificateStatus",
        "down ServerKeyExchange": "ServerKeyExchange",
        "down CertificateRequest": "CertificateRequest",
        "down ServerHelloDone": "ServerHelloDone",
    },
    "CertificateStatus": {
        "down ServerKeyExchange": "ServerKeyExchange",
        "down CertificateRequest": "CertificateRequest",
        "down ServerHelloDone": "ServerHelloDone",
    },
    "ServerKeyExchange": {
        "down CertificateRequest": "CertificateRequest",
        "down ServerHelloDone": "ServerHelloDone",
    },
    "CertificateRequest": {"down ServerHelloDone": "ServerHelloDone, asked for a certificate"},
    "ServerHelloDone": {
        "up SupplementalData": "SupplementalData of the client",
        "up ClientKeyExchange": "ClientKeyExchange",
    },
    "SupplementalData of the client": {"up ClientKeyExchange": "ClientKeyExchange"},
    "ServerHelloDone, asked for a certificate": {
        "up SupplementalData": "ServerHelloDone, asked for a certificate",
        "up Certificate": "Certificate of the client",
        "up CertificateURL": "Certificate of the client",
    },
    "Certificate of the client": {"up ClientKeyExchange": "ClientKeyExchange behind a certificate"},
    "ClientKeyExchange behind a certificate": {
        "up CertificateVerify": "CertificateVerify of the client",
        "up ChangeCipherSpec": "ChangeCipherSpec of the client",  # the certificate was empty, or holds a DH key
    },
    "CertificateVerify of the client": {"up ChangeCipherSpec": "ChangeCipherSpec of the client"},
    "ClientKeyExchange": {"up ChangeCipherSpec": "ChangeCipherSpec of the client"},
    "ChangeCipherSpec of the client": {
        "up NextProtocol": "NextProtocol",
        "up Finished": "Finished of the client",
    },
    "NextProtocol": {"up Finished": "Finished of the client"},
    "Finished of the client": {
        "up ApplicationData": "Finished of the client",
        "down NewSessionTicket": "NewSessionTicket",
        "down ChangeCipherSpec": "ChangeCipherSpec of the server",
    },
    "NewSessionTicket": {
        "up ApplicationData": "NewSessionTicket",
        "down ChangeCipherSpec": "ChangeCipherSpec of the server",
    },
    "ChangeCipherSpec of the server": {
        "up ApplicationData": "ChangeCipherSpec of the server",
        "down Finished": OLD_DONE,
    },
    "ServerHello and NewSessionTicket": {"down ChangeCipherSpec": "ChangeCipherSpec of the resuming server"},
    "ChangeCipherSpec of the resuming server": {"down Finished": "Finished of the resuming server"},
    "Finished of the resuming server": {
        "down ApplicationData": "Finished of the resuming server",
        "up ChangeCipherSpec": "ChangeCipherSpec of the resuming client",
    },
    "ChangeCipherSpec of the resuming client": {
        "down ApplicationData": "ChangeCipherSpec of the resuming client",
        "up NextProtocol": "NextProtocol of the resuming client",
        "up Finished": OLD_DONE,
    },
    "NextProtocol of the resuming client": {"up Finished": OLD_DONE},
    OLD_DONE: {
        "up ApplicationData": OLD_DONE,
        "down ApplicationData": OLD_DONE,
        "up Heartbeat": OLD_DONE,
        "down Heartbeat": OLD_DONE,
        "up ClientHello": "ClientHello",  # a renegotiation (RFC 5246 section 7.4.1.2)
    },
}

# RFC 8446 section 2, figures 1, 3 and 4, and appendix A; section 5 for change_cipher_spec, which is a word for
# middleboxes, and dropped. RFC 8879: CompressedCertificate stands for Certificate.
TLS13: Final[Table] = {
    "ClientHello": {
        "up ChangeCipherSpec": "ClientHello",  # appendix D.4: before early data
        "up ApplicationData": "ClientHello",  # early data
        "down HelloRetryRequest": "HelloRetryRequest",
        "down ServerHello": NEW_HELLO,
    },
    "HelloRetryRequest": {
        "up ChangeCipherSpec": "HelloRetryRequest",
        "down ChangeCipherSpec": "HelloRetryRequest",
        "up ApplicationData": "HelloRetryRequest",  # early data that was on its way
        "up ClientHello": "second ClientHello",
    },
    "second ClientHello": {
        "up ChangeCipherSpec": "second ClientHello",
        "down ChangeCipherSpec": "second ClientHello",
        "down ServerHello": NEW_HELLO,
    },
    NEW_HELLO: {
        "up ChangeCipherSpec": NEW_HELLO,
        "down ChangeCipherSpec": NEW_HELLO,
        "up ApplicationData": NEW_HELLO,
        "down EncryptedExtensions": "EncryptedExtensions",
    },
    "EncryptedExtensions": {
        "up ChangeCipherSpec": "EncryptedExtensions",
        "down ChangeCipherSpec": "EncryptedExtensions",
        "up ApplicationData": "EncryptedExtensions",
        "down CertificateRequest": "CertificateRequest, encrypted",
        "down Certificate": "Certificate, encrypted",
        "down CompressedCertificate": "Certificate, encrypted",
        "down Finished": "Finished of the server",  # a PSK authenticates: resumed
    },
    "CertificateRequest, encrypted": {
        "up ChangeCipherSpec": "CertificateRequest, encrypted",
        "down ChangeCipherSpec": "CertificateRequest, encrypted",
        "down Certificate": "Certificate, encrypted, with a request",
        "down CompressedCertificate": "Certificate, encrypted, with a request",
    },
    "Certificate, encrypted": {
        "up ChangeCipherSpec": "Certificate, encrypted",
        "down ChangeCipherSpec": "Certificate, encrypted",
        "down CertificateVerify": "CertificateVerify of the server",
    },
    "CertificateVerify of the server": {
        "up ChangeCipherSpec": "CertificateVerify of the server",
        "down ChangeCipherSpec": "CertificateVerify of the server",
        "down Finished": "Finished of the server",
    },
    "Certificate, encrypted, with a request": {
        "up ChangeCipherSpec": "Certificate, encrypted, with a request",
        "down ChangeCipherSpec": "Certificate, encrypted, with a request",
        "down CertificateVerify": "CertificateVerify of the server, with a request",
    },
    "CertificateVerify of the server, with a request": {
        "up ChangeCipherSpec": "CertificateVerify of the server, with a request",
        "down ChangeCipherSpec": "CertificateVerify of the server, with a request",
        "down Finished": "Finished of the server, with a request",
    },
    "Finished of the server": {
        "up ChangeCipherSpec": "Finished of the server",
        "up ApplicationData": "Finished of the server",  # early data, until EndOfEarlyData
        "down ApplicationData": "Finished of the server",  # the server may speak at once (section 4.4.4)
        "down NewSessionTicket": "Finished of the server",  # section 4.6.1: it MAY, where no certificate was asked for
        "down KeyUpdate": "Finished of the server",
        "up EndOfEarlyData": "EndOfEarlyData",
        "up Finished": NEW_DONE,
    },
    "EndOfEarlyData": {
        "up ChangeCipherSpec": "EndOfEarlyData",
        "down ApplicationData": "EndOfEarlyData",
        "down NewSessionTicket": "EndOfEarlyData",
        "down KeyUpdate": "EndOfEarlyData",
        "up Finished": NEW_DONE,
    },
    "Finished of the server, with a request": {
        "up ChangeCipherSpec": "Finished of the server, with a request",
        "down ApplicationData": "Finished of the server, with a request",
        "down KeyUpdate": "Finished of the server, with a request",
        "up Certificate": "encrypted Certificate of the client",
        "up CompressedCertificate": "encrypted Certificate of the client",
    },
    "encrypted Certificate of the client": {
        "up ChangeCipherSpec": "encrypted Certificate of the client",
        "down ApplicationData": "encrypted Certificate of the client",
        "down KeyUpdate": "encrypted Certificate of the client",
        "up CertificateVerify": "encrypted CertificateVerify of the client",
        "up Finished": NEW_DONE,  # the certificate was empty
    },
    "encrypted CertificateVerify of the client": {
        "down ApplicationData": "encrypted CertificateVerify of the client",
        "down KeyUpdate": "encrypted CertificateVerify of the client",
        "up Finished": NEW_DONE,
    },
    NEW_DONE: {
        "up ApplicationData": NEW_DONE,
        "down ApplicationData": NEW_DONE,
        "up KeyUpdate": NEW_DONE,
        "down KeyUpdate": NEW_DONE,
        "up Heartbeat": NEW_DONE,
        "down Heartbeat": NEW_DONE,
        "down NewSessionTicket": NEW_DONE,
        "down CertificateRequest": NEW_ASKED,  # section 4.6.2
    },
    # Once asked, a client may be asked again before it answers, and answer in another order: from here on an answer is
    # legal at any time.
    NEW_ASKED: {
        "up ApplicationData": NEW_ASKED,
        "down ApplicationData": NEW_ASKED,
        "up KeyUpdate": NEW_ASKED,
        "down KeyUpdate": NEW_ASKED,
        "up Heartbeat": NEW_ASKED,
        "down Heartbeat": NEW_ASKED,
        "down NewSessionTicket": NEW_ASKED,
        "down CertificateRequest": NEW_ASKED,
        "up Certificate": "Certificate behind the handshake",
        "up CompressedCertificate": "Certificate behind the handshake",
    },
    # Section 4.6.2: the client's three messages stand together; the server's may come between.
    "Certificate behind the handshake": {
        "down ApplicationData": "Certificate behind the handshake",
        "down KeyUpdate": "Certificate behind the handshake",
        "down NewSessionTicket": "Certificate behind the handshake",
        "down CertificateRequest": "Certificate behind the handshake",
        "up CertificateVerify": "CertificateVerify behind the handshake",
        "up Finished": NEW_ASKED,
    },
    "CertificateVerify behind the handshake": {
        "down ApplicationData": "CertificateVerify behind the handshake",
        "down KeyUpdate": "CertificateVerify behind the handshake",
        "down NewSessionTicket": "CertificateVerify behind the handshake",
        "down CertificateRequest": "CertificateVerify behind the handshake",
        "up Finished": NEW_ASKED,
    },
}

_BEGIN: Final[Table] = {START: {"up ClientHello": "ClientHello"}}

# Which of the two it is, only the message behind the ServerHello tells; and a ChangeCipherSpec does not.
_EITHER: Final[Table] = {
    "ClientHello": TLS13["ClientHello"] | {"down ServerHello": EITHER_HELLO},
    EITHER_HELLO: TLS13[NEW_HELLO] | TLS12[OLD_HELLO] | {"down ChangeCipherSpec": EITHER_CCS},
    EITHER_CCS: TLS13[NEW_HELLO] | TLS12["ChangeCipherSpec of the resuming server"],
}

_NEW: Final[Table] = _BEGIN | TLS13
_OLD: Final[Table] = _BEGIN | TLS12
_ANY: Final[Table] = _BEGIN | TLS12 | TLS13 | _EITHER
TLS12_ONLY: Final = frozenset(TLS12) - frozenset(TLS13)
TLS13_ONLY: Final = frozenset(TLS13) - frozenset(TLS12)

COMPLETE: Final = frozenset(
    {OLD_DONE, NEW_DONE, NEW_ASKED, "Certificate behind the handshake", "CertificateVerify behind the handshake"}
)


@dataclass(frozen=True, slots=True)
class Departure:
    """A message that may not come where it came."""

    index: int
    """Of the message, counted from 0 over all that was fed."""
    direction: Direction
    name: str
    state: State
    """What came before it."""
    expected: tuple[str, ...]
    """What might have come: `down ServerHello`, for instance."""
    reference: str

    @property
    def what(self) -> str:
        """A sentence."""
        who = "server" if self.direction else "client"
        might = " or ".join(_spoken(item) for item in self.expected)
        return f"{self.name} of the {who} after {self.state}, where only {might} may come"


class Order:
    """Follows one leg's handshake. `version` is that of the leg, 0 as long as it is not known."""

    def __init__(self, version: int = 0) -> None:
        self._table = {0: _ANY, TLS1_3: _NEW}.get(version, _OLD)
        self.state: State = START
        self.renegotiations = 0
        """Handshakes begun after the first (TLS 1.2 and before)."""
        self._fed = 0

    @property
    def complete(self) -> bool:
        """Whether the handshake is done: both sides' Finished have come."""
        return self.state in COMPLETE

    def feed(self, direction: Direction, name: str) -> Departure | None:
        """Take the next message, by the name that codes.message_name gives it; never raises.

        After a departure the order is taken up where the message stands in the table, if it does further on: one
        message that is left out makes one departure, not a series.
        """
        index, self._fed = self._fed, self._fed + 1
        message = f"{'down' if direction else 'up'} {name}"
        if name == "Alert" or self._asks_again(message) or (name == "ApplicationData" and self.renegotiations):
            return None  # data goes on while new keys are agreed on (RFC 5246 section 7.4.1.1)
        state, legal = self.state, self._table[self.state]
        if message in legal:
            self.renegotiations += state == OLD_DONE and name == "ClientHello"
            self._move(legal[message])
            return None
        self._resume(message)
        expected = tuple(item for item in legal if legal[item] != state) or tuple(legal)
        return Departure(index, direction, name, state, expected, self._reference())

    def _asks_again(self, message: str) -> bool:
        """HelloRequest: a server may send it at any time (RFC 5246 section 7.4.1.1); TLS 1.3 has none."""
        return message == "down HelloRequest" and self._table is not _NEW

    def _move(self, state: State) -> None:
        self.state = state
        if self._table is _ANY:
            self._table = _OLD if state in TLS12_ONLY else _NEW if state in TLS13_ONLY else _ANY

    def _resume(self, message: str) -> None:
        """Go on where the message leads, if there is a place for it behind this one; stay otherwise."""
        seen, level = {self.state}, [self.state]
        while level:
            reached = [target for state in level for target in self._table[state].values()]
            level = [target for target in dict.fromkeys(reached) if target not in seen]
            seen.update(level)
            for state in level:
                if message in self._table[state]:
                    self._move(self._table[state][message])
                    return

    def _reference(self) -> str:
        return "RFC 5246 section 7.3" if self._table is _OLD else "RFC 8446 section 4"


def _spoken(item: str) -> str:
    way, _, name = item.partition(" ")
    return f"the {'client' if way == 'up' else 'server'}'s {name}"
