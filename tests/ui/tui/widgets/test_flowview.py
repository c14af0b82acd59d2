from textual.app import App

from support.screen import driven, looks, shown, sight, soon
from tlscope_ui.telling.flow import Flow, wrapped
from tlscope_ui.tui.widgets.flowview import FlowView


class Viewer(App):
    def compose(self):
        yield FlowView()


def sentences(width):
    for number in range(30):
        for line in wrapped(f"Sentence {number} has some words, and is not short at all.", width):
            yield line, number


@driven
async def test_lines_are_made_anew_where_the_view_changes():
    """They fit beside the scroll bar; the cursor stays on what it was on."""
    app = Viewer()
    async with shown(app, 70, 10) as pilot:
        view = app.query_one(FlowView)
        view.show(Flow(sentences))
        await pilot.pause()
        assert "Sentence 0 has some words, and is not short at all." == sight(app)[0][:51]
        view.go_to(20)
        assert (20, 20) == (view.cursor, view.about())
        await pilot.resize_terminal(30, 10)
        await soon(pilot, lambda: len(view.lines) == 60, "lines of 29 columns")
        assert 20 == view.about()
        await soon(pilot, lambda: looks(app, "Sentence 20"), "what the cursor is on")


@driven
async def test_nothing_is_about_nothing():
    """Before anything is shown."""
    app = Viewer()
    async with shown(app):
        view = app.query_one(FlowView)
        assert (None, None) == (view.flow, view.about())
        view.go_to("anything")
