import importlib
import threading

from textual.events import Key
from textual.widgets import TabbedContent

from journals import STORY
from support.connections import intercepted
from support.screen import driven, indexed, looks, seen, shown, soon
from tlscope_ui.telling.account import Goes
from tlscope_ui.telling.handshake import Carried
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.panes.pane import LOADING
from tlscope_ui.tui.widgets import detail
from tlscope_ui.tui.widgets.detail import TABS, Place
from tlscope_ui.tui.widgets.filterbar import FilterBar
from tlscope_ui.tui.widgets.ladder import LadderView


@driven
async def test_tabs_have_numbers(tmp_path):
    """1 opens the first from anywhere, and gives it the keys; no number fails."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await pilot.press("8", "1")
        await seen(pilot, TABS[0].title)
        assert pilot.app.screen.detail.has_focus_within


@driven
async def test_every_number_is_to_be_read(tmp_path):
    """Beside its title, also where there are no more than 80 columns."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY)), 80, 24) as pilot:
        await pilot.press("1")
        await seen(pilot, " ".join(f"{number} {tab.title}" for number, tab in enumerate(TABS, 1)))


@driven
async def test_a_tab_whose_pane_is_late_says_so(tmp_path, monkeypatch):
    """It is imported when it is opened, which may take its time."""
    free = threading.Event()

    def late(name):
        free.wait(10)
        return importlib.import_module(name)

    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "intercept, the default")
        monkeypatch.setattr(detail, "import_module", late)
        pilot.app._driver.send_message(Key("8", "8"))  # what a pilot presses is waited for
        await seen(pilot, LOADING)
        free.set()
        await seen(pilot, "until the last byte")
        assert not looks(pilot.app, LOADING)


@driven
async def test_nothing_is_shown_of_what_is_selected_no_more(tmp_path):
    """Where the filter leaves no row, but why; what it leaves is shown again."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY)), 120, 40) as pilot:
        await seen(pilot, "outcome", "✓ intercepted")
        pilot.app.screen.query_one(FilterBar).put('host == "nobody"')
        await seen(pilot, "Nothing is selected: the filter leaves none of 1 connections. /: change it")
        assert not looks(pilot.app, "outcome")
        pilot.app.screen.query_one(FilterBar).put("")
        await seen(pilot, "outcome", "✓ intercepted")
        assert not looks(pilot.app, "Nothing is selected")


@driven
async def test_the_keys_go_to_what_can_be_seen(tmp_path):
    """A tab that was left in another view is entered there."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await pilot.press("2", "v", "1", "2")
        await pilot.pause()
        assert "story" == pilot.app.focused.id


@driven
async def test_a_finding_of_the_overview_leads_to_the_message(tmp_path):
    """In the tab of the handshakes, which is loaded then: the ladder stands on it, and its field is chosen."""
    async with shown(Tlscope(indexed(tmp_path / "capture", intercepted()))) as pilot:
        await pilot.press("1")
        view = pilot.app.screen.query_one("Overview FlowView")
        await soon(pilot, lambda: len(view.lines), "the overview")
        view.cursor = next(y for y in range(len(view.lines)) if isinstance(view.about(y), Goes))
        goes = view.about()
        await pilot.press("enter")
        await soon(
            pilot,
            lambda: (row := pilot.app.screen.query_one(LadderView).row) and getattr(row, "number", None) == goes.number,
            "the message",
        )
        assert goes.leg is pilot.app.screen.query_one(LadderView).row.leg
        assert "handshake" == pilot.app.screen.query_one(TabbedContent).active


@driven
async def test_data_of_the_ladder_leads_to_its_bytes(tmp_path):
    """Enter on what was carried opens the tab of the bytes."""
    async with shown(Tlscope(indexed(tmp_path / "capture", intercepted()))) as pilot:
        await pilot.press("2")
        ladder = pilot.app.screen.query_one(LadderView)
        await soon(pilot, lambda: len(ladder.view.lines), "the ladder")
        rows = ladder.view.lines.handshake.rows
        ladder.go_to(next(y for y, row in enumerate(rows) if isinstance(row, Carried)))
        await pilot.press("enter")
        assert "bytes" == pilot.app.screen.query_one(TabbedContent).active


@driven
async def test_a_tab_is_loaded_behind_the_picture_without_it(tmp_path):
    """While Textual collects what is to be painted nothing is loaded: at the start it would keep the first picture."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        place = pilot.app.screen.query_one("#timing", Place)
        with pilot.app.batch_update():
            place.on_show()
            for _ in range(3):
                await pilot.pause(0.02)
            assert not place.children
        await soon(pilot, lambda: place.children, "the pane")
