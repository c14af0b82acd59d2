"""What an index is built from in tests, and all that it says."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from journals import CLIENT, DOWN, UP, name, segment
from tlscope.capture.index import Index
from tlscope.capture.indexer import Indexer
from tlscope.capture.schema import CONNECTION, EXCHANGE, INDEX
from tlscope.capture.spelling import SPELT, Spelling
from tlscope.events import Closed, Data, HandshakeDone, How, Opened, Outcome, OutcomeKind

OPENED = Opened("explicit", "127.0.0.1:50124", "127.0.0.1:8080")
SPEAKS_HTTP = HandshakeDone(CLIENT, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519", "http/1.1", "localhost")
REQUEST = (
    b"POST /submit?x=1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/Plain; a=b\r\nContent-Length: 5\r\n\r\nhello"
)
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\nabc"
TABLES = {
    "connection": ", ".join(CONNECTION),
    "exchange": ", ".join(EXCHANGE),
    **dict.fromkeys(("finding", "damage", "dropped", "place", "position"), "*"),
}
"""What is the same however an index was built; the words' numbers need not be."""


def web(count=1):
    """A connection with HTTP/1.1 exchanges."""
    exchanges = [event for _ in range(count) for event in (Data(UP, REQUEST), Data(DOWN, RESPONSE))]
    ends = [Closed(CLIENT, How.FIN), Outcome(OutcomeKind.INTERCEPTED, count * len(REQUEST), count * len(RESPONSE))]
    return [OPENED, SPEAKS_HTTP, *exchanges, *ends]


def write(directory, *connections, number=1, salt=1):
    """Connections that happen all at once, an event of each in turn, in one segment."""
    left, events = {n: list(story) for n, story in enumerate(connections, 1)}, []
    while any(left.values()):
        events += [(n, story.pop(0)) for n, story in left.items() if story]
    (directory / name(number)).write_bytes(b"".join(segment(events, salt=salt)))


def index(directory):
    """Index what there is."""
    with closing(Indexer(directory)) as indexer:
        return indexer.poll()


def rows(directory):
    """All that the index says; whatever is spelt in it is found by that."""
    with closing(sqlite3.connect(directory / INDEX)) as database:
        ask, spelling = database.execute, Spelling(database)
        for table, columns in SPELT.items():
            for number, *texts in ask(f"SELECT connection, {', '.join(columns)} FROM {table}").fetchall():
                assert all(number in (spelling.candidates(str(text)) or [number]) for text in texts if text is not None)
        return {table: sorted(map(repr, ask(f"SELECT {shown} FROM {table}"))) for table, shown in TABLES.items()}


def one(directory, number=1):
    """The row of a connection."""
    with Index(directory) as found:
        return dict(found.connection(number))
