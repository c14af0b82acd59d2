"""What SETTINGS may ask for."""

from __future__ import annotations

import h2.exceptions
import h2.settings
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlscope.events import Direction
from tlscope.wire.http.http2_settings import RANGES, faults

UP, DOWN = Direction.UP, Direction.DOWN


@given(st.sampled_from([*h2.settings.SettingCodes, 0x0A0A]), st.integers(0, (1 << 32) - 1) | st.integers(0, 3))
def test_as_h2_judges_them(number, value):
    """What h2 refuses is a fault, and nothing else is, but for what it does not know."""
    refused = h2.settings._validate_setting(number, value) != h2.errors.ErrorCodes.NO_ERROR
    assert refused is bool(faults([(number, value)], UP))


@pytest.mark.parametrize("number", RANGES)
def test_ranges(number):
    """Their ends are in them."""
    least, most = RANGES[number]
    assert [] == faults([(number, least), (number, most)], UP)
    assert 1 == len(faults([(number, most + 1)], UP))


def test_who_may_say_it():
    """A server cannot be pushed to (RFC 9113 section 6.5.2)."""
    assert ["ENABLE_PUSH=1 from a server, which nobody can push to"] == faults([(2, 1)], DOWN)
    assert [] == faults([(2, 0)], DOWN)
    assert ["MAX_FRAME_SIZE=1, which must be 16384 to 16777215"] == faults([(5, 1)], DOWN)
