import time

import pytest

from journals import STORY
from support.screen import indexed
from tlscope.capture.filter.query import compile as understood
from tlscope_ui.tui.screens.hosts import condition, hosts


def test_hosts_are_counted(tmp_path):
    """Those with the most connections first; of the connections that a filter selects."""
    directory = indexed(tmp_path / "capture", STORY, STORY)
    (choice,) = hosts(directory)
    assert ("2", "localhost") == (choice.mark, choice.title)
    assert [] == hosts(directory, "c.connection > ?", (2,))


@pytest.mark.parametrize("host", ["example.com", 'a"b', "a\\b", 'a\\"b', "::1"])
def test_a_host_is_a_filter_whatever_its_name(host):
    """It selects exactly this one."""
    assert [host] == list(understood(condition(host), time.time()).parameters)


def test_connections_without_a_host_are_one_group():
    """Those that never said where they want to go."""
    assert understood(condition(None), time.time())
