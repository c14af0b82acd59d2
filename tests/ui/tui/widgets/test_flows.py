from journals import REFUSAL, STORY
from support.screen import driven, indexed, looks, seen, shown, sight, soon
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.models.rows import Selected


@driven
async def test_exchanges_unfold_below_their_connection(tmp_path):
    """With the arrows, or a click on the triangle."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY, REFUSAL))) as pilot:
        flows = pilot.app.screen.flows
        await seen(pilot, "1 ▸", "✓ intercepted")
        await pilot.press("right", "j")
        await seen(pilot, "1 ▾", "GET /")
        assert Selected(1, 1) == flows.selected
        await pilot.press("left")
        await seen(pilot, "1 ▸")
        assert Selected(1) == flows.selected
        await pilot.click(flows.view, offset=(2, 0))
        await seen(pilot, "1 ▾")


@driven
async def test_the_heading_names_the_columns(tmp_path):
    """And the one that the list is in the order of."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        assert looks(pilot.app, "Time", "Host / request", "Outcome", "Took")
        flows = pilot.app.screen.flows
        flows.rows.sort("down", descending=True)
        flows.refit()
        await seen(pilot, "Down▼")


@driven
async def test_the_cursor_stays_with_its_connection(tmp_path):
    """When rows vanish above it, and when they come back."""
    async with shown(Tlscope(indexed(tmp_path / "capture", *[STORY, REFUSAL] * 30)), 100, 20) as pilot:
        screen = pilot.app.screen
        flows = screen.flows
        flows.select(Selected(40))
        await soon(pilot, lambda: Selected(40) == flows.selected, "the fortieth")
        before = [line for line in sight(pilot.app) if line.lstrip().startswith("40 ")]
        screen.query_one("FilterBar").put("outcome == client-rejected")
        await soon(pilot, lambda: flows.rows.matching == 30, "the refused ones")
        assert Selected(40) == flows.selected
        assert before[0].split() == next(line for line in sight(pilot.app) if line.lstrip().startswith("40 ")).split()
