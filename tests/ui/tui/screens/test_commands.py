from journals import STORY
from support.screen import driven, indexed, seen, shown, soon
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.screens.commands import choices, possible


@driven
async def test_what_can_be_done_is_offered(tmp_path):
    """With key and command, from the menu, by its name, and from the palette."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        screen = pilot.app.screen
        ids = {action.id for action, _ in possible(screen)}
        assert {"follow", "unfold", "quit", "refuse", "help", "theme"} <= ids
        assert not {"menu-up", "form-leave"} & ids
        follow = next(choice for choice in choices(screen, screen.at, {"follow": "f9"}) if choice.title == "follow")
        assert "F9" == follow.mark.upper()
        assert f"$ tlscope watch -c {tmp_path / 'capture'}" in follow.foot
        await pilot.press("x")
        await seen(pilot, "Actions: connection 1", "Show only the connections")
        await pilot.press("p")
        await soon(pilot, lambda: screen.flows.paused, "a pause by its letter")
        await pilot.press("colon", *"pause", "enter")
        await soon(pilot, lambda: not screen.flows.paused, "none by its name")
        await pilot.press("ctrl+p", *"pause")
        await seen(pilot, "Pause (p)", "Let the list be as it is")
        await pilot.press("down", "enter")
        await soon(pilot, lambda: screen.flows.paused, "a pause from the palette")
