from journals import name
from support.connections import intercepted, passed_through
from support.handshakes import HELLO
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.events import LeafForged, Message
from tlscope.wire.dissection import Dissection
from tlscope_ui.telling.handshake import Handshake, Happened, Said
from tlscope_ui.tui.models.anatomy import CARRIED, GONE, NO_INSIDE, anatomy


def test_each_message_is_read_as_in_its_place(tmp_path):
    """Alone, and yet with what those before it on its leg have settled."""
    story = intercepted(b"\x30\x03\x02\x01\x01", b"\x30\x03\x02\x01\x02")
    dissection = Dissection()
    whole = [(dissection.feed(event), event.data) for event in story if isinstance(event, Message | LeafForged)]
    with Index(indexed(tmp_path / "c", story)) as index:
        handshake = Handshake(1).read(index.lookup)
        alone = [anatomy(index.lookup, handshake, row) for row in handshake.rows]
    assert [tree for tree, _ in whole] == [found.tree.fields[0] for found in alone if found.tree]
    assert [data for _, data in whole] == [found.data for found in alone if found.tree]


def test_what_has_no_inside_says_so(tmp_path):
    """Events of tlscope's own, and data, which other tabs show."""
    with Index(indexed(tmp_path / "c", intercepted())) as index:
        handshake = Handshake(1).read(index.lookup)
        said = {anatomy(index.lookup, handshake, row).said for row in handshake.rows}
        assert {"", CARRIED, NO_INSIDE} == said
        assert (None, b"", "") == anatomy(index.lookup, handshake, None)


def test_a_hello_on_the_wire_is_read(tmp_path):
    """Of a connection that nobody opened."""
    with Index(indexed(tmp_path / "c", passed_through(HELLO))) as index:
        handshake = Handshake(1).read(index.lookup)
        row = next(row for row in handshake.rows if isinstance(row, Said))
        assert HELLO == anatomy(index.lookup, handshake, row).data


def test_what_is_gone_is_said_to_be(tmp_path):
    """The recorder's budget takes old segments while somebody looks."""
    directory = indexed(tmp_path / "c", intercepted())
    with Index(directory) as index:
        handshake = Handshake(1).read(index.lookup)
    (directory / name()).unlink()
    with Index(directory) as index:
        row = next(row for row in handshake.rows if isinstance(row, Said))
        assert GONE == anatomy(index.lookup, handshake, row).said
        lost = Handshake(1).read(index.lookup)
        assert GONE == anatomy(index.lookup, lost, lost.rows[0]).said
    assert any(isinstance(row, Happened) for row in handshake.rows)
