from tlscope_ui.tui.models.pace import ANSWERED, LATEST, TICK, Pace


def test_looks_come_as_often_as_anybody_can_read():
    """The first at once; what costs nothing is looked at TICK seconds later."""
    pace = Pace()
    assert 0 == pace.wait(100)
    pace.ticked(100, 0)
    assert near(TICK) == near(pace.wait(100))
    assert 0 == pace.wait(100 + TICK + 1e-6)


def test_looks_take_a_small_part_of_the_time():
    """Those that cost ten times as much come later, but not so late that nobody would call it live."""
    pace = Pace()
    pace.ticked(100, 0.02)
    assert 0.16 == near(pace.wait(100))
    pace.ticked(101, 2)
    assert LATEST == near(pace.wait(101))


def test_a_key_is_answered_before_the_next_look():
    """The look is put off, as long as keys do not come all the time."""
    pace = Pace()
    pace.ticked(100, 0)
    pace.key(100.06)
    assert ANSWERED == near(pace.wait(100.06))
    for now in (100.1, 100.2, 100.3, 100.4):
        pace.key(now)
        assert pace.wait(now) > 0
    pace.key(100 + LATEST)
    assert 0 == pace.wait(100 + LATEST)


def near(seconds):
    """Seconds, without what arithmetic adds to them."""
    return round(seconds, 9)
