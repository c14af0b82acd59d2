"""Epochs."""

from __future__ import annotations

import pytest

from tlscope.wire.tls.decryption.epochs import (
    APPLICATION,
    EARLY,
    HANDSHAKE,
    PLAINTEXT,
    PROTECTED,
    Epoch,
    Flow,
    Trial,
    stage_name,
)
from tlscope.wire.tls.decryption.keys import Step
from tlscope.wire.tls.decryption.protection import Opened


class Fake:
    """Opens what begins with its name, and counts what it is asked."""

    def __init__(self, name):
        self.name, self.asked = name, 0

    def open(self, sequence, header, body):
        self.asked += 1
        return Opened(23, body[1:]) if body[:1] == self.name else f"not {self.name!r}, at {sequence}, {header!r}"


@pytest.mark.parametrize(
    ("stage", "name"),
    [
        (PROTECTED, "protected"),
        (PLAINTEXT, "plaintext"),
        (EARLY, "early data"),
        (HANDSHAKE, "handshake"),
        (APPLICATION, "application"),
        (APPLICATION + 2, "application 2"),
    ],
)
def test_names(stage, name):
    """For people."""
    assert name == stage_name(stage)


def test_an_epoch_opens_what_is_under_its_key():
    """By the number that it is given."""
    epoch = Epoch(HANDSHAKE, Fake(b"a"))
    assert "not b'a', at 7, b'h'" == epoch.open(7, b"h", b"x")
    assert b"x" == epoch.open(8, b"h", b"ax").plaintext


def test_steps_are_told_once():
    """When the key has opened its first record."""
    step = Step("a", "b", (), b"", "c")
    epoch = Epoch(HANDSHAKE, Fake(b"a"), b"secret", (step,))
    assert ((step,), ()) == (epoch.take_steps(), epoch.take_steps())


def test_a_trial_keeps_what_opened():
    """The others are not asked again; what none opens says why."""
    one, two = Fake(b"1"), Fake(b"2")
    trial = Trial([one, two])
    assert "not b'2'" in trial.open(0, b"", b"3")
    assert Opened(23, b"x") == trial.open(0, b"", b"2x")
    assert "not b'2'" in trial.open(1, b"", b"1x")
    assert (2, 3) == (one.asked, two.asked)
    assert "no suite" in Trial([]).open(0, b"", b"")


def test_a_flow_forgets_old_keys():
    """Those behind it, not the next one's."""
    flow = Flow("client")
    flow.epochs = {HANDSHAKE: Epoch(HANDSHAKE, Fake(b"a")), APPLICATION: Epoch(APPLICATION, Fake(b"b"))}
    flow.enter(APPLICATION)
    assert [APPLICATION] == list(flow.epochs)
    flow.enter(PLAINTEXT)
    assert {} == flow.epochs


def test_a_flow_counts_from_zero_under_each_key():
    """Who enters the stage that it is at goes on counting, but for a renegotiation, whose stage is the same."""
    flow = Flow("client", HANDSHAKE, sequence=3)
    flow.enter(HANDSHAKE)
    assert 3 == flow.sequence
    flow.enter(APPLICATION)
    assert 0 == flow.sequence
    flow = Flow("client", PROTECTED, sequence=3)
    flow.enter(PROTECTED)
    assert 0 == flow.sequence
