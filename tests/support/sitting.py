"""What a person does at a terminal in which tlscope runs, and what else there is to see of it.

terminal = Terminal(settle(place, ca), TLSCOPE)
fetch(home, port(terminal), url)                 a curl through it
ask(terminal, "host == a")                       a filter, typed behind a slash
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from support.clients import curl


def settle(place, ca):
    """Make `place` a home in which tlscope listens on any port, and trusts the servers of this CA."""
    config = place / "config/tlscope/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'[record]\nlisten = ["127.0.0.1:0"]\nca-file = ["{ca.pem}"]\n')
    return place


def port(terminal):
    """Where the program that runs in this terminal listens, by its bottom line."""
    return int(re.search(r"127\.0\.0\.1:(\d+)", terminal.line("127.0.0.1:"))[1])


def fetch(home, port, url):
    """A curl that trusts our CA; what it got."""
    done = curl("-x", f"http://127.0.0.1:{port}", "--cacert", home / "data/tlscope/ca/ca.pem", url)
    assert 0 == done.returncode, done.stderr
    return done.stdout


def ask(terminal, text):
    """Type a filter, as fast as one can."""
    terminal.press("/")
    terminal.type(text)


def processes(place):
    """The recorders whose home this is."""
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    found = [int(line.split()[0]) for line in listed.splitlines() if "tlscope_ui record" in line]
    return [number for number in found if str(place) in _environment(number)]


def _environment(number):
    try:
        return Path(f"/proc/{number}/environ").read_text(errors="replace")
    except OSError:  # it has ended
        return ""
