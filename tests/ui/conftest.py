"""Running commands: in this process for what they print, in one of their own for how they end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from journals import REFUSAL, STORY, capture
from tlscope_ui.cli import cli


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    """A home of its own, and a time zone that is the same everywhere."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TZ", "UTC")
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def run(*arguments):
    """What a command prints, in this process."""
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], prog_name="tlscope")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def start(*arguments, **options):
    """A command in a process of its own, with pipes."""
    program = [sys.executable, "-c", "from tlscope_ui.cli import main; main()"]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = {**os.environ, "PYTHONWARNINGS": "error", **options.pop("env", {})}
    return subprocess.Popen(program + [str(argument) for argument in arguments], env=environment, **(pipes | options))


@pytest.fixture
def tlscope():
    return run


@pytest.fixture
def process():
    """Starts commands, and ends those that a failed test leaves."""
    started = []

    def begin(*arguments, **options):
        started.append(start(*arguments, **options))
        return started[-1]

    yield begin
    for command in started:
        with command:
            if command.poll() is None:
                command.kill()


@pytest.fixture
def recorded(tmp_path):
    """A finished capture: an intercepted connection, a refused one, and one whose end the recorder did not see."""
    return capture(tmp_path / "capture", STORY, REFUSAL, STORY[:1])
