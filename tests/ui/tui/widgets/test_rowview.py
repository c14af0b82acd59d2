from journals import REFUSAL, STORY
from support.screen import driven, indexed, seen, shown, sight, soon
from support.talks import talk
from tlscope.events import Data
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
async def test_secrets_in_urls_are_masked_until_u(tmp_path):
    """As in the detail, and a toast says so; the filter knows them all the time."""
    asking = [
        Data(event.direction, event.data.replace(b"/0", b"/?pin=xyz")) if isinstance(event, Data) else event
        for event in talk("a.example", 1)
    ]
    async with shown(Tlscope(indexed(tmp_path / "capture", asking)), 160, 24) as pilot:
        screen = pilot.app.screen
        screen.query_one("FilterBar").put('target contains "xyz"')
        await seen(pilot, "1 ▸")
        await pilot.press("right")
        await soon(pilot, lambda: "GET /?pin=[redacted]" in told_below(pilot), "a masked target")
        await pilot.press("u")
        await soon(pilot, lambda: "GET /?pin=xyz" in told_below(pilot), "the target")
        await pilot.press("u")
        await soon(pilot, lambda: "GET /?pin=[redacted]" in told_below(pilot), "a masked target again")
        assert ["secrets in URLs are shown; u hides them", "secrets in URLs are hidden"] == [
            toast.message for toast in pilot.app._notifications
        ]


def told_below(pilot):
    """The line of the list below the first, blanks put together."""
    return " ".join(sight(pilot.app)[pilot.app.screen.flows.view.region.y + 1].split())
