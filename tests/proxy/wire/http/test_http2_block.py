"""Header blocks of HTTP/2."""

from __future__ import annotations

import hpack

from tlscope.wire.http import http2_block
from tlscope.wire.http.http2_block import BLOCK_LIMIT, MAX_CONTINUATIONS, MAX_UNACKNOWLEDGED, Block, HeaderState
from tlscope.wire.http.http2_frame import FrameHead, FrameType

HEADERS = [(b"x-one", b"1" * 20), (b"x-two", b"2"), (b":path", b"/")]
SENT = hpack.Encoder().encode(HEADERS)


def block(*parts, gap=9):
    made, at = Block(FrameHead(FrameType.HEADERS, 0, 1, 0, 0)), 100
    odd = []
    for part in parts:
        odd.append(made.add(part, at, whole=True))
        at += len(part) + gap
    return made, odd


def test_wherever_a_block_is_cut():
    """Its headers are the same, and each spans its bytes with what lies between."""
    for cut in range(len(SENT) + 1):
        made, _ = block(SENT[:cut], SENT[cut:])
        decoded = HeaderState().decode(made)
        assert HEADERS == [found[:2] for found in decoded.headers]
        assert not decoded.lost
        assert 100 + (9 if cut == 0 else 0) == decoded.headers[0].start
        ends = [found.start + found.length for found in decoded.headers]
        assert cut == 0 or all(end <= 100 + cut or end > 100 + cut + 9 for end in ends)
        last = decoded.headers[-1]
        assert 100 + len(SENT) + (0 if cut == len(SENT) else 9) == last.start + last.length


def test_an_empty_block():
    """Says nothing, and loses nothing."""
    made, _ = block(b"")
    decoded = HeaderState().decode(made)
    assert ((), [], False) == decoded


def test_a_broken_block():
    """Loses the state; what came before is shown, here and nowhere else."""
    state = HeaderState()
    made, _ = block(SENT + b"\x80")
    decoded = state.decode(made)
    assert HEADERS == [found[:2] for found in decoded.headers]
    assert (True, ["h2-hpack"], 100 + len(SENT)) == (
        decoded.lost,
        [odd.code for odd in decoded.odd],
        decoded.odd[0].offset,
    )
    made, _ = block(SENT)
    assert ((), [], True) == state.decode(made)


def test_limits(monkeypatch):
    """A block that is too long loses the state; a list that is too long only what is above; a flood is told once."""
    made, odd = block(bytes(BLOCK_LIMIT), b"\0", b"\0")
    assert [None, "h2-block-too-long", None] == [found and found.code for found in odd]
    assert HeaderState().decode(made).lost
    made = Block(FrameHead(FrameType.HEADERS, 0, 1, 0, 0))
    assert "h2-block-too-long" == made.add(b"a", 0, whole=False).code
    _, odd = block(*[b""] * (MAX_CONTINUATIONS + 5))
    assert ["h2-continuation-flood"] == [found.code for found in odd if found]
    monkeypatch.setattr(http2_block, "LIST_LIMIT", 60)
    state = HeaderState()
    decoded = state.decode(block(SENT)[0])
    assert (1, False, ["h2-list-too-long"]) == (len(decoded.headers), decoded.lost, [odd.code for odd in decoded.odd])
    monkeypatch.undo()
    assert HEADERS[:2] == [found[:2] for found in state.decode(block(b"\xbf\xbe")[0]).headers]


def test_table_sizes():
    """Above what the other side allowed, they are odd."""
    state = HeaderState()
    assert ["h2-table-size"] == [odd.code for odd in state.decode(block(b"\x3f\xe2\x1f")[0]).odd]
    state.allow(65536)
    assert [] == state.decode(block(b"\x3f\xe2\x1f")[0]).odd


def test_a_smaller_table_from_its_acknowledgement_on():
    """Must be said at the head of the next block (RFC 7541 section 4.2), once."""
    for sent, codes in ((b"\x82", ["h2-table-size"]), (b"\x3f\x45\x82", []), (b"\x3f\x46\x82", ["h2-table-size"] * 2)):
        state = HeaderState()
        state.allow(None)
        state.allow(100)
        state.acknowledge()
        assert [] == state.decode(block(b"\x82")[0]).odd  # the first SETTINGS said nothing of it
        state.acknowledge()
        state.acknowledge()  # of nothing
        assert codes == [odd.code for odd in state.decode(block(sent)[0]).odd]
        assert [] == state.decode(block(b"\x82")[0]).odd


def test_what_is_not_acknowledged_is_bounded():
    """However many SETTINGS a peer sends."""
    state = HeaderState()
    for _ in range(2 * MAX_UNACKNOWLEDGED):
        state.allow(1)
    assert MAX_UNACKNOWLEDGED == len(state._sent)
