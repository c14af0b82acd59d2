from textual.app import App

from support.screen import driven, seen, shown
from tlscope_ui.tui.screens.form import Form


class Opener(App):
    def __init__(self):
        super().__init__()
        self.ended = []

    def on_mount(self):
        self.push_screen(Form("Say [b]it", "old", most=6), self.ended.append)


@driven
async def test_a_line_is_asked_for():
    """What was there can be gone on with; it has an end."""
    app = Opener()
    async with shown(app, 60, 20) as pilot:
        await seen(pilot, "Say [b]it", "old")
        await pilot.press("end", *"abcdef", "enter")
        assert ["oldabc"] == app.ended


@driven
async def test_esc_leaves_it():
    """Nothing was said then."""
    app = Opener()
    async with shown(app, 60, 20) as pilot:
        await pilot.press("x", "escape")
        assert [None] == app.ended
