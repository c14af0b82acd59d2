import json

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from support.connections import BEGUN
from support.screen import indexed
from support.tls_pairs import TLS1_2, TLS1_3, Pair
from tlscope.capture.index import Index
from tlscope.events import Ciphertext, Direction, Leg, Secret
from tlscope_ui.telling.handshake import Handshake
from tlscope_ui.telling.keys import keys, keys_json, schedule


def derived(directory, version, *, ciphertext=True):
    """The keys of a real handshake on the server leg, as recorded; and its key log."""
    pair = Pair(version).shake()
    wire = [Ciphertext(Leg.SERVER, way, data) for way, data in pair.wire if ciphertext]
    secrets = [Secret(Leg.SERVER, line) for line in pair.lines.splitlines()]
    with Index(indexed(directory, [*BEGUN, *wire, *secrets])) as index:
        return keys(Handshake(1).read(index.lookup)), pair.lines


def plain(flow, width=120):
    flow.fit(width)
    return [
        "".join(part if isinstance(part, str) else part.text for part in flow.line(y, width)) for y in range(len(flow))
    ]


@pytest.mark.parametrize(
    ("version", "names"),
    [
        (TLS1_3, ("client_handshake_traffic_secret", "key of server_application_traffic_secret_0", "finished_key of")),
        (TLS1_2, ("master_secret", "key_block", "client_write_key", "verify_data of client Finished")),
    ],
)
def test_the_schedule_is_derived_step_by_step(tmp_path, version, names):
    """From what was logged to keys and IVs; and OpenSSL's Finished messages prove it right."""
    found, _ = derived(tmp_path / "c", version)
    lines = "\n".join(plain(schedule(found)))
    for name in ("The server leg", *names):
        assert name in lines
    assert {"client Finished", "server Finished"} <= {proof.what for part in found for proof in part.proofs if proof.ok}
    assert "✓ server Finished: verify_data is what this transcript and this secret give" in lines


def test_keys_of_data_are_derived_though_its_ciphertext_was_not_kept(tmp_path):
    """Of the handshake's alone, as it is recorded unless all is asked for: with them OpenSSL's later records open."""
    pair = Pair(TLS1_3, suites="TLS_AES_128_GCM_SHA256").shake()
    events = [Ciphertext(Leg.SERVER, way, data) for way, data in pair.wire]
    events += [Secret(Leg.SERVER, line) for line in pair.lines.splitlines()]
    before = len(pair.wire)
    pair.say("client", b"hello")
    with Index(indexed(tmp_path / "c", [*BEGUN, *events])) as index:
        (part,) = keys(Handshake(1).read(index.lookup))
    made = {step.name: step.output for step in part.steps}
    key, iv = (made[f"{what} of client_application_traffic_secret_0"] for what in ("key", "IV"))
    (record,) = [data for way, data in pair.wire[before:] if way is Direction.UP]
    assert b"hello\x17" == AESGCM(key).decrypt(iv, record[5:], record[:5])
    assert not [line for line in plain(schedule((part,))) if "_SECRET" in line and "key log: " not in line]


@pytest.mark.parametrize("version", [TLS1_2, TLS1_3])
@pytest.mark.parametrize("ciphertext", [True, False])
def test_secrets_are_masked_until_asked_for(tmp_path, version, ciphertext):
    """No secret, key or IV is there before, nor any part of one; afterwards the logged ones are."""
    found, lines = derived(tmp_path / "c", version, ciphertext=ciphertext)
    secrets = [line.split()[2].decode() for line in lines.splitlines()]
    secrets += [step.output.hex() for part in found for step in part.steps if not step.name.startswith("verify_data")]
    masked = "".join(plain(schedule(found, shown_by="u"), 1000))
    assert "masked: u shows them" in masked
    assert not [secret for secret in secrets if secret[:16] in masked]
    shown = "".join(plain(schedule(found, masked=False), 1000))
    assert all(line.split()[2].decode() in shown for line in lines.splitlines())


def test_without_secrets_there_is_nothing_to_derive(tmp_path):
    """Which is said."""
    with Index(indexed(tmp_path / "c", BEGUN)) as index:
        found = keys(Handshake(1).read(index.lookup))
    assert ["No secrets were recorded: without them nobody can derive the keys."] == plain(schedule(found))


@pytest.mark.parametrize("version", [TLS1_2, TLS1_3])
def test_objects_have_the_same_steps(tmp_path, version):
    """With null for what is masked; what everybody can see is never."""
    found, lines = derived(tmp_path / "c", version)
    masked, shown = (keys_json(found, masked=masked) for masked in (True, False))
    assert [step.name for step in found[0].steps] == [step["name"] for step in masked[0]["steps"]]
    assert [step.output.hex() for step in found[0].steps] == [step["output"] for step in shown[0]["steps"]]
    secrets = [line.split()[2].decode() for line in lines.splitlines()]
    assert all(secret in json.dumps(shown) and secret not in json.dumps(masked) for secret in secrets)
    proofs = [step["output"] for step in masked[0]["steps"] if step["name"].startswith("verify_data")]
    assert proofs
    assert None not in proofs
    assert {True} == {proof["ok"] for proof in masked[0]["proofs"] if "Finished" in proof["what"]}
