import json

import pytest

from journals import REFUSAL, STORY
from support.screen import indexed, visit
from tlscope_ui.cli.output import Failure
from tlscope_ui.tui.models.exporting import NOTES, Wanted, write
from tlscope_ui.tui.models.extent import Extent, offered
from tlscope_ui.tui.models.rows import Selected

ONE = Extent("exchange", "1-2", frozenset({Selected(1, 2)}), alone=True)
WHOLE = Extent("connection", "1", frozenset({Selected(1)}))
MARKED = Extent("marked", "marked", frozenset({Selected(1, 2), Selected(2)}))
SHOWN = Extent("filter", "filtered", None, "status >= 400")
ALL = Extent("everything")


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A real capture, indexed."""
    return visit(tmp_path_factory.mktemp("visit"))


def entries(directory, extent, path):
    """The connection and the exchange of each entry of a HAR, as another tool would read it."""
    write(Wanted(directory, "har", extent, True, path), lambda: False, lambda _: None)  # noqa: FBT003 - as it is declared
    return [entry["request"]["url"] for entry in json.loads(path.read_text())["log"]["entries"]]


def test_what_makes_no_sense_in_a_format_is_not_offered():
    """An exchange alone is nothing of a connection; one direction's data is that of one connection."""
    every = [ONE, WHOLE, MARKED, SHOWN, ALL]
    assert every == offered(every, "har") == offered(every, "curl")
    for name in NOTES.keys() - {"har", "curl", "raw"}:
        assert every[1:] == offered(every, name)
    assert [WHOLE] == offered(every, "raw")


def test_formats_of_exchanges_hold_those_that_are_meant(directory, tmp_path):
    """One alone, those that are marked, those of a connection, those that the filter selects, all; counted before."""
    every = entries(directory, ALL, tmp_path / "all.har")
    counted = ALL.taken(directory, "har").counted
    assert f"{len(every)} exchanges of " in counted
    whole = entries(directory, WHOLE, tmp_path / "whole.har")
    assert 2 < len(whole) < len(every)
    assert f"{len(whole)} exchanges of 1 connection" == WHOLE.taken(directory, "har").counted
    assert [whole[1]] == entries(directory, ONE, tmp_path / "one.har")
    assert "1 exchange of 1 connection" == ONE.taken(directory, "har").counted
    second = entries(directory, Extent("", rows=frozenset({Selected(2)})), tmp_path / "second.har")
    assert sorted([whole[1], *second]) == sorted(entries(directory, MARKED, tmp_path / "marked.har"))
    both = Extent("", rows=frozenset({Selected(1, 2), Selected(1)}))
    assert whole == entries(directory, both, tmp_path / "both.har")
    failed = SHOWN.taken(directory, "har")
    assert f"{sum(map(len, failed.exchanges.values()))} exchange" in failed.counted
    assert len(entries(directory, SHOWN, tmp_path / "failed.har")) == sum(map(len, failed.exchanges.values()))


def test_other_formats_hold_connections(tmp_path):
    """Of what is marked in them, all; of what the filter shows, those that it selects."""
    directory = indexed(tmp_path, STORY, REFUSAL, STORY)
    assert (frozenset({1, 2}), None, "2 connections", False) == MARKED.taken(directory, "pcapng")
    assert (None, None, "3 connections", False) == ALL.taken(directory, "pem")
    assert (frozenset({3}), None, "1 connection", False) == Extent("", filter="connection == 3").taken(directory, "pem")


def test_nothing_is_said_to_be_nothing(tmp_path):
    """Before anything is written; and a filter that makes no sense, too."""
    directory = indexed(tmp_path, REFUSAL)
    assert (None, None, "no exchange of HTTP", True) == ALL.taken(directory, "har")
    assert (frozenset(), None, "no connection", True) == Extent("", filter="connection == 9").taken(directory, "pem")
    with pytest.raises(Failure):
        Extent("", filter="nonsense ==").taken(directory, "pem")
