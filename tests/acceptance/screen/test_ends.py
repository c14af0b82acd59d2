"""However a visit ends, the terminal is as it was, and what was recorded is there."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from support.recorder import TLSCOPE, tlscope
from support.sitting import fetch, port, processes
from support.waiting import until


@pytest.fixture
def visited(sit, home, url):
    """A terminal in which tlscope has recorded a connection."""
    terminal = sit()
    fetch(home, port(terminal), url)
    terminal.see("✓ intercepted")
    return terminal


def open_again(sit, *capture):
    """Open a capture: the row is there, and what passed; then quit."""
    terminal = sit(TLSCOPE, "open", *capture)
    row = terminal.line("✓ intercepted")
    assert row.split()[0] == "1"
    assert "localhost:" in row
    terminal.press("4")
    terminal.see("200 OK", '"teapots"')
    terminal.press("q")
    assert 0 == terminal.end()
    terminal.see("Next: tlscope open")
    assert terminal.restored


def test_the_capture_is_opened_again(visited, sit, home):
    """By its name, and without: the newest."""
    visited.press("q")
    assert 0 == visited.end()
    (capture,) = (home / "data/tlscope/captures").iterdir()
    assert str(capture) in visited.text.replace("\n", "")
    open_again(sit, capture)
    open_again(sit)


def test_the_recorder_is_killed(visited, sit, home):
    """What it recorded stays on the screen, with a banner; the program ends in good order, and it can be opened."""
    (recorder,) = processes(home)
    os.kill(recorder, signal.SIGKILL)
    visited.see("✗ The recorder has ended", "✓ intercepted")
    visited.press("q")
    assert visited.end() in {0, 1}
    assert visited.restored
    assert "Traceback" not in visited.text
    open_again(sit)


def test_the_screen_is_killed(visited, sit, home, url, teapots):
    """The recorder relays on; what passes then is there for the next who looks; it ends when it is told to."""
    listening = port(visited)
    os.kill(visited.pid, signal.SIGKILL)
    assert 128 + signal.SIGKILL == visited.end()
    assert teapots == fetch(home, listening, url)
    terminal = sit(TLSCOPE, "open")
    terminal.see("● 127.0.0.1", "│ 2 connections │", "✓ intercepted")
    assert 0 == tlscope(home, "control", "stop").returncode
    terminal.see("✗ The recorder has ended", "│ 2 connections │")
    until(lambda: not processes(home), "the recorder to end")
    terminal.press("q")
    assert 0 == terminal.end()
    assert terminal.restored


def test_a_signal_ends_it_in_good_order(sit, home):
    """SIGTERM, as from a session that ends: the terminal is given back, and the recorder ends too."""
    terminal = sit()
    terminal.see("FOLLOW")
    os.kill(terminal.pid, signal.SIGTERM)
    assert 0 == terminal.end()
    terminal.see("0 connections recorded in")
    assert terminal.restored
    assert not processes(home)


FAILING = r"""
from tlscope_ui.cli import main
from tlscope_ui.tui.screens.main import Main

def fail(self):
    cookie = "\x1b[2J\x1b]0;owned\x07sid=4f3c"
    raise ValueError(f"what passed was {cookie!r}, or \x1b[2J\u202e")

Main.action_mark = fail
main()
"""


def test_a_defect_of_the_screen(sit, home, url, teapots):
    """The terminal is restored, the traceback can be read and tells no secret; the recorder relays until Ctrl-C."""
    terminal = sit(sys.executable, "-c", FAILING)
    listening = port(terminal)
    fetch(home, listening, url)
    terminal.see("✓ intercepted")
    terminal.press("m")
    said = terminal.see("✗ The screen has failed", "in fail", "ValueError: what passed was '…', or \\x1b[2J\\u202e")
    assert "4f3c" not in said
    assert "owned" not in terminal.title
    terminal.see(f"the recorder goes on, on 127.0.0.1:{listening}; Ctrl-C ends it")
    assert not terminal.is_("alternate_on")
    assert teapots == fetch(home, listening, url)
    terminal.press("C-c")
    assert 1 == terminal.end()
    terminal.see("2 connections recorded in")
    assert terminal.restored
    assert not processes(home)


def test_a_terminal_that_closes_after_a_defect(sit, home):
    """Its recorder does not go on behind nobody's back."""
    terminal = sit(sys.executable, "-c", FAILING)
    terminal.see("FOLLOW", "? help")
    terminal.press("m")
    terminal.see("the recorder goes on")
    assert processes(home)
    terminal.close()
    until(lambda: not processes(home), "the recorder to end")


def test_a_terminal_that_closes_ends_it(sit, home):
    """It sends SIGCONT behind SIGHUP, which begins nothing anew: nothing is left that reads from nowhere for ever."""
    terminal = sit()
    terminal.see("FOLLOW", "? help")
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.press("?")
    terminal.see("│ Help")
    os.kill(terminal.pid, signal.SIGHUP)
    assert 0 == terminal.end()
    assert not processes(home)
