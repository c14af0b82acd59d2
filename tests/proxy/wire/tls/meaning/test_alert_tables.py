"""What alerts mean, as data."""

from __future__ import annotations

import pytest

from tlscope.wire.tls.codes import AlertDescription
from tlscope.wire.tls.meaning import alert_tables as tables
from tlscope.wire.tls.meaning.alerts import Stage
from tlscope.wire.tls.meaning.stacks import HABITS


@pytest.mark.parametrize("table", ["CLIENT_SAYS", "SERVER_SAYS", "WE_SAY"])
def test_every_reading_is_of_an_alert_there_is(table):
    """With a sentence for what it means and one for what to do; and one for any other alert."""
    found = getattr(tables, table)
    assert (None, None) in found
    for (alert, late), reading in found.items():
        assert alert is None or alert in set(AlertDescription)
        assert late in {None, True, False}
        assert reading.means.endswith(".")
        assert reading.next.endswith(".")


def test_stacks_and_causes_are_known():
    """Every stack is one that hellos give away, every cause one that is explained, every alert judges certificates."""
    assert set(tables.BY_STACK) <= {habit.stack.name for habit in HABITS}
    for column in tables.BY_STACK.values():
        assert set(column) <= set(tables.CAUSES)
        assert {alert for alerts in column.values() for alert in alerts} - {40} <= tables.CERTIFICATE_ALERTS
    used = {cause for column in tables.BY_STACK.values() for cause in column}
    assert set(tables.CAUSES) == used


def test_every_silence_is_read():
    """Of either side, at every stage."""
    assert {(who, stage.name) for who in ("client", "server") for stage in Stage} == set(tables.SILENCE)
