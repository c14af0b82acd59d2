from journals import REFUSAL, STORY
from support.screen import driven, indexed, looks, seen, shown, soon
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.models.marks import Marks
from tlscope_ui.tui.models.rows import Selected
from tlscope_ui.tui.models.settings import Settings
from tlscope_ui.tui.screens.columns import Choosing
from tlscope_ui.tui.widgets.filterbar import FilterBar


@driven
async def test_rows_are_marked_and_commented_on(tmp_path):
    """It is shown, gone to, and kept with the capture."""
    directory = indexed(tmp_path / "capture", STORY, REFUSAL)
    async with shown(Tlscope(directory)) as pilot:
        await seen(pilot, "✓ intercepted")
        flows = pilot.app.screen.flows
        await pilot.press("m", "j", "semicolon", *"[b]why", "enter")
        await seen(pilot, "1★", "2✎", "✎ [b]why")
        await pilot.press("apostrophe")
        await soon(pilot, lambda: Selected(1) == flows.selected, "the marked row")
        await pilot.press("apostrophe")
        await soon(pilot, lambda: Selected(2) == flows.selected, "the row with a comment")
        await soon(pilot, lambda: len(Marks.load(directory)) == 2, "both to be kept")


@driven
async def test_a_host_becomes_the_filter(tmp_path):
    """That of the row, or the one that the row is about."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY, STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        await pilot.press("b")
        await soon(pilot, lambda: pilot.app.screen.selected.host is not None, "the host")
        assert "localhost" == pilot.app.screen.at.host
        await pilot.press("m", "B")
        await soon(pilot, lambda: pilot.app.screen.where is not None, "the filter")
        assert 'host == "localhost"' == pilot.app.screen.at.filter
        assert not pilot.app.screen.marks.marked
        assert any("unfold the host" in toast.message for toast in pilot.app._notifications)


@driven
async def test_the_key_of_a_host_takes_its_filter_back(tmp_path):
    """To what was there before; but not a filter that was typed since."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY, REFUSAL))) as pilot:
        await seen(pilot, "✓ intercepted")
        main = pilot.app.screen
        for typed in ("", "up >= 0"):
            main.query_one(FilterBar).put(typed)
            await soon(pilot, lambda: main.flows.selected == Selected(1), "the row")
            await pilot.press("B")
            await soon(pilot, lambda: main.rows.matching == 1, "the host alone")
            assert 'host == "localhost"' == main.at.filter
            await pilot.press("B")
            await soon(pilot, lambda: main.rows.matching == 2, "all")
            assert typed == main.at.filter
        await pilot.press("B", "slash", *"0", "enter", "B")
        assert 'host == "localhost"' == main.at.filter


@driven
async def test_rows_stand_under_their_hosts_until_they_are_not_to(tmp_path):
    """The next time as this one."""
    settings, directory = Settings(), indexed(tmp_path / "capture", STORY, REFUSAL)
    for before, after in ((False, True), (True, False)):
        async with shown(Tlscope(directory, settings)) as pilot:
            await seen(pilot, "✓ intercepted")
            rows = pilot.app.screen.rows
            await soon(pilot, lambda rows=rows, before=before: rows.is_grouped == before, "rows as they were")
            await pilot.press("b")
            await soon(pilot, lambda rows=rows, after=after: rows.is_grouped == after, "other rows")


@driven
async def test_the_connections_of_a_host_are_exported(tmp_path, monkeypatch):
    """Those below the selected host, as far as a filter shows them; nothing but them."""
    monkeypatch.chdir(tmp_path)
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY, REFUSAL, STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        await pilot.press("b")
        screen = pilot.app.screen
        await soon(pilot, lambda: screen.selected.host is not None, "the hosts")
        await pilot.press("g", "e")
        await seen(pilot, "◂ those of localhost ▸")
        extents = pilot.app.screen._extents
        assert ["those of localhost", "everything"] == [one.title for one in extents]
        assert [{1, 3}, None] == [one.taken(screen._directory, "pem").numbers for one in extents]
        await pilot.press("escape")
        screen.query_one(FilterBar).put("connection > 1")
        await soon(pilot, lambda: screen.where is not None and screen.rows.matching == 2, "the filter")
        await soon(pilot, lambda: not screen.rows.is_counting, "the hosts")
        screen.flows.view.cursor = next(
            y for y in range(len(screen.rows)) if screen.rows.host(screen.rows.entry(y).host).name == "localhost"
        )
        await soon(pilot, lambda: screen.at.host == "localhost", "the host")
        screen.action_export()
        await seen(pilot, "◂ those of localhost ▸")
        assert {3} == pilot.app.screen._extents[0].taken(screen._directory, "pem").numbers


@driven
async def test_other_columns_and_another_order(tmp_path):
    """As they were chosen; unknown ones are passed over."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY, REFUSAL))) as pilot:
        await seen(pilot, "✓ intercepted", "Took")
        screen = pilot.app.screen
        screen.lay(Choosing(("what", "ja4", "gone"), {"ja4": 10}, "host", descending=True))
        await seen(pilot, "JA4", "▼")
        assert not looks(pilot.app, "Took")
        assert ("host", True) == (screen.rows.order, screen.rows.descending)


@driven
async def test_a_connection_without_content_saves_none(tmp_path):
    """It is said, and nothing is asked."""
    async with shown(Tlscope(indexed(tmp_path / "capture", REFUSAL))) as pilot:
        await seen(pilot, "unknown_ca")
        pilot.app.screen.action_save()
        await soon(pilot, lambda: len(pilot.app._notifications) == 1, "a word on it")
        assert ["there is no HTTP content here"] == [toast.message for toast in pilot.app._notifications]
