import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import REFUSAL, STORY, capture, held, name, segment
from support.screen import indexed
from support.talks import talk, written
from tlscope.capture.filter.query import compile as compile_filter
from tlscope.capture.index import Index
from tlscope.capture.inspector import catch_up
from tlscope_ui.tui.models import rows as rows_module
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


# ------------------------------------------------------------------------------------------------------------ by host


def grouped(rows, index):
    """The rows under their hosts."""
    rows.group(on=True)
    return recounted(rows, index)


def recounted(rows, index):
    job = rows.to_count()
    assert rows.to_count() is None
    assert rows.counted(job, job.run(index))
    return settled(rows)


def told(rows):
    """What stands in the lines: names of hosts, numbers of connections, (connection, exchange)."""
    return [
        rows.host(entry.host).name if entry.host is not None else tuple(entry[:2]) if entry.exchange else entry[0]
        for entry in entries(rows)
    ]


def host_named(rows, name):
    return next(entry for entry in entries(rows) if entry.host is not None and rows.host(entry.host).name == name)


def written_out(talks, unfolded_hosts, unfolded, order, descending):
    """What `told` is to be, made of plain lists; `talks` are (host, exchanges) by number from 1."""
    numbers = {host: [n for n, talk in enumerate(talks, 1) if talk[0] == host] for host, _ in talks}
    keys = {
        "connection": lambda host: numbers[host][0],
        "host": lambda host: host,
        "exchanges": lambda host: (sum(talks[n - 1][1] for n in numbers[host]), numbers[host][0]),
        "connections": lambda host: (len(numbers[host]), numbers[host][0]),
    }
    by = {"exchanges": lambda n: (talks[n - 1][1], n)}.get(order, lambda n: n)
    lines = []
    for host in sorted(numbers, key=keys[order], reverse=descending):
        lines.append(host)
        for number in sorted(numbers[host], key=by, reverse=descending) if host in unfolded_hosts else ():
            lines.append(number)
            lines += [(number, n + 1) for n in range(talks[number - 1][1] if number in unfolded else 0)]
    return lines


@settings(max_examples=12, deadline=None)
@given(
    talks=st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 3)), min_size=1, max_size=9),
    hosts=st.sets(st.sampled_from("abcd")),
    unfolded=st.sets(st.integers(1, 9)),
    order=st.sampled_from(["connection", "host", "exchanges", "connections"]),
    descending=st.booleans(),
    sorted_first=st.booleans(),
)
def test_hosts_are_a_level_of_their_own(tmp_path_factory, talks, hosts, unfolded, order, descending, sorted_first):
    """Their connections are below them, and the exchanges below these, whatever is unfolded, in every order."""
    directory = tmp_path_factory.mktemp("rows") / "capture"
    with Index(indexed(directory, *[talk(*one) for one in talks])) as index:
        rows = settled(Rows(index))
        if sorted_first:
            rows.sort(order, descending=descending)
        grouped(rows, index)
        for entry in entries(rows):
            if rows.host(entry.host).name in hosts:
                rows.unfold(entry)
        settled(rows)
        for entry in entries(rows):
            if entry.connection in unfolded:
                rows.unfold(entry)
        if not sorted_first:
            rows.sort(order, descending=descending)
            settled(rows)
        assert written_out(talks, hosts, unfolded, order, descending) == told(rows)
        assert list(range(len(rows))) == [rows.find(entry) for entry in entries(rows)]
        assert NOBODY == rows.entry(len(rows))


def test_grouping_begins_once_it_is_counted(tmp_path):
    """Until then the list is as it was; what is answered too late, or to another question, is not heard."""
    with Index(indexed(tmp_path / "capture", talk("a"), talk("b"))) as index:
        rows = settled(Rows(index))
        assert rows.to_count() is None
        rows.group(on=True)
        first = rows.to_count()
        assert rows.is_counting
        assert [1, 2] == told(rows)
        rows.select(where("host == b"))
        settled(rows)
        second = rows.to_count()
        assert not rows.counted(first, None)
        assert not rows.is_grouped
        assert rows.counted(second, second.run(index))
        assert (["b"], True, False) == (told(rows), rows.is_grouped, rows.is_counting)
        rows.group(on=False)
        assert [2] == told(rows)
        rows.group(on=True)
        assert rows.counted(rows.to_count(), None)
        assert (False, False) == (rows.is_grouped, rows.is_grouping)


def test_what_is_folded_away_is_found_above(tmp_path):
    """An exchange at its connection, that at its host; to be revealed, both are unfolded."""
    with Index(indexed(tmp_path / "capture", talk("a", 2), talk("b", 1), talk("a", 1))) as index:
        rows = grouped(Rows(index), index)
        assert ["a", "b"] == told(rows)
        assert 0 == rows.find(Selected(1, 2))
        assert 1 == rows.find(Selected(2))
        assert Selected(3) == rows.newest()
        rows.reveal(Selected(3))
        settled(rows)
        assert ["a", 1, 3, "b"] == told(rows)
        rows.reveal(Selected(1, 2))
        assert ["a", 1, (1, 1), (1, 2), 3, "b"] == told(rows)
        assert (Selected(1), rows.entry(0), None) == tuple(
            map(rows.above, (Selected(1, 2), Selected(3), rows.entry(0)))
        )
        rows.fold(rows.entry(0))
        assert ["a", "b"] == told(rows)
        assert rows.has_below(rows.entry(0))
        assert not rows.is_unfolded(rows.entry(0))


def test_a_filter_holds_for_hosts_too(tmp_path):
    """Those that are unfolded stay so, with what it selects of them."""
    talks = [talk(host, number) for number, host in enumerate(("a", "b", "a", None))]
    with Index(indexed(tmp_path / "capture", *talks)) as index:
        rows = grouped(Rows(index), index)
        rows.unfold_all()
        settled(rows)
        assert ["a", 1, 3, "b", 2, "", 4] == told(rows)
        rows.select(where("http"))
        assert ["a", 1, 3, "b", 2, "", 4] == told(rows)  # as it was counted, until it is counted anew
        recounted(rows, index)
        assert ["b", 2, "a", 3, "", 4] == told(rows)  # as they came, of what is shown
        rows.select(where("not host"))
        recounted(rows, index)
        assert ["", 4] == told(rows)
        assert not rows.shows(Selected(3))
        rows.fold_all()
        assert [""] == told(rows)


def test_so_many_hosts_are_unfolded(tmp_path, monkeypatch):
    """The first to be unfolded goes where there are too many."""
    monkeypatch.setattr(rows_module, "HOSTS_UNFOLDED", 2)
    with Index(indexed(tmp_path / "capture", talk("a"), talk("b"), talk("c"))) as index:
        rows = grouped(Rows(index), index)
        for name in "bca":
            rows.unfold(host_named(rows, name))
        settled(rows)
        assert ["a", 1, "b", "c", 3] == told(rows)


def test_hosts_follow_the_index(tmp_path):
    """New connections, new hosts, and what changes; what is looked at stays unfolded, and is found."""
    directory = capture(tmp_path / "capture")
    events = [(1, event) for event in talk("a", 2)] + [(2, event) for event in talk("b", 1)]
    parts = segment(events + [(3, event) for event in talk("a", 1)])
    with held(directory):
        written(directory, parts[:7])
        with Index(directory) as index:
            rows = grouped(Rows(index), index)
            rows.unfold(rows.entry(0))
            settled(rows)
            rows.unfold(Selected(1))
            assert ["a", 1, (1, 1)] == told(rows)
            assert not rows.refresh()
            written(directory, parts)
            assert rows.refresh()
            settled(rows)
            assert ["a", 1, (1, 1), (1, 2), 3, "b"] == told(rows)
            assert (2, 3) == (rows.host(rows.entry(0).host).connections, rows.host(rows.entry(0).host).exchanges)
            assert rows.to_count() is None


def test_stories_of_every_kind_are_rows(tmp_path):
    """Connections that failed too."""
    with Index(indexed(tmp_path / "capture", STORY, REFUSAL)) as index:
        rows = settled(Rows(index))
        assert ["intercepted", "client-rejected"] == [rows.connection(number)["outcome"] for number in (1, 2)]
        assert rows.connection(3) is None
