"""All rows that a view shows, asked for in another thread, so that a screen need not wait: a second or two a million.

    gathering = Gathering(index, question, low, high)   of the rows between two numbers; begins at once
    gathering.taken() -> Portion ...                    what was found since the last time, by number, in blocks
    gathering.finished                                  set in the end: all is found, or `error` says why not
    gathering.ordered                                   then: the same by value, if values were asked for
    gathering.stop()                                    nobody wants it any more

Two things make a thread of this kind hurt. SQLite works without the interpreter's lock, but every row that it gives
takes the lock for a moment: where the other thread paints, that is some milliseconds a row, and a million rows take for
ever. So SQLite gives one row only, `group_concat` of all numbers, and of all values. And what Python does at a stretch
in C, the other thread waits for: numbers are read, and sorted (blocks.py), some thousand at a time.

What is asked in one question is there when all of it is found. Where that takes longer than WHOLE, as it does for what
is looked for in bodies, all is asked in steps, by number: what is found can be shown while it goes on.

The thread has an Index of its own. It sees what is written meanwhile or does not: the view looks again at whatever
changed since before it began.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections import deque
from itertools import islice
from threading import Event, Lock, Thread
from time import perf_counter, thread_time
from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.blocks import SIZE, Blocks, arranged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.capture.index import Index

WHOLE = 5.0
"""Seconds of the processor that one question may take: with an index or by going through all rows, it takes less."""
STEP, FIRST_STEP = 0.1, 64
"""Seconds that a step aims at, and the rows of the first one."""
TICKS = 1_000_000
"""Instructions of SQLite's between two looks at the clock, some 20 ms: looking takes the interpreter's lock."""
TEXT = 1 << 15
"""Characters of numbers that are read at once: some thousand numbers."""
SEPARATOR = 31
"""The character behind each text, which does not hold it (`Question.value`)."""


class Question(NamedTuple):
    """What is asked, as SQL about `c`."""

    where: str
    each: str
    """The same for few rows (filter/query.py)."""
    parameters: tuple[object, ...]
    value: str
    """What the order is by; never NULL. Empty in the order of the numbers."""
    is_text: bool
    """Whether it is a text, else an integer."""
    is_word: bool
    """Whether it is the number of a word, and the order is by its text."""
    descending: bool
    """From which end steps begin."""


class Portion(NamedTuple):
    """Rows that were found, by number: all above those before, or all below."""

    numbers: array[int]
    values: list[str] | array[int] | None
    reached: int | None
    """Up to which number all rows were looked at, if that is known."""


class Gathering:
    """One question, and the thread that answers it."""

    def __init__(self, index: Index, question: Question, low: int, high: int) -> None:
        """Begin with the rows from `low` to `high`."""
        self._question, self._low, self._high = question, low, high
        self.ordered: Blocks | None = None
        """All values with their numbers, once that is known."""
        self.error: BaseException | None = None
        """What kept the thread from its work."""
        self.finished = Event()
        self._index = index
        self._portions: deque[Portion] = deque()
        self._all = Blocks()
        self._texts: dict[int, str] = {}
        self._database: sqlite3.Connection | None = None
        self._stopped = False
        self._lock = Lock()
        Thread(target=self._run, name="gathering", daemon=True).start()

    def taken(self) -> Iterator[Portion]:
        """What was found since the last time."""
        while self._portions:
            yield self._portions.popleft()

    def stop(self) -> None:
        """End it soon; any thread may say so."""
        with self._lock:
            self._stopped = True
            if self._database:
                self._database.interrupt()

    def _run(self) -> None:
        try:
            with self._index.twin() as index:
                with self._lock:
                    self._database = index.database
                try:
                    self._gather(index.database)
                finally:
                    with self._lock:
                        self._database = None
        except BaseException as error:  # noqa: BLE001 - whatever it is, the thread that asks is to hear of it
            self.error = error
        finally:
            self.finished.set()

    def _gather(self, database: sqlite3.Connection) -> None:
        if not self._whole(database):
            self._stepwise(database)
        if self._question.value:
            for ordered in arranged(self._all):
                self._go_on()
                self.ordered = ordered

    def _go_on(self) -> None:
        if self._stopped:
            raise Stopped

    # --------------------------------------------------------------------------------------------------------- asking

    def _whole(self, database: sqlite3.Connection) -> bool:
        """Ask for all at once; whether that did not take too long."""
        end = thread_time() + WHOLE
        try:
            found = self._asked(database, self._question.where, self._low, self._high, end)
        except sqlite3.OperationalError:
            self._go_on()
            if thread_time() < end:
                raise
            return False
        self._read(found, self._low if self._question.descending else self._high)
        return True

    def _stepwise(self, database: sqlite3.Connection) -> None:
        """Ask for some after the other, from the end that the order begins with."""
        descending, rows = self._question.descending, FIRST_STEP
        at = self._high if descending else self._low
        while self._low <= at <= self._high:
            self._go_on()
            begin = perf_counter()
            other = max(at - rows + 1, self._low) if descending else min(at + rows - 1, self._high)
            found = self._asked(database, self._question.each, min(at, other), max(at, other), None)
            self._read(found, other)
            at = other - 1 if descending else other + 1
            took = perf_counter() - begin
            rows = rows * 2 if took < STEP else max(rows // 2, 1) if took > 2 * STEP else rows

    def _asked(
        self, database: sqlite3.Connection, where: str, low: int, high: int, end: float | None
    ) -> tuple[str, str]:
        """The numbers in order, and their values, in a text each."""
        _, _, parameters, value, is_text, _, _ = self._question
        numbers = "+c.connection" if end is not None else "c.connection"  # for all, another index may be better
        rows = (
            f"SELECT c.connection AS number, {value or 0} AS value FROM connection c"  # noqa: S608 - query.py binds what users write
            f" WHERE {numbers} BETWEEN ? AND ? AND ({where}) ORDER BY c.connection"
        )
        values = (
            f"group_concat(value || char({SEPARATOR}), '')" if is_text else "group_concat(value)" if value else "''"
        )
        query = f"SELECT group_concat(number), {values} FROM ({rows})"  # noqa: S608 - the same
        if end is not None:
            limit = end
            database.set_progress_handler(lambda: self._stopped or thread_time() > limit, TICKS)
        try:
            found: tuple[str | None, str | None] = database.execute(query, (low, high, *parameters)).fetchone()
        finally:
            database.set_progress_handler(None, 0)
        return found[0] or "", found[1] or ""

    # --------------------------------------------------------------------------------------------------------- reading

    def _read(self, found: tuple[str, str], reached: int) -> None:
        """Make portions of what was found."""
        numbers, values = _integers(found[0]), self._values(found[1])
        portions = []
        while len(some := array("q", islice(numbers, SIZE))):
            self._go_on()
            portions.append(Portion(some, next(values) if self._question.value else None, None))
        if self._question.descending:
            portions.reverse()
        for portion in portions:
            self._all.extend(portion.numbers, portion.values)
        self._portions.extend([*portions, Portion(array("q"), None, reached)])

    def _values(self, found: str) -> Iterator[list[str] | array[int]]:
        """The values, as many at a time as a portion has."""
        if self._question.is_text:
            texts = _split(found[:-1], chr(SEPARATOR)) if found else iter(())
            while True:
                yield list(islice(texts, SIZE))
        integers = _integers(found)
        while True:
            some = array("q", islice(integers, SIZE))
            yield self._spelled(some) if self._question.is_word else some

    def _spelled(self, words: array[int]) -> list[str]:
        database, texts = self._database, self._texts
        assert database  # it is this thread's, and open while it reads
        for word in set(words) - texts.keys():
            texts[word] = database.execute("SELECT text FROM word WHERE word = ?", (word,)).fetchone()[0]
        return list(map(texts.__getitem__, words))


class Stopped(Exception):  # noqa: N818 - it is no error: nobody wants the answer any more
    """A gathering was stopped."""


def _split(text: str, separator: str) -> Iterator[str]:
    """The same as text.split, some at a time."""
    at = 0
    while at <= len(text):
        end = text.find(separator, at + TEXT)
        end = len(text) if end < 0 else end
        yield from text[at:end].split(separator)
        at = end + 1


def _integers(text: str) -> Iterator[int]:
    return map(int, _split(text, ",")) if text else iter(())
