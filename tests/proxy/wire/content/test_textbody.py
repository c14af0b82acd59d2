"""Text, and bytes that are none."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import check_tree, torture
from tlscope.wire.content import describe
from tlscope.wire.content.reading import FIELDS, OMITTED, TEXT
from tlscope.wire.content.textbody import BIDI, DUMPED, dump, is_text


def read(data, kind="text/plain"):
    content = describe(kind, data)
    check_tree(content.tree, data)
    return content


@pytest.mark.parametrize(
    ("kind", "name"), [("text/plain", "text"), ("text/css", "CSS"), ("text/javascript", "JavaScript"), ("a/b", "text")]
)
def test_text(kind, name):
    """A field a line, as it is."""
    content = read(b"one\r\ntwo \xe2\x82\xac\n\nfour", kind)
    assert (f"{name}, 4 lines", "one\r\ntwo €\n\nfour", "utf-8") == (content.summary, content.text, content.charset)
    assert ["one", "two €", "", "four"] == [line.value for line in content.tree.all("data.text")]
    assert [0, 5, 13, 14] == [line.start for line in content.tree.all("data.text")]


def test_controls_stay():
    """Whoever shows text escapes it; what turns the direction of writing is noted."""
    text = "a\x1b[31m\u202eb"
    content = read(text.encode())
    assert (text, BIDI) == (content.text, content.tree.note)


def test_wide_charsets():
    """Are decoded, as one field."""
    content = read("\ufeffone\ntwo".encode("utf-16-be"))
    assert ("text, 2 lines", "one\ntwo") == (content.summary, content.text)


def test_limits():
    """Lines and characters are bounded."""
    content = read(b"a\n" * 400_000)
    assert "text, 400,000 lines" == content.summary
    assert 1 == len(content.tree.all(OMITTED))
    assert FIELDS + 2 == len(list(content.tree.walk()))
    assert TEXT < len(content.text) < TEXT + 100


def test_bytes():
    """Are shown as hex, none lost."""
    data = bytes(range(256)) + b"\0end"
    content = read(data, "application/octet-stream")
    assert ("binary", "binary, 260 bytes", "") == (content.kind, content.summary, content.problem)
    assert data == content.tree.first("data.data").value
    assert "00000100  00 65 6e 64                                       |.end|" == content.text.splitlines()[-1]


def test_the_dump_is_that_of_hexdump():
    """Where that is installed."""
    data = bytes(range(256)) * 2 + b"rest\n"
    try:
        done = subprocess.run(["hexdump", "-C", "-v"], input=data, capture_output=True, check=True)
    except FileNotFoundError:
        pytest.skip("hexdump is not installed")
    assert done.stdout.decode().splitlines()[:-1] == dump(data).splitlines()


def test_the_dump_is_bounded():
    """And says what is left."""
    assert dump(bytes(2 * DUMPED)).endswith(f"… {DUMPED:,} more bytes")


def test_what_is_text():
    """UTF-8 without controls that no text has; also where the sample ends within a character."""
    assert is_text(b"a\tb\r\n\x1b[0m")
    assert is_text(b"a" * 4095 + "€".encode())
    assert is_text("a".encode("utf-16"))
    for data in (b"\0", b"abc\x01", b"\xff\xfe\xfd"[1:], b"a\xff" + b"a" * 5000, b"\x7f"):
        assert not is_text(data)


def test_whatever_is_done_to_it():
    """A tree."""
    torture(lambda data: describe("text/plain", data).tree, b"one\r\ntwo\n\n\x80\n")


@given(st.binary())
def test_any_bytes(data):
    """Are described."""
    for kind in ("text/plain", "text/css; charset=utf-16", "", "application/octet-stream", "x/y"):
        read(data, kind)
