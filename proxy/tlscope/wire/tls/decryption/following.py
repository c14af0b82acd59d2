"""A handshake followed message by message: whose turn it is, which keys open the next record, what was proven.

Both sides of a connection are followed together, as their messages answer each other. `take` takes a handshake message,
`change` a ChangeCipherSpec; each may say that its time has not come, for want of the other side's messages.
What they find out goes into `proofs` and `steps`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.tls.codes import HandshakeType as Type
from tlscope.wire.tls.decryption import confirm, keylog, schedule13
from tlscope.wire.tls.decryption.epochs import APPLICATION, EARLY, HANDSHAKE, PLAINTEXT, PROTECTED, Epoch, Flow
from tlscope.wire.tls.decryption.keys import logged
from tlscope.wire.tls.decryption.negotiation import Negotiation, read_hello
from tlscope.wire.tls.decryption.opening import CLIENT, SECRETS, SERVER, Opening
from tlscope.wire.tls.decryption.prf import MD5_SHA1, TLS1_2
from tlscope.wire.tls.decryption.proofs import TLS1_3, certified

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.wire.tls.decryption.keylog import Secrets

MAX_REQUESTS = 16
"""Certificate requests after the handshake that are remembered until they are answered."""


class Following(Opening):
    """Both flows of one connection. `known` counts what may let a flow go on that had to wait."""

    def __init__(self, secrets: Secrets, *, waits: bool) -> None:
        super().__init__(secrets, waits=waits)
        self.known = 0
        self.client, self.server = Flow(CLIENT), Flow(SERVER)
        self.proofs: list[confirm.Proof] = []
        """Of the message just taken."""
        self._taken: dict[int, Callable[[Flow, Negotiation, bytes], None]] = {
            Type.ServerHello: self._server_hello,
            Type.Certificate: self._certificate,
            Type.CompressedCertificate: self._certificate,
            Type.ServerKeyExchange: self._server_key_exchange,
            Type.ServerHelloDone: self._server_hello_done,
            Type.ClientKeyExchange: self._client_key_exchange,
            Type.CertificateVerify: self._certificate_verify,
            Type.EndOfEarlyData: self._end_of_early_data,
            Type.NewSessionTicket: self._new_session_ticket,
            Type.Finished: self._finished,
        }

    def take(self, flow: Flow, message: bytes, *, patient: bool) -> bool:
        """Take a whole handshake message; False: not yet."""
        self.proofs = []
        kind = message[0]
        early = self._too_early(flow, kind)
        if early and patient:
            return False
        negotiation = self.negotiation
        if kind == Type.ClientHello:
            self._client_hello(flow, message)
        elif negotiation is None or kind == Type.HelloRequest:
            pass
        elif negotiation.version >= TLS1_3 and kind == Type.KeyUpdate:
            self.epoch13(flow, negotiation, flow.stage + 1)  # of the old secret, which `enter` forgets
            flow.enter(max(flow.stage, HANDSHAKE) + 1)
        elif negotiation.version >= TLS1_3 and (negotiation.client_finished or _after(flow, negotiation)):
            self._afterwards(flow, negotiation, message)
        else:
            if early:
                self.lost(flow, "messages of the other direction are missing")
            self._taken.get(kind, self._other)(flow, negotiation, message)
        return True

    def change(self, flow: Flow, *, patient: bool) -> bool:
        """A ChangeCipherSpec; False: not yet. In TLS 1.3 it means nothing (RFC 8446 section 5)."""
        negotiation = self.negotiation
        if negotiation is not None and (negotiation.retried or (negotiation.early_data and not negotiation.version)):
            return True
        if negotiation is None or not negotiation.version:
            return not patient
        if negotiation.version >= TLS1_3:
            return True
        if patient and self._too_early(flow, Type.Finished):
            return False
        flow.enter(PROTECTED)
        flow.negotiation = negotiation
        return True

    def _too_early(self, flow: Flow, kind: int) -> bool:
        """Whether a message answers one of the other side that has not come: handshakes take turns."""
        negotiation = self.negotiation
        if kind in {Type.HelloRequest, Type.KeyUpdate}:
            return False
        if kind == Type.ClientHello:
            return negotiation is not None and not negotiation.retried and not negotiation.complete
        if negotiation is None:
            return True
        if flow is self.server:
            if kind == Type.ServerHello:
                return negotiation.server is not None or negotiation.retried
            answers = negotiation.version < TLS1_3 and kind in {Type.Finished, Type.NewSessionTicket}
            return answers and negotiation.hello_done and not negotiation.client_finished
        if negotiation.version >= TLS1_3:
            return not negotiation.server_finished
        return not (negotiation.hello_done or negotiation.server_finished)

    # Messages, by their types; each adds itself to the transcript when it has looked at what is before it

    def _client_hello(self, flow: Flow, message: bytes) -> None:
        hello = read_hello(message, server=False)
        if hello is None:
            return
        negotiation = self.negotiation
        if negotiation is None:
            if flow is self.server:  # who says it is the client, whichever way it sends
                self.client, self.server = self.server, self.client
                self.client.side, self.server.side = CLIENT, SERVER
        elif negotiation.version >= TLS1_3 and negotiation.complete:
            return  # there is no renegotiation in TLS 1.3 (RFC 8446 section 4.1.2)
        if negotiation is not None and negotiation.retried:
            negotiation.retried, negotiation.client = False, hello
        else:
            negotiation = self.negotiation = Negotiation(hello)
        negotiation.transcript.add(message)
        if flow.stage != PROTECTED:
            flow.enter(EARLY if negotiation.early_data else PLAINTEXT)
        self.known += 1

    def _server_hello(self, flow: Flow, negotiation: Negotiation, message: bytes) -> None:
        hello = read_hello(message, server=True)
        if hello is None:
            self.lost(flow, "the ServerHello is malformed")
            return
        if hello.retry:
            negotiation.server = hello  # for its suite, which the second ServerHello repeats
            negotiation.transcript.retry(negotiation.cipher.hash if negotiation.cipher else "sha256")
            negotiation.transcript.add(message)
            negotiation.server, negotiation.retried = None, True
        else:
            negotiation.server = hello
            negotiation.transcript.add(message)
            if hello.version >= TLS1_3:
                flow.enter(HANDSHAKE)
                if self.client.stage == PLAINTEXT:
                    self.client.enter(HANDSHAKE)
        self.known += 1

    def _certificate(self, flow: Flow, negotiation: Negotiation, message: bytes) -> None:
        negotiation.certified[flow.side] = certified(message, negotiation.version)
        negotiation.transcript.add(message)

    def _server_key_exchange(self, flow: Flow, negotiation: Negotiation, message: bytes) -> None:
        if flow is self.server and "ServerKeyExchange" not in negotiation.verified:
            negotiation.verified.add("ServerKeyExchange")
            if (proof := confirm.key_exchange(negotiation, message)) is not None:
                self.proofs.append(proof)
        negotiation.transcript.add(message)

    def _server_hello_done(self, flow: Flow, negotiation: Negotiation, message: bytes) -> None:
        negotiation.transcript.add(message)
        if flow is self.server and not negotiation.hello_done:
            negotiation.hello_done = True
            self.known += 1

    def _client_key_exchange(self, flow: Flow, negotiation: Negotiation, message: bytes) -> None:
        negotiation.transcript.add(message)
        if flow is self.client and not negotiation.key_exchange:
            negotiation.key_exchange = message
            if not negotiation.transcript.gap:
                negotiation.session_hash = negotiation.transcript.digest(_hash(negotiation))

    def _certificate_verify(self, flow: Flow, negotiation: Negotiation, message: bytes) -> None:
        what = f"{flow.side} CertificateVerify"
        if what not in negotiation.verified:
            negotiation.verified.add(what)
            self.proofs.append(confirm.certificate_verify(negotiation, flow.side, negotiation.transcript, message))
        negotiation.transcript.add(message)

    def _end_of_early_data(self, flow: Flow, negotiation: Negotiation, message: bytes) -> None:
        negotiation.transcript.add(message)
        if flow.stage == EARLY:
            flow.enter(HANDSHAKE)

    def _new_session_ticket(self, flow: Flow, negotiation: Negotiation, message: bytes) -> None:
        """Of TLS 1.2: lifetime(4) ticket<0..2^16-1> (RFC 5077 section 3.3); that of TLS 1.3 comes afterwards."""
        if flow is self.server:
            negotiation.ticket = message[10 : 10 + int.from_bytes(message[8:10])]
        negotiation.transcript.add(message)

    def _other(self, _: Flow, negotiation: Negotiation, message: bytes) -> None:
        negotiation.transcript.add(message)

    def _finished(self, flow: Flow, negotiation: Negotiation, message: bytes) -> None:
        if negotiation.version >= TLS1_3:
            label, name = SECRETS[flow.side, HANDSHAKE]
            secret = self.secrets.find(label, negotiation.client.random)
            base = (name, secret) if secret else None
            proof, steps = confirm.finished13(negotiation, flow.side, base, negotiation.transcript, message)
        else:
            proof, steps = confirm.finished12(negotiation, flow.side, negotiation.master, message)
        self.note(steps)
        self.proofs.append(proof)
        negotiation.transcript.add(message)
        self._finish(flow, negotiation)
        if negotiation.version >= TLS1_3:
            flow.enter(APPLICATION)

    def _finish(self, flow: Flow, negotiation: Negotiation) -> None:
        if flow is self.server:
            negotiation.server_finished = True
        else:
            negotiation.client_finished = True
        self.known += 1
        if not negotiation.complete:
            return
        random = negotiation.client.random
        if (secret := self.secrets.find(keylog.EXPORTER, random)) is not None:
            name = "exporter_master_secret"
            self.note([logged(name, secret, keylog.EXPORTER, schedule13.formula_of(name), schedule13.SCHEDULE)])
        if negotiation.master and negotiation.server is not None:
            self.secrets.remember(negotiation.server.session_id, negotiation.master)
            self.secrets.remember(negotiation.ticket, negotiation.master)

    def skipped(self, flow: Flow, negotiation: Negotiation) -> None:
        """The next epoch begins, and the message that says so was not seen."""
        if flow.stage == HANDSHAKE:
            self.lost(flow, "it could not be decrypted")
            self._finish(flow, negotiation)

    # After the handshake (RFC 8446 section 4.6)

    def _afterwards(self, flow: Flow, negotiation: Negotiation, message: bytes) -> None:
        """A client certificate asked for later, proven over the handshake, the request and the answer."""
        kind, context = message[0], message[5 : 5 + message[4]] if len(message) > 4 else b""
        if flow is self.server:
            if kind == Type.CertificateRequest and len(negotiation.requests) < MAX_REQUESTS:
                negotiation.requests[context] = message
            return
        if kind == Type.Certificate and context in negotiation.requests:
            negotiation.later = negotiation.transcript.copy()
            negotiation.later.add(negotiation.requests.pop(context))
            negotiation.certified[CLIENT] = certified(message, negotiation.version)
        transcript = negotiation.later
        if transcript is None:
            return
        if kind == Type.CertificateVerify:
            self.proofs.append(confirm.certificate_verify(negotiation, CLIENT, transcript, message))
        elif kind == Type.Finished:
            epoch = flow.epochs.get(flow.stage)
            name = f"client_application_traffic_secret_{flow.stage - APPLICATION}"
            base = (name, epoch.secret) if isinstance(epoch, Epoch) else None
            proof, steps = confirm.finished13(negotiation, CLIENT, base, transcript, message)
            self.note(steps)
            self.proofs.append(proof)
            negotiation.later = None
        transcript.add(message)


def _after(flow: Flow, negotiation: Negotiation) -> bool:
    """Whether this side has said Finished."""
    return negotiation.server_finished if flow.side == SERVER else negotiation.client_finished


def _hash(negotiation: Negotiation) -> str:
    """The hash of a handshake before TLS 1.3."""
    if negotiation.version < TLS1_2:
        return MD5_SHA1
    return negotiation.cipher.hash if negotiation.cipher else "sha256"
