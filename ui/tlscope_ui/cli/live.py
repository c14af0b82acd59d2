"""A recorder as a process of its own; and bare `tlscope`, which starts one and shows it in the same terminal.

The recorder is never part of a viewer's process: it relays on whatever happens to who is looking.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.exceptions import Exit

from tlscope_ui.cli import watch
from tlscope_ui.cli.output import Failure, complain
from tlscope_ui.tui.models import garbage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import IO

    import rich_click as click

READY_TIME = 20
"""Seconds that a recorder may take to listen; half a second is usual."""
LOOK = 0.1
"""Seconds until a recorder that is waited for is looked at again."""
STOP_TIME = 10
"""Seconds that it may take to end its connections and write what is left."""


def run(ctx: click.Context) -> None:
    """Record as `tlscope record` does, with the options in `ctx.obj`, and show it: on the screen, if there is one.

    Without a terminal it is as `tlscope watch`, until Ctrl-C.
    """
    options: tuple[str, ...] = ctx.obj or ()
    if on_terminal():
        _screen(options)
    else:
        _lines(ctx, options)


def on_terminal() -> bool:
    """Whether there is a screen to draw on, and keys to press."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _screen(options: tuple[str, ...]) -> None:
    with tempfile.TemporaryFile() as log:
        try:
            with recording(*options, log=log) as recorder, garbage.put_off():
                # Loaded while the recorder starts: it takes as long.
                from tlscope.capture import inspector  # noqa: PLC0415 (see above)
                from tlscope_ui.tui.app import run as show  # noqa: PLC0415 (see above)

                ready = recorder.ready()
                inspector.ensure(ready.capture)
                code = show(ready.capture)
                if code and not recorder.ended:
                    _go_on(recorder, ready)
                recorder.stop()
                recorded = recorder.result()["recorded"]
        finally:
            log.seek(0)
            sys.stderr.write(log.read().decode(errors="backslashreplace"))
    _summary(recorded, ready.capture, "open")
    if code:
        raise Exit(code)


def _go_on(recorder: Recorder, ready: Ready) -> None:
    """The screen has failed: clients whose connections the recorder relays need not know."""
    complain(
        f"the recorder goes on, on {', '.join(ready.listening)}; Ctrl-C ends it",
        "Next: tlscope open, in another terminal, shows the capture again",
    )
    with recorder.stopped_by_signals():
        recorder.wait()


def _lines(ctx: click.Context, options: tuple[str, ...]) -> None:
    with recording(*options) as recorder, recorder.stopped_by_signals():
        ready = recorder.ready()
        complain(
            f"recording what passes through {', '.join(ready.listening)} to {ready.capture}",
            f"Next: point a client there and let it trust {ready.ca}; Ctrl-C ends",
        )
        ctx.invoke(watch.command, capture=ready.capture)
        recorded = recorder.result()["recorded"]
    _summary(recorded, ready.capture, "list")


def _summary(recorded: int, capture: Path, command: str) -> None:
    complain(f"{recorded} connection{'' if recorded == 1 else 's'} recorded in {capture}", f"Next: tlscope {command}")


@dataclass(frozen=True, slots=True)
class Ready:
    """What a recorder says when it listens."""

    listening: list[str]
    capture: Path
    ca: Path


class Recorder:
    """A `tlscope record` that was started."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ready(self) -> Ready:
        """Wait until it listens. Where it cannot, it has said why on its standard error, and its exit code is ours."""
        told = self._told()
        return Ready(told["listening"], Path(told["capture"]), Path(told["ca"]))

    @property
    def ended(self) -> bool:
        """Whether its process is gone."""
        return self._process.poll() is not None

    def wait(self) -> None:
        """Until it has ended, for whatever reason.

        A signal may be given to another thread, and Python hears it when this one runs: so it looks now and then.
        """
        while not self.ended:
            time.sleep(LOOK)

    def stop(self) -> None:
        """Ask it to end in good order; the second time, make it."""
        if not self.ended:
            self._process.terminate()

    def result(self) -> dict[str, Any]:
        """Wait until it has ended: what it recorded, by its last line."""
        told = self._told()
        with suppress(subprocess.TimeoutExpired):  # `recording` ends it then
            self._process.wait(STOP_TIME)  # a second signal would interrupt its end
        return told

    @contextmanager
    def stopped_by_signals(self) -> Iterator[None]:
        """Inside, a signal that would end us stops the recorder instead; who watches it then sees its end, and ours."""
        asked: list[int] = []

        def stop(number: int, _: object) -> None:
            asked.append(number)
            if len(asked) > 1:
                raise KeyboardInterrupt
            self.stop()

        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _told(self) -> dict[str, Any]:
        """Its next line."""
        out = self._process.stdout
        assert out is not None  # it was opened as a pipe
        if not select.select([out], [], [], READY_TIME)[0]:
            raise Failure(f"the recorder said nothing for {READY_TIME} seconds", "see what is wrong: tlscope record")
        line = out.readline()
        if not line:
            code = self._process.wait(STOP_TIME)
            raise Exit(code if code > 0 else 1)
        told = json.loads(line)
        assert isinstance(told, dict)  # as record.py writes it
        return told


@contextmanager
def recording(*options: str, env: Mapping[str, str] | None = None, log: IO[bytes] | None = None) -> Iterator[Recorder]:
    """A recorder with these options, which ends with the block; it logs to our standard error unless told where else.

    It is a process group of its own, so that Ctrl-C reaches us alone and the order of ending is ours.
    """
    process = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-P", "-m", "tlscope_ui", "record", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        env=env,
        text=True,
        process_group=0,
    )
    with process:
        recorder = Recorder(process)
        try:
            yield recorder
        finally:
            recorder.stop()
            try:
                process.wait(STOP_TIME)
            except BaseException:  # a time-out, or the user's impatience: nothing is left behind
                process.kill()
                raise
