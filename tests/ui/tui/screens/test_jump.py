from textual.widgets import TabbedContent

from journals import STORY
from support.screen import driven, indexed, seen, shown, soon
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.screens.jump import Jump, goals


@driven
async def test_a_letter_goes_there(tmp_path):
    """To a pane or a tab; any other key goes back."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        screen = pilot.app.screen
        there = goals(screen)
        assert len({goal.letter for goal in there}) == len(there)
        tab = next(goal for goal in there if "Handshake" in str(getattr(goal.widget, "label", "")))
        await pilot.press("ctrl+o")
        await soon(pilot, lambda: isinstance(pilot.app.screen, Jump), "the letters")
        await pilot.press(tab.letter)
        await soon(pilot, lambda: screen.query_one(TabbedContent).active == "handshake", "the tab")
        await pilot.press("ctrl+o", "1")
        await soon(pilot, lambda: pilot.app.screen is screen, "the capture")
        await pilot.press("ctrl+o", goals(screen)[0].letter)
        await soon(pilot, lambda: pilot.app.focused is there[0].widget, "the filter")
