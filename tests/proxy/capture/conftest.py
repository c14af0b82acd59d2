"""A hundred connections, and the ways in which a view has them."""

import pytest

from journals import capture
from support.viewing import gathers, story
from tlscope.capture.index import Index
from tlscope.capture.inspector import catch_up


@pytest.fixture(scope="session")
def hundred(tmp_path_factory):
    """A hundred connections."""
    made = capture(tmp_path_factory.mktemp("capture"), *map(story, range(1, 101)))
    assert catch_up(made)
    return made


@pytest.fixture
def index(hundred):
    """Of these."""
    with Index(hundred) as opened:
        yield opened


@pytest.fixture(params=["at once", "whole", "in steps"])
def way(request, monkeypatch):
    """A view has its rows at once where the index is quick; another thread has them by one question, or by many."""
    if request.param != "at once":
        gathers(monkeypatch, in_steps=request.param == "in steps")
