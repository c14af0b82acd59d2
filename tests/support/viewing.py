"""What views of an index are tested with: a hundred connections, and an index that a test writes row by row."""

from journals import REFUSAL, name, segment
from tlscope.capture import gathering, view
from tlscope.capture.order import ORDERS
from tlscope.capture.schema import Words, open_writing
from tlscope.capture.view import View
from tlscope.events import Action, Opened, Outcome, OutcomeKind, Policy

HOSTS = ["delta", "alpha", "charlie", "bravo"]


def story(number):
    """Connection `number`: its host is one of four, it sent as many bytes as its number says; every fifth failed."""
    if number % 5 == 0:
        return REFUSAL
    return [
        Opened("explicit", f"127.0.0.1:{number}", ""),
        Policy(Action.INTERCEPT, HOSTS[number % 4], 443, "connect"),
        Outcome(OutcomeKind.INTERCEPTED, number, 0),
    ]


def written(directory, numbers, story=story):
    (directory / name()).write_bytes(
        b"".join(segment((number, event) for number in numbers for event in story(number)))
    )


def gathers(monkeypatch, *, in_steps=False):
    """Have another thread find all but the first rows."""
    monkeypatch.setattr(View, "_try", lambda _: None)
    monkeypatch.setattr(view, "FIRST_STEP", 3)
    if in_steps:
        monkeypatch.setattr(gathering, "WHOLE", -1)
        monkeypatch.setattr(gathering, "TICKS", 1)
        monkeypatch.setattr(gathering, "FIRST_STEP", 7)
        monkeypatch.setattr(gathering, "STEP", 0)


def finish(view):
    while not view.work():
        view.wait()
    return view


def expected(index, order="connection", where="1", *, descending=False):
    """What SQLite says."""
    column, way = ORDERS[order], "DESC" if descending else "ASC"
    query = f"SELECT c.connection FROM connection c WHERE {where} ORDER BY {column} {way}, c.connection {way}"
    return [row[0] for row in index.database.execute(query)]


class Edited:
    """An index that the test writes, row by row."""

    def __init__(self, directory):
        self.database = open_writing(directory)
        self.database.execute("PRAGMA synchronous = OFF")
        self.words = Words(self.database)
        self.rows = {}
        self.change = 0

    def clear(self):
        self.database.execute("DELETE FROM connection_row")
        self.rows.clear()

    def write(self, rows):
        self.change += 1
        self.database.execute("BEGIN")
        for number, value in rows:
            text = None if value is None else f"{value}\U0001f512" if value % 2 else f"{9 - value}"
            word = self.words.number(text)
            self.database.execute(
                "INSERT OR REPLACE INTO connection_row (connection, host_word, up, rule_word, client, closed)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (number, word, value or 0, word, text or "", None if value is None else -value),
            )
            self.database.execute("INSERT OR REPLACE INTO change VALUES (?, ?)", (self.change, number))
            self.rows[number] = (number, value, text)
        meta = [("change", self.change), ("connections", len(self.rows))]
        self.database.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", meta)
        self.database.execute("COMMIT")

    def sorted(self, order, descending):
        def key(row):
            number, value, text = row
            return {"connection": 0, "up": value}.get(order, text), number

        selected = [row for row in self.rows.values() if row[1] is not None]
        return [row[0] for row in sorted(selected, key=key, reverse=descending)]
