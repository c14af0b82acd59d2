"""The screen in tests: run the program without a terminal, and read what a person would see."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path

from journals import capture
from support.waiting import PATIENCE
from tlscope.capture.inspector import catch_up

VISIT = Path(__file__).resolve().parents[1] / "data/captures/visit"
"""A capture that was recorded for real; its README tells what is in it."""


def sight(app):
    """What is on the screen: a string a line, without blanks at the end."""
    return ["".join(segment.text for segment in strip).rstrip() for strip in app.screen._compositor.render_strips()]


def looks(app, *wanted):
    """Whether all of this can be read somewhere on the screen."""
    text = "\n".join(sight(app))
    return all(piece in text for piece in wanted)


async def soon(pilot, condition, what):
    """Wait, in turns of the screen's loop, until `condition()` holds."""
    end = asyncio.get_running_loop().time() + PATIENCE
    while not condition():
        assert asyncio.get_running_loop().time() < end, f"waited for {what}; on the screen:\n" + "\n".join(
            sight(pilot.app)
        )
        await pilot.pause(0.01)


async def seen(pilot, *wanted):
    """Wait until all of this is on the screen."""
    await soon(pilot, lambda: looks(pilot.app, *wanted), " and ".join(wanted))


def driven(test):
    """Run an async test; Textual needs a loop, and our tests no plugin for one."""

    @wraps(test)
    def run(*args, **kwargs):
        asyncio.run(test(*args, **kwargs))

    return run


@asynccontextmanager
async def shown(app, width=120, height=40):
    """The program in a terminal of this size."""
    async with app.run_test(size=(width, height)) as pilot:
        await pilot.pause()
        yield pilot


def indexed(directory, *connections):
    """A finished capture of these events (journals.py), with its index."""
    capture(directory, *connections)
    assert catch_up(directory)
    return directory


def visit(place):
    """A copy of VISIT of one's own, with its index."""
    directory = place / "visit"
    directory.mkdir()
    for path in [VISIT / "meta.json", *VISIT.glob("*.tlsj")]:
        shutil.copyfile(path, directory / path.name)
    assert catch_up(directory)
    return directory
