import dataclasses
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journals import REFUSAL, STORY, capture
from tlscope.capture.format import decode, head_holds, read_head, record
from tlscope.capture.reader import read
from tlscope.capture.segment import Record
from tlscope.events import Event, Reached, Ruled

KINDS = typing.get_args(Event)
EVENTS = st.one_of([st.from_type(kind) for kind in KINDS])
HEAD = 32
"""Bytes before a record's payload."""


@pytest.mark.parametrize("kind", KINDS)
def test_events_are_values(kind):
    """An event is frozen, has slots and no behaviour, and says in its docstring what happened."""
    assert kind.__dataclass_params__.frozen
    assert "__dict__" not in dir(kind)
    assert kind.__doc__
    assert not [name for name, value in vars(kind).items() if callable(value) and not name.startswith("__")]


@pytest.mark.parametrize("kind", KINDS)
def test_at_most_one_field_of_bytes(kind):
    """The journal keeps `data` raw; there is no place for a second one."""
    hints = typing.get_type_hints(kind)
    assert {name for name, hint in hints.items() if hint is bytes} <= {"data"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_comes_back(kind):
    """Each kind of event goes through the journal's format, with its longest and its emptiest fields."""

    @given(st.from_type(kind), st.integers(0, 2**32 - 1))
    def comes_back(event, salt):
        data = record(event, 3, 4, 5, salt)
        head, payload = read_head(data), data[HEAD:]
        assert head_holds(head, payload, salt)
        found = decode(head, payload)
        assert event == found
        for field in dataclasses.fields(kind):
            assert type(getattr(event, field.name)) is type(getattr(found, field.name))

    comes_back()


def test_the_story_holds_every_kind():
    """The example captures that other tests stand on leave out no kind of event that says more than an address."""
    assert set(KINDS) - {Ruled, Reached} == {type(event) for event in [*STORY, *REFUSAL]}


@given(events=st.lists(EVENTS, max_size=5))
def test_events_come_back_from_files(events, tmp_path_factory):
    """From a segment on the disk they come back in their order, to the connection that they belong to."""
    directory = capture(tmp_path_factory.mktemp("events"), events, events)
    expected = [(number, event) for number in (1, 2) for event in events]
    assert expected == [(item.connection, item.event) for item in read(directory) if isinstance(item, Record)]
