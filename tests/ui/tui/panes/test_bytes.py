import hostile
from journals import DOWN, UP
from support.holding import Holder
from support.screen import driven, indexed, looks, seen, shown, sight, soon
from tlscope.events import Data
from tlscope_ui.tui.models.rows import Selected
from tlscope_ui.tui.panes.bytes import Bytes
from tlscope_ui.tui.panes.pane import Pane
from tlscope_ui.tui.widgets.bodyview import BodyView
from ui.tui.models.test_exchange import OK, POST, SAID

BAD = "".join(hostile.HOSTILE).encode("utf-8", "surrogatepass") * 20
TWO = [[Data(UP, POST), Data(DOWN, OK)], [Data(UP, b"say\n"), Data(DOWN, BAD)]]


@driven
async def test_a_stream_is_text_or_hex(tmp_path):
    """Piece by piece, in both directions, secrets covered until `u`; and searched as one."""
    app = Holder(Bytes, indexed(tmp_path / "capture", *TWO))
    async with shown(app, 100, 60) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "▸auto", "text: ▲ client → server", "POST /one?token", "u: secrets")
        assert not looks(app, "s3cret")
        app.pane.query_one(BodyView).view.focus()
        await pilot.press("u")
        await seen(pilot, "Bearer s3cret")
        await pilot.press("v", "v")
        await seen(pilot, "▸hex", "00000000  50 4f 53 54")
        await pilot.press("ctrl+f", *"authorization")
        await seen(pilot, "1/1")
        app.pane.selected = Selected(2)
        await seen(pilot, "at 0x0", "00000000  73 61 79")
        assert set() == hostile.forbidden("\n".join(sight(app)))


@driven
async def test_another_tab_leads_to_a_byte(tmp_path):
    """Of the connection that is selected, in text and in hex; also before it was read."""
    lines = b"".join(b"line %d\n" % number for number in range(5_000))
    app = Holder(
        Bytes,
        indexed(tmp_path / "capture", [Data(UP, b"go\n"), Data(DOWN, lines), Data(UP, b"the end\n")], [Data(UP, b"x")]),
    )
    async with shown(app, 100, 20) as pilot:
        app.pane.selected = Selected(1)
        app.pane.go_to((DOWN, lines.index(b"line 4321")))
        await seen(pilot, "line 4321")
        view = app.pane.query_one(BodyView)
        assert "line 4321" == "".join(map(str, view.view.lines.line(view.view.cursor, 80)))
        app.pane.go_to((UP, 5))
        await seen(pilot, "the end")
        view.look_at(2)
        await seen(pilot, "▸hex", "74 68 65 20 65 6e 64")
        app.pane.go_to((DOWN, lines.index(b"line 2222")))
        await seen(pilot, "line 2222")
        app.pane.go_to("nothing that is known")


@driven
async def test_an_exchange_is_shown_from_its_beginning(tmp_path):
    """Marked, and at the top, as what follows is to be read; one that goes on stays as somebody has scrolled it."""
    data = [Data(UP, POST), Data(DOWN, OK)] * 9
    app = Holder(Bytes, indexed(tmp_path / "capture", [SAID[0], *data]))
    async with shown(app, 100, 20) as pilot:
        app.pane.selected = Selected(1, 5)
        await seen(pilot, "◂ exchange 5 begins here", "◂ response of exchange 5")
        view = app.pane.query_one(BodyView).view
        top = view.scroll_offset.y
        assert "exchange 5 begins" in "".join(map(str, view.lines.line(top, 100)))
        assert top + 1 == view.cursor
        view.focus()
        await pilot.press("g", "j")
        stream = app.pane._stream
        Pane.again(app.pane)
        await soon(pilot, lambda: app.pane._stream is not stream, "the same, read again")
        await pilot.pause()
        assert 1 == view.cursor
        app.pane.selected = Selected(1)
        await soon(pilot, lambda: not looks(app, "begins here"), "the connection")
        assert 0 == view.scroll_offset.y
