from support.connections import BEGUN, intercepted
from support.handshakes import DOWN, UP, handshake13
from support.holding import Holder
from support.screen import driven, indexed, looks, seen, shown
from tlscope.events import Data, Leg
from tlscope_ui.tui.models.rows import Selected
from tlscope_ui.tui.panes.overview import Overview

GET = b"GET /a?token=s3cret HTTP/1.1\r\nHost: www.example.com\r\n\r\n"


@driven
async def test_a_connection_is_seen_at_a_glance(tmp_path):
    """In 80 by 24, with both legs; one that is not there is said not to be."""
    app = Holder(Overview, indexed(tmp_path / "capture", intercepted()))
    async with shown(app, 80, 24) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "✓ intercepted", "www.example.com:443", "TLSv1.2", "TLSv1.3")
        app.pane.selected = Selected(9)
        await seen(pilot, "It is not in the index")


@driven
async def test_secrets_of_a_url_are_masked_until_u(tmp_path):
    """And masked again for the next."""
    story = [*BEGUN, *handshake13(leg=Leg.CLIENT), Data(UP, GET), Data(DOWN, b"HTTP/1.1 204 No Content\r\n\r\n")]
    app = Holder(Overview, indexed(tmp_path / "capture", story, story))
    async with shown(app, 100, 24) as pilot:
        app.pane.selected = Selected(1, 1)
        await seen(pilot, "GET https://www.example.com/a?token=")
        assert not looks(app, "s3cret")
        app.query_one("FlowView").focus()
        await pilot.press("u")
        await seen(pilot, "s3cret")
        app.pane.selected = Selected(2, 1)
        await seen(pilot, "u shows it")
        assert not looks(app, "s3cret")
