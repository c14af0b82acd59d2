from textual.app import App

from journals import SALT, name, segment
from support.connections import intercepted
from support.screen import driven, seen, shown, sight
from tlscope.capture.index import Index
from tlscope.capture.indexer import Indexer
from tlscope_ui.telling.handshake import Handshake
from tlscope_ui.tui.widgets.ladder import LadderView


class Viewer(App):
    def compose(self):
        yield LadderView()


@driven
async def test_what_is_new_does_not_move_what_is_looked_at(tmp_path):
    """While a connection goes on, the cursor stays on its message, and that where it is on the screen."""
    (tmp_path / "meta.json").write_text("{}")
    whole = segment([(1, event) for event in intercepted()], salt=SALT)
    indexer, handshake, app = Indexer(tmp_path), Handshake(1), Viewer()

    def more(count):
        (tmp_path / name()).write_bytes(b"".join(whole[:count]))
        indexer.poll()
        with Index(tmp_path) as index:
            return handshake.read(index.lookup)

    async with shown(app, 100, 8) as pilot:
        ladder = app.query_one(LadderView)
        ladder.show(more(12), ("127.0.0.1:50124", "www.example.com:443"))
        await seen(pilot, "client 127.0.0.1:50124", "tlscope", "www.example.com:443 server")
        assert ("ClientHello", 1) == (ladder.row.name, ladder.view.scroll_offset.y)  # and what came right before it
        ladder.go_to(6)
        await pilot.pause()
        before, row = sight(app), ladder.row
        ladder.show(more(len(whole)), ("", ""))
        await pilot.pause()
        assert (row, 6) == (ladder.row, ladder.view.cursor)
        assert [line.split()[4:6] for line in before[2:]] == [line.split()[4:6] for line in sight(app)[2:]]
        ladder.show(Handshake(2), ("", ""))
        await pilot.pause()
        assert None is ladder.row
    indexer.close()
