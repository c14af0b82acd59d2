"""HTTP/2, cut into frames."""

from __future__ import annotations

from itertools import pairwise

from hyperframe.frame import Frame as Theirs
from hyperframe.frame import PingFrame, SettingsFrame
from hypothesis import given
from hypothesis import strategies as st

from tlscope.wire.http.http2_block import BLOCK_LIMIT
from tlscope.wire.http.http2_cut import PAYLOAD_KEPT, Cutter

SETTINGS = b"\0\0\0\4\0\0\0\0\0"


def cut(pieces):
    cutter, base, found = Cutter(), 0, []
    for piece in pieces:
        at = 0
        while at < len(piece):
            at, head, payload = cutter.step(piece, at, base)
            if head is not None:
                cutter.first = False
                found.append((*head, payload))
        base += len(piece)
    return found


@given(st.lists(st.binary(max_size=8), max_size=5), st.lists(st.integers(0, 100), max_size=6))
def test_frames_that_hyperframe_writes(pings, cuts):
    """Come out as they went in, wherever the stream is cut."""
    frames = [SettingsFrame(), *(PingFrame(0, ping) for ping in pings)]
    sent = b"".join(frame.serialize() for frame in frames)
    cuts = sorted({0, len(sent), *(at for at in cuts if at < len(sent))})
    found = cut([sent[a:b] for a, b in pairwise(cuts)])
    start = 0
    for frame, (kind, flags, stream, length, at, payload) in zip(frames, found, strict=True):
        theirs, size = Theirs.parse_frame_header(memoryview(sent[start : start + 9]))
        assert (theirs.type, theirs.stream_id, size, start) == (kind, stream, length, at)
        assert frame.serialize() == length.to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload
        start += 9 + length


def test_what_is_not_collected():
    """DATA but for the length of its padding; what is longer than anybody reads."""
    data = b"\0\0\5\0\x08\0\0\0\1\2abcd"
    assert [(0, 8, 1, 5, 9, b"\2")] == cut([SETTINGS, data[:10]])[1:]
    for kind, limit in ((0x42, PAYLOAD_KEPT), (1, BLOCK_LIMIT)):
        length = limit + 5
        sent = length.to_bytes(3) + bytes([kind, 0]) + bytes(4)
        (found,) = cut([SETTINGS, sent + bytes(limit)])[1:]
        assert (length, limit) == (found[3], len(found[5]))


def test_a_first_frame_that_is_none():
    """Is told of as soon as its header is there."""
    assert [(ord("P"), ord("/"), 0x312E3120, 0x485454, 0, b"")] == cut([b"HTTP/1.1 "])
