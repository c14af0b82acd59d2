import pytest

from tlscope.capture.sweep import Sweep


@pytest.mark.parametrize(
    ("descending", "expected"), [(False, [(1, 4), (5, 8), (9, 10)]), (True, [(7, 10), (3, 6), (1, 2)])]
)
def test_all_numbers_are_passed_once(descending, expected):
    """From the end that is begun with, as many at a time as are asked for, and no others."""
    sweep, passed = Sweep(1, 10, descending=descending), []
    while not sweep.is_over:
        assert len(passed) * 4 == sweep.looked == sweep.share * 10
        passed.append(sweep.some(4))
        sweep.reach(passed[-1][0 if descending else 1])
    assert expected == passed
    assert (10, 1.0) == (sweep.looked, sweep.share)
    sweep.restart()
    assert (1, 10) == sweep.rest == sweep.some(99)


@pytest.mark.parametrize("descending", [False, True])
def test_what_is_left_begins_behind_what_was_reached(descending):
    """On the side that was not looked at."""
    sweep = Sweep(1, 10, descending=descending)
    sweep.reach(4)
    assert ((1, 3) if descending else (5, 10)) == sweep.rest
    sweep.end()
    assert (True, 1.0) == (sweep.is_over, sweep.share)


@pytest.mark.parametrize("descending", [False, True])
def test_there_may_be_no_numbers(descending):
    """Then all are looked at from the beginning."""
    sweep = Sweep(1, 0, descending=descending)
    assert (True, 0, 0) == (sweep.is_over, sweep.looked, sweep.share)
