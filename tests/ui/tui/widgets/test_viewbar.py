from textual.app import App

from support.screen import driven, shown, sight
from tlscope_ui.tui.widgets.viewbar import ViewBar


class Holder(App):
    def __init__(self):
        super().__init__()
        self.picked = []

    def compose(self):
        yield ViewBar(("ladder", "story", "keys"), "view")

    def on_view_bar_picked(self, event):
        self.picked.append(event.number)


@driven
async def test_the_active_view_is_marked():
    """By a sign, for who sees no colours."""
    app = Holder()
    async with shown(app, 60, 5) as pilot:
        assert "▸ladder  story  keys" == sight(app)[0].partition("   v:")[0]
        app.query_one(ViewBar).active = 2
        await pilot.pause()
        assert " ladder  story ▸keys" == sight(app)[0].partition("   v:")[0]


@driven
async def test_a_click_picks_a_view():
    """The one whose name is there; behind them, none."""
    app = Holder()
    async with shown(app, 60, 5) as pilot:
        for x in (1, 9, 17, 40):
            await pilot.click(ViewBar, offset=(x, 0))
        assert [0, 1, 2] == app.picked
