"""What is copied goes to the clipboard by the way that there is, and it is said which one that was.

    went = copy(text, os.environ, directory)      in a thread: programs may take their time
    went.sequence                                 what is to be written to the terminal, if that is the way

On this machine a program of the desktop takes it. Over SSH the clipboard is at the other end, where only the terminal
is: OSC 52 (xterm's "Manipulate Selection Data") asks it to take the text. No terminal answers to that, many have it
turned off, and all have a limit: what is too long goes to a file that nobody else can read.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

MAX_OSC = 74_994
"""Bytes: 99,992 in base64 and 100,000 in all, at which hterm and others stop to listen."""
TIME = 2.0
"""Seconds that a program may take."""


class Tool(NamedTuple):
    """A program that takes a clipboard's content from its standard input."""

    command: tuple[str, ...]
    needs: str
    """The environment variable without which there is no such desktop; "" for none."""
    encoding: str = "utf-8"


TOOLS = (
    Tool(("wl-copy",), "WAYLAND_DISPLAY"),
    Tool(("xclip", "-selection", "clipboard"), "DISPLAY"),
    Tool(("xsel", "--clipboard", "--input"), "DISPLAY"),
    Tool(("clip.exe",), "WSL_DISTRO_NAME", "utf-16-le"),
)
PBCOPY = Tool(("pbcopy",), "")


class Went(NamedTuple):
    """Where a text went."""

    how: str
    """A sentence."""
    sequence: str = ""


def copy(text: str, env: Mapping[str, str], directory: Callable[[], Path]) -> Went:
    """Copy; `directory` is asked for where a file is the only way. Raises OSError where that cannot be written."""
    many = "1 character" if len(text) == 1 else f"{len(text):,} characters"
    if not is_remote(env):
        for tool in _tools(env):
            if _given(tool, text, env):
                return Went(f"copied {many}, with {tool.command[0]}")
    data = text.encode(errors="surrogateescape")
    if len(data) <= MAX_OSC and env.get("TERM") not in {None, "", "dumb", "linux"}:
        return Went(f"copied {many}, through the terminal (OSC 52)", osc52(data, env))
    return Went(f"no clipboard takes {many}: they are in {_filed(data, directory())}")


def is_remote(env: Mapping[str, str]) -> bool:
    """Whether who looks sits at another machine."""
    return any(env.get(name) for name in ("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"))


def osc52(data: bytes, env: Mapping[str, str]) -> str:
    """What asks a terminal to take `data`; tmux takes it itself if it may, and is asked to hand it on besides."""
    plain = f"\x1b]52;c;{base64.b64encode(data).decode()}\x07"
    if env.get("TMUX"):
        return plain + "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    return plain


def _tools(env: Mapping[str, str]) -> list[Tool]:
    found = [tool for tool in TOOLS if env.get(tool.needs)]
    if sys.platform == "darwin":
        found.insert(0, PBCOPY)
    return [tool for tool in found if shutil.which(tool.command[0], path=env.get("PATH"))]


def _given(tool: Tool, text: str, env: Mapping[str, str]) -> bool:
    """Whether the program took it."""
    path = shutil.which(tool.command[0], path=env.get("PATH"))
    if path is None:
        return False
    try:
        # xclip stays to serve what it was given: it must not hold what we would read from.
        ran = subprocess.run(  # noqa: S603 - a program of the table
            [path, *tool.command[1:]],
            input=text.encode(tool.encoding, "replace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIME,
            env=dict(env),
            start_new_session=True,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ran.returncode == 0


def _filed(data: bytes, directory: Path) -> str:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd, name = tempfile.mkstemp(prefix="copied-", suffix=".txt", dir=directory)  # mode 0600
    with os.fdopen(fd, "wb") as file:
        file.write(data)
    return name
