from support.certificates import UpstreamCA
from support.connections import intercepted
from support.holding import Holder
from support.screen import driven, indexed, looks, seen, shown, soon
from tlscope_ui.telling.chains import Held
from tlscope_ui.tui.models.rows import Selected
from tlscope_ui.tui.panes.certificates import Certificates
from tlscope_ui.tui.widgets.flowview import FlowView


@driven
async def test_enter_opens_a_certificate(tmp_path):
    """Its fields and its bytes below; Escape closes it; what is new of the connection changes nothing."""
    real, forged = (UpstreamCA(tmp_path / name).issue("localhost").der for name in ("real", "forged"))
    app = Holder(Certificates, indexed(tmp_path / "capture", intercepted(real, forged)))
    async with shown(app, 96, 40) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "✓ valid for www.example.com", "The server's chain, as sent")
        view = app.query_one(FlowView)
        view.focus()
        view.cursor = next(y for y in range(len(view.lines)) if isinstance(view.about(y), Held))
        await pilot.press("enter")
        await seen(pilot, "signedCertificate", "0000  30 82")
        cursor = view.cursor
        app.pane.again()
        await pilot.pause(0.2)
        assert (cursor, True) == (view.cursor, looks(app, "signedCertificate"))
        await pilot.press("escape")
        await soon(pilot, lambda: not looks(app, "signedCertificate"), "the closing")
        assert view.has_focus


@driven
async def test_of_two_beside_each_other_one_is_chosen(tmp_path):
    """By left and right; Enter opens that."""
    real, forged = (UpstreamCA(tmp_path / name).issue(f"{name}.example").der for name in ("real", "forged"))
    app = Holder(Certificates, indexed(tmp_path / "capture", intercepted(real, forged)))
    async with shown(app, 140, 50) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "▸ The server's chain, as sent", "≠ differs  subjectAltName")
        view = app.query_one(FlowView)
        view.focus()
        view.cursor = next(y for y in range(len(view.lines)) if view.about(y) is not None)
        await pilot.press("right")
        await seen(pilot, "▸ Ours, in its place")
        await pilot.press("enter")
        await seen(pilot, "signedCertificate")
        assert Held("ours", 0, forged) == app.pane._held
        await pilot.press("escape", "left")
        await seen(pilot, "▸ The server's chain")
        assert Held("server", 0, real) == app.pane._held
