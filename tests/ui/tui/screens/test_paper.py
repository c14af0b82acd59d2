from textual.app import App

from support.screen import driven, seen, shown
from tlscope_ui.tui.screens.paper import Paper


class Opener(App):
    def __init__(self):
        super().__init__()
        self.copied, self.ended = [], []

    def on_mount(self):
        self.push_screen(Paper("Title", lambda _: [(["words"], None), (["curl …"], "curl --all")]), self.ended.append)

    def copy_to_clipboard(self, text):
        self.copied.append(text)


@driven
async def test_a_page_is_read_and_copied_from():
    """What a line is about, whole; a line about nothing is not copied."""
    app = Opener()
    async with shown(app, 60, 20) as pilot:
        await seen(pilot, "Title", "words", "curl …")
        await pilot.press("y", "j", "y", "enter")
        assert ["curl --all", "curl --all"] == app.copied
        await pilot.press("escape")
        assert [None] == app.ended
