"""Small samples of what is spoken above TLS and read besides it, as seeds: one of each kind of thing, made by hand."""

from __future__ import annotations

import gzip
import json
import zlib

import brotli
import cbor2
import hpack
import msgpack
import zstandard
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

import journals
from support import packets, vectors
from tlscope.events import Direction

UP, DOWN = Direction.UP, Direction.DOWN

REQUEST = b"POST /a?b=c HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nCookie: a=b; c=d\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n5;ext=1\r\nhello\r\n0\r\nX-A: b\r\n\r\n"
)
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)
SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)
HEADS = (REQUEST, CHUNKED, UPGRADE, SWITCHED, b"GET /\r\n", b"HTTP/1.0 404\nA: b\n c\n\n")

MASKED = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
"""RFC 6455 section 5.7."""
DEFLATED = b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"
"""RFC 7692 section 7.2.3.1."""
WEBSOCKET = (MASKED, DEFLATED, b"\x88\x02\x03\xe8", b"\x01\x03Hel", b"\x89\x00", b"\x82\x7e\x01\x00" + bytes(256))
EVENTS = b'retry: 10\nid: 7\nevent: tick\ndata: {"a":1}\ndata: more\n\n: a comment\r\n\r\ndata\r\r'


def frame(kind, flags, stream, payload):
    """An HTTP/2 frame (RFC 9113 section 4.1)."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
ASKED = hpack.Encoder().encode(
    [
        (":method", "POST"),
        (":scheme", "https"),
        (":authority", "a"),
        (":path", "/"),
        ("cookie", "a=b"),
        ("te", "trailers"),
    ]
)
TOLD = hpack.Encoder().encode([(":status", "200"), ("content-type", "application/grpc"), ("x-a", "b")])
MESSAGE = b"\0\0\0\0\5hello"
HTTP2_UP = (
    frame(4, 0, 0, b"\0\1\0\0\x10\0\0\3\0\0\0d"),
    frame(1, 4, 1, ASKED),
    frame(0, 9, 1, b"\2" + MESSAGE + b"\0\0"),
    frame(1, 0x20, 3, b"\0\0\0\1\x0f" + ASKED[:5]),
    frame(9, 4, 3, ASKED[5:]),
    frame(8, 0, 0, b"\0\0\1\0"),
    frame(16, 0, 0, b"\0\0\0\1u=3, i"),
)
HTTP2_DOWN = (
    frame(4, 0, 0, b""),
    frame(4, 1, 0, b""),
    frame(1, 4, 1, TOLD),
    frame(0, 0, 1, MESSAGE),
    frame(5, 4, 1, b"\0\0\0\2" + ASKED),
    frame(1, 5, 1, hpack.Encoder().encode([("grpc-status", "0")])),
    frame(3, 0, 3, b"\0\0\0\x08"),
    frame(6, 0, 0, bytes(8)),
    frame(2, 0, 5, b"\x80\0\0\1\x0f"),
    frame(10, 0, 1, b"\0\1ah3=':1'"),
    frame(12, 0, 0, b"\0\x09https://a"),
    frame(7, 0, 0, b"\0\0\0\1\0\0\0\0bye"),
)
FRAMES = (PREFACE, *HTTP2_UP, *HTTP2_DOWN)
TO_HTTP2 = (
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    b"HTTP2-Settings: AAMAAABk\r\n\r\n"
)
TALKS = (
    [(UP, REQUEST), (DOWN, CHUNKED), (UP, REQUEST), (DOWN, b"HTTP/1.1 304 Not Modified\r\n\r\n", True)],
    [(UP, b"GET / HTTP/1.0\r\n\r\n"), (DOWN, b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + EVENTS)],
    [(UP, UPGRADE), (DOWN, SWITCHED), (UP, MASKED), (DOWN, DEFLATED), (DOWN, b"\x88\x02\x03\xe8", True)],
    [(UP, b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"), (DOWN, b"HTTP/1.1 200 OK\r\n\r\n"), (UP, REQUEST)],
    [
        (UP, TO_HTTP2),
        (DOWN, b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + HTTP2_DOWN[0]),
        (UP, PREFACE + HTTP2_UP[0]),
    ],
    [(UP, PREFACE + b"".join(HTTP2_UP)), (DOWN, b"".join(HTTP2_DOWN), True), (UP, b"", True)],
    [(DOWN, b"220 mail.example ESMTP\r\n"), (UP, b"EHLO a\r\n")],
)

TEXTS = (b"", b"hello " * 20)


def encoded(codings, text):
    """What a server would send with these codings; those that are not known leave it as it is."""
    make = {
        "gzip": gzip.compress,
        "x-gzip": gzip.compress,
        "deflate": zlib.compress,
        "br": brotli.compress,
        "zstd": zstandard.compress,
    }
    for coding in codings:
        text = make.get(coding, bytes)(text)
    return text


MEDIA_TYPES = (
    "", "application/json", "application/x-ndjson", "application/x-www-form-urlencoded", "text/plain; charset=utf-16",
    "text/html; charset=windows-1252", "application/xml", "multipart/form-data; boundary=x", "multipart/mixed",
    "application/x-protobuf", "application/grpc", "application/grpc-web-text", "application/cbor",
    "application/cbor-seq", "application/msgpack", "application/dns-message", "application/dns-json", "image/png",
    "image/svg+xml", "application/jwt", "text/css", "text/event-stream", "application/pdf", "application/zip",
    "application/wasm", "video/mp4", "font/woff2", "application/ocsp-response", 'application/dns-message; a="',
    "nonsense",
)  # fmt: skip
THING = {"a": [1, -2, 3.5, None, True, "é", {"b": {}}], "c": "d" * 30}
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="a"; filename="b.json"\r\n'
    b"Content-Type: application/json\r\n\r\n{}\r\n--x--\r\n"
)
DNS = bytes.fromhex(
    "00008180000100010000000003777777076578616d706c6503636f6d0000010001c00c00010001000000800004c0000201"
)
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000049454e44ae426082")
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffc0000b080001000101011100ffd9")
GIF, WEBP = b"GIF89a\1\0\1\0\0\0\0;", b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\0\0\0\0"
MP4 = b"\0\0\0\x14ftypisom\0\0\2\0mp41\0\0\0\x08free\0\0\0\x10moov\0\0\0\x08mvhd"
HTML = b'<!doctype html><html><head><meta charset="utf-8"><title>a &amp; b</title></head><body><p>c<br><!--d--></html>'
XML = b'<?xml version="1.0" encoding="utf-8"?><!DOCTYPE a [<!ENTITY b "c">]><a x="1">&b;<![CDATA[d]]><e/></a>'
BODIES = (
    json.dumps(THING).encode(), b'{"a":1}\n[2]\n', b"a=b&c=%20d+e&f", "h\xe4ll\xf6".encode("utf-16"), HTML, XML,
    MULTIPART, b"\x08\x96\x01\x12\x07testing\x1a\x03\x08\x96\x01", MESSAGE, cbor2.dumps(THING), msgpack.packb(THING),
    DNS,
    PNG, JPEG, GIF, WEBP, MP4, EVENTS, b"eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", b"%PDF-1.7\n", b"PK\3\4" + bytes(26),
    b"\0asm\1\0\0\0", b"a { b: c }", bytes(range(256)),
)  # fmt: skip

FILTERS = tuple(
    text.encode()
    for text in (
        "",
        "example",
        "host = example.com",
        'host ~ "^www\\." and port != 443',
        "up > 1MB or (down <= 20 and not tls)",
        "status in {200, 404, 5xx} and method = POST",
        "client.ip = 10.0.0.0/8",
        "server.version < 1.3",
        "cipher contains CHACHA",
        "body contains \"hello\" or body contains x'0102'",
        "duration > 1.5s",
        "opened > -1h",
        "finding.code = expired",
        "not (host=a or host=b) && sni || alpn == h2",
        'host ~ r"a+(b|c)*$"',
        "opened >= 2025-11-20 and cert.expires < 30d",
    )
)
PATTERNS = (
    b"a+b?\naab",
    rb"^(www\.)?[a-z0-9-]{1,63}\.(com|org)$" + b"\nwww.example.com",
    rb"(?i)\bfoo\w*\b|[^\x00-\x7f]" + b"\nFOO",
)

SEGMENTS = (
    b"".join(journals.segment([(1, event) for event in journals.STORY] + [(2, event) for event in journals.REFUSAL])),
)
SAID = (packets.packet(1, flags=packets.SYN), packets.packet(2, b"hello"), packets.packet(9, b"there"))
DOT1Q = bytes(12) + b"\x81\0\0\x05\x08\0"
PACKET_FILES = (
    packets.pcap(*SAID),
    packets.pcap(*SAID, order=">", nanoseconds=True),
    packets.pcap(*(DOT1Q + said for said in SAID), link=1),
    packets.section(">") + packets.interface(order=">") + b"".join(packets.enhanced(said, order=">") for said in SAID),
)
SCT = bytes(33) + (1_763_640_000_000).to_bytes(8) + b"\0\0\4\3\0\4sign"
SCT_LIST = (len(SCT) + 2).to_bytes(2) + len(SCT).to_bytes(2) + SCT


def _ocsp_request():
    names = "cryptography.io.pem", "rapidssl_sha256_ca_g3.pem"
    subject, issuer = (x509.load_pem_x509_certificate(vectors.file(f"x509/{name}")) for name in names)
    made = ocsp.OCSPRequestBuilder().add_certificate(subject, issuer, hashes.SHA256()).build()
    return made.public_bytes(serialization.Encoding.DER)


OCSP_REQUEST = _ocsp_request()
