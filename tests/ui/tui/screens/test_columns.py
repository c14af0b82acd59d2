from textual.app import App

from support.screen import driven, seen, shown
from tlscope_ui.tui.screens.columns import Choosing, Columns

NOW = Choosing(("time", "what"), {}, "connection", descending=False)


class Opener(App):
    def __init__(self):
        super().__init__()
        self.ended = []

    def on_mount(self):
        self.push_screen(Columns(NOW, lambda keys, widths: {"time"} & {*keys} if widths else set()), self.ended.append)


@driven
async def test_columns_are_chosen_moved_and_sorted_by():
    """All by keys; Enter has it so. It says which column the list has no room for then."""
    app = Opener()
    async with shown(app, 100, 30) as pilot:
        await seen(pilot, "[x] Time", "[x] Host / request", "[ ] JA4")
        await pilot.press("greater_than_sign", "J", "s", "s")
        await seen(pilot, "13 ▼ (no room) When")
        await pilot.press("j", "x", "enter")
        assert [Choosing(("what", "time", "outcome"), {"time": 13}, "opened", descending=True)] == app.ended


@driven
async def test_esc_leaves_them():
    """Whatever was done before."""
    app = Opener()
    async with shown(app, 100, 30) as pilot:
        await pilot.press("x", "escape")
        assert [None] == app.ended
