from textual.app import App

from support.screen import driven, shown, sight, soon
from tlscope.wire.field import Field
from tlscope_ui.tui.models.fieldtree import FieldTree
from tlscope_ui.tui.models.joined import Joined
from tlscope_ui.tui.models.lines import NOTHING, Told
from tlscope_ui.tui.widgets.bodylines import BodyLines


class Viewer(App):
    def __init__(self, *parts):
        super().__init__()
        self.view = BodyLines(Joined(*parts))
        self.opened = []

    def compose(self):
        yield self.view

    def on_line_view_chosen(self, event):
        self.opened.append(event.y)


def fields():
    inner = Field("b", "inner", 1, 0, 1)
    return FieldTree(Field("a", "outer", None, 0, 1, children=(inner,)))


@driven
async def test_fields_among_the_lines_fold():
    """Left folds and right unfolds the field under the cursor, Enter does the one or the other; a line is opened."""
    app = Viewer(Told([["head"]]), fields(), NOTHING)
    async with shown(app, 40, 10) as pilot:
        app.view.focus()

        def lines():
            return [line.strip() for line in sight(app) if line]

        await pilot.press("enter", "down", "left")
        await pilot.pause()
        assert ([0], ["head", "▸ outer"]) == (app.opened, lines())
        await pilot.press("right")
        await pilot.pause()
        assert ["head", "▾ outer", "inner"] == lines()
        await pilot.press("enter")
        await pilot.pause()
        assert ["head", "▸ outer"] == lines()
        await pilot.press("asterisk")
        await pilot.pause()
        assert (3, 1, [0]) == (len(lines()), app.view.cursor, app.opened)


@driven
async def test_elsewhere_the_same_keys_scroll():
    """Lines that are wider than the view."""
    app = Viewer(Told([["0123456789" * 10]]), NOTHING, NOTHING)
    async with shown(app, 40, 10) as pilot:
        app.view.focus()
        await pilot.press("right")
        await soon(pilot, lambda: sight(app)[0].startswith("8901"), "the line further on")
        await pilot.press("left")
        await soon(pilot, lambda: sight(app)[0].startswith("0123"), "its beginning")


class Growing:
    width = 0

    def __init__(self):
        self.count = 5

    def __len__(self):
        return self.count

    def line(self, y, width):  # noqa: ARG002 - see Lines
        return [f"line {y}"]


@driven
async def test_what_comes_behind_what_is_seen_is_counted_and_not_painted():
    """While the lines of a large body are found."""
    lines = Growing()
    app = Viewer(NOTHING, NOTHING, NOTHING)
    async with shown(app, 40, 10) as pilot:
        app.view.show(lines)
        await pilot.pause()
        lines.count = 8
        app.view.grown()
        await pilot.pause()
        assert "line 7" == sight(app)[7].split("  ")[0]
        lines.count = 100_000
        app.view.grown()
        lines.count = 200_000
        app.view.grown()
        assert 200_000 == app.view.virtual_size.height
