from journals import STORY, capture
from support.screen import driven, indexed, seen, shown, soon
from tlscope.capture.inspector import catch_up
from tlscope_ui.tui.app import Tlscope


@driven
async def test_a_capture_is_opened(tmp_path):
    """Its index is all that is needed."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")


@driven
async def test_a_capture_without_index_is_waited_for(tmp_path):
    """It is being made; the screen says so, and goes on as soon as it is there."""
    directory = capture(tmp_path / "capture", STORY)
    async with shown(Tlscope(directory)) as pilot:
        await seen(pilot, "the capture is being indexed")
        assert catch_up(directory)
        await seen(pilot, "✓ intercepted")


@driven
async def test_q_quits(tmp_path):
    """And nothing else does: Esc only goes back."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        await pilot.press("escape", "escape")
        assert pilot.app.is_running
        await pilot.press("q")
        await soon(pilot, lambda: not pilot.app.is_running, "the end")
