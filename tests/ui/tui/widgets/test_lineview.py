from support.lineviews import Counted, Viewer
from support.screen import driven, shown, sight
from tlscope_ui.tui.models.lines import Told


@driven
async def test_keys_move_the_cursor_and_stop_at_the_ends():
    """As in vi and in every list: j, k, g, G, arrows, pages; the cursor stays in sight."""
    app = Viewer(Counted(100))
    async with shown(app, 40, 10) as pilot:
        view = app.view
        view.focus()
        for keys, expected in (
            ("k", 0),
            ("j j", 2),
            ("up", 1),
            ("down", 2),
            ("pagedown", 11),
            ("pageup", 2),
            ("end", 99),
            ("j", 99),
            ("g", 0),
        ):
            await pilot.press(*keys.split())
            assert expected == view.cursor, keys
            assert 0 <= view.cursor - view.scroll_offset.y < 10


@driven
async def test_the_view_tells_where_the_cursor_is_and_what_is_opened():
    """Enter opens, and so does a second click."""
    app = Viewer(Counted(5))
    async with shown(app, 40, 10) as pilot:
        app.view.focus()
        await pilot.press("j", "enter")
        await pilot.click(app.view, offset=(1, 3), times=2)
        await pilot.pause()
        assert [1, ("chosen", 1), 3, ("chosen", 3)] == [told for told in app.told if told != 0]


@driven
async def test_lines_may_come_and_go():
    """The cursor stays where it is, or goes to the last line that is left."""
    lines = Counted(3)
    app = Viewer(lines)
    async with shown(app, 40, 10) as pilot:
        app.view.cursor = 2
        lines.count = 50
        app.view.changed()
        assert 2 == app.view.cursor
        assert 50 == app.view.virtual_size.height
        lines.count = 1
        app.view.changed()
        await pilot.pause()
        assert 0 == app.view.cursor
        assert ["line 0", ""] == sight(app)[:2]
        lines.count = 0
        app.view.changed()
        await pilot.press("j", "enter", "G", "g")
        assert 0 == app.view.cursor


@driven
async def test_long_lines_scroll_sideways():
    """A line wider than the screen is not lost."""
    app = Viewer(Told([["0123456789" * 10]]))
    async with shown(app, 40, 10) as pilot:
        app.view.focus()
        assert sight(app)[0].startswith("0123")
        await pilot.press("right")
        await pilot.pause()
        assert sight(app)[0].startswith("8901")


@driven
async def test_a_page_key_scrolls_at_once():
    """Wherever the cursor stands: it keeps its height on the screen; at the end it goes to the last line."""
    app = Viewer(Counted(25))
    async with shown(app, 40, 10) as pilot:
        seen = []
        await pilot.press("down", "down")
        for key in ("pagedown", "pagedown", "pagedown", "pageup", "pageup", "pageup"):
            await pilot.press(key)
            seen.append((sight(app)[0].split()[1], app.view.cursor))
        assert [("9", 11), ("15", 20), ("15", 24), ("6", 15), ("0", 6), ("0", 0)] == seen


@driven
async def test_lines_that_have_just_come_can_be_gone_to():
    """Though there is no scroll bar yet."""
    app = Viewer(Told([]))
    async with shown(app, 40, 10) as pilot:
        app.view.show(Counted(1000), 500)
        await pilot.pause()
        assert 0 <= 500 - app.view.scroll_offset.y < 10


@driven
async def test_the_cursor_is_in_sight_also_where_the_view_has_been_larger():
    """All lines came into sight, then there were more again, below a cursor at the end."""
    lines = Counted(30)
    app = Viewer(lines)
    async with shown(app, 40, 10) as pilot:
        app.view.cursor = 29
        await pilot.pause()
        await pilot.resize_terminal(40, 25)
        await pilot.pause()
        lines.count = 60
        app.view.changed()
        app.view.cursor = 35
        await pilot.pause()
        assert 0 <= 35 - app.view.scroll_offset.y < 25
