"""Takes the pictures of the screen anew, `make pictures`: of the capture that the tests have, without a terminal."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PLACE = ROOT / "docs/pictures"
sys.path[:0] = [str(HERE), *(str(ROOT / part) for part in ("proxy", "ui", "ca"))]

from support.screen import seen, shown, soon, visit  # noqa: E402 - found by the line above
from tlscope_ui.tui.app import Tlscope  # noqa: E402 - as above

PICTURES = {
    "main": ((120, 36), ("g", "right", "2"), ("ClientHello", "shop.example")),
    "handshake": ((120, 36), ("g", "2", "z", "enter", "down", "down", "down"), ("RFC 8446",)),
    "story": ((120, 36), ("g", "2", "z", "v"), ("ladder",)),
    "response": ((120, 36), ("g", "right", "down", "down", "4", "z"), ("teapots/1.0",)),
    "certificates": ((120, 36), ("g", "down", "7", "z"), ("login.example",)),
}
"""Each with its size, the keys that lead to it, and what can be read on it then."""


async def main() -> None:
    """Take them."""
    for name, (size, keys, wanted) in PICTURES.items():
        with tempfile.TemporaryDirectory() as place:
            os.environ |= {f"XDG_{kind}_HOME": place for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
            app = Tlscope(visit(Path(place)))
            async with shown(app, *size) as pilot:
                await soon(pilot, lambda app=app: app.screen.query("#flows"), "the list")
                for key in keys:
                    await pilot.press(key)
                    await pilot.pause(0.2)
                await seen(pilot, *wanted)
                await soon(pilot, lambda app=app: all(worker.is_finished for worker in app.workers), "rest")
                await pilot.pause(0.2)
                picture = app.export_screenshot(title="tlscope")
        # The same screen gives the same file: what rich would call it by chance is called by its name.
        (PLACE / f"{name}.svg").write_text(re.sub(r"terminal-\d+-", f"{name}-", picture))
        print(PLACE / f"{name}.svg")


if __name__ == "__main__":
    os.environ |= {"TZ": "UTC", "COLORTERM": "truecolor"}
    os.environ.pop("NO_COLOR", None)
    time.tzset()
    asyncio.run(main())
