"""A terminal, in tmux: what runs in it is a program like any other, and sees a person who types and resizes.

with closing(Terminal(directory, "tlscope", "open", ..., width=120, height=40)) as terminal:
    terminal.see("✓ intercepted")
    terminal.press("Enter")              tmux's names of keys; terminal.type("host == a") for text
    terminal.lines                       what can be read, line by line
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tempfile
from pathlib import Path

from support.needs import needs
from support.recorder import environment
from support.waiting import PATIENCE, until

TRUECOLOUR = {"COLORTERM": "truecolor"}
"""What terminals with 16 million colours say of themselves."""


class Terminal:
    """A program in a terminal of its own, with a tmux of its own, in which nothing of the user's is configured.

    When the program has ended, its exit code is seen, and the terminal is as the program left it.
    """

    def __init__(self, home, *command, width=120, height=40, term="xterm", env=None):
        self._place = tempfile.TemporaryDirectory(prefix="tmux-")  # a socket's path must be short
        place = Path(self._place.name)
        self._tmux = [needs("tmux"), "-S", place / "socket", "-f", place / "conf"]
        (place / "conf").write_text(
            f'set -g default-terminal "{term}"\nset -g status off\nset -s set-clipboard on\nset -s escape-time 0\n'
            f"set -g history-limit 1000\n"
        )
        self.place = place
        words = shlex.join(str(part) for part in command)
        script = f"""
            trap : INT
            stty -g > {place}/before
            sh -c 'echo $$ > {place}/pid; exec "$@"' sh {words}
            echo $? > {place}/code.new
            stty -g > {place}/after
            mv {place}/code.new {place}/code
            exec cat
        """
        given = {"LANG": "C.UTF-8", **environment(home), "TZ": "UTC", **(env or {})}
        self._run(
            "new-session", "-d", "-x", str(width), "-y", str(height), "env", "-u", "COLORTERM",
            *(f"{name}={value}" for name, value in given.items()), "sh", "-c", script, env=given,
        )  # fmt: skip

    def _run(self, *arguments, env=None):
        done = subprocess.run(
            [*self._tmux, *arguments],
            env=env or os.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def close(self):
        """End all that runs in it, as a window does that is closed; safe to call again."""
        if self.place.exists():
            self._run("kill-server")
            self._place.cleanup()

    @property
    def pid(self):
        """Of the program."""
        return int((self.place / "pid").read_text())

    # ----------------------------------------------------------------------------------------------------- what is seen

    @property
    def lines(self):
        """What can be read now."""
        return self._run("capture-pane", "-p").splitlines()

    @property
    def text(self):
        return "\n".join(self.lines)

    @property
    def coloured(self):
        """The same with its colours, as escape sequences."""
        return self._run("capture-pane", "-p", "-e")

    @property
    def colours(self):
        """Which kinds of colours are on the screen: `16`, `256`, `true`."""
        found = set()
        for sequence in re.findall(r"\x1b\[([\d;]*)m", self.coloured):
            if re.search(r"[34]8[;:]2[;:]", f"{sequence};"):
                found.add("true")
            elif re.search(r"[34]8[;:]5[;:]", f"{sequence};"):
                found.add("256")
            elif re.search(r"(^|;)(3|4|9|10)[0-7](;|$)", sequence):
                found.add("16")
        return found

    @property
    def lit(self):
        """The bytes of a hex dump that stand out against what is around them, in hex."""
        found = []
        for row in _cells(self.coloured):
            dump = re.search(
                r"(?<![0-9a-f])[0-9a-f]{4,8}  (?P<bytes>([0-9a-f]{2}  ?)+)", "".join(char for char, _ in row)
            )
            if dump:
                plain = row[dump.start()][1]
                for byte in re.finditer(r"[0-9a-f]{2}", dump["bytes"]):
                    start = dump.start("bytes") + byte.start()
                    found += [byte[0]] if row[start][1] != plain else []
        return " ".join(found)

    def see(self, *wanted):
        """Wait until all of this can be read; gives what can."""
        said = ""

        def there():
            nonlocal said
            said = self.text
            return all(piece in said for piece in wanted)

        try:
            until(there, f"{wanted}")
        except AssertionError as error:
            raise AssertionError(f"{error}; on the screen:\n{said}") from None
        return said

    def lose(self, gone):
        """Wait until this can be read no more."""
        until(lambda: gone not in self.text, f"{gone!r} to go")

    def line(self, piece):
        """The first line in which this can be read."""
        return next(line for line in self.see(piece).splitlines() if piece in line)

    def is_(self, flag):
        """A format of tmux: `alternate_on`, `cursor_flag`, `mouse_any_flag` ..."""
        return self._run("display-message", "-p", f"#{{{flag}}}").strip() == "1"

    @property
    def title(self):
        """What a program has called the terminal."""
        return self._run("display-message", "-p", "#{pane_title}")

    @property
    def cursor(self):
        """Column and row of the cursor, from 0: it stands where somebody types, though it may not be drawn."""
        return tuple(map(int, self._run("display-message", "-p", "#{cursor_x} #{cursor_y}").split()))

    @property
    def copied(self):
        """What a program has copied through the terminal (OSC 52), latest first; "" for nothing."""
        done = subprocess.run([*self._tmux, "show-buffer"], capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else ""

    def end(self):
        """Wait until the program has ended; its exit code."""
        until((self.place / "code").exists, f"the end; on the screen:\n{self.text}")
        return int((self.place / "code").read_text())

    @property
    def restored(self):
        """Whether the terminal is as it was: its modes, its own screen, the cursor, the mouse."""
        before, after = ((self.place / name).read_text() for name in ("before", "after"))
        off = not any(self.is_(flag) for flag in ("alternate_on", "mouse_any_flag", "keypad_flag"))
        return before == after and off and self.is_("cursor_flag")

    # ----------------------------------------------------------------------------------------------------- what is done

    def press(self, *keys):
        """Press keys: `j`, `Enter`, `Escape`, `C-f`, `F1`, `PageDown` ..., one right after the other."""
        self._run("send-keys", *(r"\;" if key == ";" else key for key in keys))

    def type(self, text):
        """Type a text."""
        self._run("send-keys", "-l", text)

    def resize(self, width, height):
        """Make the window larger or smaller."""
        self._run("resize-window", "-x", str(width), "-y", str(height))


def _cells(coloured):
    """Lines of text with escape sequences, as pairs of a character and what lies behind it."""
    behind = ""
    rows = []
    for line in coloured.splitlines():
        row = []
        for sequence, char in re.findall(r"\x1b\[([\d;]*)m|(.)", line):
            if char:
                row.append((char, behind))
            else:
                behind = _behind(sequence, behind)
        rows.append(row)
    return rows


def _behind(sequence, before):
    """The background after these graphic renditions (ECMA-48 section 8.3.117)."""
    behind = before
    codes = iter(sequence.split(";"))
    for code in codes:
        if code in {"", "0", "49"}:
            behind = ""
        elif code in {"38", "48"}:
            colour = [next(codes)]
            colour += [next(codes) for _ in range(3 if colour == ["2"] else 1)]
            behind = ";".join(colour) if code == "48" else behind
        elif re.fullmatch(r"4[0-7]|10[0-7]", code):
            behind = code
    return behind
