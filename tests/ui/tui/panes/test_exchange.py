from support.holding import Holder
from support.screen import driven, indexed, looks, seen, shown, sight, soon
from tlscope_ui.tui.models.rows import Selected
from tlscope_ui.tui.panes import exchange
from tlscope_ui.tui.panes.exchange import Request, Response
from ui.tui.models.test_exchange import SAID


@driven
async def test_both_sides_of_an_exchange_are_shown(tmp_path):
    """Head and content; another exchange replaces them."""
    directory = indexed(tmp_path / "capture", SAID)
    app = Holder(Request, directory)
    async with shown(app, 80, 24) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "▲ POST /one?token=[redacted] HTTP/1.1", "Authorization: Bearer [redacted]", "hello")
        app.pane.selected = Selected(1, 2)
        await seen(pilot, "▲ GET /two HTTP/1.1", "no content")
        assert 1 == "\n".join(sight(app)).count("no content")
        assert not looks(app, "hello")
    app = Holder(Response, directory)
    async with shown(app, 80, 24) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "▼ 200 OK HTTP/1.1", "abcdefg", "X-Sum: 7")


@driven
async def test_what_goes_on_is_read_again_and_what_is_over_is_not(tmp_path, monkeypatch):
    """However often the index changes, one read at a time."""
    monkeypatch.setattr(exchange, "AGAIN", 0.01)
    app = Holder(Request, indexed(tmp_path / "capture", SAID[:3]))
    read, count = exchange.read, []
    monkeypatch.setattr(exchange, "read", lambda *given: count.append(given) or read(*given))
    async with shown(app, 80, 24) as pilot:
        app.pane.selected = Selected(1)
        await soon(pilot, lambda: app.pane._side, "the first look")
        for _ in range(5):
            app.pane.again()
        await soon(pilot, lambda: len(count) == 2, "another look")
        for file in (tmp_path / "capture").glob("index*"):
            file.unlink()
        indexed(tmp_path / "capture", SAID)
        app.pane.again()
        await seen(pilot, "hello")
        looked = len(count)
        app.pane.again()
        await pilot.pause(0.05)
        assert looked == len(count)
