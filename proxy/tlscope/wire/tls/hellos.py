"""The bodies of the hellos: what a client offers, what a server chooses, and what it answers encrypted.

TLS 1.3 kept the shape of TLS 1.2's hellos, so that old middleboxes let them through: their version and session id are
frozen, and the truth is in the extensions (RFC 8446 section 4.1 and appendix D.4).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tlscope.wire.field import Cursor, Field, malformed, shown
from tlscope.wire.tls import extensions as ext
from tlscope.wire.tls.codes import HELLO_RETRY_RANDOM, ProtocolVersion
from tlscope.wire.tls.notes import SUITES
from tlscope.wire.tls.parts import each, listed, one, opaque
from tlscope.wire.tls.registries import CompressionMethod
from tlscope.wire.tls.registry_notes import RECORD_COMPRESSIONS
from tlscope.wire.tls.suite_references import SUITE_REFERENCES
from tlscope.wire.tls.suites import CipherSuite

if TYPE_CHECKING:
    from tlscope.wire.tls.context import Context

RANDOM = 32
SESSION_ID = 32
"""Bytes of a session id at the most (RFC 8446 section 4.1.2)."""
DOWNGRADES = {
    b"DOWNGRD\x01": "The server could have spoken TLS 1.3: a client that offered it must stop here, for somebody has "
    "changed its hello.",
    b"DOWNGRD\x00": "The server could have spoken TLS 1.2 or 1.3: a client that offered them must stop here, for "
    "somebody has changed its hello.",
}
"""The last eight bytes of a server's random when it chose less than it can (RFC 8446 section 4.1.3)."""


def client_hello(cursor: Cursor, _context: Context) -> None:
    """ClientHello (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2)."""
    reference = "RFC 8446 section 4.1.2"
    _version(cursor, "What the client can speak at most; TLS 1.2 where supported_versions says more.", reference)
    _random(cursor, "client")
    _session_id(
        cursor, "A session to resume, before TLS 1.3; since then noise, for the sake of middleboxes.", reference
    )
    cursor.vector(
        2,
        "tls.handshake.ciphersuites",
        "Cipher Suites",
        _suites,
        length_key="tls.handshake.cipher_suites_length",
        note="What the client can encrypt with, its favourites first.",
        reference=reference,
    )
    _compression_methods(cursor)
    if cursor.left:  # before TLS 1.3 a hello may end here
        ext.extensions(cursor, ext.CLIENT_HELLO)


def server_hello(cursor: Cursor, _context: Context) -> None:
    """ServerHello, and HelloRetryRequest, which is one with a special random (RFC 8446 section 4.1.3)."""
    reference = "RFC 8446 section 4.1.3"
    retry = cursor.data[cursor.at + 2 : cursor.at + 2 + RANDOM] == HELLO_RETRY_RANDOM
    _version(cursor, "What is spoken, unless supported_versions says TLS 1.3.", reference)
    _random(cursor, "server")
    _session_id(cursor, "The session's name, before TLS 1.3; since then the client's, sent back.", reference)
    _suite(cursor, "What this connection encrypts with.", reference)
    _compression_method(cursor)
    if cursor.left:
        ext.extensions(cursor, ext.HELLO_RETRY_REQUEST if retry else ext.SERVER_HELLO, answers=True)


def encrypted_extensions(cursor: Cursor, _context: Context) -> None:
    """EncryptedExtensions (RFC 8446 section 4.3.1)."""
    ext.extensions(cursor, ext.ENCRYPTED_EXTENSIONS, answers=True)


def _version(cursor: Cursor, note: str, reference: str) -> None:
    cursor.number(2, "tls.handshake.version", "Version", names=ProtocolVersion, note=note, reference=reference)


def _session_id(cursor: Cursor, note: str, reference: str) -> None:
    if cursor.left and (length := cursor.peek(1)) > SESSION_ID:
        cursor.add(malformed(cursor.at, 1, f"a session id of {length} bytes; {SESSION_ID} are the most"))
    opaque(
        cursor,
        1,
        "tls.handshake.session_id",
        "Session ID",
        length_key="tls.handshake.session_id_length",
        note=note,
        reference=reference,
    )


def _suites(cursor: Cursor) -> None:
    if not cursor.left:
        cursor.add(malformed(cursor.at, 0, "Cipher Suites is empty"))
    while cursor.left:
        _suite(cursor, "", "RFC 8446 section 4.1.2")


def _suite(cursor: Cursor, note: str, reference: str) -> None:
    """A suite, with what is known of it; `note` and `reference` are of an unknown one."""
    cursor.number(
        2,
        "tls.handshake.ciphersuite",
        "Cipher Suite",
        names=CipherSuite,
        notes=SUITES,
        note=note,
        reference=SUITE_REFERENCES.get(cursor.peek(2, "Cipher Suite"), reference),
    )


_METHOD = "tls.handshake.comp_method"
_compression_methods = listed(
    1,
    f"{_METHOD}s",
    "Compression Methods",
    each(
        1,
        _METHOD,
        "Compression Method",
        names=CompressionMethod,
        notes=RECORD_COMPRESSIONS,
        reference="RFC 3749 section 2",
    ),
    note="null alone since CRIME (CVE-2012-4929) showed that compression gives secrets away.",
    reference="RFC 8446 section 4.1.2",
)
_compression_method = one(
    1, _METHOD, "Compression Method", names=CompressionMethod, notes=RECORD_COMPRESSIONS, reference="RFC 3749 section 2"
)


def _random(cursor: Cursor, side: str) -> None:
    """32 bytes that make every handshake's keys its own (RFC 8446 section 4.1.2)."""
    start = cursor.at
    data = cursor.data[start : min(cursor.end, start + RANDOM)]
    retry = side == "server" and data == HELLO_RETRY_RANDOM
    cursor.group(
        len(data),
        "tls.handshake.random",
        "Random",
        _retry_random if retry else _client_random if side == "client" else _server_random,
        value=data,
        text="HelloRetryRequest" if retry else shown(data),
        note='SHA-256 of "HelloRetryRequest": the sign that this is one.'
        if retry
        else "Makes this handshake's keys its own; the client's names the connection in key logs.",
        reference="RFC 8446 section 4.1.3" if side == "server" else "RFC 8446 section 4.1.2",
    )


def _retry_random(cursor: Cursor) -> None:
    cursor.at = cursor.end


def _client_random(cursor: Cursor) -> None:
    reference = "RFC 5246 section 7.4.1.2"
    cursor.number(
        4,
        "tls.handshake.random_time",
        "GMT Unix Time",
        text=lambda value: f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC",
        note="The sender's clock once; today random like the rest, for clocks tell devices apart.",
        reference=reference,
    )
    cursor.raw(28, "tls.handshake.random_bytes", "Random Bytes", note="From a good generator.", reference=reference)


def _server_random(cursor: Cursor) -> None:
    _client_random(cursor)
    sentinel = cursor.data[cursor.end - 8 : cursor.end]
    if note := DOWNGRADES.get(sentinel):
        below = Field(
            "tls.handshake.random.downgrade",
            "Downgrade Sentinel",
            sentinel,
            cursor.end - 8,
            8,
            shown(sentinel),
            note,
            "RFC 8446 section 4.1.3",
        )
        cursor.fields[-1] = cursor.fields[-1]._replace(children=(below,))
