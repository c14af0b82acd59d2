"""Everything that reads what peers say, as functions of bytes that must not raise: what `make fuzz` feeds.

TARGETS["x509"].run(data)            raises only where there is a defect
TARGETS["x509"].seeds()              what the fuzzer begins with

Where a dissector wants more than bytes (a content type, a context, codings), the first byte of `data` chooses it out of
a table; where it wants a conversation, `data` is a script (scripts.py). Trees are checked for their shape.
"""

from __future__ import annotations

import sqlite3
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fuzz import samples, seeds
from fuzz.scripts import pieces, script
from support.dissecting import check_tree
from tlscope.capture.filter.grammar import FilterError
from tlscope.capture.filter.pattern import RegexError
from tlscope.capture.filter.query import compile as compile_filter
from tlscope.capture.filter.query import prepare
from tlscope.capture.filter.regex import Regex
from tlscope.capture.foreign.pcap import Importer, read_secrets
from tlscope.capture.foreign.pcapfile import NotPackets, entries
from tlscope.capture.format import record
from tlscope.capture.schema import statements
from tlscope.capture.segment import Record, Segment
from tlscope.events import Ciphertext, Direction, Leg
from tlscope.events import Message as Recorded
from tlscope.wire import x509
from tlscope.wire.content.codings import decode
from tlscope.wire.content.describe import describe
from tlscope.wire.field import Cursor
from tlscope.wire.http import http1_tree, http2_tree, websocket_tree
from tlscope.wire.http.grpc import GrpcReader
from tlscope.wire.http.hpack import HeaderTable
from tlscope.wire.http.observe import observe
from tlscope.wire.http.sse import EventReader
from tlscope.wire.tls import messages, records
from tlscope.wire.tls.context import Context, context_after
from tlscope.wire.tls.decryption.decrypt import Decryptor
from tlscope.wire.tls.decryption.keylog import Secrets
from tlscope.wire.tls.hello import HelloCollector, parse_client_hello
from tlscope.wire.tls.meaning import fingerprint
from tlscope.wire.tls.meaning.alerts import causes
from tlscope.wire.tls.meaning.findings import findings, leg_facts
from tlscope.wire.tls.meaning.middle import middle
from tlscope.wire.tls.meaning.offers import compare
from tlscope.wire.tls.meaning.stacks import stack_of
from tlscope.wire.tls.meaning.story import tell
from tlscope.wire.x509 import ocsp, sct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NOW = 1_763_640_000.0
UP, DOWN = Direction.UP, Direction.DOWN
ROOM = 1 << 20
"""Bytes that decoding may make of its input here: a bomb would only cost the fuzzer its time."""
FIELD_LIMIT = 50
"""Fields of a tree for each byte of its data; more is memory that a peer buys too cheaply."""


READ_LIMIT = 40
"""How often a byte of a file of packets may be read; twice is what it is read, and behind damages it is searched."""


class Target(NamedTuple):
    run: Callable[[bytes], object]
    seeds: Callable[[], Iterable[bytes]]


CONTENT_TYPES = (22, 21, 20, 23, 24, 99)
CONTEXTS = (
    Context(),
    Context(0x0304, 0x1301),
    Context(0x0303, 0xC02F),
    Context(0x0303, 0x009E),  # DHE
    Context(0x0303, 0x002F),  # RSA
    Context(0x0303, 0x00AE),  # PSK
    Context(0x0303, 0x00B2),  # DHE-PSK
    Context(0x0303, 0xC035),  # ECDHE-PSK
    Context(0x0303, 0x00B6),  # RSA-PSK
    Context(0x0303, 0xC01E),  # SRP
    Context(0x0301, 0xC013),
    Context(0x0303, 0xC02F, server_certificate_type=2, client_certificate_type=2),
    Context(0x0304, 0x1301, server_certificate_type=2, client_certificate_type=2, server_certified=True),
)


def message(data):
    """The first byte chooses the content type and what is known of the connection."""
    kind, context = divmod(data[0] if data else 0, len(CONTEXTS))
    content_type, rest = CONTENT_TYPES[kind % len(CONTENT_TYPES)], data[1:]
    _check(messages.dissect(content_type, rest, CONTEXTS[context]), rest)
    context_after(CONTEXTS[context], content_type, rest)


def _messages():
    for talk in seeds.messages():
        known = Context()
        for _, content_type, data in talk:
            fits = [i for i, context in enumerate(CONTEXTS) if context.version == known.version]
            if content_type in CONTENT_TYPES:
                yield bytes([CONTENT_TYPES.index(content_type) * len(CONTEXTS) + (fits or [0])[0]]) + data
            known = context_after(known, content_type, data)


def stream(data):
    """A direction of a connection as records."""
    _check(records.dissect(data), data)


def certificate(data):
    """As a tree, in brief, and compared with a good one."""
    _check(x509.dissect(data), data)
    x509.facts(data)
    x509.diff(seeds.certificates()[0], data)


def _cursored(dissect):
    def run(data):
        cursor = Cursor(data)
        cursor.guarded(dissect)
        _check(cursor.field("all", "All"), data)

    return run


def client_hello(data):
    """Out of its message, and out of records that come in two pieces."""
    parse_client_hello(data)
    collector = HelloCollector(1 << 14)
    half = len(data) // 2
    if collector.feed(data[:half]) is None:
        collector.feed(data[half:])
    fingerprint.fingerprints(data)
    fingerprint.ja3s(data)
    stack_of(data)


def connection(data):
    """A conversation of TLS messages: what is concluded of it. What comes `besides` is of the client's leg."""
    passed = []
    for direction, besides, piece in pieces(data):
        leg, kind = Leg.CLIENT if besides else Leg.SERVER, 21 if len(piece) == 2 else 22
        passed.append(Recorded(leg, direction, 0x0304, kind, piece))
        if kind == 22:
            passed.append(Ciphertext(leg, direction, b"\x16\x03\x01" + len(piece).to_bytes(2) + piece))
    client, server = leg_facts(passed, Leg.CLIENT), leg_facts(passed, Leg.SERVER)
    for facts in (client, server):
        findings(facts, NOW)
        tell(facts)
    causes(client, server)
    middle(client, server)
    compare(client, server)


def _connections():
    for talk in seeds.messages():
        said = [(direction, data) for direction, kind, data in talk if kind in {21, 22}]
        yield script(said)
        yield script([*[(direction, data, True) for direction, data in said], *said])


def decryption(data):
    """A conversation of ciphertext; what comes `besides` is a key log's, or a hole where it is a short one."""
    decryptor = Decryptor(Secrets())
    for direction, besides, piece in pieces(data):
        if not besides:
            decryptor.feed(direction, piece)
        elif len(piece) < 3:
            decryptor.missing(direction, int.from_bytes(piece))
        else:
            decryptor.learn(piece)
    decryptor.finish()


def _decryptions():
    for secrets, talk in seeds.wires():
        yield script([(UP, secrets, True), *talk])
        yield script([*talk[:4], (UP, secrets, True), (DOWN, b"\x07", True), *talk[4:]])


PROTOCOLS = ("", "h2", "http/1.1", "spdy/3")


def observer(data):
    """The first byte chooses what ALPN said; `besides` is the end of a direction, or nothing at all what is missing."""
    watching = observe(PROTOCOLS[data[0] % len(PROTOCOLS)] if data else "")
    at, over = {UP: 0, DOWN: 0}, set()
    for direction, besides, piece in pieces(data[1:]):
        if direction in over:
            continue
        if piece:
            watching.feed(direction, piece, at[direction])
        else:
            watching.missing(direction, at[direction] & 7)
        at[direction] += len(piece)
        if besides:
            over.add(direction)
            watching.finish(direction)
    for direction in {UP, DOWN} - over:
        watching.finish(direction)


def _observed():
    for talk in samples.TALKS:
        for number in range(len(PROTOCOLS) - 1):
            yield bytes([number]) + script(talk)


def _reader(make):
    """A reader of content, in the pieces that the script says."""

    def run(data):
        reader, at = make(), 0
        for _, _, piece in pieces(data):
            reader.feed(piece, at)
            at += len(piece)
        reader.finish()

    return run


def http2_frame(data):
    """With and without a header table, and again with what that has learnt."""
    table = HeaderTable()
    for with_table in (None, table, table):
        _check(http2_tree.frame_tree(data, with_table), data)


CODINGS = (
    ["gzip"],
    ["deflate"],
    ["br"],
    ["zstd"],
    ["gzip", "br"],
    ["x-gzip", "identity"],
    ["compress"],
    ["chunked", ""],
)


def coded(data):
    """The first byte chooses the codings."""
    decode(CODINGS[data[0] % len(CODINGS)] if data else [], data[1:], ROOM)


def _coded():
    for number, codings in enumerate(CODINGS):
        for text in samples.TEXTS:
            yield bytes([number]) + samples.encoded(codings, text)


def content(data):
    """The first byte chooses the media type, from none to a wrong one."""
    _check(describe(samples.MEDIA_TYPES[data[0] % len(samples.MEDIA_TYPES)] if data else "", data[1:]).tree, data[1:])


def _contents():
    for number, _ in enumerate(samples.MEDIA_TYPES):
        for body in samples.BODIES:
            yield bytes([number]) + body


@cache
def _database():
    made = sqlite3.connect(":memory:")
    for statement in statements():
        made.execute(statement)
    prepare(made, lambda *_: False)
    return made


def filtered(data):
    """A filter either is none, or SQL that SQLite takes."""
    text = data.decode("utf-8", "replace")
    tables = {"connection": "connection c", "exchange": "exchange e JOIN connection c ON c.connection = e.connection"}
    for row, tables_of in tables.items():
        try:
            where = compile_filter(text, NOW, row)
        except FilterError as error:
            error.describe()
        else:
            _database().execute(f"SELECT 1 FROM {tables_of} WHERE {where.sql}", where.parameters).fetchall()


def pattern(data):
    """The first line is a regular expression, the rest is searched."""
    expression, _, text = data.decode("utf-8", "replace").partition("\n")
    try:
        Regex(expression).search(text)
    except RegexError:
        return


@cache
def _folder():
    return tempfile.TemporaryDirectory(prefix="tlscope-fuzz-")


def segment(data):
    """A segment while it is written, half of it there, and when nobody writes any more."""
    path = Path(_folder().name) / "journal-0-000001.tlsj"
    path.write_bytes(data[: len(data) // 2])
    reading = Segment(path)
    try:
        found = list(reading.read(final=False))
        path.write_bytes(data)
        found += reading.read(final=False)
        found += reading.read(final=True)
        for item in found:
            if isinstance(item, Record):
                reading.content(item.offset, item.length)
        for at in range(0, len(data), 97):
            reading.record(at)
    finally:
        reading.close()


def packets(data):
    """A file of packets, as `tlscope open` reads it: every event that it makes can be written to a journal."""
    asked = 0

    def read(offset, size):
        nonlocal asked
        found = data[offset : offset + size]
        asked += len(found)
        return found

    def put(wall, connection, event):
        record(event, connection, min(max(wall, 0), (1 << 64) - 1), 0, 0)

    try:
        importer = Importer(put, read_secrets(read))
        for entry in entries(read):
            importer.take(entry)
    except NotPackets:
        return
    importer.finish()
    assert asked <= READ_LIMIT * (len(data) + 100), "more was read than there is, many times over"


def _check(tree, data):
    check_tree(tree, data)
    assert sum(1 for _ in tree.walk()) <= FIELD_LIMIT * (len(data) + 1), "more fields than the bytes pay for"


TARGETS = {
    "messages": Target(message, _messages),
    "records": Target(stream, seeds.streams),
    "x509": Target(certificate, seeds.certificates),
    "sct": Target(_cursored(sct.sct_list), lambda: [samples.SCT_LIST]),
    "ocsp": Target(_cursored(ocsp.response), seeds.ocsp_responses),
    "ocsp-request": Target(_cursored(ocsp.request), lambda: [samples.OCSP_REQUEST]),
    "hello": Target(client_hello, lambda: [*seeds.hellos(), *(data[5:] for data in seeds.hellos())]),
    "connection": Target(connection, _connections),
    "decrypt": Target(decryption, _decryptions),
    "keylog": Target(lambda data: Secrets(data), lambda: [secrets for secrets, _ in seeds.wires()]),  # noqa: PLW0108 - a class
    "observe": Target(observer, _observed),
    "grpc": Target(_reader(lambda: GrpcReader(1, DOWN, 100)), lambda: [script([(UP, b"\0\0\0\0\5hello" * 2)])]),
    "sse": Target(_reader(lambda: EventReader(1, DOWN, 100)), lambda: [script([(UP, samples.EVENTS)])]),
    "http1-tree": Target(lambda data: _check(http1_tree.head_tree(data), data), lambda: samples.HEADS),
    "http2-tree": Target(http2_frame, lambda: samples.FRAMES),
    "websocket-tree": Target(lambda data: _check(websocket_tree.frame_tree(data), data), lambda: samples.WEBSOCKET),
    "codings": Target(coded, _coded),
    "content": Target(content, _contents),
    "query": Target(filtered, lambda: samples.FILTERS),
    "regex": Target(pattern, lambda: samples.PATTERNS),
    "segment": Target(segment, lambda: samples.SEGMENTS),
    "pcap": Target(packets, lambda: [*seeds.captures(), *samples.PACKET_FILES]),
}
"""By the names that `make fuzz ARGS=...` takes."""
