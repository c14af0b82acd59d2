"""Conversations out of segments: every byte once, in order, and what is missing is said."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.packets import ACK, FIN, RST, SYN
from tlscope.capture.foreign import reassembly
from tlscope.capture.foreign.packets import Segment
from tlscope.capture.foreign.reassembly import Bytes, End, Gap, Over, Table
from tlscope.events import How

CLIENT, SERVER = (bytes(4), 50124), (bytes([10, 0, 0, 2]), 443)
TEXT = bytes(range(256)) * 40


def up(sequence, data=b"", flags=ACK, lost=0):
    return Segment(CLIENT, SERVER, sequence % 2**32, flags, data, lost)


def down(sequence, data=b"", flags=ACK, lost=0):
    return Segment(SERVER, CLIENT, sequence % 2**32, flags, data, lost)


def told(*segments, table=None):
    table = table or Table()
    found = [each for wall, segment in enumerate(segments) for each in table.feed(segment, wall)]
    return [*found, *table.finish()]


def said(found, sender=0):
    """What one end said; a gap as that many zeros."""
    return b"".join(
        each.data if isinstance(each, Bytes) else bytes(each.size)
        for each in found
        if isinstance(each, Bytes | Gap) and each.sender == sender
    )


def gaps(found):
    return [each.size for each in found if isinstance(each, Gap)]


def ends(found):
    return [(each.sender, each.how) for each in found if isinstance(each, End)]


def overs(found):
    return [each.detail for each in found if isinstance(each, Over)]


@pytest.mark.parametrize("first", [1000, 2**32 - 3, 2**32 - 1, 2**31 - 2])
def test_a_conversation(first):
    """From its SYN to both FINs, wherever its numbers begin; each with its time."""
    found = told(
        up(first, flags=SYN),
        down(5000, flags=SYN | ACK),
        up(first + 1, b"hello"),
        down(5001, b"world"),
        up(first + 6, b"!", FIN | ACK),
        down(5006, b"", FIN | ACK),
        up(first + 8),
    )
    assert (b"hello!", b"world") == (said(found, 0), said(found, 1))
    assert [2, 3, 4] == [each.wall for each in found if isinstance(each, Bytes)]
    assert [(0, How.FIN), (1, How.FIN)] == ends(found)
    assert [""] == overs(found)
    assert 0 == found[0].conversation.client


def test_who_began():
    """The one that sent SYN, or was sent SYN and ACK; nobody knows where the beginning is missing."""
    assert 0 == told(up(1, flags=SYN), up(2, b"a"))[0].conversation.client
    assert 1 == told(down(1, b"", SYN | ACK), down(2, b"a"))[0].conversation.client
    assert None is told(up(2, b"a"))[0].conversation.client


@given(
    st.integers(0, 2**32 - 1), st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60)), max_size=40), st.randoms()
)
@settings(max_examples=100, deadline=None)
def test_any_order(first, extra, shuffled):
    """Whole segments and pieces of them again, in any order: every byte once."""
    text = TEXT[:300]
    parts = [(at, 20) for at in range(0, 300, 20)] + extra
    shuffled.shuffle(parts)
    segments = [up(first + 1 + at, text[at : at + size]) for at, size in parts]
    found = told(up(first, flags=SYN), *segments)
    assert text == said(found)
    assert [] == gaps(found)


def test_overlaps():
    """What came first wins, held or told."""
    assert b"aaaaBB" == said(told(up(0, flags=SYN), up(1, b"aaaa"), up(3, b"BBBB")))
    assert b"xBAAABx" == said(told(up(0, flags=SYN), up(3, b"AAA"), up(2, b"BBBBB"), up(1, b"x"), up(7, b"x")))


def test_missing_at_the_end():
    """Is a gap, and what is behind it is told; also where only the end is."""
    found = told(up(0, flags=SYN), up(1, b"one"), up(10, b"two"))
    assert (b"one" + bytes(6) + b"two", [6]) == (said(found), gaps(found))
    found = told(up(0, flags=SYN), up(1, b"one"), up(10, b"", FIN | ACK))
    assert ([6], [(0, How.FIN)]) == (gaps(found), ends(found))
    assert ["the file ends before the connection does"] == overs(found)


def test_too_much_held(monkeypatch):
    """Is told without what is missing before it; so is what all conversations hold together."""
    segments = [up(10 + 100 * number, bytes([number]) * 100) for number in range(20)]
    for name, limit in (("MAX_HELD", 500), ("MAX_PIECES", 5), ("MAX_ALL_HELD", 500)):
        monkeypatch.undo()
        monkeypatch.setattr(reassembly, name, limit)
        table = Table()
        found = []
        for number, segment in enumerate([up(0, flags=SYN), *segments]):
            found += table.feed(segment, number)
            if number == 5:
                assert [] == gaps(found)
        assert [9] == gaps(found)
        assert 2009 == len(said(found))


def test_cut_segments():
    """What a capture cut off cannot come any more: it is said at once."""
    table = Table()
    found = [
        each for segment in (up(0, flags=SYN), up(1, b"ab", lost=8), up(11, b"cd")) for each in table.feed(segment, 0)
    ]
    assert (b"ab" + bytes(8) + b"cd", [8]) == (said(found), gaps(found))


def test_reset():
    """Ends both directions; what is held is told before."""
    found = told(up(0, flags=SYN), down(0, flags=SYN | ACK), up(5, b"late"), down(1, b"", RST), up(9, b"more"))
    assert (bytes(4) + b"late", [(1, How.RST)], [""]) == (said(found), ends(found), overs(found))


def test_late_segments():
    """Of a conversation that is over are no new one; a new SYN begins one."""
    story = [up(0, flags=SYN), up(1, b"a", FIN | ACK), down(9, b"b", FIN | ACK)]
    assert [""] == overs(told(*story, up(1, b"a", FIN | ACK), down(9, b"b"), up(3)))
    again = [up(700, flags=SYN), up(701, b"c")]
    found = told(*story, *again)
    assert (["", "the file ends before the connection does"], b"ac") == (overs(found), said(found))
    assert 2 == len({each.conversation for each in found})
    assert 2 == len({each.conversation for each in told(*story[:2], *again)})
    assert 1 == len({each.conversation for each in told(up(0, flags=SYN), up(0, flags=SYN), up(1, b"c"))})


def test_segments_from_elsewhere():
    """With numbers that no window reaches are left out."""
    assert b"ab" == said(told(up(0, flags=SYN), up(1, b"a"), up(2**31, b"x"), up(2, b"b")))


def test_many_conversations(monkeypatch):
    """The ones that were silent longest are given up."""
    monkeypatch.setattr(reassembly, "MAX_CONVERSATIONS", 2)
    table, found = Table(), []
    for port in (1, 2, 1, 3, 1):
        found += table.feed(Segment((b"\1" * 4, port), SERVER, 5, ACK, b"x", 0), port)
    assert [2] == [each.conversation.ends[0][1] for each in found if isinstance(each, Over)]
    assert 2 == len([each for each in table.finish() if isinstance(each, Over)])


@given(
    st.lists(
        st.builds(
            Segment,
            st.just(CLIENT),
            st.just(SERVER),
            st.integers(0, 40) | st.integers(0, 2**32 - 1),
            st.integers(0, 31),
            st.binary(max_size=20),
            st.integers(0, 3),
        )
        | st.builds(
            Segment,
            st.just(SERVER),
            st.just(CLIENT),
            st.integers(0, 40),
            st.integers(0, 31),
            st.binary(max_size=20),
            st.just(0),
        ),
        max_size=30,
    )
)
@settings(max_examples=150, deadline=None)
def test_any_segments(segments):
    """Nothing is told of a conversation that is over, every one is over in the end, and nothing stays held."""
    table = Table()
    found = [each for segment in segments for each in table.feed(segment, 0)] + list(table.finish())
    over = set()
    for each in found:
        assert each.conversation not in over
        if isinstance(each, Over):
            over.add(each.conversation)
        elif isinstance(each, Gap):
            assert each.size > 0
        elif isinstance(each, Bytes):
            assert each.data
    assert over >= {each.conversation for each in found}
    assert 0 == table._held


def test_linear_time():
    """Pieces that come backwards are each looked at a few times, not all again for each."""
    count = 2_000
    order = list(range(count))
    random.Random(1).shuffle(order)
    found = told(up(0, flags=SYN), *[up(1 + 4 * at, at.to_bytes(4)) for at in order])
    assert b"".join(at.to_bytes(4) for at in range(count)) == said(found)
