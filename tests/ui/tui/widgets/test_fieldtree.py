from textual.app import App

from support.screen import driven, looks, shown
from tlscope.wire.field import Field
from tlscope_ui.tui.models.fieldtree import FieldTree
from tlscope_ui.tui.widgets.fieldtree import FieldView

TREE = Field("x", "Message", None, 0, 10, children=(
    Field("x.type", "Type", 1, 0, 1, "one"),
    Field("x.list", "List", None, 1, 6, children=(
        Field("x.item", "Item", 1, 1, 3, "first", children=(Field("x.deep", "Deep", 1, 2, 1),)),
        Field("x.item", "Item", 2, 4, 3, "second"),
    )),
))  # fmt: skip


class Viewer(App):
    def __init__(self):
        super().__init__()
        self.view, self.opened = FieldView(FieldTree(TREE)), []

    def compose(self):
        yield self.view

    def on_line_view_chosen(self, event):
        self.opened.append(event.view.field.label)


@driven
async def test_keys_fold_and_unfold():
    """Left, right, `*`, and Enter; what has nothing inside is opened by it."""
    app = Viewer()
    async with shown(app, 60, 10) as pilot:
        app.view.focus()
        for key, label, count in (
            ("j", "Type", 5),
            ("enter", "Type", 5),
            ("j", "List", 5),
            ("enter", "List", 3),
            ("right", "List", 5),
            ("right", "Item", 5),
            ("left", "List", 5),
            ("asterisk", "List", 6),
            ("left", "List", 3),
            ("left", "Message", 3),
        ):
            await pilot.press(key)
            assert (label, count) == (app.view.field.label, len(app.view.model)), key
        assert ["Type"] == app.opened


@driven
async def test_a_field_is_chosen_from_elsewhere():
    """What it lies in is unfolded."""
    app = Viewer()
    async with shown(app, 60, 10) as pilot:
        app.view.choose(4)
        await pilot.pause()
        assert ("Deep", 4) == (app.view.field.label, app.view.chosen)
        assert looks(app, "Deep")
