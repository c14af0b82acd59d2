"""Which kind of body a media type means, and whether to believe it."""

from __future__ import annotations

import gzip

import pytest

from tlscope.wire.content.kinds import SAME, SUFFIXES, TYPES, choose, kind_of
from tlscope.wire.content.mediatype import parse
from tlscope.wire.content.reading import Kind
from tlscope.wire.content.sniff import BRANDS, MAGIC

PNG, JPEG, JSON, HTML = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b'{"a": 1}', b"<!doctype html><p>"


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        ("application/json", Kind.JSON),
        ("application/vnd.api+json", Kind.JSON),
        ("application/rss+xml", Kind.XML),
        ("image/svg+xml", Kind.IMAGE),
        ("image/unheard-of", Kind.IMAGE),
        ("multipart/unheard-of", Kind.MULTIPART),
        ("text/unheard-of", Kind.TEXT),
        ("application/unheard-of", None),
        ("", None),
    ],
)
def test_kinds(media, kind):
    """By the whole type, by its suffix, by what stands before the slash."""
    assert kind == kind_of(media)


@pytest.mark.parametrize(
    ("called", "data", "read_as", "wrong"),
    [
        ("image/png", PNG, "image/png", False),
        ("image/png", JPEG, "image/jpeg", True),
        ("image/jpg", JPEG, "image/jpeg", False),
        ("image/png", HTML, "text/html", True),
        ("application/json", HTML, "text/html", True),
        ("text/html", JSON, "application/json", True),
        ("text/plain", JSON, "application/json", True),
        ("text/plain", HTML, "text/plain", False),
        ("application/x-www-form-urlencoded", JSON, "application/json", True),
        ("text/javascript", JSON, "text/javascript", False),
        ("text/css", PNG, "image/png", True),
        ("application/json", gzip.compress(JSON), "application/gzip", True),
        ("application/protobuf", gzip.compress(JSON), "application/protobuf", False),
        ("audio/mp4", b"\0\0\0\x18ftypisom", "audio/mp4", False),
        ("video/mp4", PNG, "image/png", True),
        ("application/vnd.oasis", b"PK\3\4", "application/vnd.oasis", False),
        ("", PNG, "image/png", False),
        ("application/octet-stream", JSON, "application/json", False),
        ("", b"plain", "text/plain", False),
        ("", b"\0\1", "", False),
        ("application/xml", b"<svg/>", "application/xml", False),
        # What a proxy answers in place of a server: text through and through
        ("application/grpc", HTML, "text/html", True),
        ("application/x-protobuf", JSON, "application/json", True),
        ("application/cbor", JSON, "application/json", True),
        ("application/ocsp-response", HTML, "text/html", True),
        ("application/msgpack", JSON + b"\xff\0", "application/msgpack", False),
        ("video/mp4", HTML, "text/html", True),
        ("font/woff2", HTML, "text/html", True),
        ("application/zip", JSON, "application/json", True),
        ("video/vnd.mpeg.dash.mpd", b"<?xml version='1.0'?>", "video/vnd.mpeg.dash.mpd", False),
    ],
)
def test_the_label_and_the_bytes(called, data, read_as, wrong):
    """The label decides; where it is missing, or certainly wrong, the bytes do, and that is said."""
    media, problem = choose(parse(called), data)
    assert read_as == media.type or (called, read_as) == ("image/jpg", "image/jpeg")
    assert wrong is bool(problem)
    if wrong:
        assert f"called {called}, but begins like {read_as}" == problem


@pytest.mark.parametrize("called", ["text/plain", "text/csv", "text/css", "application/javascript; charset=utf-8"])
def test_text_that_is_none(called):
    """Is shown as the bytes that it is, so that none is lost."""
    data = bytes(range(256)) * 3
    media, problem = choose(parse(called), data)
    assert ("application/octet-stream", f"called {parse(called).type}, but is binary") == (media.type, problem)


@pytest.mark.parametrize(
    ("called", "data"),
    [
        ("text/plain", "grüße".encode("utf-16")),
        ("text/plain; charset=utf-16be", "grüße".encode("utf-16-be")),
        ("text/plain; charset=iso-2022-jp", "\u65e5\u672c".encode("iso2022_jp")),
        ("text/plain", b"\x1b[1mbold\x1b[0m and a bell \x07 in a long line of a terminal's output"),
        ("text/plain; charset=windows-1251", "привет".encode("cp1251")),
    ],
)
def test_text_that_is_some(called, data):
    """Whatever its charset, and with a control or two."""
    assert (parse(called).type, "") == (choose(parse(called), data)[0].type, choose(parse(called), data)[1])


def test_a_file_name_helps():
    """Where nothing else tells."""
    assert "text/css" == choose(parse(""), b"a {}", "/style.css?v=1")[0].type
    assert "image/png" == choose(parse(""), PNG, "/style.css")[0].type
    assert "application/protobuf" == choose(parse("application/octet-stream"), b"\x08\x01", "a.PB")[0].type


def test_every_magic_number_has_a_kind_or_is_only_named():
    """Types in the tables are spelled as they are looked up."""
    for name in (*TYPES, *(found for _, found in MAGIC), *BRANDS.values(), *SAME):
        assert name == name.lower() == parse(name).type
    assert set(SUFFIXES.values()) <= set(Kind)
