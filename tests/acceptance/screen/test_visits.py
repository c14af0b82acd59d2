"""A person at a terminal: the real program in tmux, with real traffic."""

from __future__ import annotations

from itertools import product

import pytest

from support.recorder import TLSCOPE
from support.sitting import ask, fetch, port, processes
from support.tmux import TRUECOLOUR
from support.waiting import until

SIZES = [(80, 24), (120, 40), (200, 60)]
COLOURS = [("xterm", {}, "16"), ("xterm-256color", TRUECOLOUR, "true")]


@pytest.mark.parametrize(
    ("size", "colours"),
    product(SIZES, COLOURS),
    ids=[f"{width}x{height} in {kind}" for (width, height), (_, _, kind) in product(SIZES, COLOURS)],
)
def test_from_start_to_end(sit, home, url, teapots, size, colours):
    """Start, a connection appears, its handshake is read, a body searched, a value copied, the list filtered, quit."""
    term, env, kind = colours
    terminal = sit(width=size[0], height=size[1], term=term, env=env)
    terminal.see("FOLLOW", "Connect a client", "curl -x")
    assert {kind} == terminal.colours
    assert teapots == fetch(home, port(terminal), url)
    assert terminal.line("localhost:").split()[0] == "1"
    terminal.see("✓ intercepted", "1.3")

    read_the_handshake(terminal)
    search_the_body(terminal)
    filter_the_list(terminal)

    terminal.press("q")
    assert 0 == terminal.end()
    said = terminal.see("1 connection recorded in", "Next: tlscope open")
    assert terminal.restored
    assert not processes(home)
    assert "Traceback" not in said


def read_the_handshake(terminal):
    """Field by field, each with its note and its bytes; the value of one is copied."""
    terminal.press("2")
    terminal.see("ladder", "ClientHello", "ServerHello")
    terminal.press("Enter")
    terminal.see("Handshake Type: ClientHello (0x01)", "RFC 8446 section 4.1.2", "01 00 01")
    for note, lit in [
        ("Which message this is.", "01"),
        ("ClientHello ▸ Length", "00 01 "),
        ("supported_versions", "03 03"),
    ]:
        terminal.press("Down")
        terminal.see(note)
        until(lambda lit=lit: terminal.lit.startswith(lit), f"{lit} to be lit, not {terminal.lit}")
    terminal.press("y")
    terminal.see("Copy, without secrets", "value")
    terminal.press("v")
    terminal.see("characters, through the", "(OSC 52)")
    assert "TLSv1.2 (0x0303)" == terminal.copied


def search_the_body(terminal):
    """Each place is found, onwards and backwards, and the line of one is copied."""
    terminal.press("4")
    terminal.see("200 OK", '"teapots"')
    terminal.press("C-f")
    terminal.see("find:")
    terminal.type("celadon")
    terminal.see("1/6")
    terminal.press("Enter")
    for key, count in [("n", "2/6"), ("n", "3/6"), ("N", "2/6"), ("N", "1/6"), ("N", "6/6")]:
        terminal.press(key)
        terminal.see(count)
    terminal.see('"id": 55')
    terminal.press("y")
    terminal.see("what stands under the cursor")
    terminal.press("y")
    until(lambda: '"glaze": "celadon"' == terminal.copied, "the line in the clipboard")


def filter_the_list(terminal):
    """Wrong, with the reason; right, with nothing selected, and with the row that is looked for."""
    ask(terminal, "host === localhost")
    terminal.see("host === localhost", "✗")
    terminal.press("Escape")
    terminal.lose("host === localhost")
    ask(terminal, "outcome == aborted")
    terminal.see("0/1")
    terminal.press("Escape")
    terminal.lose("outcome == aborted")
    ask(terminal, "sni == localhost")
    terminal.press("Enter")  # and what is pressed behind it is for the list
    terminal.see("sni == localhost", "✓ intercepted")
    terminal.lose("0/1")


def test_a_window_is_resized(sit, home, url):
    """One thing at a time, list over detail, list beside detail, at once; no window is too small."""
    terminal = sit()
    fetch(home, port(terminal), url)
    terminal.see("✓ intercepted", "Overview")
    terminal.resize(80, 24)
    terminal.lose("Overview")
    terminal.see("✓ intercepted")
    terminal.resize(200, 60)
    until(lambda: "Overview" in terminal.lines[1], "the detail beside the list")
    terminal.resize(10, 3)
    until(lambda: len(terminal.lines) <= 3, "a tiny window")
    terminal.resize(120, 40)
    terminal.see("✓ intercepted", "Overview")


def test_without_a_terminal_it_is_line_mode(sit, home, url, teapots):
    """`tlscope | cat` is a line an event, and nothing that only a screen understands."""
    terminal = sit("sh", "-c", f"{TLSCOPE} | cat")
    assert teapots == fetch(home, port(terminal), url)
    terminal.see("ClientHello", "✓ intercepted")
    assert not terminal.is_("alternate_on")
    terminal.press("C-c")
    terminal.end()
    assert not processes(home)
