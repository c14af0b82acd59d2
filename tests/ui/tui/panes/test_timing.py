from support.connections import intercepted, refused
from support.holding import Holder
from support.screen import driven, indexed, looks, seen, shown, soon
from tlscope_ui.tui.models.rows import Selected
from tlscope_ui.tui.panes.timing import Timing
from tlscope_ui.tui.widgets.flowview import FlowView


@driven
async def test_where_the_time_went_is_seen(tmp_path):
    """As bars with numbers; what is new does not move the cursor, another connection does."""
    app = Holder(Timing, indexed(tmp_path / "capture", intercepted(), refused()))
    async with shown(app, 80, 24) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "server's handshake", "1.5 ms", "█", "Exchanges")
        view = app.query_one(FlowView)
        view.cursor = 5
        app.pane.again()
        await pilot.pause(0.2)
        assert 5 == view.cursor
        app.pane.selected = Selected(2)
        await soon(pilot, lambda: view.cursor == 0, "the other connection")
        assert not looks(app, "client's handshake")
