"""Keys that nobody presses in that order."""

from __future__ import annotations

import random

import pytest

from support.screen import driven, seen, shown, soon, visit
from tlscope_ui.tui.app import Tlscope

PRESSED = 250
SEEDS = range(4)
KEYS = [  # without ctrl+p: in the palette of Textual 8.2, page down in an empty list raises
    *"abcdefghijklmnoprstuvwxyz",  # all but q, which quits
    *"GFJKNPYZ0123456789",
    "slash", "colon", "semicolon", "apostrophe", "question_mark", "asterisk", "minus", "plus", "equals_sign", "comma",
    "left_square_bracket", "right_square_bracket", "less_than_sign", "greater_than_sign", "full_stop", "percent_sign",
    "up", "down", "left", "right", "pageup", "pagedown", "home", "end", "space", "backspace", "delete",
    "shift+up", "shift+down", "ctrl+home", "ctrl+end",
    *["enter", "escape", "tab", "shift+tab"] * 4,
    "ctrl+f", "ctrl+o", "ctrl+a", "ctrl+u", "ctrl+w", "ctrl+x", "ctrl+v", "ctrl+n", "f1", "f2", "f5",
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
        for _ in range(PRESSED):
            key = chance.choice(KEYS)
            pressed.append(key)
            app.simulate_key(key)
            if chance.random() < 0.1:
                await pilot.pause()
            if chance.random() < 0.02:
                await pilot.resize_terminal(*chance.choice(SIZES))
            assert app._exception is None, (seed, pressed[-30:])
        await pilot.resize_terminal(120, 40)
        while len(app.screen_stack) > 2:
            app.pop_screen()
            await pilot.pause()
        await pilot.press("escape", "escape", "escape", "slash", "ctrl+u", "ctrl+k", *"bank", "enter")
        await seen(pilot, "bank.example:443")
        assert app.is_running
