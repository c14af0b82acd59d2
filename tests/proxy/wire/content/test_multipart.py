"""Multipart bodies, the library's email parser as the oracle."""

from __future__ import annotations

import base64
import email
import email.policy
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import check_tree, steps, torture
from tlscope.wire.content import describe
from tlscope.wire.content.multipart import split
from tlscope.wire.content.reading import BODIES, FIELDS, OMITTED, TEXT

KIND = 'multipart/form-data; boundary="XX y"'
FORM = (
    b'--XX y\r\nContent-Disposition: form-data; name="j"\r\nContent-Type: application/json\r\n\r\n{"a": 1}\r\n'
    b'--XX y\r\nContent-Disposition: form-data; name="f"; filename="a b.png"\r\n'
    b"Content-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n\r\n"
    b'--XX y\r\ncontent-disposition: form-data; name="empty"\r\n\r\n\r\n--XX y--\r\n'
)


def read(data, kind=KIND):
    content = describe(kind, data)
    check_tree(content.tree, data)
    return content


def parts(content):
    return content.tree.all("mime_multipart.part")


def test_a_form():
    """Its parts by name, file and kind; each described where it lies."""
    content = read(FORM)
    assert ("multipart", "multipart form-data, 3 parts") == (content.kind, content.summary)
    assert ["j: JSON object, 1 key", "f: a b.png, PNG image", "empty: empty"] == [part.text for part in parts(content)]
    assert ["j", "f", "empty"] == [part.value for part in parts(content)]
    number = content.tree.first("json.value.number")
    assert b"1" == FORM[number.start : number.end]
    assert '--- j: JSON object, 1 key\ncontent-disposition: form-data; name="j"\n' in content.text


@given(st.lists(st.binary(max_size=60).filter(lambda data: b"--b" not in data and b"\r" not in data), max_size=5))
@settings(max_examples=100, deadline=None)
def test_parts_are_those_of_the_library(bodies):
    """Whatever their bodies hold."""
    data = (
        b"".join(b"--b\r\nContent-Type: application/x\r\nX-A: 1\r\n\r\n" + body + b"\r\n" for body in bodies)
        + b"--b--\r\n"
    )
    found = [data[part.start : part.end] for part in split(data, b"b") if part.start >= 0]
    assert bodies == [part.split(b"\r\n\r\n", 1)[1] for part in found]
    message = email.message_from_bytes(
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + data, policy=email.policy.HTTP
    )
    if bodies:
        assert len(bodies) == len(message.get_payload())
        assert (
            f"multipart mixed, {len(bodies)} part{'s' * (len(bodies) != 1)}"
            == read(data, "multipart/mixed; boundary=b").summary
        )


def test_lines_that_only_look_like_boundaries():
    """Are data: longer ones, and those that do not begin a line."""
    data = b"--b\n\nx --b\n--bb\n--b-\nend\n--b  \n\ntwo\n--b--"
    assert [b"\nx --b\n--bb\n--b-\nend", b"\ntwo"] == [
        data[part.start : part.end] for part in split(data, b"b") if part.start >= 0
    ]


def test_empty_parts():
    """A boundary that follows another at once ends an empty part."""
    assert ["text, 1 line", "empty"] == [
        part.text for part in parts(read(b"--b\n\na\n--b\n--b--", "multipart/x; boundary=b"))
    ]


def test_preamble_and_trailer():
    """Are kept (RFC 2046 section 5.1.1)."""
    tree = read(b"before\r\n--b\r\n\r\nx\r\n--b--\r\nbehind", "multipart/mixed; boundary=b").tree
    assert (b"before\r\n", b"behind") == tuple(
        tree.first(f"mime_multipart.{key}").value for key in ("preamble", "trailer")
    )


def test_transfer_encodings():
    """Are undone; what was within has a place and no bytes."""
    inner = base64.encodebytes(b'{"a": 1}')
    data = b"--b\r\nContent-Type: application/json\r\nContent-Transfer-Encoding: BASE64\r\n\r\n" + inner + b"--b--"
    content = read(data, "multipart/mixed; boundary=b")
    assert ("JSON object, 1 key", 0) == (parts(content)[0].text, content.tree.first("json").length)
    for coding, body, expected in (
        (b"quoted-printable", b"a=3Db", "a=b"),
        (b"8bit", b"a=3Db", "a=3Db"),
        (b"x", b"y", "y"),
    ):
        data = b"--b\r\nContent-Transfer-Encoding: " + coding + b"\r\n\r\n" + body + b"\r\n--b--"
        content = read(data, "multipart/mixed; boundary=b")
        assert expected == content.tree.first("data.text").value
        assert ("unknown transfer encoding 'x'" in content.problem) is (coding == b"x")
    assert "base64" in read(data.replace(b"x\r", b"base64\r"), "multipart/mixed; boundary=b").problem


def test_headers():
    """Folded, without a colon, in any case."""
    data = b"--b\r\nContent-Type:\r\n text/css\r\nno colon\r\nX-Y: z\r\n\r\na {}\r\n--b--"
    tree = read(data, "multipart/mixed; boundary=b").tree
    assert "text/css" == tree.first("mime_multipart.header.content-type").value
    assert "X-Y: z" == tree.first("mime_multipart.header").text
    assert "CSS, 1 line" == tree.first("mime_multipart.part").text


def test_without_a_boundary():
    """It is taken from the body, and that is said; or there are no parts."""
    content = read(FORM, "multipart/form-data")
    assert "multipart form-data, 3 parts" == content.summary
    assert content.problem.startswith("no boundary in the media type, taken from the body")
    content = read(b"nothing")
    assert ("multipart form-data, 0 parts", "no boundary is found") == (content.summary, content.problem)


def test_without_an_end():
    """What is there is read."""
    content = read(FORM[: -len(b"--XX y--\r\n")])
    assert 3 == len(parts(content))
    assert "no last boundary: it ends early" in content.problem


def test_whatever_is_done_to_it():
    """A tree."""
    torture(lambda data: describe(KIND, data).tree, FORM, cuts=0, flips=300)
    json = re.sub(rb"--XX y\r\n[^{]*?image/png.*", b"--XX y--\r\n", FORM, flags=re.DOTALL)
    torture(lambda data: describe(KIND, data).tree, json, cuts=200, flips=0)


def nested(depth):
    data, kind = b'{"a": 1}', "application/json"
    for level in range(depth):
        data = f"--b{level}\r\nContent-Type: {kind}\r\n\r\n".encode() + data + f"\r\n--b{level}--\r\n".encode()
        kind = f"multipart/mixed; boundary=b{level}"
    return kind, data


def test_nesting_is_bounded():
    """Parts within parts are described, up to a depth."""
    kind, data = nested(BODIES)
    assert read(data, kind).tree.first("json") is not None
    kind, data = nested(BODIES + 1)
    tree = read(data, kind).tree
    assert tree.first("json") is None
    assert "nested too deep" in tree.first(OMITTED).text


def test_limits():
    """Fields and text are bounded."""
    content = read(b"--b\r\n\r\nabc\r\n" * 20_000, "multipart/mixed; boundary=b")
    assert len(list(content.tree.walk())) < 3 * FIELDS
    assert len(content.text) < TEXT + 100


@given(st.binary() | st.text(alphabet="-b\r\n: a").map(str.encode))
@settings(max_examples=100, deadline=None)
def test_any_bytes(data):
    """Are described."""
    for kind in ("multipart/mixed; boundary=b", "multipart/x", 'multipart/x; boundary="' + "b" * 999 + '"'):
        read(data, kind)
        read(b"--b\r\n" + data, kind)


def test_time_is_linear():
    """Twice the parts, twice the steps."""
    for unit in (b"--b\r\n\r\nabc\r\n", b"--b\r\n", b"--b\r\na: b\r\n", b"--", b"\r\n"):
        one, two = (steps(read, unit * count, "multipart/mixed; boundary=b") for count in (300, 600))
        assert two < 2.2 * one + 200


def test_another_boundary_than_the_one_that_was_announced():
    """Is taken, and said: the parts are there, and no receiver will find them."""
    data = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n--x--\r\n'
    found = describe("multipart/form-data; boundary=y", data)
    assert "multipart form-data, 1 part" == found.summary
    assert "not in the body" in found.problem
    assert "a" == found.tree.first("mime_multipart.part").value
    assert "0 parts" in describe("multipart/form-data; boundary=y", b"nothing\r\n--x").summary
