from tlscope.wire.field import Field, malformed
from tlscope_ui.tui.widgets.explain import explained

SUITE = Field("tls.suite", "Cipher Suite", 1, 3, 2, "TLS_X (0x0001)", "It is sound.", "RFC 8446 appendix B.4")
MESSAGE = Field("tls", "ClientHello", None, 0, 5, children=(SUITE,))


def plain(path, width=60):
    return [
        "".join(part if isinstance(part, str) else part.text for part in line) for line, _ in explained(path, width)
    ]


def test_a_field_is_explained():
    """What it says, what that means, where that is written, what it lies in, and where."""
    assert [
        "Cipher Suite: TLS_X (0x0001)",
        "It is sound.",
        "RFC 8446 appendix B.4",
        "",
        "ClientHello ▸ Cipher Suite",
        "bytes 3 to 4, 2 B; tls.suite",
        "",
        "Enter: to its bytes, and back",
    ] == plain([MESSAGE, SUITE])


def test_a_field_that_unfolds_says_nothing_of_its_bytes():
    """Enter unfolds it."""
    assert "bytes 0 to 4, 5 B; tls" == plain([MESSAGE])[-1]


def test_what_is_malformed_looks_so():
    """And what was concluded has no bytes."""
    broken = malformed(5, 0, "it ends early")
    lines = [line for line, _ in explained([MESSAGE, broken], 60)]
    assert [("Malformed: it ends early", "bad")] == [part for part in lines[0] if part]
    assert "concluded at 5; _ws.malformed" == plain([MESSAGE, broken])[-1]


def test_what_was_expanded_is_not_said_to_be_on_the_wire():
    """A field of a certificate that came compressed (RFC 8879) has no bytes of its own in the message."""
    inside = Field("tls.handshake.certificate", "Certificate", b"", 3, 2)
    packed = Field(
        "tls.compress_certificate.compressed_certificate_message", "Compressed", b"", 3, 2, children=(inside,)
    )
    assert plain([MESSAGE, packed, inside], 90)[-3].startswith("not on the wire as such: expanded from bytes 3 to 4")
    assert plain([MESSAGE, packed], 90)[-1].startswith("bytes 3 to 4")


def test_one_byte_is_one():
    """It has an offset, and no range."""
    assert "byte 7; x" == plain([Field("x", "X", 1, 7, 1)])[-3]
