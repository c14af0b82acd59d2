import gzip

from textual.app import App
from textual.geometry import Offset
from textual.selection import Selection

import hostile
from support.screen import driven, looks, seen, shown, sight, soon
from tlscope_ui.tui.models import content
from tlscope_ui.tui.models.body import TextLines
from tlscope_ui.tui.models.content import VIEWS, Coded, Made
from tlscope_ui.tui.models.find import painted
from tlscope_ui.tui.models.octets import Held
from tlscope_ui.tui.widgets.bodyview import BodyView
from tlscope_ui.tui.widgets.lineview import LineView

JSON = b'{"hello": ["world", 1], "password": "s3cret"}'


class Viewer(App):
    def __init__(self):
        super().__init__()
        self.body = BodyView()

    def compose(self):
        yield self.body

    def put(self, data, content_type="", *codings, about=1):
        self.body.show(about, head, Coded(Held(data), codings, content_type))
        self.body.view.focus()


def long(*, masked):  # noqa: ARG001 - as every head
    return [["X: " + "h" * (10 << 20)]]


def head(*, masked):
    return [["GET / HTTP/1.1"], [f"Cookie: {'[redacted]' if masked else 'sid=1'}"]]


@driven
async def test_views_are_gone_round():
    """The active one is named, with what the body is; fields fold."""
    app = Viewer()
    async with shown(app, 80, 24) as pilot:
        app.put(JSON, "application/json")
        await seen(pilot, "▸auto", "pretty: JSON object, 2 keys · application/json · 45 B", '  "hello": [')
        await pilot.press("v")
        await seen(pilot, "▸pretty", '"hello": [')
        await pilot.press("v")
        await seen(pilot, "▸raw", '{"hello": ["world", 1]')
        await pilot.press("v")
        await seen(pilot, "▸hex", "00000000  7b 22")
        await pilot.press("v")
        await seen(pilot, "▸tree", "▸ Member: hello")
        await pilot.press("b", "j", "j", "right")
        await seen(pilot, "▾ Member: hello")
        await pilot.press("left")
        await seen(pilot, "▸ Member: hello")
        await pilot.press("v")
        await seen(pilot, "▸auto")


@driven
async def test_secrets_are_masked_until_u():
    """In head and body; and again in what is shown next."""
    app = Viewer()
    async with shown(app, 80, 24) as pilot:
        app.put(JSON, "application/json")
        await seen(pilot, "Cookie: [redacted]", '"password": "[redacted]"', "u: secrets")
        await pilot.press("u")
        await seen(pilot, "Cookie: sid=1", '"password": "s3cret"')
        app.put(JSON, "application/json", about=2)
        await seen(pilot, "Cookie: [redacted]", '"password": "[redacted]"')


@driven
async def test_what_takes_time_asks_first(monkeypatch):
    """Enter lets it; `c` shows it as it passed."""
    monkeypatch.setattr(content, "UNASKED", 40)
    app = Viewer()
    async with shown(app, 80, 24) as pilot:
        app.put(gzip.compress(b"decoded at last, " + bytes(range(48, 120))), "text/plain", "gzip")
        await seen(pilot, "press Enter to decode")
        await pilot.press("c")
        await seen(pilot, "as it passed; not undone: gzip", "1f 8b")
        await pilot.press("c")
        await seen(pilot, "press Enter to decode")
        await pilot.press("enter")
        await seen(pilot, "decoded at last", "undone: gzip")


@driven
async def test_the_cursor_stays_on_its_bytes():
    """From text to hex, and when lines are cut instead of wrapped."""
    app = Viewer()
    async with shown(app, 80, 20) as pilot:
        app.put(b"".join(b"line %04d %b\n" % (number, b"x" * 100) for number in range(1000)), "text/plain")
        await soon(pilot, lambda: len(app.body.view.lines) == 2002, "all lines, each in two rows")
        app.body.view.cursor = 2 + 2 * 500
        await seen(pilot, "line 0500")
        await pilot.press("w")
        await soon(pilot, lambda: len(app.body.view.lines) == 1002, "all lines, cut")
        assert 502 == app.body.view.cursor
        app.body.look_at(3)
        await seen(pilot, f"{500 * 111 // 16 * 16:08x}")


@driven
async def test_the_cursor_stays_on_its_bytes_while_more_come():
    """Also on the line before a piece, and far down, where lines are still being found; at its height on the screen."""
    app, pieces = Viewer(), [b"one\ntwo\n", b"three\n" * 300_000]
    spoken = ["one"]

    class Talk:
        """What was said so far, each piece below a line of its own."""

        def make(self, want, job):  # noqa: ARG002 - see Maker
            said = list(pieces)
            starts = [sum(map(len, said[:number])) for number in range(len(said))]
            text = TextLines(Held(b"".join(said)), starts, lambda number: [f"piece {number}"], wrap=want.wrap)
            text.index(lambda: False, 1)
            return Made(text, "text", [])

    def spoke(*, masked):  # noqa: ARG001 - as every head
        return [[word] for word in spoken]

    async with shown(app, 80, 20) as pilot:
        view = app.body.view
        app.body.show(1, spoke, Talk())
        view.focus()
        for cursor in (4, 5, 250_000, 0):
            await soon(pilot, lambda: view.max_scroll_y > 250_000, "all lines")
            view.cursor = cursor
            await soon(pilot, lambda: 0 <= view.cursor - view.scroll_offset.y < view.size.height, "it in sight")
            line, height = painted(view.lines, view.cursor, 80), view.cursor - view.scroll_offset.y
            pieces.append(b"more\n")
            if cursor:
                spoken.append("more")
            job = app.body._job
            app.body.show(1, spoke, Talk())
            await soon(pilot, lambda job=job: app.body._job is not job and app.body._shown is app.body._job, "more")
            assert cursor + bool(cursor) == view.cursor
            assert line == painted(view.lines, view.cursor, 80)
            assert height == view.cursor - view.scroll_offset.y


@driven
async def test_no_body_drives_the_terminal():
    """Escape codes, markup, marks that turn the reading round, a line of megabytes, zeros, no UTF-8: in every view."""
    app = Viewer()
    bad = (
        "".join(hostile.HOSTILE).encode("utf-8", "surrogatepass")
        + b"[red]x[/] \xff\xfe \x1b]0;x\x07 \0"
        + b"A" * (1 << 21)
    )
    async with shown(app, 80, 24) as pilot:
        app.put(bad, "application/json")
        for number, name in enumerate(VIEWS):
            app.body.look_at(number)
            job = app.body._job
            await soon(pilot, lambda job=job: app.body._shown is job, name)
            await seen(pilot, f"▸{name}")
            assert set() == hostile.forbidden("\n".join(sight(app)))
            assert not looks(app, "\x1b")


@driven
async def test_a_header_of_megabytes_is_shown_as_far_as_a_line_goes():
    """And the screen goes on."""
    app = Viewer()
    async with shown(app, 80, 24) as pilot:
        app.body.show(1, long, Coded(Held(b"content"), (), "text/plain"))
        await seen(pilot, "X: hhh", "content")


@driven
async def test_what_was_selected_with_the_mouse_is_what_is_on_the_screen():
    """Byte for byte."""
    app = Viewer()
    async with shown(app, 80, 24) as pilot:
        app.put(b"one\ttab\nt\x1bwo\n", "text/plain")
        await seen(pilot, "one tab")
        view = app.body.query_one("BodyLines")
        assert isinstance(view, LineView)
        assert ("ookie: [redacted]\none tab\nt\\x1b", "\n") == view.get_selection(Selection(Offset(1, 1), Offset(5, 3)))


@driven
async def test_a_view_is_at_rest_once_all_is_there():
    """The screen has several, of which at most one can be seen: together they would take more than all else does."""
    app = Viewer()
    async with shown(app, 80, 24) as pilot:
        app.put(b"one\ntwo\n", "text/plain")
        await seen(pilot, "two")
        await soon(pilot, lambda: not app.body._timer._active.is_set(), "rest")
        app.put(JSON, "application/json", about=2)
        assert app.body._timer._active.is_set()
        await seen(pilot, "pretty: JSON object", '"hello"')
        await soon(pilot, lambda: not app.body._timer._active.is_set(), "rest again")
