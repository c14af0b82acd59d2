from tlscope.wire.field import Field, malformed
from tlscope_ui.telling.tree import tree_lines

DATA = bytes.fromhex("01 0004 13011302") + bytes(20)
LISTED = (
    Field("x.suite", "Cipher Suite", 0x1301, 3, 2, "TLS_AES_128_GCM_SHA256 (0x1301)", "sound", "RFC 8446 appendix B.4"),
    Field("x.suite", "Cipher Suite", 0x1302, 5, 2, "TLS_AES_256_GCM_SHA384 (0x1302)"),
)
TREE = Field("x", "Message", None, 0, 27, children=(
    Field("x.type", "Type", 1, 0, 1, "one", note="what it is"),
    Field("x.suites", "Cipher Suites", None, 1, 6, reference="RFC 8446 section 4.1.2", children=LISTED),
    Field("x.rest", "Rest", bytes(20), 7, 20, "00" * 20),
    malformed(27, 0, "it ends early"),
))  # fmt: skip


def plain(lines):
    return ["".join(part if isinstance(part, str) else part.text for part in line) for line in lines]


def test_a_line_a_field():
    """In the order of the bytes, what lies in another indented below it; the message's own name is the caller's."""
    assert [
        "Type: one",
        "Cipher Suites",
        "  Cipher Suite: TLS_AES_128_GCM_SHA256 (0x1301)",
        "  Cipher Suite: TLS_AES_256_GCM_SHA384 (0x1302)",
        f"Rest: {'00' * 20}",
        "Malformed: it ends early",
    ] == plain(tree_lines(TREE, DATA))


def test_places():
    """The offset, and the bytes of a small field, or the size of a large one."""
    assert [
        "    0  01                Type: one",
        "    1  [6 B]             Cipher Suites",
        "    3  1301                Cipher Suite: TLS_AES_128_GCM_SHA256 (0x1301)",
        "    5  1302                Cipher Suite: TLS_AES_256_GCM_SHA384 (0x1302)",
        f"    7  [20 B]            Rest: {'00' * 20}",
        "   27                    Malformed: it ends early",
    ] == plain(tree_lines(TREE, DATA, places=True))


def test_meaning():
    """The note and where it is written, below the field and as far in."""
    assert [
        "Type: one",
        "  what it is",
        "Cipher Suites",
        "  RFC 8446 section 4.1.2",
        "  Cipher Suite: TLS_AES_128_GCM_SHA256 (0x1301)",
        "    sound (RFC 8446 appendix B.4)",
    ] == plain(tree_lines(TREE, DATA, meaning=True))[:6]
    both = plain(tree_lines(TREE, DATA, places=True, meaning=True))
    assert ["    0  01                Type: one", "                           what it is"] == both[:2]


def test_what_is_malformed_stands_out():
    """And what has something below it."""
    styles = [next(part.style for part in line if not isinstance(part, str)) for line in tree_lines(TREE, DATA)]
    assert ["", "strong", "", "", "", "bad"] == styles


def test_on_a_screen():
    """Values are cut, with an ellipsis; what they mean is folded below them, and nothing of it is lost."""
    lines = plain(tree_lines(TREE, DATA, meaning=True, width=40))
    assert f"Rest: {'00' * 16}0…" in lines
    assert ["  Cipher Suite: TLS_AES_128_GCM_SHA256 …", "    sound (RFC 8446 appendix B.4)"] == lines[4:6]
    wordy = Field("x", "Message", None, 0, 27, children=(Field("y", "Type", 1, 0, 1, "one", "what it is " * 9),))
    folded = plain(tree_lines(wordy, DATA, places=True, meaning=True, width=60))
    assert 60 >= max(map(len, folded))
    assert 4 == len(folded)
    assert {27} == {len(line) - len(line.lstrip()) for line in folded[1:]}
    assert "what it is " * 9 == " ".join(line.strip() for line in folded[1:]) + " "
