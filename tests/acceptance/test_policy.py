"""The options that decide what happens to a connection, and what is kept of it."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from support.clients import curl, run
from support.needs import needs
from support.pcap import conversation
from support.recorder import tlscope


def through(recording):
    return ["-x", f"http://{recording.address}", "--cacert", recording.ca]


@pytest.mark.parametrize(
    ("options", "rule"),
    [(("--passthrough", "LOCAL*"), "--passthrough LOCAL*"), (("--only", "example.com"), "not in --only")],
)
def test_passed_through(record, nginx, upstream_ca, options, rule):
    """A host that is passed through shows its own certificate; nothing is opened, but the hello is in the clear."""
    recording = record(*options)
    with recording.catch(2) as caught:
        refused = curl(*through(recording), f"{nginx.url}/one")  # trusts tlscope's CA only
        done = curl("-x", f"http://{recording.address}", "--cacert", upstream_ca.pem, f"{nginx.url}/16K")
    assert (60, nginx.files["16K"]) == (refused.returncode, done.stdout)
    assert ["passed-through"] * 2 == [connection.outcome for connection in caught]
    assert [] == caught[1].of("data") + caught[1].of("leaf") + caught[1].of("secret")
    assert [("ClientHello", True)] == [(said["name"], said["from_wire"]) for said in caught[1].of("message")]
    assert [("pass-through", rule)] == [(policy["action"], policy["rule"]) for policy in caught[1].of("policy")]
    assert caught[1].summary["down"] > 16 << 10


def test_only(record, nginx):
    """A host that --only names is intercepted."""
    recording = record("--only", "local*")
    with recording.catch() as caught:
        done = curl(*through(recording), f"{nginx.url}/16K")
    assert (nginx.files["16K"], "intercepted") == (done.stdout, caught.one.outcome)


def test_refused(record, nginx):
    """A host that --refuse names is not connected to, and the client is told so; others are."""
    recording = record("--refuse", "localhost", "--passthrough", "*")
    with recording.catch(2) as caught:
        done = curl("-v", *through(recording), f"{nginx.url}/one")
        curl("-k", "-x", f"http://{recording.address}", f"https://127.0.0.1:{nginx.port}/one")
    assert b"HTTP/1.1 403 Forbidden" in done.stderr
    assert b"X-Tlscope-Fault: refused-by-policy" in done.stderr
    assert [("refused", "refused-by-policy"), ("passed-through", None)] == [
        (connection.outcome, connection.fault) for connection in caught
    ]


def test_refused_by_the_name_in_the_hello(record, nginx):
    """A client that names an address to the proxy and the host in its SNI is caught by the SNI: an alert."""
    recording = record("--refuse", "localhost")
    with recording.catch() as caught:
        done = curl(*through(recording), "--connect-to", f"localhost:{nginx.port}:127.0.0.1:{nginx.port}",
                    f"{nginx.url}/one")  # fmt: skip
    assert b"alert access denied" in done.stderr, done.stderr
    assert "refused" == caught.one.outcome


@pytest.mark.parametrize("scheme", ["https", "tls", "tcp"])
def test_reverse(record, nginx, scheme):
    """In reverse mode every client is led to one server, by whatever name it calls us."""
    recording = record("--mode", f"reverse:{scheme}://localhost:{nginx.port}")
    with recording.catch() as caught:
        done = curl("--cacert", recording.ca, "--connect-to", f"shop.example:443:127.0.0.1:{recording.port}",
                    "https://shop.example/16K")  # fmt: skip
    assert nginx.files["16K"] == done.stdout, done.stderr
    assert ("intercepted", "localhost") == (caught.one.outcome, caught.one.summary["host"])
    assert ("shop.example", "localhost") == tuple(
        caught.one.summary[leg]["sni"] for leg in ("client_leg", "server_leg")
    )  # fmt: skip


def test_reverse_tcp_takes_what_comes(record, nginx):
    """In reverse:tcp mode a protocol that is not TLS is no fault."""
    recording = record("--mode", f"reverse:tcp://127.0.0.1:{nginx.plain_port}")
    with recording.catch() as caught:
        done = curl(f"http://{recording.address}/16K")
    assert nginx.files["16K"] == done.stdout
    assert ("not-tls", None) == (caught.one.outcome, caught.one.fault)


def test_reverse_tls_wants_tls(record, nginx):
    """In reverse:https mode a plain request is told that TLS is expected."""
    recording = record("--mode", f"reverse:https://127.0.0.1:{nginx.port}")
    with recording.catch() as caught:
        done = curl("-i", f"http://{recording.address}/")
    assert done.stdout.startswith(b"HTTP/1.1 400 ")
    assert ("not-tls", "not-tls") == (caught.one.outcome, caught.one.fault)


def test_keylog(record, nginx, tmp_path):
    """--keylog appends the secrets of both legs, those in the capture, for the user alone; `show` masks them."""
    keylog = tmp_path / "keys"
    recording = record("--keylog", keylog)
    with recording.catch(2) as caught:
        for version in ("1.2", "1.3"):
            curl("--tls-max", version, *through(recording), f"{nginx.url}/one")
    lines = keylog.read_text().splitlines()
    recorded = [line for connection in caught for line in connection.secrets()]
    assert 2 + 10 == len(lines)  # one a leg in TLS 1.2, five in TLS 1.3 (RFC 9850 section 2)
    assert sorted(recorded) == sorted(lines)
    assert all(re.fullmatch("[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]{64,96}", line) for line in lines)
    assert 0o600 == stat.S_IMODE(keylog.stat().st_mode)
    assert {None} == {event["secret"] for event in caught[0].of("secret")}


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_tshark_decrypts_what_was_kept(record, nginx, tmp_path, version):
    """With --ciphertext and --keylog, tshark opens both legs by itself: the same handshake, the same body."""
    recording = record("--ciphertext", "--keylog", tmp_path / "keys")
    with recording.catch() as caught:
        curl("--http1.1", "--tls-max", version, *through(recording), f"{nginx.url}/16K")
    (tmp_path / "bodies").mkdir()
    recorded = {"client": caught.one.messages("client"), "server": caught.one.messages("server")}
    for leg, port in (("client", 40001), ("server", 40002)):
        (tmp_path / leg).write_bytes(conversation(caught.one.records, leg, port))
        seen = tshark(tmp_path / leg, tmp_path / "keys", "-T", "fields", "-e", "tls.handshake.type")
        types = [int(kind) for kind in re.findall(r"\d+", seen)]
        assert [TYPES[message.split()[1]] for message in recorded[leg] if "ChangeCipherSpec" not in message] == types
        tshark(tmp_path / leg, tmp_path / "keys", "-q", "--export-objects", f"http,{tmp_path / 'bodies' / leg}")
        assert nginx.files["16K"] == (tmp_path / "bodies" / leg / "16K").read_bytes()


TYPES = {"ClientHello": 1, "ServerHello": 2, "NewSessionTicket": 4, "EncryptedExtensions": 8, "Certificate": 11,
         "ServerKeyExchange": 12, "ServerHelloDone": 14, "CertificateVerify": 15, "ClientKeyExchange": 16,
         "Finished": 20}  # fmt: skip
"""HandshakeType (RFC 8446 section 4, RFC 5246 section 7.4)."""


def tshark(capture, keys, *options):
    """What tshark says of a capture that it has the keys of."""
    ports = ["-d", "tcp.port==40001-40002,tls"]
    done = run(needs("tshark"), "-r", capture, "-o", f"tls.keylog_file:{keys}", *ports, *options)
    assert 0 == done.returncode, done.stderr
    return done.stdout.decode()


def test_ciphertext_of_the_handshake_only(recorder, nginx):
    """Without --ciphertext the handshake flights are kept, and nothing of the data."""
    with recorder.catch() as caught:
        curl(*through(recorder), f"{nginx.url}/1M")
    for leg in ("client", "server"):
        for direction in ("up", "down"):
            kept = caught.one.ciphertext(leg, direction)
            assert kept.startswith(b"\x16\x03")
            assert len(kept) < 16 << 10


def test_client_certificate_that_cannot_be_used(tmp_path):
    """A --client-cert without a usable file is told at the start, not at the first server."""
    broken = tmp_path / "broken.pem"
    broken.write_text("nothing")
    done = tlscope(
        tmp_path, "record", "-l", "127.0.0.1:0", "-c", tmp_path / "c", "--client-cert", f"localhost={broken}"
    )
    assert done.returncode
    assert str(broken) in done.stderr
    assert "Next:" in done.stderr


def test_the_capture_is_private(record):
    """A capture's directory is the user's alone, and so are its files and the CA's key."""
    recording = record()
    assert 0o700 == stat.S_IMODE(recording.capture.stat().st_mode)
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in recording.capture.iterdir()}
    assert 0o700 == stat.S_IMODE(Path(recording.ca).parent.stat().st_mode)
    assert {0} == {
        stat.S_IMODE(path.stat().st_mode) & 0o077 for path in Path(recording.ca).parent.iterdir() if "key" in path.name
    }
