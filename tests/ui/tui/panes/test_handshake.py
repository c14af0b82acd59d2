import hostile
from support.connections import intercepted
from support.handshakes import DOWN, client_hello, events, handshake13, message, server_name, versions
from support.holding import Holder
from support.screen import driven, indexed, looks, seen, shown, sight, soon
from tlscope.events import Leg, Secret
from tlscope_ui.tui.models.rows import Selected
from tlscope_ui.tui.panes.handshake import Handshake
from tlscope_ui.tui.widgets.fieldtree import FieldView
from tlscope_ui.tui.widgets.ladder import LadderView

SECRET = b"CLIENT_TRAFFIC_SECRET_0 " + b"ab" * 32 + b" " + b"cd" * 32


@driven
async def test_a_message_of_the_ladder_shows_its_fields(tmp_path):
    """At 80 by 24; Enter goes to the fields, Escape back to the ladder."""
    app = Holder(Handshake, indexed(tmp_path / "capture", intercepted()))
    async with shown(app, 80, 24) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "─ ClientHello 215 B ─", "▾ ClientHello: www.example.com", "0000  01 00 00 d3")
        app.query_one(LadderView).view.focus()
        await pilot.press("j")
        await seen(pilot, "▾ ServerHello")
        await pilot.press("enter", "j")
        await seen(pilot, "byte 0; tls.handshake.type")
        await pilot.press("escape")
        assert app.query_one(LadderView).view.has_focus


@driven
async def test_the_diff_names_all_that_was_offered(tmp_path):
    """Nothing is left out of a long list that both legs have alike: there is no option to ask for it."""
    many = client_hello(server_name("localhost"), suites=tuple(range(0x1301, 0x1306)) + tuple(range(0xC023, 0xC031)))
    story = [*intercepted()[:2], *handshake13(hello=many), *handshake13(hello=many, leg=Leg.CLIENT)]
    app = Holder(Handshake, indexed(tmp_path / "capture", story))
    async with shown(app, 120, 40) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "▾ ClientHello")
        app.pane.look_at(2)
        view = app.pane.query_one("#diff")
        await soon(pilot, lambda: len(view.lines), "the diff")
        told = "".join(str(part) for y in range(len(view.lines)) for part in view.lines.line(y, 120))
        assert "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" in told
        assert "more (" not in told


@driven
async def test_what_is_told_leads_to_the_ladder(tmp_path):
    """A step of the story to its message, a finding to its field; `v` goes round the views."""
    weak = client_hello(server_name("localhost"), versions(0x0304, 0x0301), suites=(0x1301, 0x000A))
    story = [*intercepted()[:2], *handshake13(hello=weak), Secret(Leg.SERVER, SECRET)]
    app = Holder(Handshake, indexed(tmp_path / "capture", story))
    async with shown(app, 120, 40) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "▾ ClientHello")
        for view in ("story", "diff", "keys", "findings", "ladder", "story"):
            app.pane.action_view(1)
            await seen(pilot, f"▸{view}")
        story = app.pane.query_one("#story")
        await soon(pilot, lambda: len(story.lines), "the story")
        story.cursor = line_of(story, "server-proof")
        await pilot.press("enter")
        await seen(pilot, "▸ladder", "▾ Certificate")
        app.pane.look_at(4)
        listed = app.pane.query_one("#findings")
        await soon(pilot, lambda: len(listed.lines), "the findings")
        listed.cursor = next(y for y in range(len(listed.lines)) if getattr(listed.about(y), "key", ""))
        key = listed.about().key
        await pilot.press("enter")
        await soon(pilot, lambda: app.pane.query_one(FieldView).field.key == key, "the field")


def line_of(view, topic):
    return next(y for y in range(len(view.lines)) if getattr(view.about(y), "topic", "") == topic)


@driven
async def test_secrets_are_masked_until_u(tmp_path):
    """And those of the next connection are masked again."""
    story = [*intercepted(), Secret(Leg.SERVER, SECRET)]
    app = Holder(Handshake, indexed(tmp_path / "capture", story, story))
    async with shown(app, 120, 30) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "▾ ClientHello")
        app.pane.look_at(3)
        await seen(pilot, "CLIENT_TRAFFIC_SECRET_0", "••••")
        assert not looks(app, "cdcdcd")
        await pilot.press("u")
        await seen(pilot, "cdcdcd")
        app.pane.selected = Selected(2)
        await seen(pilot, "••••")
        assert not looks(app, "cdcdcd")


@driven
async def test_thousands_of_messages_do_not_hurt(tmp_path):
    """Going to the last of them shows it."""
    app = Holder(
        Handshake, indexed(tmp_path / "capture", [*handshake13(), *events(*[(DOWN, message(24, b"\0"))] * 3_000)])
    )
    async with shown(app, 100, 30) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "▾ ClientHello")
        app.query_one(LadderView).view.focus()
        await pilot.press("G")
        await seen(pilot, "▾ KeyUpdate")


@driven
async def test_no_bytes_of_a_peer_drive_the_terminal(tmp_path):
    """In no view."""
    name = "".join(hostile.HOSTILE).encode("utf-8", "surrogatepass").decode("latin-1")
    story = [*handshake13(hello=client_hello(server_name(name[:200]))), *intercepted()[2:]]
    app = Holder(Handshake, indexed(tmp_path / "capture", story))
    async with shown(app, 120, 30) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "▾ ClientHello")
        for number in range(5):
            app.pane.look_at(number)
            await pilot.pause()
            assert set() == hostile.forbidden("\n".join(sight(app)))
