from textual.app import App
from textual.containers import Vertical
from textual.events import Key
from textual.widgets import Input

from support.screen import driven, looks, seen, shown, soon
from tlscope_ui.tui.models.body import TextLines
from tlscope_ui.tui.models.joined import Joined
from tlscope_ui.tui.models.lines import Told
from tlscope_ui.tui.models.octets import Held
from tlscope_ui.tui.widgets.lineview import LineView


class Viewer(App):
    def __init__(self, lines):
        super().__init__()
        self.view = LineView(lines)

    def compose(self):
        with Vertical():
            yield self.view


LINES = [["one"], ["two token"], ["three"], ["Token token"], ["x" * 100 + "token"]]


@driven
async def test_what_is_typed_is_found_while_it_is_typed():
    """Counted, lit, and gone to; n and N go on and round; Escape ends it."""
    app = Viewer(Told(LINES))
    async with shown(app, 60, 12) as pilot:
        app.view.focus()
        await pilot.press("ctrl+f", "t", "o")
        await seen(pilot, "find 1/4:")
        assert 1 == app.view.cursor
        plain, found, *_ = app.view.render_line(1)
        assert ("two ", "to") == (plain.text, found.text)
        assert plain.style.bgcolor != found.style.bgcolor
        await pilot.press("k", "e", "n", "enter", "n")
        await seen(pilot, "2/4")
        assert 3 == app.view.cursor
        await pilot.press("n", "n")
        await seen(pilot, "4/4", "xtoken")
        await pilot.press("n", "N", "N")
        await seen(pilot, "3/4")
        await pilot.press("escape")
        await soon(pilot, lambda: not looks(app, "find"), "the bar to go")
        assert app.view.has_focus
        assert app.view.finder is None


@driven
async def test_keys_that_come_fast():
    """What is typed behind Ctrl+F is searched for, what follows Enter is for the view, though nobody waited."""
    app = Viewer(Told(LINES))
    async with shown(app, 60, 12) as pilot:
        app.view.focus()
        await pilot.pause()
        for key in ("ctrl+f", *"token"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await seen(pilot, "find 1/4:    token")
        for key in ("enter", "n", "n"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await seen(pilot, "find 3/4:")
        assert "token" == app.query_one(Input).value
        for key in ("escape", "g", "j"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await soon(pilot, lambda: not looks(app, "find"), "the bar to go")
        await soon(pilot, lambda: app.view.cursor == 1, "the cursor in the second line")
        for key in ("ctrl+f", *"token", "escape", "j"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await soon(pilot, lambda: app.view.cursor == 2, "the cursor in the third line")
        assert app.view.finder is None


@driven
async def test_toasts_do_not_cover_what_is_found():
    """They stand on the right of the last lines for some seconds: the count, and what is typed, are on the left."""
    app = Viewer(Told(LINES))
    async with app.run_test(size=(60, 12), notifications=True) as pilot:
        app.view.focus()
        await pilot.press("ctrl+f", *"token")
        for _ in range(2):
            app.notify("said " * 40, timeout=60)
        await seen(pilot, "said said", "find 1/4:    token")


@driven
async def test_long_lines_are_searched_in_a_thread():
    """A capital is typed on purpose; hex are bytes; what is not there, is not."""
    text = TextLines(Held(b"alpha\n" * 50_000 + b"Token\n" + b"token\0\xff\n"))
    text.index(lambda: False)
    app = Viewer(Joined(Told([["head"]]), text))
    async with shown(app, 60, 12) as pilot:
        app.view.focus()
        await pilot.press("ctrl+f")
        box = app.query_one(Input)
        for typed, said, cursor in (("Token", "1/1", 50_001), ("token", "1/2", 50_001), ("x: 00 ff", "1/1", 50_002)):
            box.value = typed
            await seen(pilot, said)
            await soon(pilot, lambda cursor=cursor: app.view.cursor == cursor, "the hit")
        box.value = "nowhere"
        await seen(pilot, "none")
        box.value = "x: 0"
        await seen(pilot, "two digits a byte")
