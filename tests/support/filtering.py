"""Rows in an index that is in memory, and asking for those that a filter lets through."""

import sqlite3

from tlscope.capture.filter.query import compile, prepare  # noqa: A004 - its name, as re.compile's
from tlscope.capture.fold import address
from tlscope.capture.schema import CONNECTION, EXCHANGE, WORDS, Words, statements
from tlscope.capture.spelling import SPELT, Spelling

NOW = 1_763_640_000.0
TABLES = {"connection": CONNECTION, "exchange": EXCHANGE}
FROM = {
    "connection": "SELECT c.connection FROM connection c",
    "exchange": "SELECT e.connection, e.exchange FROM exchange e JOIN connection c ON c.connection = e.connection",
}

TABLES_ONLY = ("CREATE TABLE ", "CREATE VIEW ", "CREATE VIRTUAL ", "INSERT INTO word ")


def database(*connections, body=None, indexes=True):
    """An index in memory; a connection is a dict of columns, with `of` its exchanges and `found` its findings."""
    made = sqlite3.connect(":memory:")
    for statement in statements():
        if indexes or statement.startswith(TABLES_ONLY):
            made.execute(statement)
    prepare(made, body)
    for number, connection in enumerate(connections, 1):
        columns = {name: value for name, value in connection.items() if name in CONNECTION}
        insert(made, "connection", {"connection": number, **columns})
        for exchange, row in enumerate(connection.get("of", ()), 1):
            insert(made, "exchange", {"connection": number, "exchange": exchange, **row})
        for text, (leg, code, severity, what) in enumerate(connection.get("found", ())):
            made.execute("INSERT INTO finding_text (text, code, severity, what) VALUES (?, ?, ?, ?)",
                         (text, code, severity, what))  # fmt: skip
            made.execute("INSERT INTO finding_of (connection, leg, text) VALUES (?, ?, ?)", (number, leg, text))
    return made


def insert(made, table, row):
    assert row.keys() <= TABLES[table].keys()
    number = Words(made).number
    stored = {WORDS[table].get(key, key): number(value) if key in WORDS[table] else value for key, value in row.items()}
    columns, marks = ", ".join(stored), ", ".join("?" * len(stored))
    made.execute(f"INSERT INTO {table}_row ({columns}) VALUES ({marks})", tuple(stored.values()))
    made_up = address(row.get("client_ip"), row.get("client_port"))
    Spelling(made).add(row["connection"], [tuple(map({"client": made_up, **row}.get, SPELT[table]))])


def ask(made, text, row="connection"):
    """The numbers of the rows that a filter lets through."""
    where = compile(text, NOW, row)
    order = "ORDER BY 1, 2" if row == "exchange" else "ORDER BY 1"
    found = made.execute(f"{FROM[row]} WHERE {where.sql} {order}", where.parameters).fetchall()
    if not where.body:  # how often the data is looked at is tested with it
        assert found == made.execute(f"{FROM[row]} WHERE {where.each} {order}", where.parameters).fetchall()
    return [numbers[0] if row == "connection" else numbers for numbers in found]


ONE = {
    "host": "www.example.com", "sni": "www.example.com", "client": "127.0.0.1:50124", "client_ip": "127.0.0.1",
    "client_port": 50124, "port": 443, "server_ip": "10.1.2.3", "outcome": "intercepted", "up": 20_000, "down": 0,
    "client_version": 0x0303, "server_version": 0x0304, "client_cipher": "TLS_AES_128_GCM_SHA256",
    "client_messages": 1 << 1 | 1 << 11, "server_messages": 1 << 1, "alerts": "client:unknown_ca server:close_notify",
    "findings": "old-version weak-group 3des", "severity": 3, "verdict": "", "cert_expires": int(NOW) + 10 * 86400,
    "cert_names": "example.com *.example.com", "ja4": "t13d", "opened": int(NOW - 300) * 10**9,
    "closed": int(NOW - 299) * 10**9, "protocol": "http/1.1", "exchanges": 2,
    "of": [
        {"method": "GET", "target": "/a?x=1", "status": 200, "authority": "example.com", "started": 0, "ended": 10**9},
        {"method": "POST", "target": "/token", "status": 500, "response_type": "application/json"},
    ],
    "found": [(0, "old-version", 3, "TLS 1.2")],
}  # fmt: skip
TWO = {
    "host": "::1", "client_ip": "::1", "outcome": "client-rejected", "verdict": "expired name-mismatch", "severity": 4,
    "of": [{"method": "GET", "target": "/b_c", "status": 404}],
}  # fmt: skip
THREE = {}
