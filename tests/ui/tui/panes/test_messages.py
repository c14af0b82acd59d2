import hostile
from journals import UP
from support.carried import CHAT, websocket
from support.holding import Holder
from support.screen import driven, indexed, seen, shown, sight, soon
from tlscope.events import Data
from tlscope_ui.tui.models.rows import Selected
from tlscope_ui.tui.panes.messages import Messages
from tlscope_ui.tui.widgets.bodyview import BodyView


class Led(Holder):
    """Notes where it is led."""

    led = None

    def on_pane_leads(self, event):
        self.led = event.tab, event.about


@driven
async def test_the_chosen_message_is_shown_below(tmp_path):
    """Enter goes to it, Escape back to the list; `r` shows frames instead."""
    app = Led(Messages, indexed(tmp_path / "capture", websocket(said=CHAT), [Data(UP, b"no HTTP")]))
    async with shown(app, 100, 30) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "▸messages", '"{"token": "[redacted]"', '  "n": 1', "pretty: JSON object, 2 keys")
        app.pane.query_one("#units").focus()
        await pilot.press("j")
        await seen(pilot, "▸auto", "01234567890123456789")
        await pilot.press("enter")
        assert app.pane.query_one(BodyView).view.has_focus
        await pilot.press("escape", "j")
        assert app.pane.query_one("#units").has_focus
        await seen(pilot, "[red]end")
        assert set() == hostile.forbidden("\n".join(sight(app)))
        await pilot.press("r")
        await seen(pilot, "▸frames", "ping", "▾ WebSocket")
        app.pane.selected = Selected(2)
        await seen(pilot, "No messages were carried inside")


@driven
async def test_a_message_leads_to_its_bytes(tmp_path):
    """Where it begins in the stream of its direction; nothing where there is none."""
    story = websocket(said=CHAT)
    app = Led(Messages, indexed(tmp_path / "capture", story, [Data(UP, b"no HTTP")]))
    async with shown(app, 100, 30) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "▸messages", "pretty: JSON object, 2 keys")
        app.pane.query_one("#units").focus()
        await pilot.press("a")
        await soon(pilot, lambda: app.led is not None, "the lead")
        unit = app.pane.listed.units[0]
        assert ("Bytes", (unit.event.direction, unit.event.start)) == app.led
        sent = b"".join(event.data for event in story if isinstance(event, Data) and event.direction is UP)
        assert sent[: unit.event.start].endswith(b"\r\n\r\n")
        app.led = None
        app.pane.selected = Selected(2)
        await seen(pilot, "No messages were carried inside")
        await pilot.press("a")
        await pilot.pause()
        assert None is app.led
