"""XML and HTML, the library's parsers as the oracles."""

from __future__ import annotations

import html.parser
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import check_tree, malformed_in, steps, torture
from tlscope.wire.content import describe
from tlscope.wire.content.markup import ENTITIES, EVENT, pretty
from tlscope.wire.content.reading import FIELDS, LEVELS, OMITTED, TEXT

HTML = (
    b"<!DOCTYPE html><html><head><title>Hi &amp; you</title><script>if (a<b) {}</script><meta charset=utf-8></head>"
    b"<body onload=\"x()\"><p>one<p>two<br/><a href='x' b>t</a><!-- c --></body></html>"
)
XML = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y>"><!-- ]> -->]><s:Envelope xmlns:s="q"><a b="1"/>'
    b"text<![CDATA[<x>]]><c>d</c></s:Envelope>"
)
NAMES = st.sampled_from(["a", "b", "long-name", "_x"])
TEXTS = st.text(alphabet="ab <>&'\"é\n", min_size=1, max_size=10).filter(str.strip)


@st.composite
def elements(draw, depth=3):
    name = draw(NAMES)
    attributes = draw(st.dictionaries(NAMES, TEXTS, max_size=2))
    inner = draw(st.lists(TEXTS.map(escape) | elements(depth - 1), max_size=3)) if depth else []
    said = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{name}{said}>{''.join(inner)}</{name}>"


def read(data, kind="application/xml"):
    content = describe(kind, data)
    check_tree(content.tree, data)
    return content


def names(field):
    return [(tag.value, len(tag.all("xml.tag")) - 1) for tag in field.all("xml.tag")]


@given(elements())
@settings(max_examples=100, deadline=None)
def test_elements_are_those_of_the_library(text):
    """Names, nesting, attributes; each with its bytes."""
    data = text.encode()
    content = read(data)
    oracle = ET.fromstring(text)
    assert [(one.tag, len(list(one.iter())) - 1) for one in oracle.iter()] == names(content.tree)
    assert "" == content.problem
    for tag, one in zip(content.tree.all("xml.tag"), oracle.iter(), strict=True):
        assert list(one.attrib) == [child.value for child in tag.children if child.key == "xml.attribute"]
        assert data[tag.start : tag.end].startswith(b"<" + one.tag.encode())
        assert data[tag.start : tag.end].endswith(b">")


def test_html_tags_are_those_of_the_library():
    """In order, with their attributes."""
    found = []

    class Oracle(html.parser.HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append((tag, {key: value or "" for key, value in attrs}))

    Oracle().feed(HTML.decode())
    tags = read(HTML, "text/html").tree.all("xml.tag")
    assert found == [
        (tag.value, {one.value: one.text for one in tag.children if one.key == "xml.attribute"}) for tag in tags
    ]


def test_html():
    """Its title, its scripts as text, its handlers noted; what is optional is no fault."""
    content = read(HTML, "text/html")
    assert ("html", "HTML, “Hi &amp; you”, 10 elements", "") == (content.kind, content.summary, content.problem)
    tree = content.tree
    assert "if (a<b) {}" in [text.value for text in tree.all("xml.cdata")]
    assert EVENT == next(one.note for one in tree.all("xml.attribute") if one.value == "onload")
    assert not malformed_in(tree)


def test_xml():
    """Its root tells what it is; entities are declared, not expanded."""
    content = read(XML)
    assert ("xml", "XML, SOAP message, 3 elements", "") == (content.kind, content.summary, content.problem)
    assert ENTITIES == content.tree.first("xml.doctype").note
    assert ["text", "d"] == [text.value for text in content.tree.all("xml.cdata")]
    assert "<x>" == content.tree.first("xml.cdatasection").value
    assert "XML, <thing>, 1 element" == read(b"<thing/>").summary
    assert "html" == read(b"<html/>", "application/xhtml+xml").kind


def test_a_billion_laughs():
    """Are as many lines as they are written in."""
    lol = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    data = f'<!DOCTYPE l [<!ENTITY l0 "lol">{lol}]><l>&l9;</l>'.encode()
    content = read(data)
    assert ("&l9;", ENTITIES) == (content.tree.first("xml.cdata").value, content.tree.first("xml.doctype").note)
    assert len(content.text) <= 2 * len(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<a><b></a>", "<b> is not closed"),
        (b"<a></b></a>", "</b> closes nothing"),
        (b"<a>", "<a> is not closed"),
        (b"<a", "the tag <a> ends early"),
        (b'<a b="c', "the tag <a> ends early"),
        (b"<a></a", "an end tag ends early"),
        (b"<a><!-- b</a>", "Comment ends early"),
        (b"<a><![CDATA[ b</a>", "CDATASection ends early"),
        (b"<?xml ", "XMLPI ends early"),
        (b"<!DOCTYPE a [ <!ELEMENT b> ", "Doctype ends early"),
        (b"<a/><", "markup ends early"),
    ],
)
def test_faults(data, reason):
    """Are where they are, and told."""
    with pytest.raises(ET.ParseError):
        ET.fromstring(data)
    content = read(data)
    assert reason in malformed_in(content.tree)
    assert reason in content.problem


def test_whatever_is_done_to_it():
    """A tree, with what was read before a cut."""
    torture(lambda data: describe("text/html", data).tree, HTML, cuts=250, flips=200)
    torture(lambda data: describe("application/xml", data).tree, XML, cuts=250, flips=200)


def test_charsets():
    """Values are decoded; wide charsets leave only the text."""
    data = '<a b="é">ü</a>'.encode("latin-1")
    tree = read(data, "text/xml; charset=iso-8859-1").tree
    assert ("é", "ü") == (tree.first("xml.attribute").text, tree.first("xml.cdata").value)
    wide = read('<?xml version="1.0"?><a>ü</a>'.encode("utf-16"), "text/xml")
    assert ("XML, <a>, 1 element", "utf-16-le") == (wide.summary, wide.charset)
    assert "ü" in wide.text
    assert wide.tree.first(OMITTED) is not None


def test_pretty():
    """One long line is broken at its tags; what has lines keeps them."""
    assert "<a>\n  <b>\n    text\n  </b>\n  <c/>\n</a>" == pretty("<a><b>text</b><c/></a>")
    long = b"<a>" + b"<b>text</b>" * 100 + b"</a>"
    assert 302 == len(read(long).text.splitlines())
    assert "<a>\n</a>" == read(b"<a>\n</a>").text


def test_limits():
    """Depth, fields and text are bounded."""
    deep = b"<a>" * 5000 + b"x" + b"</a>" * 5000
    content = read(deep)
    assert LEVELS >= max(depth(tag) for tag in content.tree.children)
    many = read(b"<r>" + b"<a b='c'>d</a>" * 20_000 + b"</r>")
    assert len(list(many.tree.walk())) < 2 * FIELDS
    assert 1 == len(many.tree.all(OMITTED))
    assert len(many.text) < TEXT + 100


def depth(field):
    return 1 + max((depth(child) for child in field.children), default=0) if field.key == "xml.tag" else 0


@given(st.binary() | st.text(alphabet="<>/!-[]?ab='\" &;").map(str.encode))
@settings(max_examples=100, deadline=None)
def test_any_bytes(data):
    """Are described."""
    for kind in ("text/html", "application/xml", "image/svg+xml"):
        read(data, kind)
        read(b"<a " + data, kind)
        read(b"<script>" + data, kind)
        read(b"<!DOCTYPE [" + data, kind)


@pytest.mark.parametrize("kind", ["text/html", "application/xml"])
def test_time_is_linear(kind):
    """Twice the bytes, twice the steps."""
    units = (
        b"<a>",
        b"<a b='c'>x</a>",
        b'<a b="',
        b"<a b=\"'",
        b"<!--",
        b"</a>",
        b"<a></b>",
        b"<![CDATA[",
        b"<",
        b"<p>x",
    )
    for unit in (*units, b"<script>", b"<!DOCTYPE [<!--", b"<a b", b"<?", b'"', b"<!DOCTYPE '"):
        one, two = (steps(read, unit * count, kind) for count in (450, 900))
        assert two < 2.3 * one + 200, unit
