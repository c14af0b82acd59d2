from textual.app import App
from textual.events import Key

from support.screen import driven, shown, soon
from tlscope_ui.tui.widgets.field import Field


class Form(App):
    BINDINGS = [("escape", "leave", "Leave")]  # noqa: RUF012 - Textual declares it so

    def __init__(self):
        super().__init__()
        self.sent, self.left = [], False

    def compose(self):
        yield Field()

    def on_input_submitted(self, event):
        self.sent.append(event.value)

    def action_leave(self):
        self.left = True


@driven
async def test_keys_are_done_in_the_order_in_which_they_were_typed():
    """However fast: those that edit among letters, and Enter behind them; what is not the field's goes on."""
    app = Form()
    async with shown(app, 60, 5) as pilot:
        app.query_one(Field).focus()
        await pilot.pause()
        for key in ("a", "b", "c", "backspace", "d", "left", "e", "home", "f", "end", "g", "enter"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await soon(pilot, lambda: app.sent, "what was typed")
        assert ["fabedg"] == app.sent
        for key in ("ctrl+u", "h", "enter", "escape"):
            app.post_message(Key(key, key if len(key) == 1 else None))
        await soon(pilot, lambda: app.left, "the key that is not the field's")
        assert ["fabedg", "h"] == app.sent
