"""The key schedule of TLS 1.3, against the traces of RFC 8448 and against OpenSSL."""

from __future__ import annotations

import pytest

from support import traces
from support.tls_pairs import TLS1_3, Pair
from tlscope.events import Direction
from tlscope.wire.tls.decryption import schedule13
from tlscope.wire.tls.decryption.ciphers import cipher_of
from tlscope.wire.tls.decryption.decrypt import Decryptor
from tlscope.wire.tls.decryption.decrypted import Confirmation, Message, Record
from tlscope.wire.tls.decryption.keylog import Secrets
from tlscope.wire.tls.decryption.keys import Step
from tlscope.wire.tls.decryption.schedule13 import branch

BINDER = "res binder_key"
AES_128_GCM = cipher_of(0x1301)
LABELS = {
    "client_early_traffic_secret": "CLIENT_EARLY_TRAFFIC_SECRET",
    "client_handshake_traffic_secret": "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "server_handshake_traffic_secret": "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "client_application_traffic_secret_0": "CLIENT_TRAFFIC_SECRET_0",
    "server_application_traffic_secret_0": "SERVER_TRAFFIC_SECRET_0",
    "exporter_master_secret": "EXPORTER_SECRET",
}


class Derivation:
    """A trace opened step by step: each secret is derived of the messages that the one before has opened."""

    def __init__(self, name):
        self.trace = traces.read(name)
        self.trunk = traces.trunk(self.trace)
        self.steps = dict(self.trunk)
        self.random = self.trace.hellos()[0][6:38]
        self.decryptor = Decryptor()
        self.messages = []
        self.events = []
        hellos = self.trace.hellos()
        if self.trace.psk:
            early = traces.digest(traces.HASH, hellos[0])
            self.grow("client_early_traffic_secret", early)
            self.grow("early_exporter_master_secret", early)
        for direction, data in self.trace.wire:
            self.told(self.decryptor.feed(direction, data))
        hello_hash = traces.transcript(hellos)
        self.grow("client_handshake_traffic_secret", hello_hash)
        self.grow("server_handshake_traffic_secret", hello_hash)
        # What those two open ends with the client's Finished: the server's is the first of two.
        ends = [at for at, message in enumerate(self.messages) if message[0] == 20]
        server_finished = traces.transcript(self.messages[: ends[0] + 1])
        for what in ("client_application_traffic_secret_0", "server_application_traffic_secret_0"):
            self.grow(what, server_finished)
        self.grow("exporter_master_secret", server_finished)
        self.grow("resumption_master_secret", traces.transcript(self.messages[: ends[1] + 1]))
        self.told(self.decryptor.finish())

    def grow(self, name, transcript_hash):
        trunk = self.trunk[schedule13.BRANCHES[name][0]].output
        step = self.steps[name] = branch(traces.HASH, name, trunk, transcript_hash)
        for made in schedule13.traffic_keys(AES_128_GCM, name, step.output):
            self.steps[made.name] = made
        if name in LABELS:
            line = f"{LABELS[name]} {self.random.hex()} {step.output.hex()}\n"
            self.told(self.decryptor.learn(line.encode()))

    def told(self, events):
        self.events += events
        order = [event for event in events if isinstance(event, Message) and event.content_type == 22]
        self.messages += [event.data for event in order]


@pytest.fixture(scope="module", params=traces.NAMES)
def derivation(request):
    return Derivation(request.param)


def test_traces_open(derivation):
    """With nothing but the client's ephemeral key every record of all five opens, and every proof in them holds."""
    records = [event for event in derivation.events if isinstance(event, Record)]
    assert [] == [record.reason for record in records if record.plaintext is None]
    assert sum(len(data) for _, data in derivation.trace.wire) == sum(record.length for record in records)
    confirmations = [event for event in derivation.events if isinstance(event, Confirmation)]
    assert {True} == {event.ok for event in confirmations}
    assert {"server Finished", "client Finished"} <= {event.what for event in confirmations}


def test_traces_secrets(derivation):
    """The RFC's own values on the way, byte for byte."""
    expected = {name: secret for name, secret in derivation.trace.secrets.items() if name not in {"PSK", BINDER}}
    assert expected == {name: derivation.steps[name].output for name in expected}


def test_trace_of_a_client_certificate():
    """Both sign."""
    found = Derivation("client-authentication").events
    said = [event.what for event in found if isinstance(event, Confirmation)]
    assert ["server CertificateVerify", "server Finished", "client CertificateVerify", "client Finished"] == said


def test_the_resumption_psk():
    """Of the resumption master secret and the ticket's nonce (section 3), which is section 4's."""
    derivation = Derivation("simple-1rtt")
    ticket = next(message for message in derivation.messages if message[0] == 4)
    nonce = ticket[13 : 13 + ticket[12]]
    assert b"\0\0" == nonce
    psk = schedule13.resumption_psk(traces.HASH, derivation.steps["resumption_master_secret"].output, nonce)
    assert derivation.trace.secrets["PSK"] == psk.output == traces.read("resumed-0rtt").psk


def test_the_binder():
    """The last 32 bytes of section 4's ClientHello prove that the client has the PSK (RFC 8446 section 4.2.11.2)."""
    trace = traces.read("resumed-0rtt")
    early = schedule13.early_secret(traces.HASH, trace.psk)
    key = branch(traces.HASH, BINDER, early.output, traces.digest(traces.HASH, b""))
    assert trace.secrets[BINDER] == key.output
    hello = trace.hellos()[0]
    finished = schedule13.finished_key(traces.HASH, "binder_key", key.output)
    truncated = traces.digest(traces.HASH, hello[:-35])
    assert hello[-32:] == schedule13.verify_data(traces.HASH, finished.output, truncated, "binder").output


def test_steps_teach():
    """A step says its name, its formula in the RFC's notation, what goes in and what comes out."""
    secret = bytes(range(32))
    step = branch("sha256", "client_handshake_traffic_secret", secret, b"\1" * 32)
    assert 'Derive-Secret(Handshake Secret, "c hs traffic", ClientHello...ServerHello)' == step.formula
    label = b"\0\x20\x12tls13 c hs traffic\x20" + b"\1" * 32
    assert (("Handshake Secret", secret), ("Context", b"\1" * 32), ("HkdfLabel", label)) == step.inputs
    assert ("RFC 8446 section 7.1", "derived", 32) == (step.reference, step.source, len(step.output))
    key, iv = schedule13.traffic_keys(AES_128_GCM, "x", secret)
    assert ('HKDF-Expand-Label(x, "key", "", 16)', 16, 12) == (key.formula, len(key.output), len(iv.output))
    assert Step("nonce", "sequence number XOR IV", (("sequence number", b"\0" * 7 + b"\5"), ("IV", bytes(12))),
                bytes(11) + b"\5", "RFC 8446 section 5.3") == schedule13.nonce(bytes(12), 5)  # fmt: skip


@pytest.mark.parametrize("suite", ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"])
def test_exporter(suite):
    """The keying material that OpenSSL exports comes of the exporter_master_secret in its key log."""
    pair = Pair(TLS1_3, suites=suite).shake()
    random = next(data for way, data in pair.wire if way is Direction.UP)[11:43]
    secret = Secrets(pair.lines).find("EXPORTER_SECRET", random)
    hash_name = "sha384" if suite.endswith("384") else "sha256"
    for label, context in ((b"EXPERIMENTAL x", b"abc"), (b"EXPERIMENTAL y", b"")):
        expected = pair.ends["client"].connection.export_keying_material(label, 40, context)
        assert expected == schedule13.exporter(hash_name, secret, label.decode(), context, 40)[1].output
    pair.close()
