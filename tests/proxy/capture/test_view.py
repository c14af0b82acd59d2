import sqlite3
import threading
from contextlib import closing
from itertools import count

import pytest

from support.viewing import Edited, expected, finish, gathers, written
from tlscope.capture import attempt, gathering, selection
from tlscope.capture import view as module
from tlscope.capture.index import Index
from tlscope.capture.inspector import catch_up
from tlscope.capture.order import Order
from tlscope.capture.selection import HEAD
from tlscope.capture.view import View


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
    monkeypatch.setattr(selection, "HEAD", 7)
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
    monkeypatch.setattr(selection, "HEAD", 7)
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
    monkeypatch.setattr(attempt, "TICKS", 1)
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
@pytest.mark.parametrize("wrong", [1, 2])
def test_work_that_was_interrupted_is_done_again(index, monkeypatch, wrong, descending):
    """In asking for the texts that rows are sorted by, too: first for the first rows, then for all at once."""
    comparable, calls = Order.comparable, count(1)

    def interrupted(*arguments):
        if next(calls) == wrong:
            raise sqlite3.OperationalError("interrupted")
        return comparable(*arguments)

    monkeypatch.setattr(module, "FIRST_STEP", 3)
    monkeypatch.setattr(Order, "comparable", interrupted)
    view = View(index, order="host", descending=descending)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        view.work(1)
    assert expected(index, "host", descending=descending) == finish(view).numbers(0, 1000)


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


@pytest.mark.usefixtures("way")
def test_numbers_without_a_value_are_below_all_others(tmp_path):
    """Also below negative ones, which a clock that was set back makes; a sum may be larger than an integer is."""
    edited = Edited(tmp_path)
    edited.write([(1, 5), (2, None), (3, 1)])
    edited.database.execute("UPDATE connection_row SET opened = 7 WHERE connection = 1")
    edited.database.execute("UPDATE connection_row SET opened = 9223372036854775807, closed = -9 WHERE connection = 3")
    with closing(edited.database), Index(tmp_path) as index:
        assert [2, 3, 1] == finish(View(index, order="duration")).numbers()
