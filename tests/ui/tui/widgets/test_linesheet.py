from hypothesis import given, settings
from hypothesis import strategies as st
from textual.geometry import Offset
from textual.selection import Selection

import hostile
from support.lineviews import Counted, Viewer
from support.screen import driven, shown, sight, soon
from tlscope_ui.telling import Span
from tlscope_ui.tui.models.find import needle
from tlscope_ui.tui.models.lines import Told
from tlscope_ui.tui.widgets.lineview import LineView


@driven
async def test_only_what_can_be_seen_is_asked_for():
    """A million lines cost what a screen of them does, at either end."""
    lines = Counted(1_000_000)
    async with shown(Viewer(lines), 40, 10) as pilot:
        await pilot.press("G")
        await pilot.pause()
        assert "line 999999" == sight(pilot.app)[9][:11]
        assert len(lines.asked) < 30


@driven
async def test_spans_look_as_the_theme_says():
    """A style is a name here; what it looks like stands in the theme."""
    app = Viewer(Told([["plain ", Span("wrong", "bad")], ["second"]]))
    async with shown(app, 40, 10) as pilot:
        app.view.cursor = 1
        await pilot.pause()
        plain, wrong, *_ = app.view.render_line(0)
        assert ("plain ", "wrong") == (plain.text, wrong.text)
        assert plain.style.color != wrong.style.color


@given(st.lists(hostile.text, min_size=1, max_size=8))
@settings(max_examples=30, deadline=None)
def test_no_text_of_a_stranger_drives_the_terminal(texts):
    """No control, escape or bidi character is painted, whatever the lines hold."""

    async def paint():
        app = Viewer(Told([[text, Span(text, "good")] for text in texts]))
        async with shown(app, 60, 10):
            assert set() == hostile.forbidden("\n".join(sight(app)))

    driven(paint)()


@driven
async def test_text_can_be_selected_and_copied():
    """What was selected with the mouse is what is copied, over lines."""
    app = Viewer(Told([["first"], ["sec", Span("ond", "good")], ["third"]]))
    async with shown(app, 40, 10):
        selection = Selection(Offset(2, 0), Offset(4, 1))
        assert ("rst\nseco", "\n") == app.view.get_selection(selection)
        app.screen.selections = {app.view: selection}
        assert "first" == app.view.render_line(0).text.rstrip()
        assert 2 < len([segment for segment in app.view.render_line(1) if segment.text.strip()])


class Fitted:
    """Lines that are made to fit."""

    width = 0

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def line(self, y, width):
        return [f"{y:-<{width - 1}}|"]


@driven
async def test_lines_that_are_made_to_fit_do_so_beside_the_scroll_bar():
    """Also where it comes later, or goes."""
    app = Viewer(Fitted(3))
    async with shown(app, 40, 10) as pilot:
        assert 39 == sight(app)[0].index("|")
        for count, at in ((50, 38), (3, 39)):
            app.view.lines.count = count
            app.view.changed()
            await soon(pilot, lambda at=at: sight(app)[0].find("|") == at, "lines of another width")


@driven
async def test_what_is_said_again_is_not_painted_again(monkeypatch):
    """A line that is told many times a second: behind a dialog, each picture of it would be one of the whole screen."""
    app, replaced = Viewer(Told([])), []
    async with shown(app) as pilot:
        view = app.view
        monkeypatch.setattr(
            view, "replace", lambda lines: (replaced.append(lines.line(0, 0)), LineView.replace(view, lines))
        )
        for line in (["a"], ["a"], ["b"], ["b"]):
            view.say(line)
        assert [["a"], ["b"]] == replaced
        size = view.virtual_size
        view.say(["longer"])
        assert size == view.virtual_size  # another one would be a new layout of all
        monkeypatch.undo()
        view.say(["long " * 100])
        await pilot.pause()
        assert sight(app)[0].endswith("ng long…")  # as it cannot be scrolled


class Watched(LineView):
    """Knows which lines of it were painted."""

    def __init__(self, lines):
        super().__init__(lines)
        self.rendered = []

    def render_line(self, y):
        self.rendered.append(y)
        return super().render_line(y)


@driven
async def test_of_lines_that_change_those_alone_are_painted_that_do():
    """Also those that have come and gone, and the two that the cursor goes between; all where something is found."""
    app = Viewer(Told([]))
    app.view = view = Watched(Told([["a"], ["b"], [Span("c", "good")], ["d"]]))

    async def painted(act):
        view.rendered.clear()
        act()
        await pilot.pause()
        await pilot.pause()
        return view.rendered, [line for line in sight(app) if line]

    async with shown(app, 40, 10) as pilot:
        await pilot.pause()
        view.cursor = 3
        await pilot.pause()
        same = Told([["a"], ["B"], [Span("c", "bad")], ["d"]])
        assert ([1, 2], ["a", "B", "c", "d"]) == await painted(lambda: view.replace(same))
        assert ([], ["a", "B", "c", "d"]) == await painted(view.changed)
        shorter = Told([["a"], ["B"]])
        assert ([1, 2, 3], ["a", "B"]) == await painted(lambda: view.replace(shorter))
        assert 1 == view.cursor
        assert ([0, 1], ["a", "B"]) == await painted(lambda: view.carry(0))
        longer = Told([["a"], ["B"], ["new"]])
        assert ([2], ["a", "B", "new"]) == await painted(lambda: view.replace(longer))
        view.light_up(needle("n"))
        assert [0, 1, 2] == (await painted(lambda: view.replace(Told([["a"], ["B"], ["nn"]]))))[0][:3]


@driven
async def test_lines_that_are_inserted_move_the_others():
    """What is painted is what is there, wherever it was scrolled to; the cursor goes with what it stands on."""
    numbers = [[f"line {number}"] for number in range(100)]
    app = Viewer(Told(numbers))
    async with shown(app, 40, 10) as pilot:
        app.view.cursor = 50
        await pilot.pause()
        app.view.replace(Told([["new"], ["newer"], *numbers]))
        app.view.carry(52)
        await pilot.pause()
        top = app.view.scroll_offset.y
        expected = [line[0] for line in ([["new"], ["newer"], *numbers])[top : top + 10]]
        assert expected == [line.split("  ")[0] for line in sight(app)]
        grounds = [next(iter(app.view.render_line(y - top))).style.bgcolor for y in (50, 51, 52)]
        assert grounds[0] == grounds[1] != grounds[2]
