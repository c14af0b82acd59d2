"""Keys that nobody presses in that order."""

from __future__ import annotations

import asyncio
import random

import pytest

from support.screen import driven, seen, shown, soon, visit
from tlscope_ui.tui.app import Tlscope

PRESSED = 250
SEEDS = range(4)
AT_ONCE = 10
"""Keys that come before the screen is painted: they are handled one by one; painting takes most of the time."""
RESIZED = 0.2
"""How often the window is resized behind them."""
KEYS = [
    *"abcdefghijklmnoprstuvwxyz",  # all but q, which quits
    *"GFJKNPYZ0123456789",
    "slash", "colon", "semicolon", "apostrophe", "question_mark", "asterisk", "minus", "plus", "equals_sign", "comma",
    "left_square_bracket", "right_square_bracket", "less_than_sign", "greater_than_sign", "full_stop", "percent_sign",
    "up", "down", "left", "right", "pageup", "pagedown", "home", "end", "space", "backspace", "delete",
    "shift+up", "shift+down", "ctrl+home", "ctrl+end",
    *["enter", "escape", "tab", "shift+tab"] * 4,
    *["ctrl+f", "ctrl+o", "ctrl+p"] * 2, "ctrl+a", "ctrl+u", "ctrl+w", "ctrl+x", "ctrl+v", "ctrl+n", "f1", "f2", "f5",
]  # fmt: skip
SIZES = [(80, 24), (120, 40), (160, 30), (20, 5), (1, 1)]


@pytest.mark.parametrize("seed", SEEDS)
@driven
async def test_keys_at_random_leave_it_alive(tmp_path, monkeypatch, seed):
    """Whatever is pressed, however large the window: nothing raises, and it can still be used."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))
    chance = random.Random(seed)
    app = Tlscope(visit(tmp_path))
    pressed = []
    async with shown(app, *chance.choice(SIZES[:3])) as pilot:
        await soon(pilot, lambda: hasattr(app.screen, "flows"), "the list")
        for _ in range(0, PRESSED, AT_ONCE):
            with app.batch_update():
                for _ in range(AT_ONCE):
                    pressed.append(chance.choice(KEYS))
                    app.simulate_key(pressed[-1])
                    await asyncio.sleep(0)
                await pilot.pause(0)
            await pilot.pause(0)
            if chance.random() < RESIZED:
                await pilot.resize_terminal(*chance.choice(SIZES))
            assert app._exception is None, (seed, pressed[-30:])
        await pilot.resize_terminal(120, 40)
        await soon(pilot, lambda: quiet(app), "what was begun to end")
        await pilot.press("escape", "escape", "escape", "slash", "ctrl+u", "ctrl+k", *"bank", "enter")
        await soon(pilot, lambda: "bank" == app.screen.query_one("FilterBar").input.value, "what was typed")
        await seen(pilot, "bank.example")
        assert app.is_running


def quiet(app):
    """Whether nothing is laid over the capture, and nothing is going on that could be; what is there goes."""
    if len(app.screen_stack) > 2:
        app.pop_screen()
        return False
    return all(worker.is_finished for worker in app.workers)
