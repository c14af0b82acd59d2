import struct
import subprocess
import tracemalloc
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feeding import bytewise, cut, cuts, every_prefix_wants_more, every_way, feed
from tlscope.wire.tls import hello as module
from tlscope.wire.tls.hello import (
    HelloCollector,
    Malformed,
    is_host_name,
    looks_like_sslv2,
    parse_client_hello,
)
from tools import tool

LIMIT = 64 * 1024
HELLOS = {
    path.stem: path.read_bytes() for path in sorted((Path(__file__).parents[3] / "data" / "hellos").glob("*.bin"))
}
EVERY_HELLO = pytest.mark.parametrize("name", HELLOS)


def collector():
    return HelloCollector(LIMIT)


# -------------------------------------------------------------------------------------------------------- made by hand


def block(size, data):
    return len(data).to_bytes(size, "big") + data


def numbers(*values):
    return b"".join(value.to_bytes(2, "big") for value in values)


def extension(kind, body):
    return kind.to_bytes(2, "big") + block(2, body)


def sni(name, kind=0):
    return extension(0, block(2, bytes([kind]) + block(2, name)))


def message(*extensions, version=0x0303, suites=(0x1301, 0xC02B), session=b"s" * 32, tail=None):
    """A ClientHello with its handshake header; `tail` in the place of the whole block of extensions."""
    body = numbers(version) + bytes(32) + block(1, session) + block(2, numbers(*suites)) + block(1, b"\0")
    body += block(2, b"".join(extensions)) if tail is None else tail
    return b"\x01" + block(3, body)


def records(data, size=1 << 14):
    return b"".join(b"\x16\x03\x01" + block(2, data[at : at + size]) for at in range(0, len(data), size))


FULL = message(
    extension(0x0A0A, b""),  # GREASE (RFC 8701)
    sni(b"Example.COM"),
    extension(10, block(2, numbers(0x2A2A, 4588, 29, 23))),
    extension(13, block(2, numbers(0x0403, 0x0804))),
    extension(16, block(2, block(1, b"h2") + block(1, b"\x00\xff"))),
    extension(43, block(1, numbers(0x1A1A, 0x0304, 0x0303))),
    extension(51, block(2, numbers(0x2A2A) + block(2, b"\0") + numbers(29) + block(2, bytes(32)))),
    suites=(0x3A3A, 0x1301, 0xC02B),
)


def test_all_fields():
    """What routing and mirroring need is found; code points that nobody knows (RFC 8701) stay where they were."""
    found = parse_client_hello(FULL)
    assert 0x0303 == found.legacy_version
    assert (0x3A3A, 0x1301, 0xC02B) == found.cipher_suites
    assert "example.com" == found.sni
    assert (b"h2", b"\x00\xff") == found.alpn
    assert (0x1A1A, 0x0304, 0x0303) == found.supported_versions
    assert (0x2A2A, 4588, 29, 23) == found.groups
    assert (0x2A2A, 29) == found.key_shares
    assert (0x0403, 0x0804) == found.signature_algorithms
    assert (0x0A0A, 0, 10, 13, 16, 43, 51) == found.extensions


@pytest.mark.parametrize("tail", [b"", block(2, b"")])
def test_no_extensions(tail):
    """Before TLS 1.3 a hello may end without extensions (RFC 5246 section 7.4.1.2)."""
    found = parse_client_hello(message(tail=tail, session=b""))
    assert (None, (), (), None, (), None, ()) == (
        found.sni, found.alpn, found.supported_versions, found.groups, found.key_shares, found.signature_algorithms,
        found.extensions,
    )  # fmt: skip


def test_a_repeated_extension():
    """The first of two counts, and both are listed: whether that is an error is for the TLS stack to say."""
    found = parse_client_hello(message(sni(b"first"), sni(b"second")))
    assert ("first", (0, 0)) == (found.sni, found.extensions)


@pytest.mark.parametrize(
    ("expected", "extensions", "legacy"),
    [
        ((0x0303, 0x0304), [numbers(0x0A0A, 0x0304, 0x0303)], 0x0303),
        ((0x0301, 0x0304), [numbers(0x0301, 0x0304)], 0x0303),
        ((0x0304, 0x0304), [numbers(0x0304)], 0x0301),
        ((0x0301, 0x0303), [numbers(0x0A0A, 0x7F1C)], 0x0303),
        ((0x0301, 0x0303), [], 0x0303),
        ((0x0301, 0x0302), [], 0x0302),
        ((0x0301, 0x0301), [], 0x0301),
        ((0x0301, 0x0303), [], 0xFFFF),
        ((0x0301, 0x0301), [], 0x0300),
        ((0x0301, 0x0301), [], 0x0002),
    ],
)
def test_versions(expected, extensions, legacy):
    """The range that OpenSSL can be told: never one that it cannot speak, whatever the client says."""
    body = [extension(43, block(1, each)) for each in extensions]
    assert expected == parse_client_hello(message(*body, version=legacy)).versions


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        ("a.example", block(2, b"\0" + block(2, b"A.Example"))),
        ("a.example", block(2, b"\0" + block(2, b"a.example."))),
        ("127.0.0.1", block(2, b"\0" + block(2, b"127.0.0.1"))),
        ("b", block(2, b"\x07" + block(2, b"a") + b"\0" + block(2, b"b"))),
        ("b", block(2, b"\0" + block(2, b"a b") + b"\0" + block(2, b"b"))),
        (None, b""),
        (None, block(2, b"")),
        (None, block(2, b"\x07" + block(2, b"a"))),
        (None, block(2, b"\0" + block(2, b""))),
        (None, block(2, b"\0" + block(2, b"."))),
        (None, block(2, b"\0" + block(2, b"a.example.."))),
        (None, block(2, b"\0" + block(2, b"a\0b"))),
        (None, block(2, b"\0" + block(2, b"a\r\nb"))),
        (None, block(2, b"\0" + block(2, b"b\xc3\xbccher.example"))),
        (None, block(2, b"\0" + block(2, b"*.example"))),
        (None, block(2, b"\0" + block(2, b"::1"))),
    ],
)
def test_server_name(expected, body):
    """The first host name (RFC 6066 section 3) in lower case; what can be no name is as good as none, and no error."""
    assert expected == parse_client_hello(message(extension(0, body))).sni


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (True, "a"),
        (True, "a_b.c-d.example"),
        (True, ".".join(["a" * 63] * 3 + ["a" * 61])),
        (False, ".".join(["a" * 63] * 3 + ["a" * 62])),
        (False, "a" * 64),
        (False, ""),
        (False, "a."),
        (False, ".a"),
        (False, "a..b"),
        (False, "a b"),
        (False, "a\n"),
        (False, "é"),
        (False, "\N{ARABIC-INDIC DIGIT ONE}"),
    ],
)
def test_host_names(expected, text):
    """Letters, digits, hyphens and underscores in labels of 1 to 63, 253 characters in all (RFC 1123 section 2.1)."""
    assert expected is is_host_name(text)


# --------------------------------------------------------------------------------------------------- pieces and limits


@EVERY_HELLO
def test_a_real_hello_in_every_way(name):
    """Real hellos are found whole and byte by byte, with anything behind them, and never before their last byte."""
    data = HELLOS[name]
    expected = feed(collector(), [data])
    assert not isinstance(expected, Malformed)
    every_way(collector, data, expected)
    every_prefix_wants_more(collector, data)
    for junk in (b"\x16", b"\0" * 9, b"GET / HTTP/1.1\r\n", data):
        assert expected == feed(collector(), [data + junk])


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 100, 1 << 14])
def test_records_of_any_size(size):
    """A hello may be split over records down to one byte each (RFC 8446 section 5.1), and these over any segments."""
    data = records(FULL, size)
    every_way(collector, data, parse_client_hello(FULL))
    every_prefix_wants_more(collector, data)


@given(st.data())
def test_records_and_segments_at_random(data):
    """However it is split over records, however those are cut, the same hello comes out."""
    raw = data.draw(st.sampled_from([FULL, message(sni(b"x"), extension(21, bytes(700)))]))
    stream = b"".join(b"\x16\x03\x03" + block(2, piece) for piece in cut(raw, data.draw(cuts(len(raw)))))
    assert parse_client_hello(raw) == feed(collector(), cut(stream, data.draw(cuts(len(stream)))))


def test_another_message_in_the_same_record():
    """What follows the hello in its record is not part of it."""
    assert parse_client_hello(FULL) == feed(collector(), [records(FULL + b"\x02\0\0\0")])


@pytest.mark.parametrize(
    ("code", "offset", "stream"),
    [
        ("not-a-handshake", 0, b"\x17\x03\x01\0\x01"),
        ("not-a-handshake", 0, b"\x16\x02\x01\0\x01"),
        ("not-a-handshake", 3, records(FULL[:3]) + b"\x15\x03\x01\0\x02"),
        ("record-length", 0, b"\x16\x03\x01\0\0"),
        ("record-length", 0, b"\x16\x03\x01\x40\x01"),
        ("record-length", 9, records(FULL[:9]) + b"\x16\x03\x01\0\0"),
        ("not-a-client-hello", 0, b"\x16\x03\x01\0\x04\x02"),
        ("hello-too-long", 0, b"\x16\x03\x01\x40\x00\x01\x01\x00\x01"),
        ("hello-too-long", 4, records(b"\x01\xff\xff\xff", 1)),
    ],
)
def test_what_is_no_hello(code, offset, stream):
    """It is said as soon as it is certain, with the place in the handshake's bytes, and not one byte earlier."""
    for pieces in ([stream], bytewise(stream)):
        found = feed(collector(), pieces)
        assert (code, offset) == (found.code, found.offset)
        assert found.reason
    every_prefix_wants_more(collector, stream)


@pytest.mark.parametrize("over", [0, 1])
def test_the_limit(over):
    """A hello of the limit is taken, one byte more is refused when its length is known."""
    padding = 5000 - len(message(extension(21, b""))) + 4 + over
    stream = records(message(extension(21, bytes(padding))))
    found = feed(HelloCollector(5000), bytewise(stream if not over else stream[:9]))
    assert ("hello-too-long" if over else None) == getattr(found, "code", None)
    assert found is not None


LENGTHS = range(4 + 2 + 32, len(FULL))


@pytest.mark.parametrize("end", LENGTHS)
def test_every_truncation(end):
    """A hello whose header promises less than its fields do is Malformed, with the offset and the field's name."""
    short = b"\x01" + block(3, FULL[4:end])
    found = feed(collector(), [records(short)])
    whole_without_extensions = end == 4 + 2 + 32 + 33 + 8 + 2
    if whole_without_extensions:
        assert () == found.extensions
    else:
        assert "hello-truncated" == found.code
        assert 4 + 2 + 32 <= found.offset <= end
        assert found.reason.endswith(" ends early")


@pytest.mark.parametrize("at", range(4, len(FULL)))
@pytest.mark.parametrize("value", [0x00, 0x01, 0x7F, 0xFF])
def test_every_byte_changed(at, value):
    """No value of any length field, nor of anything else, raises."""
    changed = FULL[:at] + bytes([value]) + FULL[at + 1 :]
    assert feed(collector(), [records(changed)]) is not None


@pytest.mark.parametrize("kind", [0, 10, 13, 16, 43, 51])
@given(body=st.binary(max_size=40))
@example(body=b"\0")
@example(body=b"\xff\xff\0")
@example(body=b"\0\x03\0\0\0")
def test_any_body_of_a_known_extension(kind, body):
    """What stands in an extension is a hello or Malformed inside that extension, never an exception."""
    raw = message(extension(kind, body))
    found = parse_client_hello(raw)
    if isinstance(found, Malformed):
        assert len(raw) - len(body) <= found.offset <= len(raw)


@given(st.lists(st.binary(max_size=30), max_size=20))
def test_junk(pieces):
    """Nothing that a client sends raises."""
    feed(collector(), pieces)


@given(st.binary(max_size=300), st.integers(1, 80))
def test_junk_in_a_hello(body, size):
    """Nor anything inside well-formed records and a well-formed header."""
    assert feed(collector(), [records(b"\x01" + block(3, body), size)]) is not None


@given(st.integers(0, len(FULL)), st.binary(max_size=60))
def test_junk_behind_a_prefix(length, junk):
    """Nor what begins well."""
    feed(collector(), bytewise(records(FULL[:length]) + junk))


@given(st.binary(max_size=40))
@example(b"")
def test_any_bytes_as_a_message(data):
    """The parser itself takes any bytes, with a header or without."""
    assert isinstance(parse_client_hello(data), Malformed) or len(data) >= 4 + 2 + 32


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        (True, b"\x80\x2e\x01\x03\x01"),
        (True, b"\xff\xff\x01"),
        (False, b"\x80\x2e"),
        (False, b"\x80\x2e\x02"),
        (False, b"\x16\x03\x01"),
        (False, b""),
    ],
)
def test_sslv2(expected, data):
    """An SSLv2 hello is known by its two-byte length and its type."""
    assert expected is looks_like_sslv2(data)


# ---------------------------------------------------------------------------------------------------------- linear time

BIG = message(sni(b"big.example"), extension(21, bytes(60_000)))


class Counting(bytearray):
    """Counts the bytes that are copied out of it."""

    copied = 0

    def __getitem__(self, key):
        found = super().__getitem__(key)
        if isinstance(key, slice):
            Counting.copied += len(found)
        return found


@pytest.mark.parametrize("size", [1, 1 << 14])
def test_linear_time(size, monkeypatch):
    """A hello of 60 KiB that comes byte by byte costs a bounded number of copied bytes for each byte fed."""
    monkeypatch.setattr(module, "bytearray", Counting, raising=False)
    Counting.copied = 0
    stream = records(BIG, size)
    assert "big.example" == feed(collector(), bytewise(stream)).sni
    assert 1 <= Counting.copied / len(stream) <= 16


def test_bounded_memory():
    """An endless hello is refused before more than the limit and a record of it are kept."""
    endless = records(b"\x01\x00\xff\xf0" + bytes(LIMIT - 20), 100)
    fed = HelloCollector(LIMIT)
    tracemalloc.start()
    assert feed(fed, cut(endless, range(0, len(endless), 1000))) is None
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 4 * LIMIT


# --------------------------------------------------------------------------------------------------------------- oracle

TSHARK_FIELDS = {
    "legacy_version": "tls.handshake.version",
    "cipher_suites": "tls.handshake.ciphersuite",
    "sni": "tls.handshake.extensions_server_name",
    "alpn": "tls.handshake.extensions_alpn_str",
    "supported_versions": "tls.handshake.extensions.supported_version",
    "groups": "tls.handshake.extensions_supported_group",
    "key_shares": "tls.handshake.extensions_key_share_group",
    "signature_algorithms": "tls.handshake.sig_hash_alg",
    "extensions": "tls.handshake.extension.type",
}


SIGNATURE_ALGORITHMS_CERT = 50


def packets(streams):
    """A pcap in which each stream is one TCP segment to port 443, from a port of its own (LINKTYPE_RAW)."""
    pcap = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 101)
    for port, data in enumerate(streams, 50_000):
        tcp = struct.pack(">HHIIBBHHH", port, 443, 1, 1, 5 << 4, 0x18, 0xFFFF, 0, 0)
        ip = struct.pack(">BBHHHBBHII", 0x45, 0, 40 + len(data), 1, 0, 64, 6, 0, 0x7F000001, 0x7F000002)
        packet = ip + tcp + data
        pcap += struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet
    return pcap


@cache
def by_tshark(directory):
    path = directory / "hellos.pcap"
    path.write_bytes(packets([*HELLOS.values(), records(FULL)]))
    fields = [argument for field in TSHARK_FIELDS.values() for argument in ("-e", field)]
    command = [tool("tshark"), "-r", path, "-Y", "tls.handshake.type==1", "-T", "fields", "-E", "aggregator=|", *fields]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [dict(zip(TSHARK_FIELDS, line.split("\t"), strict=True)) for line in output.splitlines()]
    return dict(zip([*HELLOS, "by hand"], rows, strict=True))


def as_numbers(text):
    return tuple(int(number, 0) for number in text.split("|") if number)


@pytest.mark.parametrize("name", [*HELLOS, "by hand"])
def test_tshark_reads_the_same(name, tmp_path_factory):
    """In every field of every real hello, and in one made by hand, tshark finds what we find."""
    expected = by_tshark(tmp_path_factory.getbasetemp())[name]
    found = feed(collector(), [HELLOS.get(name, records(FULL))])
    for field in ("cipher_suites", "supported_versions", "key_shares", "extensions"):
        assert as_numbers(expected[field]) == getattr(found, field), field
    algorithms = as_numbers(expected["signature_algorithms"])
    if SIGNATURE_ALGORITHMS_CERT in found.extensions:  # tshark gives both under one name, and Java fills both alike
        algorithms = algorithms[: len(algorithms) // 2]
    assert algorithms == (found.signature_algorithms or ())
    assert as_numbers(expected["groups"]) == (found.groups or ())
    assert as_numbers(expected["legacy_version"]) == (found.legacy_version,)
    assert expected["sni"].lower() == (found.sni or "")
    if name != "by hand":
        assert expected["alpn"] == "|".join(protocol.decode() for protocol in found.alpn)


@pytest.mark.parametrize(
    ("name", "versions", "sni", "share"),
    [
        ("openssl-3.0", (0x0301, 0x0304), "example.com", 29),
        ("openssl-3.0-tls12", (0x0301, 0x0303), "example.com", None),
        ("openssl-3.0-tls10", (0x0301, 0x0301), None, None),
        ("openssl-3.0-fragments", (0x0301, 0x0304), "example.com", 29),
        ("openssl-4.0-post-quantum", (0x0303, 0x0304), "pq.example", 4588),
        ("gnutls-cli-tls11", (0x0301, 0x0302), None, None),
        ("java-17", (0x0303, 0x0304), "java.example", 29),
    ],
)
def test_the_clients_options_are_found(name, versions, sni, share):
    """What the client was told on its command line is what we read in its hello."""
    found = feed(collector(), [HELLOS[name]])
    assert (versions, sni, share) == (found.versions, found.sni, next(iter(found.key_shares), None))
