from textual.app import App

from support.handshakes import HELLO
from support.screen import driven, indexed, looks, seen, shown, soon
from tlscope.events import Direction, Leg, Message
from tlscope.wire.dissection import Dissection
from tlscope_ui.tui.models.anatomy import Anatomy
from tlscope_ui.tui.models.fieldtree import FieldTree
from tlscope_ui.tui.widgets.dissected import Dissected
from tlscope_ui.tui.widgets.fieldtree import FieldView
from tlscope_ui.tui.widgets.hexview import HexView


def taken(_index=None):
    return Anatomy(FieldTree(Dissection().feed(Message(Leg.CLIENT, Direction.UP, 0x0303, 22, HELLO))), HELLO)


class Viewer(App):
    def __init__(self, directory):
        super().__init__()
        self.view, self.left = Dissected(directory), 0

    def compose(self):
        yield self.view

    def on_dissected_left(self):
        self.left += 1


def viewer(tmp_path):
    return Viewer(indexed(tmp_path / "capture", []))


@driven
async def test_a_field_lights_its_bytes_and_a_byte_chooses_its_field(tmp_path):
    """Both ways, with the explanation of what is chosen."""
    app = viewer(tmp_path)
    async with shown(app, 120, 30) as pilot:
        app.view.show("hello", taken)
        await seen(pilot, "▾ ClientHello", "0000  01 00")
        fields, bytes_ = app.query_one(FieldView), app.query_one(HexView)
        app.view.enter()
        await pilot.press("j", "j", "j")
        await soon(pilot, lambda: bytes_.dump.lit == range(4, 6), "the version's bytes")
        assert looks(app, "bytes 4 to 5, 2 B; tls.handshake.version")
        await pilot.press("enter")
        assert bytes_.has_focus
        for _ in range(2):
            await pilot.press("right")
        await soon(pilot, lambda: fields.field.key == "tls.handshake.random_time", "the random's time")
        assert 6 == bytes_.dump.cursor
        await pilot.press("escape", "escape")
        assert 1 == app.left


@driven
async def test_a_field_can_be_gone_to(tmp_path):
    """By its key, with what it lies in unfolded."""
    app = viewer(tmp_path)
    async with shown(app, 120, 30) as pilot:
        app.view.show("suites", taken, "tls.handshake.ciphersuite")
        await seen(pilot, "tls.handshake.ciphersuite")
        assert "tls.handshake.ciphersuite" == app.query_one(FieldView).field.key


@driven
async def test_what_cannot_be_taken_apart_says_why(tmp_path):
    """It may be asked for again; the same again is not loaded twice."""
    app, asked = viewer(tmp_path), []

    def fails(_index):
        asked.append(1)
        raise OSError("it is gone")

    async with shown(app, 80, 20) as pilot:
        app.view.show("one", fails)
        await seen(pilot, "It cannot be read: it is gone")
        app.view.show("one", lambda _: asked.append(2) or Anatomy(None, b"", "nothing inside"))
        await seen(pilot, "nothing inside")
        app.view.show("one", fails)
        await pilot.pause(0.1)
        assert [1, 2] == asked
