"""How fast the screen is over many rows, `make bench-screen`.

An index of a million connections is filled. The program runs on it in a terminal that takes the time, and then without
one, as Textual's Pilot drives it. There, times are from the key, or the change, until everything is painted again; the
floor, what Pilot itself takes for a key that does nothing, stands beside them.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench"), *(str(ROOT.parent / part) for part in ("proxy", "ui", "ca"))]

import peers  # noqa: E402 - found by the line above
from peers import TLSCOPE  # noqa: E402 - found by the line above
from terminal import terminal  # noqa: E402 - as above

from tlscope.capture.index import Index  # noqa: E402 - found by the line above
from tlscope_ui.tui.app import Tlscope  # noqa: E402 - as above

REPEATED = 15
STARTS = 5
FILTERS = (
    "outcome == client-rejected",
    "host == host17.example17.org",
    "client.version < 1.3",
    "host ~ host77",
    "items",
)
KEYS = {"j": b"j", "page down": b"\x1b[6~", "page up": b"\x1b[5~"}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--capture", type=Path, help="one that was filled before, or is to be kept")
    options = parser.parse_args()
    with TemporaryDirectory() as place:
        directory = options.capture or Path(place, "capture")
        if not directory.exists():
            directory.mkdir()
            (directory / "meta.json").write_text("{}")
            filled = f"import sys; sys.path[:0] = {sys.path!r}; import index; from pathlib import Path; "
            filled += f"index.fill(Path({str(directory)!r}), {options.rows})"
            subprocess.run([sys.executable, "-c", filled], check=True)  # its memory is not to be counted
        Index(directory).close()  # raises where it is one of before: the program would wait for a new one
        seen(directory)
        asyncio.run(measured(directory))


def seen(directory: Path) -> None:
    """In a terminal: from the start, and from a key, until it can be seen."""
    with TemporaryDirectory() as home:
        starts = []
        for _ in range(STARTS):
            with terminal([TLSCOPE, "open", str(directory)], peers.home(Path(home))) as screen:
                starts.append(screen.painted)
        say("start to the first picture", starts)
        with terminal([TLSCOPE, "open", str(directory)], peers.home(Path(home))) as screen:
            for name, key in KEYS.items():
                times = [taken for _ in range(REPEATED) if (taken := screen.press(key)) is not None]
                first, last = ([time[which] for time in times] for which in (0, 1))
                say(f"{name}, until something can be seen", first)
                say("  ... until all can, the detail, too", last)
            for text in FILTERS:
                screen.press(b"/")
                say(f"filter: {text}, until it is counted", [screen.type(text, rb"\d/[\d,]{5}")])
                screen.press(b"\r")
                screen.rest(3)


async def measured(directory: Path) -> None:
    """Open, scroll, jump, filter, sort, unfold."""
    begin = time.perf_counter()
    app = Tlscope(directory)
    async with app.run_test(size=(160, 48)) as pilot:
        while not (len(app.screen_stack) > 1 and len(app.screen.query("#flows")) and app.screen.rows.total):
            await pilot.pause(0.005)
        await pilot.pause()
        say("open, to the first rows", [time.perf_counter() - begin])
        screen = app.screen
        print(f"{screen.rows.total:,} rows")
        screen.flows.follow = False
        say("a key that does nothing (the floor)", [await pressed(pilot, "f12") for _ in range(REPEATED)])
        for key in ("j", "pagedown", "pageup"):
            say(f"key {key}", [await pressed(pilot, key) for _ in range(REPEATED)])
        for key in ("G", "g"):
            say(f"key {key}", [await pressed(pilot, key)])
        say("a new row, seen and counted", [await appended(pilot) for _ in range(REPEATED)])
        for text in FILTERS:
            say(f"filter: {text}", [await filtered(pilot, text)], "to the first rows")
            begin = time.perf_counter()
            worst = await until_done(pilot)
            say(
                "  ... all of it",
                [time.perf_counter() - begin],
                f"{screen.rows.matching:,} rows; longest pause {worst * 1000:.0f} ms",
            )
        await filtered(pilot, "")
        await until_done(pilot)
        for order in ("host", "down"):
            begin = time.perf_counter()
            screen.rows.sort(order, descending=True)
            screen.flows.refit()
            worst = await until_done(pilot)
            say(f"sort by {order}", [time.perf_counter() - begin], f"longest pause {worst * 1000:.0f} ms")
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB at the most")


async def pressed(pilot, key: str) -> float:
    """Seconds from a key until all is painted."""
    begin = time.perf_counter()
    await pilot.press(key)
    return time.perf_counter() - begin


async def appended(pilot) -> float:
    """Seconds from the moment at which the index has something new until it is painted, asking for it at once."""
    begin = time.perf_counter()
    flows = pilot.app.screen.flows
    flows.settle(changed=True)
    pilot.app.screen.tick()
    await pilot.pause()
    return time.perf_counter() - begin


async def filtered(pilot, text: str) -> float:
    """Seconds from a filter until its first rows can be seen."""
    begin = time.perf_counter()
    pilot.app.screen.query_one("FilterBar").put(text)
    await pilot.pause()
    while not pilot.app.screen.rows.matching and not pilot.app.screen.rows.done:
        await pilot.pause(0.001)
    return time.perf_counter() - begin


async def until_done(pilot) -> float:
    """Wait until all was looked at; the longest time in which nothing else could happen, in seconds."""
    worst, last = 0.0, time.perf_counter()
    while not pilot.app.screen.rows.done:
        await asyncio.sleep(0.005)  # or it would take the interpreter from the thread that works
        now = time.perf_counter()
        worst, last = max(worst, now - last), now
    return worst


def say(what: str, seconds: list[float], note: str = "") -> None:
    """One line."""
    print(f"{what:<44} {statistics.median(seconds) * 1000:8.1f} ms  {max(seconds) * 1000:8.1f} ms at the most  {note}")


if __name__ == "__main__":
    main()
