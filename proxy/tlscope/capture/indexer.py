"""From the journal into the index: incremental, and restartable exactly where it stopped.

    indexer = Indexer(directory)
    indexer.poll()              index what was recorded since the last poll
    indexer.finished            nobody records any more, and all is indexed

Only one may work on a capture at a time; inspector.py sees to that.

How far the journal was read is committed with the rows that follow from it, so that a kill at any moment loses work,
never truth. What a connection that is still open needs beside its row (half a request, HPACK's tables, the messages of
its handshake) is in memory only: when its next record comes and it is not there, because we were started anew or let go
of it to stay within OPEN_BYTES, its records so far are taken again from their places. Making a connection again and
again costs more than its records are worth, so that has a budget, too: beyond it, it goes on from its row alone.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tlscope.capture.fold import Fold, address, decoded
from tlscope.capture.lookup import PUT, Gone, Lookup, row_of
from tlscope.capture.places import DATA
from tlscope.capture.schema import CONNECTION, EXCHANGE, WORD, WORDS, Words, open_writing
from tlscope.capture.segment import Damage
from tlscope.capture.spelling import NOTHING, Spelling, Spelt
from tlscope.capture.traffic import EXCHANGE_WEIGHT
from tlscope.capture.walk import Passed, Position, Walk
from tlscope.events import Faulted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tlscope.capture.handshake import Finding
    from tlscope.capture.reader import Dropped
    from tlscope.capture.traffic import Exchange

BATCH = 20_000
"""Records in a transaction: committing costs little beside taking them, and a viewer sees rows every second."""
BATCH_CONNECTIONS = 1_000
"""Connections in a transaction; their messages are in memory until then."""
BATCH_BYTES = 8 << 20
"""Bytes of what is no application data in a transaction, and of its exchanges, for the same reason."""
OPEN_BYTES = 40 << 20
"""What is kept of open connections, by Fold.weight; those that were silent for longest are let go of."""
AGAIN_COST, AGAIN_FREE = 100, 256 << 20
"""What taking a record again costs beside its bytes; and how much of that is free, beside what was passed once."""
KEPT_CHANGES = 200
"""Transactions whose connections are listed: those of the last ten seconds, where there are many."""
LET_GO = 100_000
"""Connections remembered as let go of."""
SERIOUS = 4
_LEGS: dict[str | None, int] = {"client": 0, "server": 1}

TOO_MANY = "too many connections are open at once: its data is not followed any more"
GONE = "its first records are gone: its data is not followed any more"
_AGAIN = {TOO_MANY, GONE}

_COLUMNS = tuple(CONNECTION)
_EXCHANGE = [(name, kind == WORD) for name, kind in EXCHANGE.items() if name != "connection"]
_PUT = f"INSERT OR REPLACE INTO connection_row VALUES ({', '.join('?' * len(CONNECTION))})"  # noqa: S608 - marks only
_PUT_EXCHANGE = f"INSERT OR REPLACE INTO exchange_row VALUES ({', '.join('?' * len(EXCHANGE))})"  # noqa: S608 - the same
_SPELT = "SELECT target, status FROM exchange_row WHERE (connection, exchange) = (?, ?)"
_ROW = f"SELECT {', '.join(_COLUMNS)} FROM connection WHERE connection = ?"  # noqa: S608 - columns of ours


class Indexer:
    """Indexes one capture; the only writer of its index."""

    def __init__(self, directory: Path) -> None:
        """Open or make the index; raises sqlite3.Error or OSError where that cannot be."""
        self.passed = 0
        """Records so far."""
        self._database = open_writing(directory)
        self._words = Words(self._database)
        self._spelling = Spelling(self._database)
        self._spelt: dict[int, Spelt] = {}
        """What open connections spell themselves, as far as the index has it."""
        self._walk = Walk(directory, self._positions())
        self._lookup = Lookup(directory, self._database)
        self._open: OrderedDict[int, Fold] = OrderedDict()
        """Those that were silent for longest first."""
        self._weights: dict[int, int] = {}
        self._weight = 0
        self._touched: dict[int, Fold] = {}
        self._said: list[tuple[str, tuple[object, ...]]] = []
        """Statements of the batch that belong to no connection."""
        self._faults: list[Finding] = []
        """Of the batch: what went wrong with the recording itself."""
        self._new = 0
        """Connections of the batch that had no row before."""
        self._let_go: dict[int, None] = {}
        self._noted: bool | None = None
        self._spent = 0
        """What taking records again has cost, of what it may."""
        self._earned = AGAIN_FREE

    def _positions(self) -> dict[int, Position]:
        rows = self._database.execute("SELECT series, segment, at, unchecked, done FROM position")
        return {series: Position(segment, at, unchecked, bool(done)) for series, segment, at, unchecked, done in rows}

    @property
    def finished(self) -> bool:
        """Whether nobody records any more, and all is indexed."""
        return self._walk.finished

    def close(self) -> None:
        """Let go of everything; what was not committed is read again the next time."""
        self._walk.close()
        self._lookup.close()
        self._database.close()

    def poll(self) -> int:
        """Index what was recorded since the last poll; the number of records. Where it raises, make another Indexer."""
        before, records, size = self.passed, 0, 0
        positions = dict(self._walk.positions)
        fold: Fold | None = None
        for item in self._walk.poll():
            if not isinstance(item, Passed):
                self._missing(item)
                continue
            records += 1
            if item.connection == 0:
                self._ours(item)
                continue
            if fold is None or fold.number != item.connection:
                fold = self._fold(item.connection)
            before_it = fold.exchanges
            fold.take(item)
            size += EXCHANGE_WEIGHT * (fold.exchanges - before_it)
            self._earned += AGAIN_COST + len(item.payload)
            if item.kind != DATA:
                size += len(item.payload)
            if records >= BATCH or size >= BATCH_BYTES or len(self._touched) >= BATCH_CONNECTIONS:
                self.passed += records
                self._commit()
                fold, records, size, positions = None, 0, 0, dict(self._walk.positions)
        self.passed += records
        if records or self._said or self._faults or positions != self._walk.positions:
            self._commit()
        self._note_finished()
        return self.passed - before

    # ----------------------------------------------------------------------------------------------------- connections

    def _fold(self, number: int) -> Fold:
        fold = self._open.get(number)
        if fold is None:
            fold = self._again(number)
            if fold is None:
                fold, self._new = Fold(number), self._new + 1
            self._open[number] = fold
        else:
            self._open.move_to_end(number)
        self._touched[number] = fold
        return fold

    def _again(self, number: int) -> Fold | None:
        """A connection that is in the index and not in memory; None for a new one."""
        row = self._row(number)
        if row is None:
            return None
        self._spelt[number] = row["client"], row["ja3"]
        if row["dissector_fault"] in _AGAIN:
            return self._bare(row, row["dissector_fault"])
        fold, counts = Fold(number), number in self._let_go
        for item in self._lookup.passed(number):
            if isinstance(item, Gone):
                return self._bare(row, GONE)
            fold.take(item)
            if counts:
                self._spent += AGAIN_COST + len(item.payload)
                if self._spent > self._earned:
                    return self._bare(row, TOO_MANY)
        fold.packer.chunks()  # they are in the index, as the exchanges are
        if fold.traffic:
            fold.traffic.fresh.clear()
        fold.written = fold.findings()
        return fold

    def _bare(self, row: dict[str, Any], fault: str) -> Fold:
        fold = Fold.bare(row, fault)
        if last := self._lookup.last_chunk(fold.number):
            fold.packer.go_on(last)
        return fold

    def _row(self, number: int) -> dict[str, Any] | None:
        row = self._database.execute(_ROW, (number,)).fetchone()
        return row and dict(zip(_COLUMNS, row, strict=True))

    def _missing(self, item: Damage | Dropped) -> None:
        if isinstance(item, Damage):
            values: tuple[object, ...] = (item.segment, item.offset, item.reason, item.lost_bytes)
            self._said.append(("INSERT INTO damage VALUES (?, ?, ?, ?)", values))
        else:
            self._said.append(("INSERT INTO dropped VALUES (?, ?, ?)", (item.series, item.first, item.last)))

    def _ours(self, item: Passed) -> None:
        """Connection 0 is the recording as a whole."""
        event = decoded(item)
        if isinstance(event, Faulted):
            self._faults.append((None, event.code, SERIOUS, event.what))
            said = event.who.value, event.code, event.what, event.next
            self._said.append(("INSERT INTO fault VALUES (?, ?, ?, ?)", said))

    # --------------------------------------------------------------------------------------------------------- writing

    def _commit(self) -> None:
        """Write what the batch changed, with how far it went; then let go of what need not be kept."""
        database = self._database
        database.execute("BEGIN IMMEDIATE")
        try:
            for statement, values in self._said:
                self._put(statement, values)
            self._write_findings(0, self._faults)
            for fold in self._touched.values():
                self._write(fold)
            if self._touched:
                self._write_change()
            database.executemany(
                "INSERT OR REPLACE INTO position VALUES (?, ?, ?, ?, ?)",
                [(series, *position) for series, position in self._walk.positions.items()],
            )
            database.execute("COMMIT")
        except BaseException:
            with suppress(Exception):
                database.execute("ROLLBACK")
            raise
        self._settle()

    def _write_change(self) -> None:
        """Count the rows, and list what this transaction writes, for screens that are open."""
        ask = self._database.execute
        meta: dict[str, int] = dict(ask("SELECT key, value FROM meta"))
        change, connections = meta.get("change", 0) + 1, meta.get("connections", 0) + self._new
        put = "INSERT OR REPLACE INTO meta VALUES (?, ?)"
        self._database.executemany(put, [("change", change), ("connections", connections)])
        ask("DELETE FROM change WHERE change <= ?", (change - KEPT_CHANGES,))
        self._database.executemany("INSERT INTO change VALUES (?, ?)", [(change, number) for number in self._touched])

    def _write(self, fold: Fold) -> None:
        number, row = fold.number, fold.row()
        self._put(_PUT, self._stored(row))
        self._spell(fold, row)
        for chunk in fold.packer.chunks():
            self._database.execute(PUT, row_of(number, chunk))
        if fold.traffic and fold.traffic.fresh:
            self._write_exchanges(number, fold.traffic.fresh.values())
            fold.traffic.fresh.clear()
        if not fold.bare_for and (found := fold.findings()) != fold.written:
            if fold.written:
                self._database.execute("DELETE FROM finding_of WHERE connection = ?", (number,))
            self._write_findings(number, found)
            fold.written = found

    def _spell(self, fold: Fold, row: dict[str, Any]) -> None:
        """Have found what a connection and its fresh exchanges spell, where that is not known yet."""
        number, news = fold.number, self._spelling.news
        own = _storable(row.get("client")), _storable(row.get("ja3"))
        documents = news(own, self._spelt.get(number, NOTHING))
        self._spelt[number] = own
        for one in fold.traffic.fresh.values() if fold.traffic else ():
            known = self._database.execute(_SPELT, (number, one.exchange)).fetchone()
            documents += news((_storable(one.target), _storable(one.status)), known or NOTHING)
        self._spelling.add(number, documents)

    def _stored(self, row: dict[str, Any]) -> tuple[object, ...]:
        """The values of a connection's row, texts as numbers."""
        stored = {**_DEFAULTS, **row, **{name: self._words.number(row.get(name)) for name in WORDS["connection"]}}
        if row.get("client") == address(row.get("client_ip"), row.get("client_port")):
            stored["client"] = None
        return tuple(map(stored.get, _COLUMNS))

    def _write_findings(self, number: int, found: Iterable[Finding]) -> None:
        for leg, code, severity, what in found:
            text = tuple(map(_storable, (code, severity, what)))
            self._database.execute("INSERT OR IGNORE INTO finding_text (code, severity, what) VALUES (?, ?, ?)", text)
            self._database.execute(
                "INSERT OR IGNORE INTO finding_of"
                " SELECT ?, ?, text FROM finding_text WHERE (code, severity, what) = (?, ?, ?)",
                (number, _LEGS.get(leg, 2), *text),
            )

    def _write_exchanges(self, number: int, exchanges: Iterable[Exchange]) -> None:
        word = self._words.number
        rows = [
            (number, *[word(getattr(one, name)) if is_word else getattr(one, name) for name, is_word in _EXCHANGE])
            for one in exchanges
        ]
        try:
            self._database.executemany(_PUT_EXCHANGE, rows)
        except (UnicodeEncodeError, OverflowError):
            for row in rows:
                self._put(_PUT_EXCHANGE, row)

    def _put(self, statement: str, values: tuple[object, ...]) -> None:
        """Execute it; what SQLite has no form for, which JSON has, is replaced: lone surrogates, very large numbers."""
        try:
            self._database.execute(statement, values)
        except (UnicodeEncodeError, OverflowError):
            self._database.execute(statement, tuple(map(_storable, values)))

    def _settle(self) -> None:
        """Let go of the connections that are over, and of the most silent where the others weigh too much."""
        for number, fold in self._touched.items():
            if fold.over:
                self._forget(number)
                continue
            weight = fold.weight
            self._weight += weight - self._weights.get(number, 0)
            self._weights[number] = weight
        self._touched.clear()
        self._new = 0
        self._said.clear()
        self._faults.clear()
        while self._weight > OPEN_BYTES and self._open:
            number = next(iter(self._open))
            self._forget(number)
            if len(self._let_go) < LET_GO:
                self._let_go[number] = None

    def _forget(self, number: int) -> None:
        del self._open[number]
        self._spelt.pop(number, None)
        self._weight -= self._weights.pop(number, 0)

    def _note_finished(self) -> None:
        if self._noted == self.finished:
            return
        self._noted = self.finished
        self._database.execute("INSERT OR REPLACE INTO meta VALUES ('finished', ?)", (int(self.finished),))


_DEFAULTS = {"up": 0, "down": 0, "client_messages": 0, "server_messages": 0, "exchanges": 0}
"""Of columns that are never NULL."""


def _storable(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return None
    return value
