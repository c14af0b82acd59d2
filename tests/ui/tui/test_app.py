import pytest

from journals import STORY, capture
from support.screen import driven, indexed, seen, shown
from tlscope.capture.schema import Stale
from tlscope_ui.tui.app import Tlscope


@driven
async def test_a_capture_is_opened(tmp_path):
    """Its index is all that is needed."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")


def test_a_capture_without_index_is_refused(tmp_path):
    """Who calls makes one first."""
    with pytest.raises(Stale):
        Tlscope(capture(tmp_path / "capture", STORY))
