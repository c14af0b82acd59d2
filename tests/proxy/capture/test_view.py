import sqlite3
import threading
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import REFUSAL, capture, held, name, segment
from tlscope.capture import blocks, gathering
from tlscope.capture import view as module
from tlscope.capture.index import Index
from tlscope.capture.indexer import Indexer
from tlscope.capture.inspector import catch_up
from tlscope.capture.schema import Words, open_writing
from tlscope.capture.view import HEAD, ORDERS, View
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


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A hundred connections."""
    made = capture(tmp_path_factory.mktemp("capture"), *map(story, range(1, 101)))
    assert catch_up(made)
    return made


@pytest.fixture
def index(directory):
    with Index(directory) as opened:
        yield opened


@pytest.fixture(params=["at once", "whole", "in steps"])
def way(request, monkeypatch):
    """A view has its rows at once where the index is quick; another thread has them by one question, or by many."""
    if request.param != "at once":
        gathers(monkeypatch, in_steps=request.param == "in steps")


def gathers(monkeypatch, *, in_steps=False):
    """Have another thread find all but the first rows."""
    monkeypatch.setattr(View, "_try", lambda _: None)
    monkeypatch.setattr(module, "FIRST_STEP", 3)
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


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("where", ["1", "c.outcome = 'intercepted'", "c.up > 50", "0"])
@pytest.mark.parametrize("order", ["connection", "host", "up", "size", "duration", "outcome", "detail", "client"])
@pytest.mark.usefixtures("way")
def test_a_view_has_the_rows_of_its_condition_in_its_order(index, order, where, descending):
    """Any column, either way; equal values by number; those without a value first."""
    view = finish(View(index, where, order=order, descending=descending))
    numbers = expected(index, order, where, descending=descending)
    assert numbers == view.numbers(0, 1000)
    assert (100, len(numbers), 1.0) == (view.total, view.matching, view.looked)


@pytest.mark.usefixtures("way")
def test_pages_are_taken_anywhere(index):
    """By position, also beyond the ends; and a row's position is known."""
    view = finish(View(index, "c.up > ?", (50,), order="host"))
    numbers = expected(index, "host", "c.up > 50")
    assert numbers[7:12] == [row["connection"] for row in view.page(7, 5)]
    assert numbers[-2:] == view.numbers(len(numbers) - 2, 50)
    assert [] == view.page(1000) == view.numbers(-5, 5)
    assert numbers[:3] == view.numbers(-2, 5)
    assert [(3, 30)] == [tuple(row) for row in finish(View(index)).page(2, 1, "c.connection, c.up * 10")]
    assert 7 == view.position(numbers[7])
    assert view.position(1) is None
    assert 98 == View(index, descending=True).position(2)


def test_all_connections_are_there_at_once(index):
    """Numbers without a gap need no gathering."""
    view = View(index, descending=True)
    assert view.done
    assert [100, 99] == view.numbers(0, 2)


def test_gaps_are_gathered(tmp_path):
    """The first connections of a capture may be gone."""
    written(tmp_path, [3, 4, 90, 1000])
    catch_up(tmp_path)
    with Index(tmp_path) as index:
        assert [1000, 90, 4, 3] == finish(View(index, descending=True)).numbers()
        assert (3, 1000) == index.bounds()


def test_the_first_page_comes_before_the_last_row_is_looked_at(index, monkeypatch):
    """From the end that the order begins with."""
    monkeypatch.setattr(module, "FIRST_STEP", 10)
    view = View(index, "c.fault IS NULL", descending=True)
    assert not view.work(0)
    assert 0 < view.looked < 0.5
    assert [99, 98, 97, 96, 94, 93, 92, 91] == view.numbers()
    assert not view.done


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("order", ["host", "client_version"])
def test_an_index_gives_the_first_rows_of_its_order(index, monkeypatch, order, descending):
    """Before all are gathered and sorted; until then there are no others."""
    monkeypatch.setattr(View, "_try", lambda _: None)
    monkeypatch.setattr(module, "FIRST_STEP", 3)
    monkeypatch.setattr(module, "HEAD", 7)
    view = View(index, order=order, descending=descending)
    view.work(0)
    while view._plan:
        view._go_on()
    numbers = expected(index, order, descending=descending)
    assert (numbers[:7], 7) == (view.numbers(0, 50), view.matching)
    assert 6 == view.position(numbers[6])
    assert view.position(numbers[7]) is None
    assert not view.done
    assert numbers == finish(view).numbers(0, 100)
    assert HEAD > 100


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("order", ["up", "rule", "client"])
def test_the_first_of_those_looked_at_are_shown_where_there_is_no_index(index, monkeypatch, order, descending):
    """In their order, and once all are looked at, they are the first of all, before all others are sorted."""
    gathers(monkeypatch, in_steps=True)
    monkeypatch.setattr(module, "FIRST_STEP", 10)
    monkeypatch.setattr(module, "HEAD", 7)
    view = View(index, order=order, descending=descending)
    numbers = expected(index, order, descending=descending)
    view.work(0)
    some = range(91, 101) if descending else range(1, 11)
    assert [number for number in numbers if number in some][:7] == view.numbers()
    assert not view.work(0)
    view.wait()
    while view.looked < 1:
        view._go_on()
    assert not view.done
    assert numbers[:7] == view.numbers()
    assert 100 == view.matching


def test_a_question_that_takes_long_is_given_up(index, monkeypatch):
    """Another thread has all the time; and the first rows that are looked at are fewer."""
    monkeypatch.setattr(module, "AT_ONCE", -1)
    monkeypatch.setattr(module, "LONG", -1)
    monkeypatch.setattr(module, "FIRST_STEP", 32)
    monkeypatch.setattr(module, "TICKS", 1)
    view = View(index, "c.up > 0")
    view.work(0)
    assert (1, 1) == (view.matching, view._rows)
    assert 80 == finish(view).matching


@pytest.mark.parametrize(("where", "tried"), [("c.up > 0", False), ("c.up = 0", True)])
def test_what_most_rows_have_is_not_asked_for_at_once(index, monkeypatch, where, tried):
    """That would take longer than it may; the first step has the first page already."""
    monkeypatch.setattr(module, "FIRST_STEP", 10)
    monkeypatch.setattr(module, "MANY", 50)
    view = View(index, where)
    view.work(0)
    assert tried == (view._try in view._plan)
    assert view.matching == (0 if tried else 8) + (2 if tried else 0)
    assert expected(index, where=where) == finish(view).numbers()


def test_a_wrong_condition_is_an_error(index):
    """It is not taken for one that takes long."""
    with pytest.raises(sqlite3.OperationalError):
        finish(View(index, "c.nothing = 1"))


def test_work_can_be_interrupted(index):
    """From another thread; and goes on when it is asked again."""
    begun = threading.Event()

    def slow(_):
        begun.set()
        return True

    index.database.create_function("slow", 1, slow)
    view = View(index, "slow(c.up) AND (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT 1 FROM n"
                " WHERE i < 0)")  # fmt: skip
    stopper = threading.Thread(target=lambda: begun.wait() and index.interrupt())
    stopper.start()
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        view.work()
    stopper.join()
    assert not view.done
    assert 0 == view.matching


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("order", ["connection", "host", "up"])
@pytest.mark.parametrize("where", ["1", "c.outcome = 'intercepted'"])
@pytest.mark.usefixtures("way")
def test_a_view_follows_the_index(tmp_path, order, where, descending):
    """Rows that are new, those that are selected now, and those that are no more."""
    first = [(n, event) for n in range(1, 21) for event in story(n)[:-1]]
    rest = [(n, story(n)[-1]) for n in range(1, 21) if n % 3] + [
        (n, event) for n in range(21, 31) for event in story(n)
    ]
    parts = segment([*first, *rest])
    with held(tmp_path):
        (tmp_path / name()).write_bytes(b"".join(parts[: len(first) + 1]))
        indexer = Indexer(tmp_path)
        indexer.poll()
        with Index(tmp_path) as index:
            view = finish(View(index, where, order=order, descending=descending))
            assert frozenset() == view.refresh()
            shown = view.numbers()
            (tmp_path / name()).write_bytes(b"".join(parts))
            indexer.poll()
            changed = view.refresh()
            assert {number for number, _ in rest} == changed
            if order != "connection":
                assert shown == view.numbers()
            assert 30 == view.total
            finish(view)
            assert expected(index, order, where, descending=descending) == view.numbers()
            assert frozenset() == view.refresh()
        indexer.close()


@pytest.mark.parametrize("descending", [False, True])
def test_a_view_that_is_not_done_follows_the_index(tmp_path, monkeypatch, descending):
    """What it has passed is looked at again, what is new too, each once."""
    monkeypatch.setattr(View, "_try", lambda _: None)
    monkeypatch.setattr(module, "FIRST_STEP", 5)
    first = [(n, event) for n in range(1, 21) for event in story(n)[:-1]]
    rest = [(n, story(n)[-1]) for n in range(1, 21)] + [(n, event) for n in range(21, 31) for event in story(n)]
    parts = segment([*first, *rest])
    with held(tmp_path):
        (tmp_path / name()).write_bytes(b"".join(parts[: len(first) + 1]))
        indexer = Indexer(tmp_path)
        indexer.poll()
        with Index(tmp_path) as index:
            view = View(index, "c.outcome IS NULL OR c.outcome = 'intercepted'", descending=descending)
            view.work(0)
            assert 5 == view.matching
            (tmp_path / name()).write_bytes(b"".join(parts))
            indexer.poll()
            view.refresh()
            assert expected(index, where="c.outcome = 'intercepted'", descending=descending) == finish(view).numbers()
        indexer.close()


def test_a_view_begins_anew_where_the_changes_are_not_known(tmp_path, monkeypatch):
    """They are listed for a while only."""
    monkeypatch.setattr("tlscope.capture.indexer.KEPT_CHANGES", 1)
    monkeypatch.setattr("tlscope.capture.indexer.BATCH_CONNECTIONS", 1)
    events = [(number, event) for number in range(1, 21) for event in story(number)]
    with held(tmp_path):
        parts = segment(events)
        (tmp_path / name()).write_bytes(b"".join(parts[:4]))
        indexer = Indexer(tmp_path)
        indexer.poll()
        with Index(tmp_path) as index:
            view = finish(View(index, "c.up > 0", order="host"))
            (tmp_path / name()).write_bytes(b"".join(parts))
            indexer.poll()
            assert view.refresh() is None
            assert expected(index, "host", "c.up > 0") == finish(view).numbers()
            assert 20 == view.total
        indexer.close()


def test_what_the_other_thread_comes_to_is_said(index, monkeypatch):
    """Where the work is asked for; and it is begun again when it is asked for again."""
    gathers(monkeypatch)

    def broken(*_):
        raise OSError("no more files")

    for order in ("connection", "up"):
        view = View(index, "c.up > 5", order=order)
        with monkeypatch.context() as patch:
            patch.setattr(Index, "twin", broken)
            with pytest.raises(OSError, match="no more files"):
                finish(view)
        assert expected(index, order, "c.up > 5") == finish(view).numbers(0, 100)


def test_a_view_that_is_let_go_of_stops_the_other_thread(index, monkeypatch):
    """Also one that has begun anew; nobody tells it so."""
    gathers(monkeypatch)
    made = []
    monkeypatch.setattr(gathering.Gathering, "_run", lambda self: made.append(self))  # noqa: PLW0108 - a method
    view = View(index, "c.up > 5")
    while len(made) < 1:
        view.work()
    assert not made[0]._stopped
    view._begin()
    assert made[0]._stopped
    while len(made) < 2:
        view.work()
    del view
    assert made[1]._stopped


@pytest.mark.parametrize(("where", "asked"), [("c.up > 0", "each"), ("c.up = 98", "whole")])
def test_what_most_rows_have_is_looked_for_in_each(index, monkeypatch, where, asked):
    """What few have is looked for where it may be, which hangs on what was found in the first ones."""
    gathers(monkeypatch)
    monkeypatch.setattr(module, "MANY", 20)
    questions = []
    monkeypatch.setattr(module, "Gathering", lambda _, question, *__: questions.append(question.where) or 1 / 0)
    view = View(index, f"{where} AND 'whole' = 'whole'", each=f"{where} AND 'each' = 'each'")
    with pytest.raises(ZeroDivisionError):
        view.work(1e9)
    assert asked in questions[0]


def test_work_does_not_wait_for_the_other_thread(index, monkeypatch):
    """The screen has other things to do."""
    gathers(monkeypatch)
    monkeypatch.setattr(gathering.Gathering, "_run", lambda _: None)
    view = View(index, "c.up > 5", order="up")
    assert not view.work(1e9)
    assert 0 == view.looked


KEYS = ["connection", "host", "up", "rule", "client"]
ROWS = st.lists(
    st.tuples(st.integers(1, 30), st.none() | st.integers(0, 5)), max_size=25
)  # a connection that is written, and what is put into every column; None: it is not selected any more


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


@pytest.fixture(scope="module")
def edited(tmp_path_factory):
    directory = tmp_path_factory.mktemp("edited")
    made = Edited(directory)
    with closing(made.database), Index(directory) as index:
        yield made, index


@given(
    first=ROWS,
    changes=st.lists(st.tuples(st.integers(0, 9), ROWS), max_size=4),
    order=st.sampled_from(KEYS),
    descending=st.booleans(),
    in_steps=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_whatever_changes_a_view_is_a_sorted_list(edited, first, changes, order, descending, in_steps):
    """Rows come, change and are no longer selected, before all was looked at or after; and each has its position."""
    with pytest.MonkeyPatch.context() as patch:
        gathers(patch, in_steps=in_steps)
        patch.setattr(gathering, "SIZE", 3)
        patch.setattr(module, "ASKED", 3)
        patch.setattr(blocks, "SIZE", 2)
        patch.setattr(blocks, "FULL", 4)
        rows, index = edited
        rows.clear()
        rows.write(first)
        view = View(index, "c.closed IS NOT NULL", order=order, descending=descending)
        for steps, more in changes:
            for _ in range(steps):
                view.work(0)
            rows.write(more)
            assert {number for number, _ in more} == set(view.refresh())
        finish(view)
        numbers = rows.sorted(order, descending)
        assert numbers == view.numbers()
        assert numbers[3:7] == view.numbers(3, 4)
        assert [numbers.index(n) if n in numbers else None for n in range(32)] == [*map(view.position, range(32))]


def test_all_connections_with_a_gap_behind_them(tmp_path):
    """What was all of them is followed when a number is left out, and when it comes later."""
    edited = Edited(tmp_path)
    edited.write([(number, 1) for number in range(1, 6)])
    with closing(edited.database), Index(tmp_path) as index:
        for_each = [View(index, descending=way) for way in (False, True)]
        for numbers in [(7, 9), (6,), (8,)]:
            edited.write([(number, 1) for number in numbers])
            for view in for_each:
                view.refresh()
                assert sorted(edited.rows, reverse=view._descending) == finish(view).numbers()
                assert len(edited.rows) == view.total == view.matching


@pytest.mark.usefixtures("way")
def test_numbers_without_a_value_are_below_all_others(tmp_path):
    """Also below negative ones, which a clock that was set back makes; a sum may be larger than an integer is."""
    edited = Edited(tmp_path)
    edited.write([(1, 5), (2, None), (3, 1)])
    edited.database.execute("UPDATE connection_row SET opened = 7 WHERE connection = 1")
    edited.database.execute("UPDATE connection_row SET opened = 9223372036854775807, closed = -9 WHERE connection = 3")
    with closing(edited.database), Index(tmp_path) as index:
        assert [2, 3, 1] == finish(View(index, order="duration")).numbers()
