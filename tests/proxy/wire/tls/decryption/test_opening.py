"""Epochs made when first needed; whole connections are in the files test_decrypt*.py."""

from __future__ import annotations

import hmac

import pytest

from support import traces
from support.tls_pairs import seal13
from tlscope.wire.tls.codes import ExtensionType
from tlscope.wire.tls.decryption.epochs import APPLICATION, EARLY, HANDSHAKE, PROTECTED, Flow
from tlscope.wire.tls.decryption.keylog import Secrets
from tlscope.wire.tls.decryption.negotiation import Negotiation, read_hello
from tlscope.wire.tls.decryption.opening import MAX_STEPS, Opening
from tlscope.wire.tls.decryption.protection import Opened
from tlscope.wire.tls.decryption.schedule12 import key_block

SECRET = b"k" * 32


def opening(*labels, suite=None, waits=True):
    client, server = traces.read("resumed-0rtt").hellos()
    random = client[6:38].hex()
    lines = "\n".join(f"{label} {random} {SECRET.hex()}" for label in labels)
    made = Opening(Secrets(lines.encode()), waits=waits)
    hello = read_hello(server, server=True)
    made.negotiation = Negotiation(read_hello(client, server=False), server=hello)
    if suite:
        made.negotiation.server = hello._replace(suites=(suite,))
    return made


def open_(made, flow, record, *, patient=True):
    return made.open(flow, record[:5], record[5:], patient=patient)


RECORD = seal13(SECRET, 0, 23, b"data")


def test_a_secret_that_is_missing_is_waited_for():
    """As long as there is patience, and secrets may come."""
    flow = Flow("client", HANDSHAKE)
    assert None is open_(opening(), flow, RECORD)
    assert "CLIENT_HANDSHAKE_TRAFFIC_SECRET" in open_(opening(), flow, RECORD, patient=False)
    assert "CLIENT_HANDSHAKE_TRAFFIC_SECRET" in open_(opening(waits=False), flow, RECORD)


@pytest.mark.parametrize("stage", [EARLY, HANDSHAKE])
def test_the_next_epoch_is_tried(stage):
    """Early data ends, or a handshake, though nothing said so."""
    label = {EARLY: "CLIENT_HANDSHAKE_TRAFFIC_SECRET", HANDSHAKE: "CLIENT_TRAFFIC_SECRET_0"}[stage]
    made, flow = opening(label), Flow("client", stage)
    assert b"data" == open_(made, flow, RECORD).plaintext
    assert stage + 1 == flow.stage
    assert 1 == flow.sequence


def test_an_update_that_was_not_seen():
    """The next application key is tried, too."""
    from tlscope.wire.tls.decryption.schedule13 import next_traffic_secret  # noqa: PLC0415 (beside its one use)

    made, flow = opening("CLIENT_TRAFFIC_SECRET_0"), Flow("client", APPLICATION)
    assert b"data" == open_(made, flow, RECORD).plaintext
    later = next_traffic_secret("sha256", "client", 0, SECRET).output
    assert b"later" == open_(made, flow, seal13(later, 0, 23, b"later")).plaintext
    assert APPLICATION + 1 == flow.stage


def test_a_record_that_does_not_open_is_counted():
    """So that the one behind it does."""
    made, flow = opening("CLIENT_TRAFFIC_SECRET_0"), Flow("client", APPLICATION)
    assert "does not authenticate" in open_(made, flow, RECORD[:-1] + b"!")
    assert b"two" == open_(made, flow, seal13(SECRET, 1, 23, b"two")).plaintext


def test_a_record_that_passes_before_its_secret_is_counted():
    """Its peers counted it: what comes once the secret is learned is the second one."""
    made, flow = opening(), Flow("client", APPLICATION)
    assert "CLIENT_TRAFFIC_SECRET_0" in open_(made, flow, RECORD, patient=False)
    made.secrets.learn(f"CLIENT_TRAFFIC_SECRET_0 {made.negotiation.client.random.hex()} {SECRET.hex()}".encode())
    assert b"two" == open_(made, flow, seal13(SECRET, 1, 23, b"two")).plaintext


def authenticated(made, *, size):
    """The second record of TLS_RSA_WITH_NULL_SHA256, its MAC cut to `size` bytes."""
    randoms = made.negotiation.client.random, made.negotiation.server.random
    _, client, _ = key_block(0x0303, made.negotiation.cipher, MASTER, *randoms)
    pseudo = (1).to_bytes(8) + b"\x17\3\3\0\4data"
    body = b"data" + hmac.digest(client.mac, pseudo, "sha256")[:size]
    return b"\x17\3\3" + len(body).to_bytes(2) + body


MASTER = b"m" * 48


@pytest.mark.parametrize(("extensions", "size"), [({}, 32), ({ExtensionType.truncated_hmac: b""}, 10)])
def test_before_tls13_what_passed_unread_is_counted(extensions, size):
    """As in TLS 1.3; and a MAC is as short as both agreed (RFC 6066 section 7)."""
    made, flow = opening(suite=0x003B), Flow("client", PROTECTED)
    flow.negotiation = made.negotiation
    flow.negotiation.server = made.negotiation.server._replace(version=0x0303, extensions=extensions)
    record = authenticated(made, size=size)
    assert None is open_(made, flow, record)
    assert "CLIENT_RANDOM" in open_(made, flow, record, patient=False)
    made.secrets.learn(f"CLIENT_RANDOM {made.negotiation.client.random.hex()} {MASTER.hex()}".encode())
    assert Opened(23, b"data") == open_(made, flow, record)


def test_suites_that_are_not_opened():
    """Unknown, or of another version: said, and not waited for."""
    for suite, reason in ((0xFFFF, "unknown 0xFFFF"), (0x009C, "TLS_RSA")):
        made = opening("CLIENT_HANDSHAKE_TRAFFIC_SECRET", suite=suite)
        assert reason in open_(made, Flow("client", HANDSHAKE), RECORD)


def test_plaintext_where_it_may_be():
    """An alert may be in plaintext at any time, a handshake message not once keys are there."""
    made, flow = opening(), Flow("client", HANDSHAKE)
    assert Opened(21, b"\2\x28") == open_(made, flow, b"\x15\3\3\0\2\2\x28")
    assert "in plaintext" in open_(made, flow, b"\x16\3\3\0\1x")


def test_before_tls13_nothing_is_opened_without_a_handshake():
    """No negotiation, compression, an unknown suite: each has its reason."""
    made = opening(suite=0x002F)
    made.negotiation.server = made.negotiation.server._replace(version=0x0303)
    flow = Flow("client", PROTECTED)
    assert "not there" in open_(made, flow, RECORD)
    flow.negotiation = made.negotiation
    assert None is open_(made, flow, RECORD)
    flow.negotiation.server = flow.negotiation.server._replace(version=0x0300)
    assert "SSL 3.0" in open_(made, flow, RECORD)
    flow.negotiation.server = flow.negotiation.server._replace(version=0x0303, compression=1)
    assert "compression method 1" in open_(made, flow, RECORD)
    flow.negotiation.server = flow.negotiation.server._replace(compression=0, suites=(0xFFFF,))
    assert "unknown 0xFFFF" in open_(made, flow, RECORD)


LOGGED = (
    *("CLIENT_EARLY_TRAFFIC_SECRET", "EARLY_EXPORTER_SECRET", "EXPORTER_SECRET"),
    *(
        f"{side}_{secret}"
        for secret in ("HANDSHAKE_TRAFFIC_SECRET", "TRAFFIC_SECRET_0")
        for side in ("CLIENT", "SERVER")
    ),
)


def test_keys_of_secrets_that_opened_nothing_are_derived_in_the_end():
    """Key and IV of each traffic secret, finished_key of those of the handshake; nothing twice."""
    made = opening(*LOGGED)
    assert b"data" == open_(made, Flow("server", APPLICATION), RECORD).plaintext
    made.derive_rest()
    names = [step.name for step in made.steps]
    assert len(names) == len(set(names))
    traffic = [
        f"{side}_{secret}"
        for secret in ("handshake_traffic_secret", "application_traffic_secret_0")
        for side in ("client", "server")
    ]
    expected = {name for secret in traffic for name in (secret, f"key of {secret}", f"IV of {secret}")}
    expected |= {f"finished_key of {secret}" for secret in traffic[:2]}
    assert expected | {"client_early_traffic_secret", "early_exporter_master_secret", "exporter_master_secret"} == set(
        names
    )
    made.derive_rest()
    assert len(names) == len(made.steps)


def test_of_what_is_not_known_no_key_is_derived():
    """No secret, no handshake, no ServerHello, a suite of another version or none: nothing is made up."""
    for made in (opening(), opening(*LOGGED, suite=0xFFFF)):
        made.derive_rest()
        assert [] == made.steps
    made = opening(*LOGGED)
    made.negotiation.server = None
    made.derive_rest()
    made.negotiation = None
    made.derive_rest()
    assert [] == made.steps


def test_before_tls13_the_key_block_is_cut_without_a_record():
    """The master secret and the randoms are enough for it."""
    made = opening(suite=0x003B)
    made.negotiation.server = made.negotiation.server._replace(version=0x0303, extensions={})
    made.secrets.learn(f"CLIENT_RANDOM {made.negotiation.client.random.hex()} {MASTER.hex()}".encode())
    made.derive_rest()
    made.derive_rest()
    parts = ["master_secret", "key_block", "client_write_MAC_key", "server_write_MAC_key"]
    assert parts == [step.name for step in made.steps]


def test_steps_are_bounded():
    """A peer may update its keys for ever."""
    made = opening()
    for _ in range(MAX_STEPS + 5):
        made.note([None])
    assert (MAX_STEPS, 5) == (len(made.steps), made.steps_dropped)
