"""What the screens look like: `pytest tests/ui/tui/test_snapshots.py --snapshot-update` takes the pictures anew.

All is of one capture that is checked in, in UTC. Words are tested elsewhere; here are layout, colours and glyphs.
"""

from __future__ import annotations

import time

import pytest
from textual.widgets import Input

from journals import capture, held
from support.screen import soon, visit
from tlscope.capture.inspector import catch_up
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.models.settings import Settings
from tlscope_ui.tui.panes.pane import Pane
from tlscope_ui.tui.screens import main
from tlscope_ui.tui.widgets.detail import Place


@pytest.fixture(autouse=True)
def _as_everywhere(monkeypatch, tmp_path):
    """The same time zone, colours, and no settings of the user's."""
    monkeypatch.setenv("TZ", "UTC")
    for name in ("NO_COLOR", "COLORTERM", "TEXTUAL_THEME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def looks_as_before(snap_compare, tmp_path):
    """Whether the screen looks as it did when the picture was taken, after these keys."""

    def compare(*keys, size=(120, 40), directory=None, theme=""):
        async def come_to_rest(pilot):
            app = pilot.app
            await soon(pilot, lambda: len(app.screen_stack) > 1 and app.screen.query("#flows"), "the list")
            for key in keys:
                await pilot.press(key)
                await at_rest(pilot)
            await at_rest(pilot)
            for box in app.screen.query(Input):
                box.cursor_blink = False

        app = Tlscope(directory or visit(tmp_path), Settings(theme))
        return snap_compare(app, terminal_size=size, run_before=come_to_rest)

    return compare


async def at_rest(pilot):
    """Wait until what is in sight is what is selected."""
    app = pilot.app

    def rests():
        detail = app.screen_stack[1].query_one("#detail")
        there = all(place.ready.is_set() for place in detail.query(Place) if place.is_on_screen)
        panes = [pane for pane in detail.query(Pane) if pane.is_on_screen and pane.selected.connection]
        loaded = all(pane._shown and pane._shown[0] == detail.selected for pane in panes)
        return there and loaded and all(worker.is_finished for worker in app.workers)

    for _ in range(2):  # what was loaded may load more
        await pilot.pause()
        await soon(pilot, rests, "rest")
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=["80x24", "120x40", "200x60"])
def test_main(looks_as_before, size):
    """List alone, list over detail, list beside detail."""
    assert looks_as_before(*([] if size[0] == 80 else ["right"]), size=size)


@pytest.mark.parametrize(
    "keys",
    [
        ["z", "2", "z", "down", "down", "down", "enter"],
        ["2", "z", "v"],
        ["right", "j", "j", "3", "z"],
        ["right", "j", "j", "4", "z"],
        ["j", "j", "5", "z"],
        ["6", "z"],
        ["7", "z"],
        ["8", "z"],
    ],
    ids=["handshake", "story", "request", "response", "messages", "bytes", "certificates", "timing"],
)
def test_tab(looks_as_before, keys):
    """Each tab of the detail, alone on the screen."""
    assert looks_as_before(*keys)


def test_a_wrong_filter(looks_as_before):
    """Red, and what is wrong below."""
    assert looks_as_before("slash", *"host === 1")


def test_high_contrast(looks_as_before):
    """Black, white and full colours, with all kinds of them: list, fields, lit bytes."""
    assert looks_as_before("2", *["down"] * 3, "enter", "down", "down", theme="high-contrast")


def test_without_colours(looks_as_before, monkeypatch):
    """NO_COLOR: shades of grey, in which cursor and lit bytes still stand out."""
    monkeypatch.setenv("NO_COLOR", "1")
    assert looks_as_before("2", *["down"] * 3, "enter", "down", "down")


def test_nothing_yet(looks_as_before, monkeypatch, tmp_path):
    """How clients are connected, in the place of list and detail."""
    monkeypatch.setattr(main, "ASK", 1000)  # a bar a second would be another picture each time
    monkeypatch.setenv("XDG_DATA_HOME", "/home/user/.local/share")
    directory = capture(tmp_path / "capture")
    (directory / "meta.json").write_text('{"listening": ["127.0.0.1:8080"], "mode": "explicit"}')
    with held(directory):
        assert catch_up(directory)
        assert looks_as_before(size=(80, 24), directory=directory)
