"""A person at a terminal: the real program in tmux, with real traffic."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from support.clients import curl
from support.recorder import TLSCOPE
from support.servers import answer, server_context
from support.tmux import TRUECOLOUR, Terminal
from support.waiting import until

BODY = json.dumps({"teapots": [{"id": n, "glaze": "celadon" if n == 33 else "plain"} for n in range(60)]}).encode()


@pytest.fixture
def home(tmp_path, upstream_ca):
    """A home in which tlscope listens on any port, and trusts the servers."""
    config = tmp_path / "config/tlscope/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'[record]\nlisten = ["127.0.0.1:0"]\nca-file = ["{upstream_ca.pem}"]\n')
    return tmp_path


@pytest.fixture
def sit(home, stack):
    """Sit down at a terminal in which tlscope runs, or another command."""

    def down(*command, **more):
        return stack.enter_context(closing(Terminal(home, *(command or [TLSCOPE]), **more)))

    return down


def port(terminal):
    """Where the program that runs in this terminal listens, by its bottom line."""
    return int(re.search(r"127\.0\.0\.1:(\d+)", terminal.line("127.0.0.1:"))[1])


def fetch(home, port, url):
    """A curl that trusts our CA."""
    done = curl("-x", f"http://127.0.0.1:{port}", "--cacert", home / "data/tlscope/ca/ca.pem", url)
    assert 0 == done.returncode, done.stderr
    return done.stdout


def ask(terminal, text, rest):
    """Type a filter, as fast as one can, but not before the bar looks as if it had the keys; `rest`: as it did not."""
    until(lambda: terminal.coloured.splitlines()[0] == rest, "the list to have the keys")
    terminal.press("/")
    until(lambda: terminal.coloured.splitlines()[0] != rest, "the filter bar to have them")
    terminal.type(text)


def processes(place):
    """The recorders whose home this is."""
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    found = [int(line.split()[0]) for line in listed.splitlines() if "tlscope_ui record" in line]
    return [number for number in found if str(place) in read_environment(number)]


def read_environment(number):
    try:
        return Path(f"/proc/{number}/environ").read_text(errors="replace")
    except OSError:  # it has ended
        return ""


@pytest.mark.parametrize(
    ("width", "height", "term", "env", "colours"),
    [
        (80, 24, "xterm", {}, {"16"}),
        (120, 40, "xterm-256color", TRUECOLOUR, {"true"}),
        (200, 60, "xterm", {}, {"16"}),
    ],
    ids=["80x24 in 16 colours", "120x40 in truecolour", "200x60 in 16 colours"],
)
def test_from_start_to_end(sit, home, serve_python, issued, width, height, term, env, colours):
    """Start, a connection appears, its handshake is read field by field, a filter is typed wrong then right, quit."""
    server = serve_python(answer(BODY), server_context(issued))
    terminal = sit(width=width, height=height, term=term, env=env)
    terminal.see("FOLLOW", "? help")
    assert colours == terminal.colours
    rest = terminal.coloured.splitlines()[0]
    assert BODY == fetch(home, port(terminal), f"{server.url}/teapots")
    assert terminal.line("localhost:").split()[0] == "1"
    terminal.see("✓ intercepted", "1.3")

    terminal.press("2")
    terminal.see("ladder", "ClientHello", "ServerHello")
    terminal.press("Enter")
    terminal.see("Handshake Type: ClientHello (0x01)", "RFC 8446 section 4.1.2", "01 00 01")
    terminal.press("Down", "Down", "Down")
    terminal.see("supported_versions")  # the note of the field that the cursor stands on

    ask(terminal, "host === localhost", rest)
    terminal.see("host === localhost", "✗")
    terminal.press("Escape")
    ask(terminal, "outcome == aborted", rest)
    terminal.see("0/1")
    terminal.press("Escape")
    ask(terminal, "sni == localhost", rest)
    terminal.press("Enter")
    terminal.see("sni == localhost", "✓ intercepted")
    terminal.lose("0/1")

    terminal.press("q")
    assert 0 == terminal.end()
    said = terminal.see("1 connection recorded in", "Next: tlscope open")
    assert terminal.restored
    assert not processes(home)
    assert "Traceback" not in said


def test_a_window_is_resized(sit, home, serve_python, issued):
    """One thing at a time, list over detail, list beside detail, at once; no window is too small."""
    server = serve_python(answer(BODY), server_context(issued))
    terminal = sit()
    fetch(home, port(terminal), f"{server.url}/teapots")
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


def test_the_recorder_is_killed(sit, home, serve_python, issued):
    """What it recorded stays on the screen, with a banner; the program ends in good order, and says what there is."""
    server = serve_python(answer(BODY), server_context(issued))
    terminal = sit()
    fetch(home, port(terminal), f"{server.url}/teapots")
    terminal.see("✓ intercepted")
    (recorder,) = processes(home)
    os.kill(recorder, signal.SIGKILL)
    terminal.see("✗ The recorder has ended", "✓ intercepted")
    terminal.press("q")
    assert terminal.end() in {0, 1}
    assert terminal.restored
    assert "Traceback" not in terminal.text


def test_a_signal_ends_it_in_good_order(sit, home):
    """SIGTERM, as from a session that ends: the terminal is given back, and the recorder ends too."""
    terminal = sit()
    terminal.see("FOLLOW")
    os.kill(terminal.pid, signal.SIGTERM)
    assert 0 == terminal.end()
    terminal.see("0 connections recorded in")
    assert terminal.restored
    assert not processes(home)


def test_without_a_terminal_it_is_line_mode(sit, home, serve_python, issued):
    """`tlscope | cat` is a line an event, and nothing that only a screen understands."""
    server = serve_python(answer(BODY), server_context(issued))
    terminal = sit("sh", "-c", f"{TLSCOPE} | cat")
    listening = port(terminal)
    assert BODY == fetch(home, listening, f"{server.url}/teapots")
    terminal.see("ClientHello", "✓ intercepted")
    assert not terminal.is_("alternate_on")
    terminal.press("C-c")
    terminal.end()
    assert not processes(home)
