from textual.app import App

from support.screen import driven, shown, sight
from tlscope_ui.tui.models.hexdump import HexDump
from tlscope_ui.tui.widgets.hexview import HexView


class Viewer(App):
    def __init__(self, data):
        super().__init__()
        self.view, self.told = HexView(HexDump(data)), []

    def compose(self):
        yield self.view

    def on_hex_view_byte_moved(self, event):
        self.told.append(event.offset)


@driven
async def test_keys_move_by_bytes_and_lines():
    """And stop at the ends; a click chooses the byte that it hits."""
    app = Viewer(bytes(range(256)))
    async with shown(app, 90, 6) as pilot:
        app.view.focus()
        for key, offset in (("right", 1), ("down", 17), ("left", 16), ("up", 0), ("G", 255), ("l", 255), ("g", 0)):
            await pilot.press(key)
            assert offset == app.view.dump.cursor, key
        assert 0 == app.view.scroll_offset.y
        await pilot.click(app.view, offset=(6 + 3, 2))
        await pilot.click(app.view, offset=(3, 2))
        await pilot.pause()
        assert 33 == app.told[-1] == app.view.dump.cursor


@driven
async def test_what_is_lit_is_in_sight():
    """Its first byte under the cursor; or the cursor left where it is."""
    app = Viewer(bytes(1000))
    async with shown(app, 90, 6) as pilot:
        app.view.light(500, 520)
        await pilot.pause()
        assert any(line.startswith("01f0") for line in sight(app))
        assert (500, []) == (app.view.dump.cursor, app.told)
        app.view.light(0, 4, go=False)
        assert 500 == app.view.dump.cursor


@driven
async def test_a_narrow_view_has_shorter_lines():
    """The byte under the cursor stays the same."""
    app = Viewer(bytes(256))
    async with shown(app, 90, 8) as pilot:
        app.view.light(100, 101)
        await pilot.resize_terminal(50, 8)
        await pilot.pause()
        assert (8, 32, 12) == (app.view.dump.row, len(app.view.dump), app.view.cursor)


@driven
async def test_no_bytes_are_no_trouble():
    """Of what has none."""
    app = Viewer(b"")
    async with shown(app, 60, 6) as pilot:
        app.view.focus()
        await pilot.press("right", "down", "G", "enter")
        app.view.light(0, 0)
        assert 0 == app.view.dump.cursor
