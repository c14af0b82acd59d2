import pytest
from textual.app import App

from journals import SALT, held, name, segment
from support.connections import intercepted
from support.screen import driven, indexed, seen, shown, sight
from tlscope.capture.index import Index
from tlscope.capture.indexer import Indexer
from tlscope_ui.telling.handshake import Handshake
from tlscope_ui.tui.widgets.ladder import LadderView


class Viewer(App):
    def compose(self):
        yield LadderView()


class Recording:
    """A connection of which there is more each time."""

    def __init__(self, directory):
        (directory / "meta.json").write_text("{}")
        self.directory, self.whole = directory, segment([(1, event) for event in intercepted()], salt=SALT)
        self.handshake = Handshake(1)
        self._indexer = Indexer(directory)

    def more(self, count):
        """The handshake, as far as so many pieces of the journal tell it."""
        (self.directory / name()).write_bytes(b"".join(self.whole[:count]))
        with held(self.directory):
            assert self._indexer.poll()
        with Index(self.directory) as index:
            return self.handshake.read(index.lookup)


@pytest.fixture
def recording(tmp_path):
    recording = Recording(tmp_path)
    yield recording
    recording._indexer.close()


@driven
async def test_what_is_new_does_not_move_what_is_looked_at(recording):
    """While a connection goes on, the cursor stays on its message, and that where it is on the screen."""
    app, more = Viewer(), recording.more
    async with shown(app, 100, 8) as pilot:
        ladder = app.query_one(LadderView)
        ladder.show(more(12), ("127.0.0.1:50124", "www.example.com:443"))
        await seen(pilot, "client 127.0.0.1:50124", "tlscope", "www.example.com:443 server")
        assert ("ClientHello", 1) == (ladder.row.name, ladder.view.scroll_offset.y)  # and what came right before it
        ladder.go_to(6)
        await pilot.pause()
        before, row = sight(app), ladder.row
        ladder.show(more(len(recording.whole)), ("", ""))
        await pilot.pause()
        assert (row, 6) == (ladder.row, ladder.view.cursor)
        assert [line.split()[4:6] for line in before[2:]] == [line.split()[4:6] for line in sight(app)[2:]]
        ladder.show(Handshake(2), ("", ""))
        await pilot.pause()
        assert None is ladder.row


@driven
async def test_it_begins_with_the_handshake_whenever_that_comes(recording):
    """A ladder that was short when it was looked at, or had no message yet, looks as one that was looked at later."""
    app = Viewer()
    async with shown(app, 100, 8) as pilot:
        ladder = app.query_one(LadderView)
        for count in (2, 5, 8, len(recording.whole)):
            ladder.show(recording.more(count), ("", ""))
            await pilot.pause()
        assert ("ClientHello", 1) == (ladder.row.name, ladder.view.scroll_offset.y)


@driven
async def test_who_goes_elsewhere_at_once_stays_there(tmp_path):
    """What leads to a message of a ladder that is shown only now: nothing scrolls away from it afterwards."""
    with Index(indexed(tmp_path / "c", intercepted())) as index:
        handshake = Handshake(1).read(index.lookup)
    app = Viewer()
    async with shown(app, 100, 8) as pilot:
        ladder = app.query_one(LadderView)
        ladder.show(handshake, ("", ""))
        ladder.go_to(15)
        await pilot.pause()
        await pilot.pause()
        assert 0 <= 15 - ladder.view.scroll_offset.y < 7
        ladder.show(handshake, ("", ""))
        await pilot.pause()
        assert 15 == ladder.view.cursor
