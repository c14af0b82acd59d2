"""How long a person waits for tlscope to start."""

from __future__ import annotations

import os
import subprocess
import time
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from peers import TLSCOPE, home

if TYPE_CHECKING:
    from pathlib import Path

HELPS, RECORDS = 10, 5


def help_times(work: Path) -> list[float]:
    """Milliseconds of `tlscope --help`, from start to end, each time."""
    _help(work)  # leaves the bytecode that an installed program has
    return [_help(work) for _ in range(HELPS)]


def record_times(work: Path) -> list[float]:
    """Milliseconds from the start of `tlscope record`, its CA already there, to the line that says that it listens."""
    subprocess.run([TLSCOPE, "ca", "path"], env=_env(work), check=True, capture_output=True)
    _record(work)
    return [_record(work) for _ in range(RECORDS)]


def _help(work: Path) -> float:
    start = time.perf_counter()
    subprocess.run([TLSCOPE, "--help"], env=_env(work), check=True, capture_output=True)
    return (time.perf_counter() - start) * 1e3


def _record(work: Path) -> float:
    with TemporaryDirectory(dir=work) as own:
        command = [TLSCOPE, "record", "--listen", "127.0.0.1:0", "--capture", f"{own}/capture"]
        start = time.perf_counter()
        with subprocess.Popen(
            command, env=_env(work), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as recorder:
            assert recorder.stdout is not None  # it was opened as a pipe
            line = recorder.stdout.readline()
            taken = (time.perf_counter() - start) * 1e3
            recorder.terminate()
    if b"listening" not in line:
        raise RuntimeError("tlscope record did not start")
    return taken


def _env(work: Path) -> dict[str, str]:
    return {**os.environ, **home(work), "PYTHONDONTWRITEBYTECODE": ""}
