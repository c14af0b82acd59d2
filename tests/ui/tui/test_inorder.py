from textual.events import Key

from journals import STORY
from support.screen import driven, indexed, seen, shown, soon
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.inorder import CaughtUp


def burst(app, *keys):
    """Type all of this before the first of it is looked at."""
    for key in keys:
        app.post_message(Key(key, key if len(key) == 1 else None))


@driven
async def test_what_is_opened_is_that_of_the_row_that_was_gone_to(tmp_path):
    """However fast the keys come: a menu, a tab, and what is typed behind them; and a dialog that takes the keys."""
    app = Tlscope(indexed(tmp_path / "capture", *[STORY] * 5))
    async with shown(app) as pilot:
        await seen(pilot, "│ 5 connections")
        main = app.screen
        burst(app, "j", "j", "x")
        await seen(pilot, "Actions: connection 3")
        burst(app, "escape")
        await soon(pilot, lambda: app.screen is main, "the list")
        burst(app, "j", "2", "j", "j")
        await soon(pilot, lambda: main.query("LadderView"), "the ladder")
        assert 4 == main.selected.connection
        await soon(pilot, lambda: main.focused is main.query_one("LadderView").view, "the keys in the ladder")
        burst(app, "escape", "k", "1", "escape", "k", "x")
        await seen(pilot, "Actions: connection 2")
        assert not app._held


@driven
async def test_a_message_that_is_lost_holds_no_key_for_ever(tmp_path, monkeypatch):
    """What it was sent to has gone: the keys are done all the same, some time later, and once."""
    app, opened = Tlscope(indexed(tmp_path / "capture", STORY)), []
    async with shown(app) as pilot:
        await seen(pilot, "✓ intercepted")
        main = app.screen
        monkeypatch.setattr(CaughtUp, "bubble", False)
        monkeypatch.setattr(type(main), "action_actions", lambda _: opened.append(1))
        burst(app, "x", "p")
        await soon(pilot, lambda: opened and main.flows.paused, "both keys")
        assert [1] == opened
