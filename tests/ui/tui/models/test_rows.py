import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import REFUSAL, STORY, capture, held, name, segment
from support.screen import indexed
from support.talks import talk
from tlscope.capture.filter.query import compile as compile_filter
from tlscope.capture.index import Index
from tlscope.capture.inspector import catch_up
from tlscope_ui.tui.models.rows import NOBODY, Rows, Selected


@pytest.fixture
def rows(tmp_path):
    talks = [talk(f"host{number % 3}.example", number % 4) for number in range(1, 13)]
    with Index(indexed(tmp_path / "capture", *talks)) as index:
        yield settled(Rows(index))


def settled(rows):
    while rows.work(1):
        pass
    return rows


def entries(rows):
    return [rows.entry(y) for y in range(len(rows))]


def where(text):
    return compile_filter(text, time.time())


def test_connections_stand_in_the_order_in_which_they_came(rows):
    """Each is a line, until something else is asked for."""
    assert [Selected(number) for number in range(1, 13)] == entries(rows)
    assert (12, 12) == (rows.total, rows.matching)


def test_a_connection_unfolds_into_its_exchanges(rows):
    """They stand below it; folding puts them away again."""
    rows.unfold(Selected(3))
    rows.unfold(Selected(5))
    expected = [
        Selected(1),
        Selected(2),
        Selected(3),
        Selected(3, 1),
        Selected(3, 2),
        Selected(3, 3),
        Selected(4),
        Selected(5),
        Selected(5, 1),
    ]
    assert expected == entries(rows)[:9]
    assert "/1" == rows.exchange(Selected(3, 2))["target"]
    rows.fold(Selected(3))
    assert [Selected(3), Selected(4), Selected(5), Selected(5, 1), Selected(6)] == entries(rows)[2:7]


def test_a_connection_without_exchanges_does_not_unfold(rows):
    """There is nothing to show."""
    rows.unfold(Selected(4))
    assert not rows.is_unfolded(Selected(4))
    assert 12 == len(rows)


@settings(max_examples=25, deadline=None)
@given(unfolded=st.sets(st.integers(min_value=1, max_value=12)), descending=st.booleans(), by_host=st.booleans())
def test_every_line_is_found_again(tmp_path_factory, unfolded, descending, by_host):
    """`find` is the inverse of `entry`, whatever is unfolded, in every order."""
    directory = tmp_path_factory.mktemp("rows") / "capture"
    with Index(indexed(directory, *[talk(f"host{n % 3}.example", n % 4) for n in range(1, 13)])) as index:
        rows = Rows(index)
        rows.sort("host" if by_host else "connection", descending=descending)
        settled(rows)
        for number in unfolded:
            rows.unfold(Selected(number))
        found = entries(rows)
        assert 12 + sum(number % 4 for number in unfolded) == len(found) == len(set(found))
        assert list(range(len(found))) == [rows.find(selected) for selected in found]


def test_a_filter_hides_the_others(rows):
    """What was unfolded and is still there stays unfolded."""
    rows.unfold(Selected(3))
    rows.select(where("host == host0.example"))
    settled(rows)
    assert [
        Selected(3),
        Selected(3, 1),
        Selected(3, 2),
        Selected(3, 3),
        Selected(6),
        Selected(9),
        Selected(12),
    ] == entries(rows)
    assert (12, 4) == (rows.total, rows.matching)
    assert rows.shows(Selected(9))
    assert not rows.shows(Selected(10))
    rows.select(where("host == nobody"))
    settled(rows)
    assert (0, NOBODY, 0) == (len(rows), rows.entry(0), rows.find(Selected(3)))
    rows.select(None)
    assert 15 == len(settled(rows))


def test_what_is_hidden_has_a_place_to_look_at(rows):
    """The cursor goes to where a connection would stand."""
    rows.select(where("host == host0.example"))
    settled(rows)
    assert Selected(9) == rows.entry(rows.find(Selected(8)))


def test_rows_follow_the_index(tmp_path):
    """What is recorded appears; a connection that changes is read again."""
    directory = tmp_path / "capture"
    capture(directory, talk("a.example", 1))
    whole = (directory / name()).read_bytes()
    parts = segment([(number, event) for number in (1, 2) for event in talk("a.example", number)])
    assert whole == b"".join(parts[: len(talk("a.example", 1)) + 1])
    with held(directory):
        assert catch_up(directory)
        followed(directory, parts)


def followed(directory, parts):
    with Index(directory) as index:
        rows = settled(Rows(index))
        rows.unfold(Selected(1))
        assert not rows.refresh()
        cut = len(parts) - 4
        (directory / name()).write_bytes(b"".join(parts[:cut]))
        assert catch_up(directory)
        assert rows.refresh()
        settled(rows)
        assert [Selected(1), Selected(1, 1), Selected(2)] == entries(rows)
        assert rows.connection(2)["outcome"] is None
        (directory / name()).write_bytes(b"".join(parts))
        assert catch_up(directory)
        assert rows.refresh()
        settled(rows)
        assert ("intercepted", 2) == (rows.connection(2)["outcome"], rows.connection(2)["exchanges"])


def test_all_unfold_and_all_fold(rows):
    """With one key, as far as that is bounded."""
    rows.unfold_all()
    assert 12 + 3 * (1 + 2 + 3) == len(rows)
    rows.fold_all()
    assert 12 == len(rows)


def test_stories_of_every_kind_are_rows(tmp_path):
    """Connections that failed too."""
    with Index(indexed(tmp_path / "capture", STORY, REFUSAL)) as index:
        rows = settled(Rows(index))
        assert ["intercepted", "client-rejected"] == [rows.connection(number)["outcome"] for number in (1, 2)]
        assert rows.connection(3) is None
