import gc
import subprocess
import sys
from pathlib import Path

from tlscope_ui.tui.models import garbage

SOURCES = str(Path(garbage.__file__).parents[3])
TOLD = """
import gc, sys
sys.path.insert(0, sys.argv[1])
from tlscope_ui.tui.models import garbage

class Loop:
    def __init__(self):
        self.me = self

with garbage.put_off():
    loops = [Loop() for _ in range(garbage.YOUNG)]
    before = gc.get_count()[0] > garbage.YOUNG, gc.get_freeze_count()
    garbage.begin()
    kept = gc.get_freeze_count()
    stats = gc.get_stats()[0]["collections"]
    loops += [Loop() for _ in range(garbage.YOUNG)]
    print(before, kept > garbage.YOUNG, gc.isenabled(), gc.get_stats()[0]["collections"] > stats)
"""


def test_what_was_loaded_is_not_looked_through_again():
    """Nothing is looked for until the screen is there; then what has come since is, and no more."""
    done = subprocess.run([sys.executable, "-c", TOLD, SOURCES], capture_output=True, text=True, check=True)
    assert "(True, 0) True True True\n" == done.stdout


def test_nothing_changes_where_it_was_not_put_off():
    """As in a program that the screen is a part of, or a test."""
    before = gc.get_threshold(), gc.get_freeze_count()
    garbage.begin()
    assert before == (gc.get_threshold(), gc.get_freeze_count())


def test_it_is_looked_for_again_behind_a_screen_that_never_came():
    """Whatever it failed of."""
    with garbage.put_off():
        assert not gc.isenabled()
    assert gc.isenabled()
