import asyncio
import subprocess

import pytest
from cryptography import x509

from conversation import converse, stage
from journals import CLIENT, DOWN, SERVER, STORY, UP, capture, handshake
from support.needs import needs
from tlscope.events import LeafForged, Message, Outcome, OutcomeKind
from tlscope.export.pem import armor, certificates, text
from tlscope.export.source import Source

ENDED = Outcome(OutcomeKind.ABORTED, 0, 0)


def chain(*ders, tls13):
    """A Certificate message."""
    extensions = b"\0\0" if tls13 else b""
    entries = b"".join(len(der).to_bytes(3, "big") + der + extensions for der in ders)
    return handshake(11, b"\0" * tls13 + len(entries).to_bytes(3, "big") + entries)


@pytest.mark.parametrize("version", [0x0301, 0x0303, 0x0304])
def test_every_chain_of_both_legs(tmp_path, version):
    """In the order in which they were shown, with who showed them."""
    tls13 = version == 0x0304
    story = [
        STORY[0],
        Message(SERVER, DOWN, version, 22, chain(b"leaf", b"root", tls13=tls13)),
        Message(SERVER, UP, version, 22, chain(tls13=tls13)),
        LeafForged("authority", "P-256", b"forged"),
        Message(CLIENT, DOWN, version, 22, chain(b"forged", b"ours", tls13=tls13)),
        Message(CLIENT, UP, version, 22, chain(b"client", tls13=tls13)),
        Message(CLIENT, UP, version, 23, chain(b"no handshake", tls13=tls13)),
        ENDED,
    ]
    ours = "client leg, ours in the server's place"
    assert [
        (1, "server leg, of the server", 1, b"leaf"), (1, "server leg, of the server", 2, b"root"),
        (1, ours, 1, b"forged"), (1, ours, 2, b"ours"), (1, "client leg, of the client", 1, b"client"),
    ] == list(certificates(Source(capture(tmp_path / "c", story))))  # fmt: skip


def test_a_forged_leaf_that_nobody_saw_comes_as_well(tmp_path):
    """When its connection ends, or was not seen to end; of chosen connections only."""
    forged = [LeafForged("authority", "P-256", b"one"), ENDED]
    directory = capture(tmp_path / "c", forged, [LeafForged("self", "P-256", b"two")], forged)
    whose = "client leg, forged, but not shown"
    assert [(1, whose, 0, b"one"), (2, whose, 0, b"two")] == sorted(certificates(Source(directory, {1, 2})))


@pytest.mark.parametrize("data", [b"", b"\x0b", handshake(11, b"\0\0\5\0\0\xffab"), handshake(1), b"\x0b\0\0\1\xff"])
def test_a_malformed_message_has_no_certificates(tmp_path, data):
    """And is no error."""
    directory = capture(tmp_path / "c", [Message(SERVER, DOWN, 0x0303, 22, data)])
    assert [] == list(certificates(Source(directory)))


def test_openssl_reads_the_file(tmp_path):
    """As certificates of a real connection: of the server, and ours with the same names."""
    found = []

    async def story():
        async with stage() as made:
            client, server = await converse(made)
            await client.close_notify()
            await client.finish()
            await server.receive_all()
            await server.finish()
            await made.ended()
            found.extend(text(Source(made.config.capture)))

    asyncio.run(story())
    path = tmp_path / "x.pem"
    path.write_text("".join(found))
    done = subprocess.run([needs("openssl"), "storeutl", "-noout", "-certs", path], capture_output=True, text=True,
                          check=True)  # fmt: skip
    assert f"Total found: {len(found)}" in done.stdout
    names = [certificate.subject.rfc4514_string() for certificate in x509.load_pem_x509_certificates(path.read_bytes())]
    assert len(found) == len(names) >= 2
    assert found[0].startswith("connection 1, server leg, of the server: certificate 1\n-----BEGIN CERTIFICATE-----\n")


def test_lines_of_pem_have_64_characters():
    """But the last (RFC 7468 section 2)."""
    begin, *lines, end, last = armor(bytes(100)).split("\n")
    assert ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "") == (begin, end, last)
    assert [64, 64, 8] == [len(line) for line in lines]
