"""Messages that the recorded handshakes lack, made by hand, and held against Wireshark as those are.

No peer at hand sends these: what old drafts had, what only embedded devices speak, extensions that nobody took up. They
stand in the clear, even those of TLS 1.3, which Wireshark reads all the same.
"""

from __future__ import annotations

from collections import defaultdict

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support import packets, tshark
from support.dissecting import malformed_in, torture
from tlscope.wire.tls.codes import HELLO_RETRY_RANDOM
from tlscope.wire.tls.messages import Context, context_after, dissect

HANDSHAKE = 22
KEY = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
NAME = bytes.fromhex("300d310b3009060355040613024445")
OCSP = bytes.fromhex("30030a0106")
NO_DECODER = "tls.handshake.extension.data"
"""Wireshark's key for an extension that it knows no more of than its length."""
OTHERWISE = {
    "tls.handshake.dname",  # it leaves out the header of the SEQUENCE
    "tls.extension.oid_filters.oid",  # it leaves out the header of the OBJECT IDENTIFIER
    "tls.extension.psk_ke_modes_length",  # its name, too, for the length of oid_filters' values
    "tls.quic.parameter.value",  # the bytes of each value, which is shown as what it is
}


def vector(size, *parts):
    data = b"".join(parts)
    return len(data).to_bytes(size) + data


def extension(kind, *parts):
    return kind.to_bytes(2) + vector(2, *parts)


def message(kind, *parts):
    return bytes([kind]) + vector(3, *parts)


def code(text):
    return bytes.fromhex(text)


def client_hello(*extensions):
    return message(
        1, code("0303"), bytes(range(32)), vector(1, b"\xaa" * 8), b"\0\2\xc0\x2f", b"\1\0", vector(2, *extensions)
    )


def server_hello(suite, *extensions, random=bytes(range(32))):
    return message(2, code("0303"), random, vector(1, b"\xaa" * 8), code(suite), b"\0", vector(2, *extensions))


SCTS = vector(2, vector(2, b"\0", b"\x77" * 32, bytes(8), b"\0\0", code("0403"), vector(2, b"sig")))
SIGNED = code("0804") + vector(2, b"sig")
SCHEMES = vector(2, code("0403 0807"))

OLD_OFFER = client_hello(
    extension(0, vector(2, b"\0", vector(2, b"host.example"))),
    extension(1, b"\2"),
    extension(2),
    extension(3, vector(2, b"\0", b"\1", b"\x11" * 20, b"\2", vector(2, NAME), b"\3", b"\x22" * 20)),
    extension(4),
    extension(5, b"\1", vector(2, vector(2, b"\xa1\3\4\1\0")), vector(2)),
    extension(6, vector(1, b"\x40")),
    extension(7, vector(1, b"\0\1")),
    extension(8, vector(1, b"\0")),
    extension(9, vector(1, b"\0\1")),
    extension(10, vector(2, code("001d0017"))),
    extension(11, vector(1, b"\0\1\2")),
    extension(12, vector(1, b"user")),
    extension(13, vector(2, code("0403 0804 0201"))),
    extension(14, vector(2, code("0001 0007")), vector(1)),
    extension(15, b"\1"),
    extension(16, vector(2, vector(1, b"h2"), vector(1, b"http/1.1"))),
    extension(17, vector(2, b"\2", vector(2, b"\0\0\0\0"), b"\1", vector(2, vector(2, vector(2, b"\x82\0")), b"\0\0"))),
    extension(18),
    extension(19, vector(1, b"\2\0")),
    extension(20, vector(1, b"\2\0")),
    extension(21, bytes(5)),
    extension(22),
    extension(23),
    extension(24, b"\1\0", vector(1, b"\2")),
    extension(25, vector(2, b"\1", vector(1, b"\x33" * 32))),
    extension(27, vector(1, code("0002 0001 0003"))),
    extension(28, code("4001")),
    extension(34, SCHEMES),
    extension(35, b"ticket"),
    extension(54, vector(1, b"cid")),
    extension(57, code("0104 80007530 0304 800005dc 0b01 1a 0f04 aabbccdd 2004 8000ffff")),
    extension(13172),
    extension(17513, vector(2, vector(1, b"h2"))),
    extension(30031),
    extension(0xFFCE, code("1301 001d"), vector(2, b"k" * 32), vector(2, b"d" * 32), vector(2, b"s" * 40)),
    extension(0xFFA5, code("0104 80007530")),
    extension(0xFF01, vector(1)),
)
OLD_CHOICE = (
    extension(0),
    extension(1, b"\2"),
    extension(5),
    extension(9, b"\0"),
    extension(11, vector(1, b"\0")),
    extension(14, vector(2, code("0001")), vector(1)),
    extension(15, b"\2"),
    extension(16, vector(2, vector(1, b"h2"))),
    extension(18, SCTS),
    extension(22),
    extension(23),
    extension(24, b"\1\0", vector(1, b"\2")),
    extension(25, vector(2, b"\1")),
    extension(28, code("4001")),
    extension(35),
    extension(54, vector(1, b"cid")),
    extension(13172, vector(1, b"h2"), vector(1, b"spdy/3")),
    extension(0xFF01, vector(1)),
)


def tls12(suite, server_key_exchange, client_key_exchange):
    """A handshake with all that may come before TLS 1.3, around one key exchange."""
    return [
        (False, OLD_OFFER),
        (True, server_hello(suite, *OLD_CHOICE)),
        (True, message(22, b"\1", vector(3, OCSP))),
        (True, message(22, b"\2", vector(3, vector(3), vector(3, OCSP)))),
        (True, message(12, server_key_exchange)),
        (True, message(13, vector(1, b"\1\2\x40\x43"), vector(2, code("0403 0804")), vector(2, vector(2, NAME)))),
        (True, message(14)),
        (False, message(21, b"\0", vector(2, vector(2, b"http://a/b"), b"\1", b"\x99" * 20))),
        (False, message(16, client_key_exchange)),
        (False, message(15, SIGNED)),
        (True, message(4, code("00000e10"), vector(2, b"ticket"))),
        (False, message(23, vector(3, code("4002"), vector(2, b"abc")))),
    ]


JPAKE = vector(1, b"\4" + b"x" * 64) + vector(1, b"\4" + b"v" * 64) + vector(1, b"r" * 32)
SRP = vector(2, b"N" * 128) + vector(2, b"\2") + vector(1, b"salt") + vector(2, b"B" * 128)
DELEGATED = code("00015180 0403") + vector(3, KEY) + SIGNED
ENTRY = (
    extension(5, b"\1", vector(3, OCSP)),
    extension(18, SCTS),
    extension(34, DELEGATED),
)
NEW_OFFER = client_hello(
    extension(10, vector(2, code("11ec 001d"))),
    extension(13, SCHEMES),
    extension(33),
    extension(42),
    extension(43, vector(1, code("7f1c 0304"))),
    extension(44, vector(2, b"cookie")),
    extension(45, vector(1, b"\0\1")),
    extension(47, vector(2, vector(2, NAME))),
    extension(49),
    extension(50, SCHEMES),
    extension(51, vector(2, code("001d"), vector(2, b"k" * 32))),
    extension(58, b"\1\2"),
    extension(0xFE0D, b"\0", code("0001 0001 07"), vector(2, b"e" * 32), vector(2, b"p" * 100)),
    extension(41, vector(2, vector(2, b"name"), code("01020304")), vector(2, vector(1, b"b" * 32))),
)
TLS13 = [
    (False, NEW_OFFER),
    (True, server_hello("1301", extension(43, code("0304")), extension(51, code("001d"), vector(2, b"k" * 32)))),
    (
        True,
        message(
            8,
            vector(
                2,
                extension(0),
                extension(10, vector(2, code("001d"))),
                extension(16, vector(2, vector(1, b"h2"))),
                extension(19, b"\2"),
                extension(20, b"\2"),
                extension(28, code("4001")),
                extension(42),
                extension(58, b"\1"),
                extension(17513, b"settings"),
                extension(0xFFCE, b"n" * 16),
            ),
        ),
    ),
    (
        True,
        message(
            13,
            vector(1, b"context"),
            vector(
                2,
                extension(5),
                extension(13, SCHEMES),
                extension(18),
                extension(27, vector(1, code("0002"))),
                extension(47, vector(2, vector(2, NAME))),
                extension(48, vector(2, vector(1, code("0603551d0f")), vector(2, code("03020780")))),
                extension(50, SCHEMES),
            ),
        ),
    ),
    (True, message(11, vector(1), vector(3, vector(3, KEY), vector(2, *ENTRY)))),
    (True, message(15, SIGNED)),
    (True, message(20, b"f" * 32)),
    (False, message(5)),
    (False, message(20, b"f" * 32)),
    (True, message(4, code("00000e10 01020304"), vector(1, b"n"), vector(2, b"t"), vector(2, extension(42, bytes(4))))),
    (True, message(24, b"\1")),
]
RETRY = [
    (False, NEW_OFFER),
    (
        True,
        server_hello(
            "1301",
            extension(43, code("0304")),
            extension(44, vector(2, b"cookie")),
            extension(51, code("001d")),
            extension(0xFE0D, b"c" * 8),
            random=HELLO_RETRY_RANDOM,
        ),
    ),
]
HANDSHAKES = {
    "ECDHE": tls12("c02f", code("03 001d 20") + bytes(32) + SIGNED, vector(1, b"p" * 32)),
    "export RSA": tls12("002f", vector(2, b"m" * 64) + vector(2, b"\3") + SIGNED, vector(2, b"p" * 256)),
    "J-PAKE": tls12("c0ff", code("03 0017") + JPAKE, JPAKE),
    "GOST": tls12("c100", b"", code("3006 0404 01020304")),
    "SRP": tls12("c01e", SRP + SIGNED, vector(2, b"A" * 128)),
    "TLS 1.3": TLS13,
    "retry": RETRY,
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Every message as Wireshark shows it, with its context and tree."""
    path, made = tmp_path_factory.mktemp("made") / "made.pcap", []
    for port, handshake in enumerate(HANDSHAKES.values(), 50000):
        client, sent = ("10.0.0.1", port), {False: 1000, True: 2000}
        made += [packets.packet(sent[back] - 1, flags=packets.SYN, back=back, client=client) for back in sent]
        for back, data in handshake:
            record = b"\x16\3\3" + vector(2, data)
            made.append(packets.packet(sent[back], record, packets.ACK | packets.PUSH, back=back, client=client))
            sent[back] += len(record)
    path.write_bytes(packets.pcap(*made))
    contexts, found = defaultdict(Context), []
    for seen in tshark.messages(path):
        context = contexts[seen.stream]
        found.append((seen, context, dissect(HANDSHAKE, seen.data, context)))
        contexts[seen.stream] = context_after(context, HANDSHAKE, seen.data)
    return found


def test_wireshark_sees_the_same_fields_at_the_same_bytes(shown):
    """Each field that Wireshark shows is there, with its key, its place and its value."""
    assert sum(map(len, HANDSHAKES.values())) == len(shown)
    for message, _, tree in shown:
        ours = defaultdict(list)
        for field in tree.walk():
            ours[field.key].append(field)
        for seen in message.fields:
            if not seen.key.startswith("tls.") or seen.key in {*OTHERWISE, NO_DECODER}:
                continue
            if seen.key not in {"tls.handshake.sig_hash_hash", "tls.handshake.sig_hash_sig"}:  # of each scheme, a pair
                assert any(same(field, seen) for field in ours[seen.key]), (tree.label, seen, ours[seen.key])


def same(field, seen):
    """Same bytes, and the same value; a vector of ours takes its length in."""
    if field.end != seen.start + len(seen.data):
        return False
    if field.value is None:
        return 0 <= seen.start - field.start <= 3
    if field.start != seen.start:
        return False
    if isinstance(field.value, int):
        return field.value == int.from_bytes(seen.data) or field.value == int(seen.value, 0)
    return field.value in {seen.value, seen.data}


def test_each_byte_is_understood(shown):
    """Nothing is malformed, and nothing stays raw, what Wireshark has no decoder for included."""
    unknown = {"tls.handshake.body", "tls.handshake.key_exchange", NO_DECODER}
    for message, _, tree in shown:
        assert [] == malformed_in(tree), (message.stream, tree.label)
        assert not unknown & {field.key for field in tree.walk()}, (message.stream, tree.label)


def test_each_value_is_explained(shown):
    """What is more than a length has a note or a reference."""
    for _, _, tree in shown:
        for field in tree.walk():
            explained = field.note or field.reference or field.label.lower().endswith("length")
            assert explained or field.key.startswith(("x509", "pkix", "ocsp", "tls.sct", "ber.", "tls.quic")), field


def test_whatever_is_done_to_them(shown):
    """Cut, changed or continued: a tree, always, with what was read before the cut."""
    for seen, context, _ in {seen.data: (seen, context, tree) for seen, context, tree in shown}.values():
        torture(lambda data: dissect(HANDSHAKE, data, context), seen.data, cuts=40, flips=10)  # noqa: B023 - at once
