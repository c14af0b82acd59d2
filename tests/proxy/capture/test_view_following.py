"""A view follows its index: what is new, what changed, and what is selected no more."""

from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import held, name, segment
from support.viewing import Edited, expected, finish, gathers, story
from tlscope.capture import blocks, gathering
from tlscope.capture import order as order_module
from tlscope.capture import view as module
from tlscope.capture.index import Index
from tlscope.capture.indexer import Indexer
from tlscope.capture.view import View


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


KEYS = ["connection", "host", "up", "rule", "client"]
ROWS = st.lists(
    st.tuples(st.integers(1, 30), st.none() | st.integers(0, 5)), max_size=25
)  # a connection that is written, and what is put into every column; None: it is not selected any more


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
        patch.setattr(order_module, "ASKED", 3)
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
