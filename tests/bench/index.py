"""What the index costs and how fast it answers, `make bench-index`.

Three journals are made and indexed in this process, on one core: HTTP/1.1 exchanges on connections that are kept alive,
large bodies, and whole connections with both their handshakes. Then a table of that many rows is filled and asked.
"""

from __future__ import annotations

import argparse
import random
import resource
import sqlite3
import ssl
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), *(str(ROOT.parent / part) for part in ("proxy", "ui", "ca"))]

import conversation  # noqa: E402 - found by the line above
from journals import CLIENT, DOWN, NOON, SALT, UP, name  # noqa: E402 - as above
from tlscope.capture import format as fmt  # noqa: E402 - as above
from tlscope.capture.filter import query  # noqa: E402 - as above
from tlscope.capture.filter.answering import answering  # noqa: E402 - as above
from tlscope.capture.indexer import Indexer  # noqa: E402 - as above
from tlscope.capture.places import CHUNK_BITS, Packer  # noqa: E402 - as above
from tlscope.capture.schema import CONNECTION, EXCHANGE, INDEX, WORDS, Words, open_writing  # noqa: E402 - as above
from tlscope.capture.spelling import Spelling  # noqa: E402 - as above
from tlscope.capture.view import View  # noqa: E402 - as above
from tlscope.events import Data, HandshakeDone, Opened, OutcomeKind  # noqa: E402 - as above

REQUEST = (
    b"GET /api/items/%07d?page=1 HTTP/1.1\r\nHost: api.example.org\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n"
    b"Accept-Encoding: gzip\r\nAuthorization: Bearer 0123456789abcdef\r\n\r\n"
)
RESPONSE = (
    b"HTTP/1.1 200 OK\r\nDate: Thu, 20 Nov 2025 12:00:00 GMT\r\nContent-Type: application/json\r\n"
    b"Content-Length: 500\r\nCache-Control: no-store\r\nServer: bench\r\n\r\n" + b"x" * 500
)
OPENED = Opened("explicit", "127.0.0.1:50124", "127.0.0.1:8080")
DONE = HandshakeDone(CLIENT, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519", "http/1.1", "api.example.org")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--exchanges", type=int, default=50_000)
    parser.add_argument("--body", type=int, default=1 << 30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        exchanges(Path(place, "exchanges"), options.exchanges)
        bodies(Path(place, "bodies"), options.body)
        handshakes(Path(place, "handshakes"), 2_000)
        print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB at the most")
        rows(Path(place, "rows"), options.rows)


def exchanges(directory: Path, count: int) -> None:
    """Small requests, one after the other, on fifty connections at once."""

    def events():
        for number in range(1, 51):
            yield number, OPENED
            yield number, DONE
        for i in range(count):
            yield i % 50 + 1, Data(UP, REQUEST % i)
            yield i % 50 + 1, Data(DOWN, RESPONSE)

    seconds = indexed(directory, events())
    size = (directory / INDEX).stat().st_size
    print(f"exchanges: {count / seconds:,.0f} a second, {size / count:.0f} bytes each")


def bodies(directory: Path, size: int) -> None:
    """One download in records of 16 KiB."""
    piece = random.randbytes(16 << 10)

    def events():
        yield 1, OPENED
        yield 1, DONE
        yield 1, Data(UP, REQUEST % 1)
        yield 1, Data(DOWN, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // len(piece)):
            yield 1, Data(DOWN, piece)

    print(f"bodies: {size / indexed(directory, events()) / 1e6:,.0f} MB a second")


def handshakes(directory: Path, count: int) -> None:
    """The same real connection again and again."""
    story: list[object] = []

    async def record():
        async with conversation.stage() as stage:
            client, server = await conversation.converse(stage, ssl.TLSVersion.TLSv1_3)
            await client.send(REQUEST % 1)
            await server.receive(10)
            stage.connection.stop("enough")
            story.extend(await stage.ended())

    conversation.run(record())
    seconds = indexed(directory, ((n, event) for n in range(1, count + 1) for event in story))
    size = (directory / INDEX).stat().st_size
    print(f"connections: {count / seconds:,.0f} a second, {len(story)} records and {size / count:.0f} bytes each")


def indexed(directory: Path, events) -> float:
    """Seconds that indexing takes once the journal is written."""
    directory.mkdir()
    with (directory / name()).open("wb") as file:
        file.write(fmt.segment_head({"salt": SALT}))
        for i, (number, event) in enumerate(events):
            file.write(fmt.record(event, number, NOON + i, i, SALT))
    begin = time.process_time()
    with closing(Indexer(directory)) as indexer:
        indexer.poll()
        return time.process_time() - begin


# ------------------------------------------------------------------------------------------------------------- the rows

HOSTS = [f"host{i}.example{i % 97}.org" for i in range(5_000)]
JA4S = [f"t13d{i:04d}h2_{random.randbytes(6).hex()}_{random.randbytes(6).hex()}" for i in range(300)]
DIGESTS = [random.randbytes(16).hex() for _ in range(300)]
"""What is the same for every connection of a client, or of a server; its JA3 is not, browsers shuffle extensions."""
CERTIFICATES = [random.randbytes(32).hex() for _ in HOSTS]
QUESTIONS = [
    ("", "connection"),
    ("", "host"),
    ("", "down"),
    ("", "size"),
    ("outcome == client-rejected", "connection"),
    ("outcome == intercepted", "connection"),
    (f"host == {HOSTS[77]}", "connection"),
    ("host ~ 'host77'", "connection"),
    ("host ~ 'example'", "host"),
    (f"ja4 == {JA4S[7]}", "connection"),
    ("cert.expires < 1d", "cert_expires"),
    ("client.version < 1.2", "connection"),
    ("server.version < 1.3", "connection"),
    ("client.ip == 10.0.0.1", "connection"),
    ("severity == serious", "severity"),
    ("finding.code == ssl-version", "connection"),
    ("status == 503", "connection"),
    ("status == 200", "connection"),
    (f"authority == {HOSTS[78]}", "connection"),
    ("alpn == h2 and up > 499", "connection"),
    ("detail ~ 'nothing'", "connection"),
    ("uri ~ '/items/77777?'", "connection"),
    ("uri contains 'items/7777'", "connection"),
    ("items", "connection"),
    ("host77", "connection"),
    ("nowhere-to-be-found", "connection"),
]
"""Filters, with the order that their rows are shown in, the last ones first."""


def rows(directory: Path, count: int) -> None:
    """Fill an index with connections of two exchanges and four findings each, and ask it."""
    directory.mkdir()
    begin = time.perf_counter()
    fill(directory, count)
    print(f"rows: {count:,} connections in {time.perf_counter() - begin:.0f} s")
    size = (directory / INDEX).stat().st_size
    print(f"size: {size / count:,.0f} bytes a connection")
    with closing(sqlite3.connect(directory / INDEX)) as database:
        try:
            for table, used in database.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC"):
                print(f"    {table:32} {used / count:8.1f}")
        except sqlite3.OperationalError:
            print("    (this SQLite has no dbstat)")
    with answering(directory) as index:
        for text, order in QUESTIONS:
            ask(index, text, order)
        for column in ("host", "outcome", "up"):
            begin = time.perf_counter()
            found = index.groups(column)
            print(f"    grouped by {column:21} {(time.perf_counter() - begin) * 1e3:8.1f} ms, {len(found)} groups")


def ask(index, text: str, order: str) -> None:
    """The first page and all that is selected, the second time: the first reads the disk."""
    where = query.compile(text, NOON / 10**9)
    for _ in range(2):
        view, slices, start = None, [], time.perf_counter()
        first = 0.0
        while view is None or not view.done:
            begin = time.perf_counter()
            view = view or View(index, where.sql, where.parameters, each=where.each, order=order, descending=True)
            view.work(0.02)
            found = view.page(0, 50)
            slices.append(time.perf_counter() - begin)
            whole = time.perf_counter() - start
            if not first and (len(found) == 50 or view.done):
                first = time.perf_counter() - start
            view.wait(0.05)  # the other thread's work
        begin = time.perf_counter()
        view.page(view.matching // 2, 50)
        middle = time.perf_counter() - begin
        begin = time.perf_counter()
        shown = view.numbers(0, 100)
        stand = [view.position(number) for number in shown]
        position = (time.perf_counter() - begin) / max(len(shown), 1)
        assert stand == list(range(len(shown)))
    print(
        f"    {text or 'all':32} by {order:12} first page {first * 1e3:7.1f} ms, {view.matching:9,} in"
        f" {whole * 1e3:7.1f} ms, {max(slices) * 1e3:6.1f} ms at once; page in the middle {middle * 1e3:5.1f} ms,"
        f" a position {position * 1e6:3.0f} us"
    )


def fill(directory: Path, count: int) -> None:
    """Rows as the indexer would write them."""
    chance = random.Random(1)
    with closing(open_writing(directory)) as database:
        database.execute("PRAGMA synchronous = OFF")
        word, spelling = Words(database), Spelling(database)
        for code, severity in (("offers-old-version", 2), ("no-sct", 1), ("no-post-quantum", 1), ("ssl-version", 4)):
            values = (code, severity, f"a sentence about {code}")
            database.execute("INSERT INTO finding_text (code, severity, what) VALUES (?, ?, ?)", values)
        for first in range(1, count + 1, 10_000):
            numbers = range(first, min(first + 10_000, count + 1))
            database.execute("BEGIN")
            for n in numbers:
                own, of = connection(n, chance), [exchange(n, i, chance) for i in (1, 2)]
                put(database, "connection_row", len(CONNECTION), [stored("connection", own, word)])
                put(database, "exchange_row", len(EXCHANGE), [stored("exchange", one, word) for one in of])
                spells = f"{own['client_ip']}:{own['client_port']}", own["ja3"]
                spelling.add(n, [spells, *((one["target"], one["status"]) for one in of)])
            put(database, "finding_of", 3, ((n, 1, t) for n in numbers for t in (1, 2, 3)))
            put(database, "finding_of", 3, ((n, 0, 4) for n in numbers if chance.random() < 0.001))
            put(database, "place", 7, (place(n) for n in numbers))
            database.execute("COMMIT")
        database.execute("INSERT INTO meta VALUES ('connections', ?)", (count,))


def stored(table: str, row: dict[str, object], word: Words) -> list[object]:
    """Texts as numbers."""
    return [word.number(value) if key in WORDS[table] else value for key, value in row.items()]


def put(database: sqlite3.Connection, table: str, width: int, values) -> None:
    """Many rows at once."""
    database.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * width)})", values)


def connection(number: int, chance: random.Random) -> dict[str, object]:
    """A connection like many others."""
    host = chance.choice(HOSTS)
    row: dict[str, object] = dict.fromkeys(CONNECTION)
    row.update(
        connection=number, opened=NOON + number * 10**6, closed=NOON + number * 10**6 + 10**9,
        client=None, client_ip="127.0.0.1", client_port=number % 60_000,
        listener="127.0.0.1:8080", mode="explicit", host=host, port=443, via="connect", action="intercept",
        outcome=chance.choices(list(OutcomeKind), [90, 2, 3, 1, 1, 1, 1, 1])[0].value, up=500, down=20_000, sni=host,
        ja3=chance.randbytes(16).hex(), ja3n=chance.choice(DIGESTS), ja3s=chance.choice(DIGESTS),
        ja4=chance.choice(JA4S), client_version=chance.choices([0x0304, 0x0303, 0x0301], [90, 9, 1])[0],
        client_cipher="TLS_AES_128_GCM_SHA256", client_group="X25519MLKEM768", client_alpn="h2",
        server_version=0x0304, server_cipher="TLS_AES_256_GCM_SHA384", server_group="X25519MLKEM768", server_alpn="h2",
        cert_subject=f"CN={host}", cert_issuer="CN=Example Issuing Authority R3,O=Example Trust Services,C=US",
        cert_names=f"{host} www.{host} api.{host} cdn.{host}",
        cert_expires=NOON // 10**9 + chance.randrange(90 * 86_400),
        cert_key="EC P-256", cert_sha256=CERTIFICATES[number % len(HOSTS)], verdict="", client_messages=1 << 20,
        server_messages=1 << 20, alerts="client:close_notify server:close_notify",
        findings="offers-old-version no-sct no-post-quantum",
        severity=chance.choices([None, 1, 2, 3, 4], [10, 50, 30, 9, 1])[0],
        exchanges=2, protocol="h2",
    )  # fmt: skip
    return row


def exchange(number: int, which: int, chance: random.Random) -> dict[str, object]:
    """One of its exchanges."""
    row: dict[str, object] = dict.fromkeys(EXCHANGE)
    row.update(
        connection=number, exchange=which, stream=2 * which - 1, started=NOON + number * 10**6, ended=NOON,
        method="GET", scheme="https", authority=chance.choice(HOSTS), target=f"/api/v1/items/{number}?page={which}",
        status=chance.choices([200, 304, 404, 503], [900, 50, 49, 1])[0], version="HTTP/2",
        response_type="application/json", request_size=0, response_size=10_000, request_start=100, request_head=200,
        request_end=300, response_start=1000, response_head=200, response_end=12_000,
    )  # fmt: skip
    return row


def place(number: int) -> tuple[object, ...]:
    """Where its forty records lie."""
    packer, at = Packer(), number * 4_000
    for i in range(40):
        packer.add(0, 1, at, 4 if i < 30 else 9, i & 3, 100 + 37 * i % 900)
        at += 300 + 41 * i % 1_000
    (chunk,) = packer.chunks()
    return number << CHUNK_BITS, 0, 1, chunk.start, 0, 0, bytes(chunk.places)


if __name__ == "__main__":
    main()
