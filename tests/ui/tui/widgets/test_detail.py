from journals import STORY
from support.screen import driven, indexed, seen, shown
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.widgets.detail import PANES


@driven
async def test_tabs_have_numbers(tmp_path):
    """1 opens the first from anywhere, and gives it the keys; no number fails."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await pilot.press("8", "1")
        await seen(pilot, PANES[0].TITLE)
        assert pilot.app.screen.detail.has_focus_within


@driven
async def test_the_keys_go_to_what_can_be_seen(tmp_path):
    """A tab that was left in another view is entered there."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await pilot.press("2", "v", "1", "2")
        await pilot.pause()
        assert "story" == pilot.app.focused.id
