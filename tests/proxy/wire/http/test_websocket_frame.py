"""The frame of WebSocket."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from wsproto.frame_protocol import FrameProtocol, ParseFailed
from wsproto.frame_protocol import Opcode as Theirs

from tlscope.wire.http.websocket_frame import (
    MAX_HEADER,
    CloseCode,
    Opcode,
    close_faults,
    close_name,
    close_text,
    masks_ascii,
    parse_header,
    unmask,
)


@given(st.sampled_from(Theirs), st.integers(0, 70000), st.booleans(), st.booleans())
def test_headers_that_wsproto_writes(opcode, size, final, client):
    """Are read: opcode, length, flags; and not before they are whole."""
    if opcode.iscontrol():
        size, final = size % 126, True
    sent = bytes(FrameProtocol(client=client, extensions=[])._serialize_frame(opcode, bytes(size), fin=final))
    header = parse_header(sent, 0)
    assert (opcode, size, client, True) == (header.opcode, header.length, header.masked, header.minimal)
    assert ("FIN" in header.flags, "MASK" in header.flags) == (final, client)
    assert opcode.name.lower() == header.type
    assert len(sent) == header.size + size
    assert MAX_HEADER >= header.size
    assert all(parse_header(sent[:cut], 0) is None for cut in range(header.size))


@given(st.binary(max_size=100), st.binary(min_size=4, max_size=4), st.integers(0, 100))
def test_masks(data, key, cut):
    """Byte for byte as RFC 6455 section 5.3 has it, in pieces too."""
    expected = bytes(byte ^ key[index % 4] for index, byte in enumerate(data))
    assert expected == unmask(data, key) == unmask(data[:cut], key) + unmask(data[cut:], key, cut)


@given(
    st.binary(max_size=40) | st.text("aé", max_size=40).map(str.encode),
    st.binary(min_size=4, max_size=4),
    st.integers(0, 5),
)
def test_ascii_behind_a_mask(data, key, phase):
    """Is told from anything else without taking off the mask."""
    assert data.isascii() is masks_ascii(unmask(data, key, phase), key, phase)


def test_lengths_that_are_longer_than_they_need():
    """Are noticed."""
    assert not parse_header(b"\x82\x7e\x00\x7d", 0).minimal
    assert not parse_header(b"\x82\x7f" + (65535).to_bytes(8), 0).minimal
    assert parse_header(b"\x82\x7f" + (65536).to_bytes(8), 0).minimal


@given(st.integers(0, 6000), st.binary(max_size=3))
def test_close_frames_as_wsproto_judges_them(code, reason):
    """What wsproto refuses must not be sent; codes of libraries and applications may be."""
    payload = code.to_bytes(2) + reason
    protocol = FrameProtocol(client=True, extensions=[])
    protocol.receive_bytes(bytes([0x88, len(payload)]) + payload)
    try:
        list(protocol.received_frames())
        refused = False
    except ParseFailed:
        refused = True
    if refused:
        assert close_faults(payload)
    elif 3000 <= code < 5000:
        assert not close_faults(payload)
    assert not close_faults(b"")
    assert ["ws-close-code"] == [found for found, _ in close_faults(b"a")]


def test_names():
    """Of opcodes, flags and close codes; unknown ones are shown."""
    odd, masked = parse_header(b"\x23\x00", 0), parse_header(b"\x01\x80abcd", 0)
    assert ("unknown 0x3", "RSV2") == (odd.type, odd.flags)
    assert (Opcode.text, "MASK") == (masked.opcode, masked.flags)
    assert "1000 normal closure" == close_text((1000).to_bytes(2))
    assert "1001 going away: bye \ufffd" == close_text((1001).to_bytes(2) + b"bye \xff")
    assert ("", "") == (close_text(b""), close_text(b"\x03"))
    assert ["for libraries and frameworks", "private", "unknown"] == [close_name(code) for code in (3000, 4999, 5000)]
    assert "message too big" == close_name(CloseCode.message_too_big)
