import sqlite3
import time
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import UP, capture, held, segment
from support.screen import indexed
from support.talks import talk, written
from tlscope.capture.filter.answering import answering
from tlscope.capture.filter.query import compile as understood
from tlscope.events import Data, Opened, OutcomeKind
from tlscope_ui.tui.models import hosts
from tlscope_ui.tui.models.hosts import NAMELESS, OTHERS, Count, Stopped, Tally, condition


def counted(index, where=None):
    return Tally(index, Count(where).run(index))


def where(text):
    return understood(text, time.time())


def seen(tally):
    return [tally[position] for position in range(len(tally))]


def names(tally):
    return [host.name for host in seen(tally)]


def test_hosts_are_counted(tmp_path):
    """Connections, exchanges, failures, bytes in both directions, and when something happened last."""
    talks = [
        talk("b.example", 2, up=10, down=20),
        talk("a.example", 1),
        talk("b.example", 1, OutcomeKind.CLIENT_REJECTED, up=1, down=3),
        talk(None, 0, OutcomeKind.ABORTED),
    ]
    with answering(indexed(tmp_path / "capture", *talks)) as index:
        tally = counted(index)
        assert ["b.example", "a.example", ""] == names(tally)
        first = tally[0]
        assert (2, 3, 1, 11, 23, 1) == (
            first.connections, first.exchanges, first.failed, first.up, first.down, first.first,
        )  # fmt: skip
        assert index.connection(3)["closed"] == first.last
        assert NAMELESS == tally[2].number
        (rejected,) = seen(counted(index, where("outcome == client-rejected")))
        assert ("b.example", 1, 3) == (rejected.name, rejected.connections, rejected.first)
        with pytest.raises(IndexError):
            tally[3]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("connection", "bacd"),
        ("host", "abcd"),
        ("connections", "acdb"),
        ("down", "adcb"),
        ("severity", "bacd"),
    ],
)
def test_hosts_have_an_order(tmp_path, order, expected):
    """That of the connections, as far as there is such a thing; each knows where it stands."""
    talks = [talk("b", down=5), talk("a"), talk("c", down=3), talk("d"), talk("d"), talk("c"), talk("b"), talk("b")]
    with answering(indexed(tmp_path / "capture", *talks)) as index:
        tally = counted(index)
        tally.sort(order, descending=False)
        assert expected == "".join(names(tally))
        assert [0, 1, 2, 3] == [tally.position(host.number) for host in seen(tally)]
        tally.sort(order, descending=True)
        assert expected[::-1] == "".join(names(tally))
        assert [0, 1, 2, 3] == [tally.position(host.number) for host in seen(tally)]
        assert tally.position(4711) is None


def test_the_gravest_finding_of_a_host_is_known(tmp_path):
    """And what policy refused did not fail."""
    talks = [talk("a"), talk("b", 0, OutcomeKind.REFUSED), talk("a", 0, OutcomeKind.ABORTED)]
    directory = indexed(tmp_path / "capture", *talks)
    with closing(sqlite3.connect(directory / "index.sqlite")) as database, database:
        database.execute("UPDATE connection_row SET severity = connection WHERE connection <> 2")
        database.execute("UPDATE connection_row SET severity = NULL WHERE connection = 2")
    with answering(directory) as index:
        tally = counted(index)
        assert [("a", 3, 1), ("b", 0, 0)] == [(host.name, host.severity, host.failed) for host in seen(tally)]
        tally.sort("severity", descending=True)
        assert ["a", "b"] == names(tally)
        host = tally[0]
        part = hosts.Part(1, host.number, 0, 0, 0, 0, 0, 4, 1)
        host.add(part)
        host.add(part, -1)
        assert (2, 4) == (host.connections, host.severity)


def test_hosts_beyond_the_first_are_one(tmp_path, monkeypatch):
    """Those with the fewest connections; what comes later to one of them, or to a new one, too."""
    monkeypatch.setattr(hosts, "HOSTS", 2)
    directory = tmp_path / "capture"
    talks = [talk(host, 1) for host in "aabbcdee"]
    parts = segment([(number, event) for number, events in enumerate(talks, 1) for event in events])
    cut = 1 + sum(map(len, talks[:6]))
    capture(directory)
    with held(directory):
        written(directory, parts[:cut])
        with answering(directory) as index:
            tally = counted(index)
            assert [("a", 2), ("b", 2), ("", 2)] == [(host.name, host.connections) for host in seen(tally)]
            assert (OTHERS, 2) == (tally[2].number, tally.position(OTHERS))
            written(directory, parts)
            assert tally.refresh()
            assert [2, 2, 4] == [host.connections for host in seen(tally)]


FILTERS = [None, "outcome == aborted", "not outcome", "host == a or http", "status == 200 and host != b"]


@settings(max_examples=12, deadline=None)
@given(
    talks=st.lists(
        st.builds(talk, st.sampled_from([*"abc", None]), st.integers(0, 2), st.sampled_from(OutcomeKind)),
        min_size=1,
        max_size=6,
    ),
    random=st.randoms(use_true_random=False),
    text=st.sampled_from(FILTERS),
    order=st.sampled_from(["connection", "host", "down", "connections"]),
)
def test_it_follows_the_index(tmp_path_factory, talks, random, text, order):
    """What is recorded is counted as if all were counted anew, whenever that began."""
    directory = capture(tmp_path_factory.mktemp("hosts") / "capture")
    left = {number: list(events) for number, events in enumerate(talks, 1)}
    events, begun = [], 0
    while left:
        number = random.choice([number for number in left if number <= begun + 1])  # they are opened by number
        begun = max(begun, number)
        events.append((number, left[number].pop(0)))
        if not left[number]:
            del left[number]
    parts = segment(events)
    cuts = sorted({*random.sample(range(1, len(parts)), min(4, len(parts) - 1)), len(parts)})
    condition = where(text) if text else None
    with held(directory):
        written(directory, parts[: cuts[0]])
        with answering(directory) as index:
            tally = counted(index, condition)
            tally.sort(order, descending=False)
            for cut in cuts[1:]:
                written(directory, parts[:cut])
                assert tally.refresh()
                assert not tally.refresh()
                fresh = counted(index, condition)
                assert told(fresh) == told(tally)
                places = [tally.position(host.number) for host in seen(tally)]
                assert list(range(len(tally))) == places


def told(tally):
    return {host.name: (host.connections, host.exchanges, host.failed, host.up, host.down) for host in seen(tally)}


def test_what_was_over_and_changes_is_counted_anew(tmp_path):
    """It is not known any more what it was counted for; of those that are counted since it is, up to a limit."""
    directory = capture(tmp_path / "capture")
    parts = segment(
        [(1, event) for event in talk("a")] + [(1, Data(UP, b"late")), (2, Opened("explicit", "c:1", "p:2"))]
    )
    with held(directory):
        written(directory, parts[:-2])
        with answering(directory) as index:
            tally = counted(index)
            written(directory, parts)
            assert tally.refresh() is None
            assert 2 == sum(host.connections for host in seen(counted(index)))


def test_what_was_counted_is_let_go(tmp_path, monkeypatch):
    """Of connections that are over, where there are many: the open ones are followed on."""
    monkeypatch.setattr(hosts, "PARTS", 2)
    directory = capture(tmp_path / "capture")
    talks = [(number, event) for number in (1, 2, 3) for event in talk("a", 1)] + [(4, event) for event in talk("b")]
    parts = segment(talks)
    with held(directory):
        written(directory, parts[:1])
        with answering(directory) as index:
            tally = counted(index)
            written(directory, parts[:-1])
            assert tally.refresh()
            assert {4} == set(tally._parts)
            written(directory, parts)
            assert tally.refresh()
            assert {"a": (3, 3, 0, 3, 6), "b": (1, 0, 0, 1, 2)} == told(tally)


def test_it_can_be_given_up(tmp_path, monkeypatch):
    """What nobody wants to know any more is not counted to its end; the index can be asked other things then."""
    monkeypatch.setattr(hosts, "TICKS", 1)
    with answering(indexed(tmp_path / "capture", talk("a"))) as index:
        job = Count(None)
        job.stop()
        with pytest.raises(Stopped):
            job.run(index)
        assert 1 == counted(index)[0].connections


@pytest.mark.parametrize("host", ["example.com", 'a"b', "a\\b", 'a\\"b', "::1"])
def test_a_host_is_a_filter_whatever_its_name(host):
    """It selects exactly this one."""
    assert [host] == list(where(condition(host)).parameters)


def test_connections_without_a_host_are_one_group():
    """Those that never said where they want to go."""
    assert where(condition(""))
