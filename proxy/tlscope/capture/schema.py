"""The tables of `index.sqlite`: what was understood of a capture, in rows that can be asked for.

The index is derived. It may be deleted at any time, and one of another VERSION is: the journal holds all that it says.

    connection   a row each, from its first record on (a view of connection_row)
    exchange     requests with their responses (a view of exchange_row)
    word         the texts in them, each once: a host has thousands of connections, a dozen cipher suites have all
    finding      what is worth a word about a leg (a view of finding_of and finding_text)
    damage       what of the journal could not be read
    fault        what went wrong with the recording itself
    dropped      segments that are gone, as the budget of the recorder wanted it
    place        where a connection's records lie (places.py)
    spelt        the trigrams of texts that are no words, and `document`, whose they are (spelling.py)
    change       which connections were written lately, by the version that the index was of then
    position     how far each series of the journal was read; written with the rows that follow from it
    meta         `version` of these tables; `change`, that of the rows; `connections`, how many rows that table has; and
                 `finished` once nobody records any more and all was read

Unix times are in nanoseconds where the journal had them so, in seconds where a certificate did. TLS versions are their
code points (0x0303), handshake types bits of a mask (`1 << 11`: a Certificate was seen). What was not seen is NULL.

A column of the kind WORD is stored as the number of its text, in a column `host_word` of the table, which the view
shows beside the text, `host`. Who asks for few rows uses the text. Who asks all rows compares texts with the words,
which are few, and rows with the numbers that come of it: `c.host_word IN (SELECT word FROM word WHERE text LIKE ?)`.
Indexes are on numbers. The empty text has the number 0.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from tlscope.capture import spelling

if TYPE_CHECKING:
    from pathlib import Path

INDEX = "index.sqlite"
VERSION = 7
"""Of the tables and of what is put into them: with another one, an index is built anew."""
PAGES = -16 << 10
"""KiB of pages that the writer keeps in memory (negative, as SQLite counts it)."""
WAL_SIZE = 16 << 20
"""Bytes that the write-ahead log keeps on disk when it is empty again."""
KNOWN_WORDS = 20_000
"""Texts that the writer knows the numbers of without asking."""
PATIENCE = 5.0
"""Seconds to wait where somebody else holds the database: a reader that recovers the log of a writer that died."""

CONNECTION = {
    "connection": "INTEGER PRIMARY KEY",
    "opened": "INTEGER",
    "closed": "INTEGER",
    "client": "TEXT",
    "client_ip": "WORD",
    "client_port": "INTEGER",
    "listener": "WORD",
    "mode": "WORD",
    "host": "WORD",
    "port": "INTEGER",
    "server_ip": "WORD",
    "via": "WORD",
    "rule": "WORD",
    "action": "WORD",
    "outcome": "WORD",
    "detail": "WORD",
    "fault": "WORD",
    "fault_who": "WORD",
    "fault_what": "WORD",
    "fault_next": "WORD",
    "up": "INTEGER NOT NULL DEFAULT 0",
    "down": "INTEGER NOT NULL DEFAULT 0",
    "sni": "WORD",
    "ja3": "TEXT",
    "ja3n": "WORD",
    "ja3s": "WORD",
    "ja4": "WORD",
    "client_version": "INTEGER",
    "client_cipher": "WORD",
    "client_group": "WORD",
    "client_alpn": "WORD",
    "server_version": "INTEGER",
    "server_cipher": "WORD",
    "server_group": "WORD",
    "server_alpn": "WORD",
    "server_sni": "WORD",
    "cert_subject": "WORD",
    "cert_issuer": "WORD",
    "cert_names": "WORD",
    "cert_expires": "INTEGER",
    "cert_key": "WORD",
    "cert_sha256": "WORD",
    "verdict": "WORD",
    "client_messages": "INTEGER NOT NULL DEFAULT 0",
    "server_messages": "INTEGER NOT NULL DEFAULT 0",
    "alerts": "WORD",
    "findings": "WORD",
    "severity": "INTEGER",
    "exchanges": "INTEGER NOT NULL DEFAULT 0",
    "protocol": "WORD",
    "dissector_fault": "WORD",
}
"""Columns of `connection`, which the filter language names. `client` is in its row only where it is not made of
`client_ip` and `client_port`."""

EXCHANGE = {
    "connection": "INTEGER NOT NULL",
    "exchange": "INTEGER NOT NULL",
    "stream": "INTEGER",
    "started": "INTEGER",
    "ended": "INTEGER",
    "method": "WORD",
    "scheme": "WORD",
    "authority": "WORD",
    "target": "TEXT",
    "status": "INTEGER",
    "version": "WORD",
    "request_type": "WORD",
    "response_type": "WORD",
    "request_size": "INTEGER",
    "response_size": "INTEGER",
    "request_start": "INTEGER",
    "request_head": "INTEGER",
    "request_end": "INTEGER",
    "response_start": "INTEGER",
    "response_head": "INTEGER",
    "response_end": "INTEGER",
    "oddities": "WORD",
}
"""Columns of `exchange`. `*_start` and `*_end` are offsets in the direction's stream, `*_head` is a length."""

WORD = "WORD"
WORDS = {
    table: {name: f"{name}_word" for name, kind in columns.items() if kind == WORD}
    for table, columns in (("connection", CONNECTION), ("exchange", EXCHANGE))
}
"""Table -> column -> where its number is."""
CLIENT = (
    "coalesce(r.client, (SELECT CASE WHEN instr(text, ':') THEN '[' || text || ']' ELSE text END FROM word"
    " WHERE word = r.client_ip_word) || ':' || r.client_port)"
)

FINDING = """SELECT f.connection, CASE f.leg WHEN 0 THEN 'client' WHEN 1 THEN 'server' END AS leg,
t.code, t.severity, t.what FROM finding_of f JOIN finding_text t ON t.text = f.text"""
"""`finding` is a view of (connection, leg, code, severity, what): ten a connection, and the same again and again."""

INDEXED = {
    # A column that nearly every connection has: a plain index. Where most have none ("sparse"), an index without those.
    "connection": (
        "host", "sni", "client_ip", "outcome", "client_version", "server_version", "protocol", "ja4", "cert_expires",
        "mode", "action", "client_cipher", "client_group", "client_alpn", "server_cipher", "server_group",
        "server_alpn", "cert_subject", "cert_issuer", "cert_names", "cert_key", "verdict", "alerts", "findings",
    ),
    "connection sparse": ("fault", "severity", "dissector_fault", "server_ip", "rule", "detail", "fault_what"),
    "exchange sparse": ("status", "authority", "method", "request_type", "response_type", "oddities"),
    "finding_of": ("text",),
}  # fmt: skip
"""What a filter needs at a million rows, and no more: each index costs some 10 bytes a row. All words that are shown
have one: a text that is searched for anywhere is found by them (filter/anywhere.py)."""


class Words:
    """The texts of an index as numbers, for its writer."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._known: dict[str, int] = {}

    def number(self, text: str | None) -> int | None:
        """The number of a text, which has one from now on."""
        if text is None:
            return None
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= KNOWN_WORDS:
                self._known.clear()
            found = self._known[text] = self._stored(text)
        return found

    def _stored(self, text: str) -> int:
        whole = text.encode("utf-8", "replace").decode()  # half a character is in JSON, but in no database
        row = self._database.execute("SELECT word FROM word WHERE text = ?", (whole,)).fetchone()
        number = row[0] if row else self._database.execute("INSERT INTO word (text) VALUES (?)", (whole,)).lastrowid
        assert isinstance(number, int)  # a row that was inserted has one
        return number


class Stale(Exception):  # noqa: N818 - it is no error: an index is there, but not for this version
    """The index is missing, still without tables, or of another version: whoever indexes will build it anew."""


PLACE = (
    "place INTEGER PRIMARY KEY, series INTEGER, segment INTEGER, start INTEGER, up INTEGER, down INTEGER, places BLOB"
)
"""`place` is the connection << CHUNK_BITS | chunk: a connection's chunks lie together, in order, without an index."""
TEXT = "text INTEGER PRIMARY KEY, code TEXT, severity INTEGER, what TEXT, UNIQUE (code, severity, what)"
FINDING_OF = "connection INTEGER NOT NULL, leg INTEGER NOT NULL, text INTEGER NOT NULL"
POSITION = "series INTEGER PRIMARY KEY, segment INTEGER, at INTEGER, unchecked INTEGER, done INTEGER"


def statements() -> list[str]:
    """What makes an empty index."""
    return [
        "CREATE TABLE word (word INTEGER PRIMARY KEY, text TEXT UNIQUE)",
        "INSERT INTO word VALUES (0, '')",
        f"CREATE TABLE connection_row ({_columns(CONNECTION)})",
        f"CREATE TABLE exchange_row ({_columns(EXCHANGE)}, PRIMARY KEY (connection, exchange)) WITHOUT ROWID",
        f"CREATE VIEW connection AS {_shown('connection', CONNECTION, client=CLIENT)}",
        f"CREATE VIEW exchange AS {_shown('exchange', EXCHANGE)}",
        f"CREATE TABLE finding_text ({TEXT})",
        f"CREATE TABLE finding_of ({FINDING_OF}, PRIMARY KEY (connection, leg, text)) WITHOUT ROWID",
        f"CREATE VIEW finding AS {FINDING}",
        "CREATE TABLE damage (segment TEXT, start INTEGER, reason TEXT, lost INTEGER)",
        "CREATE TABLE fault (who TEXT, code TEXT, what TEXT, next TEXT)",
        "CREATE TABLE dropped (series INTEGER, first INTEGER, last INTEGER)",
        f"CREATE TABLE place ({PLACE})",
        f"CREATE TABLE position ({POSITION})",
        "CREATE TABLE change (change INTEGER, connection INTEGER, PRIMARY KEY (change, connection)) WITHOUT ROWID",
        *spelling.statements(),
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID",
        *indexes(),
        f"INSERT INTO meta VALUES ('version', {VERSION})",  # noqa: S608 - a number of ours
    ]


def indexes() -> list[str]:
    """The statements that make the indexes."""
    made = []
    for key, columns in INDEXED.items():
        table, _, sparse = key.partition(" ")
        stored = table if table == "finding_of" else f"{table}_row"
        for column in columns:
            name = f"{column}_word" if column in {**WORDS["connection"], **WORDS["exchange"]} else column
            where = f" WHERE {name} IS NOT NULL" if sparse else ""
            made.append(f"CREATE INDEX {table}_{column} ON {stored} ({name}){where}")
    return made


def open_writing(directory: Path) -> sqlite3.Connection:
    """The index of a capture, made where it is missing, damaged or of another version; only its inspector may ask.

    Raises sqlite3.Error or OSError where it can neither be read nor made.
    """
    path = directory / INDEX
    for attempt in (1, 2):
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        database = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
        try:
            _prepare(database)
        except (sqlite3.DatabaseError, Stale) as error:
            database.close()
            if attempt == 2 or not is_ruined(error):
                raise
            delete(directory)
        else:
            return database
    raise AssertionError  # the second attempt returns or raises


def open_reading(directory: Path) -> sqlite3.Connection:
    """The index, for questions only; raises Stale where there is none that can be asked.

    Even who only reads takes note of that in files beside the index. Where that cannot be, as in a capture that is
    write-protected, it is read as it is, if there is no log beside it: then all that was committed is in it.
    """
    try:
        return _open_reading(directory, "mode=ro")
    except Stale:
        if (directory / f"{INDEX}-wal").exists():
            raise
        return _open_reading(directory, "mode=ro&immutable=1")


def _open_reading(directory: Path, how: str) -> sqlite3.Connection:
    uri = f"{(directory / INDEX).absolute().as_uri()}?{how}"
    try:
        database = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None)
    except sqlite3.Error as error:
        raise Stale(str(error)) from error
    try:
        found = version(database)
    except sqlite3.Error as error:
        database.close()
        raise Stale(str(error)) from error
    if found != VERSION:
        database.close()
        raise Stale("the index is of another version")
    return database


def version(database: sqlite3.Connection) -> int | None:
    """Which tables these are; None for none."""
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
        return None
    row = database.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
    return row[0] if row and isinstance(row[0], int) else -1


def is_ruined(error: Exception) -> bool:
    """Whether only a new index helps: it is of another version, damaged, or no index at all."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
    return isinstance(error, Stale)


def delete(directory: Path) -> None:
    """Remove an index; the database first, so that nobody opens it with a log that is not its own."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            (directory / (INDEX + suffix)).unlink()


def _prepare(database: sqlite3.Connection) -> None:
    with closing(database.execute("PRAGMA journal_mode = WAL")) as answer:
        answer.fetchone()
    database.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last commits, which are only read again
    database.execute(f"PRAGMA cache_size = {PAGES}")
    database.execute(f"PRAGMA journal_size_limit = {WAL_SIZE}")
    found = version(database)
    if found is None:
        database.execute("BEGIN IMMEDIATE")
        for statement in statements():
            database.execute(statement)
        database.execute("COMMIT")
    elif found != VERSION:
        raise Stale(f"version {found}")


def _columns(columns: dict[str, str]) -> str:
    return ", ".join(f"{name}_word INTEGER" if kind == WORD else f"{name} {kind}" for name, kind in columns.items())


def _shown(table: str, columns: dict[str, str], **made: str) -> str:
    """What a view selects: all texts in place of their numbers, and the numbers behind them."""
    text = "(SELECT text FROM word WHERE word = r.{0}_word) AS {0}"
    shown = [
        f"{made[name]} AS {name}" if name in made else text.format(name) if kind == WORD else f"r.{name}"
        for name, kind in columns.items()
    ]
    numbers = [f"r.{name}_word" for name, kind in columns.items() if kind == WORD]
    return f"SELECT {', '.join(shown + numbers)} FROM {table}_row r"  # noqa: S608 - columns of ours
