"""Records opened under the epoch that their flow has come to, with keys made when first needed.

Why a record that does not open is tried under the next key, too, is told in decrypt.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.tls.codes import ContentType, ExtensionType
from tlscope.wire.tls.decryption import keylog, master, schedule12, schedule13
from tlscope.wire.tls.decryption.ciphers import Cipher, cipher_of, name_of_suite
from tlscope.wire.tls.decryption.epochs import (
    APPLICATION,
    EARLY,
    HANDSHAKE,
    PLAINTEXT,
    PROTECTED,
    Epoch,
    Flow,
    Missing,
    Trial,
)
from tlscope.wire.tls.decryption.keys import logged
from tlscope.wire.tls.decryption.prf import TLS1, digest_size
from tlscope.wire.tls.decryption.proofs import TLS1_3
from tlscope.wire.tls.decryption.protection import Opened, Protection, protect12, protect13

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tlscope.wire.tls.decryption.keylog import Secrets
    from tlscope.wire.tls.decryption.keys import Step
    from tlscope.wire.tls.decryption.negotiation import Negotiation

CLIENT, SERVER = "client", "server"
MAX_STEPS = 400
"""Steps kept: a handshake makes some twenty; a peer may send KeyUpdates for ever."""

SECRETS = {
    (CLIENT, HANDSHAKE): (keylog.CLIENT_HANDSHAKE, "client_handshake_traffic_secret"),
    (SERVER, HANDSHAKE): (keylog.SERVER_HANDSHAKE, "server_handshake_traffic_secret"),
    (CLIENT, APPLICATION): (keylog.CLIENT_APPLICATION, "client_application_traffic_secret_0"),
    (SERVER, APPLICATION): (keylog.SERVER_APPLICATION, "server_application_traffic_secret_0"),
}

TRAFFIC = frozenset(name for _, name in SECRETS.values())
"""Secrets that a key and an IV are made of (RFC 8446 section 7.3). That of early data is none of them: it goes with the
suite of an earlier session."""
PROVING = frozenset(name for (_, stage), (_, name) in SECRETS.items() if stage == HANDSHAKE)
"""Secrets that a finished_key is made of (RFC 8446 section 4.4.4)."""
BRANCHES = (
    (keylog.CLIENT_EARLY, "client_early_traffic_secret"),
    (keylog.EARLY_EXPORTER, "early_exporter_master_secret"),
    *SECRETS.values(),
    (keylog.EXPORTER, "exporter_master_secret"),
)
"""All that a key log has of the key schedule of TLS 1.3 (RFC 9850 section 2.1): label and name, in its order."""


class Opening:
    """The keys of both flows of one connection."""

    def __init__(self, secrets: Secrets, *, waits: bool) -> None:
        self.secrets, self._waits = secrets, waits
        self.negotiation: Negotiation | None = None
        self.steps: list[Step] = []
        self.steps_dropped = 0

    # Records

    def open(self, flow: Flow, header: bytes, body: bytes, *, patient: bool) -> Opened | str | None:
        """A record's content; or why it cannot be opened; or None: not yet."""
        kind = header[0]
        if flow.stage == PROTECTED:
            return self._open12(flow, header, body, patient=patient)
        if kind != ContentType.application_data:
            if kind == ContentType.handshake and flow.stage >= HANDSHAKE:
                return "a handshake record in plaintext, where all are encrypted"
            return Opened(kind, body)
        negotiation = self.negotiation
        if negotiation is None or (negotiation.server is None and flow.stage == PLAINTEXT):
            return None if patient else "the handshake that it belongs to is not there"
        if flow.stage == PLAINTEXT and negotiation.version < TLS1_3:
            return None if patient else "application data before the ChangeCipherSpec"
        return self._open13(flow, negotiation, header, body, patient=patient)

    def _open12(self, flow: Flow, header: bytes, body: bytes, *, patient: bool) -> Opened | str | None:
        epoch = flow.epochs.get(PROTECTED) or self._epoch12(flow)
        if isinstance(epoch, Missing):
            if patient and self._waits and epoch.may_come:
                return None
            flow.sequence += 1
            return epoch.reason
        flow.epochs[PROTECTED] = epoch
        opened = epoch.open(flow.sequence, header, body)
        flow.sequence += 1
        return opened

    def _open13(
        self, flow: Flow, negotiation: Negotiation, header: bytes, body: bytes, *, patient: bool
    ) -> Opened | str | None:
        reason, waiting = "", False
        for stage in (flow.stage, max(flow.stage, EARLY) + 1):
            epoch = self.epoch13(flow, negotiation, stage)
            if isinstance(epoch, Missing):
                waiting = waiting or (epoch.may_come and flow.stage in {stage, PLAINTEXT, EARLY})
                reason = reason or epoch.reason
                continue
            opened = epoch.open(flow.sequence if stage == flow.stage else 0, header, body)
            if isinstance(opened, Opened):
                if stage != flow.stage:
                    self.skipped(flow, negotiation)
                    flow.enter(stage)
                flow.sequence += 1
                self.note(epoch.take_steps())
                return opened
            reason = reason or opened
        if waiting and patient:
            return None
        flow.sequence += 1
        return reason

    def skipped(self, flow: Flow, negotiation: Negotiation) -> None:
        """The next epoch begins, and the message that says so was not seen."""

    def lost(self, flow: Flow, reason: str) -> None:
        """A record of this flow is not readable: what hashes its messages proves nothing."""
        negotiation = self.negotiation
        if negotiation and not negotiation.complete and flow.stage < APPLICATION:
            negotiation.transcript.gap = negotiation.transcript.gap or f"a record was not read: {reason}"

    # Keys

    def _epoch12(self, flow: Flow) -> Epoch | Missing:
        negotiation = flow.negotiation
        if negotiation is None or negotiation.server is None:
            return Missing("the handshake that it belongs to is not there", may_come=False)
        cipher = negotiation.cipher
        if negotiation.version < TLS1:
            return Missing("SSL 3.0, whose keys and MACs are other ones (RFC 6101), is not opened here", may_come=False)
        if cipher is None:
            suite = name_of_suite(negotiation.server.suites[0])
            return Missing(f"records of {suite} cannot be opened here", may_come=False)
        if negotiation.server.compression:
            return Missing(f"compression method {negotiation.server.compression} is not undone here", may_come=False)
        if not negotiation.protections and (missing := self._derive12(negotiation, cipher)) is not None:
            return missing
        protection = negotiation.protections[flow.side]
        if isinstance(protection, str):
            return Missing(protection, may_come=False)
        return Epoch(PROTECTED, protection)

    def _derive12(self, negotiation: Negotiation, cipher: Cipher) -> Missing | None:
        """The keys of both sides."""
        if negotiation.server is None:  # the caller has looked
            return None
        found = master.find(self.secrets, negotiation)
        if isinstance(found, Missing):
            return found
        negotiation.master, steps = found
        version, randoms = negotiation.version, (negotiation.client.random, negotiation.server.random)
        block, client, server = schedule12.key_block(version, cipher, negotiation.master, *randoms)
        self.note((*steps, *block))
        extensions = {
            "encrypt_then_mac": negotiation.agreed(ExtensionType.encrypt_then_mac),
            "truncated_hmac": negotiation.agreed(ExtensionType.truncated_hmac),
        }
        for side, keys in ((CLIENT, client), (SERVER, server)):
            negotiation.protections[side] = protect12(version, cipher, keys, **extensions)
        return None

    def epoch13(self, flow: Flow, negotiation: Negotiation, stage: int) -> Epoch | Missing:
        """The epoch of a stage of TLS 1.3, made when first asked for."""
        if (epoch := flow.epochs.get(stage)) is not None:
            return epoch
        made = self._early(negotiation) if stage == EARLY else self._later(flow, negotiation, stage)
        if isinstance(made, Epoch):
            flow.epochs[stage] = made
        return made

    def _early(self, negotiation: Negotiation) -> Epoch | Missing:
        """The epoch of early data, under any suite that the client offers and whose hash is as long as the secret."""
        secret = self.secrets.find(keylog.CLIENT_EARLY, negotiation.client.random)
        if secret is None:
            return self._no(keylog.CLIENT_EARLY, negotiation)
        name = "client_early_traffic_secret"
        step = logged(name, secret, keylog.CLIENT_EARLY, schedule13.formula_of(name), schedule13.SCHEDULE)
        found: list[Protection] = []
        for cipher in dict.fromkeys(map(cipher_of, negotiation.client.suites)):
            if cipher and not cipher.exchange and digest_size(cipher.hash) == len(secret):
                key, iv = schedule13.traffic_keys(cipher, name, secret)
                protection = protect13(cipher, key.output, iv.output)
                if not isinstance(protection, str):
                    found.append(protection)
        return Epoch(EARLY, Trial(found), secret, (step,))

    def _later(self, flow: Flow, negotiation: Negotiation, stage: int) -> Epoch | Missing:
        if negotiation.server is None or stage <= PLAINTEXT:
            return Missing("the ServerHello that says its suite is not there", may_come=negotiation.server is None)
        cipher = negotiation.cipher
        if cipher is None or cipher.exchange:
            suite = name_of_suite(negotiation.server.suites[0])
            return Missing(f"records of {suite} cannot be opened here", may_come=False)
        if stage > APPLICATION:
            before = flow.epochs.get(stage - 1)
            if before is None:
                return Missing("the secret before it is not known", may_come=False)
            step = schedule13.next_traffic_secret(cipher.hash, flow.side, stage - 1 - APPLICATION, before.secret)
        else:
            label, name = SECRETS[flow.side, stage]
            secret = self.secrets.find(label, negotiation.client.random)
            if secret is None:
                return self._no(label, negotiation)
            step = logged(name, secret, label, schedule13.formula_of(name), schedule13.SCHEDULE)
        key, iv = schedule13.traffic_keys(cipher, step.name, step.output)
        protection = protect13(cipher, key.output, iv.output)
        if isinstance(protection, str):
            return Missing(protection, may_come=False)
        return Epoch(stage, protection, step.output, (step, key, iv))

    def derive_rest(self) -> None:
        """Note how the keys are made of secrets that have opened no record: all that the key log allows."""
        negotiation = self.negotiation
        cipher = negotiation.cipher if negotiation else None
        if negotiation is None or negotiation.server is None or cipher is None:
            return
        if negotiation.version >= TLS1_3:
            self._rest13(negotiation, cipher)
        elif negotiation.version >= TLS1 and not negotiation.protections:
            self._derive12(negotiation, cipher)

    def _rest13(self, negotiation: Negotiation, cipher: Cipher) -> None:
        known = {step.name for step in self.steps}
        for label, name in BRANCHES:
            secret = self.secrets.find(label, negotiation.client.random)
            if secret is None:
                continue
            if name not in known:
                self.note([logged(name, secret, label, schedule13.formula_of(name), schedule13.SCHEDULE)])
                if name in TRAFFIC:
                    self.note(schedule13.traffic_keys(cipher, name, secret))
            if name in PROVING and (made := schedule13.finished_key(cipher.hash, name, secret)).name not in known:
                self.note([made])

    def _no(self, label: str, negotiation: Negotiation) -> Missing:
        reason = f"the key log has no {label} for the client random {negotiation.client.random.hex()}"
        return Missing(reason, may_come=self._waits)

    def note(self, steps: Iterable[Step]) -> None:
        """Keep steps for whoever shows them."""
        for step in steps:
            if len(self.steps) < MAX_STEPS:
                self.steps.append(step)
            else:
                self.steps_dropped += 1
