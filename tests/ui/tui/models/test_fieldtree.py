import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.foreign import HANDSHAKES, conversation
from support.handshakes import HELLO
from tlscope.events import Direction, Leg, Message
from tlscope.wire.dissection import Dissection
from tlscope.wire.field import Field
from tlscope_ui.tui.models.fieldtree import FieldTree

TREE = Field("x", "Message", None, 0, 10, children=(
    Field("x.type", "Type", 1, 0, 1, "one"),
    Field("x.list", "List", None, 1, 6, children=(
        Field("x.item", "Item", 1, 1, 3, "first", children=(Field("x.deep", "Deep", 1, 2, 1),)),
        Field("x.item", "Item", 2, 4, 3, "second"),
    )),
    Field("x.rest", "Rest", b"", 7, 2, "rest"),
    Field("x.said", "Said", None, 7, 0, "concluded"),
))  # fmt: skip


def plain(tree):
    return [
        "".join(part if isinstance(part, str) else part.text for part in tree.line(y, 80)) for y in range(len(tree))
    ]


def hello():
    found = Dissection().feed(Message(Leg.CLIENT, Direction.UP, 0x0303, 22, HELLO))
    return FieldTree(found)


def test_some_levels_are_unfolded_at_first():
    """The message's fields, and what lies in each; a mark says of the others that there is more."""
    assert [
        "▾ Message",
        "    Type: one",
        "  ▾ List",
        "    ▸ Item: first",
        "      Item: second",
        "    Rest: rest",
        "    Said: concluded",
    ] == plain(FieldTree(TREE))


def test_fields_fold_and_unfold():
    """Left folds, and then goes to what the field lies in; right unfolds, and then goes to the first inside."""
    tree = FieldTree(TREE)
    assert 3 == tree.unfold(3)
    assert "        Deep" in "\n".join(plain(tree))
    assert 4 == tree.unfold(3)
    assert 4 == tree.unfold(4)
    assert 3 == tree.fold(4)
    assert 3 == tree.fold(3)
    assert 2 == tree.fold(3)
    assert 2 == tree.fold(2)
    assert ["▾ Message", "    Type: one", "  ▸ List", "    Rest: rest", "    Said: concluded"] == plain(tree)
    tree.unfold_all()
    assert len(tree.fields) == len(tree)
    assert 0 == tree.fold(0)
    assert 0 == tree.fold(0)
    assert ["▸ Message"] == plain(tree)


def test_a_field_that_is_folded_away_is_found():
    """By unfolding what it lies in; without, its line is that of what it is folded into."""
    tree = FieldTree(TREE)
    tree.fold(2)
    assert 2 == tree.position(4)
    assert 4 == tree.reveal(4)
    assert ["Message", "List", "Item", "Deep"] == [field.label for field in tree.path(4)]
    assert 3 == tree.find("x.item")
    assert None is tree.find("y")


def test_a_byte_has_an_innermost_field():
    """Each byte of a real hello: no field inside holds it, too; and it is its own field's."""
    assert [1, 3, 4, 3, 5, 5, 5, 6, 6, 0, 0] == [FieldTree(TREE).at_byte(offset) for offset in range(11)]
    tree = hello()
    for offset in range(len(HELLO)):
        found = tree.fields[tree.at_byte(offset)]
        assert found.start <= offset < found.end
        assert not any(child.start <= offset < child.end for child in found.children)


@pytest.mark.parametrize("name", sorted(path.stem for path in HANDSHAKES.glob("*.pcapng")))
def test_every_byte_of_real_messages_has_an_innermost_field(name):
    """It holds the byte, and no field that lies in it does."""
    dissection = Dissection()
    for event in conversation(name):
        if isinstance(event, Message) and (found := dissection.feed(event)) is not None:
            tree = FieldTree(found)
            for offset in range(len(event.data)):
                field = tree.fields[tree.at_byte(offset)]
                assert field.start <= offset < field.end
                assert not any(child.start <= offset < child.end for child in field.children)


def test_compressed_bytes_are_those_of_no_field_inside():
    """A certificate that was expanded lies in all of them: each leads to what was compressed (RFC 8879)."""
    entry = (200).to_bytes(3) + b"0" * 200 + bytes(2)
    plain = bytes(1) + len(entry).to_bytes(3) + entry
    packed = zlib.compress(plain)
    body = b"\0\1" + len(plain).to_bytes(3) + len(packed).to_bytes(3) + packed
    data = b"\x19" + len(body).to_bytes(3) + body
    tree = FieldTree(Dissection().feed(Message(Leg.SERVER, Direction.DOWN, 0x0303, 22, data)))
    compressed = tree.find("tls.compress_certificate.compressed_certificate_message")
    assert len(tree.fields[compressed].children) > 1
    assert {compressed} == {tree.at_byte(offset) for offset in range(len(data) - len(packed), len(data))}


@given(st.lists(st.tuples(st.sampled_from(("fold", "unfold", "reveal")), st.integers(0, 200)), max_size=30))
@settings(max_examples=100)
def test_any_folding_shows_each_field_once(steps):
    """In the order of the bytes, and a field only where all that it lies in is unfolded."""
    tree = hello()
    for what, at in steps:
        getattr(tree, what)(at % len(tree.fields))
        assert sorted(set(tree.shown)) == tree.shown
        for shown in tree.shown[1:]:
            assert tree.is_open(tree.parent(shown))
            assert tree.parent(shown) in tree.shown
