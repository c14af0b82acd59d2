import gzip
import json
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

import hostile
from tlscope_ui.text import visible
from tlscope_ui.tui.models import content
from tlscope_ui.tui.models.body import HexLines, TextLines
from tlscope_ui.tui.models.content import VIEWS, Body, Coded, Job, Stopped, Want
from tlscope_ui.tui.models.fieldtree import FieldTree
from tlscope_ui.tui.models.octets import Filed, Held

JSON = b'{"hello": ["world", 1], "token": "s3cret"}'
SMALL = 1000
"""What `UNASKED` is in tests of large bodies."""


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(content, "UNASKED", SMALL)


def body(data, content_type="", *codings, **others):
    return Body(Coded(Held(data), codings, content_type, **others))


def told(lines):
    if isinstance(lines, TextLines):
        lines.index(lambda: False)
    return [plain(lines.line(y, 80)) for y in range(len(lines))]


def plain(line):
    return "".join(part if isinstance(part, str) else part.text for part in line)


def make(body, **want):
    return body.make(Want(**want), Job())


@pytest.mark.parametrize(
    ("data", "content_type", "view", "kind"),
    [
        (JSON, "application/json", "pretty", TextLines),
        (b"a=1&b=2", "application/x-www-form-urlencoded", "pretty", TextLines),
        (b"plain words", "text/plain", "raw", TextLines),
        (b"body { }", "text/css", "raw", TextLines),
        (bytes(range(256)), "application/octet-stream", "hex", HexLines),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "image/png", "hex", HexLines),
    ],
)
def test_auto_shows_most(data, content_type, view, kind):
    """Laid out where that helps, bytes where it is binary."""
    made = make(body(data, content_type))
    assert view == made.view
    assert isinstance(made.lines, kind)


def test_each_view_shows_the_body_its_way():
    """JSON: laid out, as it is, as bytes, as fields."""
    whole = body(JSON, "application/json")
    assert ["{", '  "hello": [', '    "world",'] == told(make(whole, view="pretty", masked=False).lines)[:3]
    assert [JSON.decode()] == told(make(whole, view="raw", masked=False).lines)
    assert 3 == len(told(make(whole, view="hex", masked=False).lines))
    tree = make(whole, view="tree", masked=False).lines
    assert isinstance(tree, FieldTree)
    assert "Member: token" in " ".join(told(tree))


def test_secrets_are_masked_in_every_view():
    """Until somebody asks; and it is said that they are."""
    whole = body(JSON, "application/json")
    for view in VIEWS:
        masked, bare = make(whole, view=view), make(whole, view=view, masked=False)
        assert "s3cret" not in "".join(told(masked.lines)).replace("\n", "")
        assert "u: secrets" in plain(masked.said)
        assert "u: secrets" not in plain(bare.said)
    assert any("s3cret" in line for line in told(make(whole, masked=False).lines))


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.ZstdCompressor().compress),
    ],
)
def test_codings_are_undone_or_not(name, pack):
    """It says which."""
    packed = pack(JSON)
    whole = body(packed, "application/json", name)
    made = make(whole, view="raw", masked=False)
    assert [JSON.decode()] == told(made.lines)
    assert f"undone: {name}" in plain(made.said)
    made = make(whole, view="hex", passed=True, masked=False)
    assert packed == made.lines.source.read(0, len(packed))
    assert f"as it passed; not undone: {name}" in plain(made.said)


def test_what_cannot_be_decoded_is_shown_as_it_is():
    """With what is wrong."""
    made = make(body(b"no gzip at all", "text/plain", "gzip"))
    assert ["no gzip at all"] == told(made.lines)
    assert "✗ gzip: " in plain(made.said)
    made = make(body(gzip.compress(JSON)[:-12], "application/json", "gzip"), view="raw", masked=False)
    assert told(made.lines)[0].startswith('{"hello"')
    assert "ends early" in plain(made.said)
    assert "✗ cut short" in plain(make(body(JSON, problem="cut short")).said)


@pytest.mark.usefixtures("small")
def test_a_large_body_is_decoded_when_it_is_asked_for():
    """To the disk, with its progress told."""
    data = b"".join(b"%d\n" % (number * 7919 % 10**7) for number in range(2000))
    packed = gzip.compress(data)
    assert len(packed) > SMALL
    whole = body(packed, "text/plain", "gzip")
    made = make(whole)
    assert made.asks
    assert "press Enter to decode" in " ".join(told(made.lines))
    job = Job()
    made = whole.make(Want(asked=True), job)
    assert not made.asks
    assert data == made.lines.source.read(0, len(data) + 1)
    assert "decoding" == Watching(whole).first


class Watching(Job):
    """What a job says of itself first."""

    def __init__(self, whole):
        super().__init__()
        self.first = ""
        Body(whole.coded).make(Want(asked=True), self)

    def at(self, what, done, total):
        super().at(what, done, total)
        self.first = self.first or what


@pytest.mark.usefixtures("small")
def test_a_bomb_ends_where_nobody_asked_for_more():
    """A kilobyte that would be a megabyte: its beginning, until somebody asks."""
    whole = body(gzip.compress(bytes(1 << 19)), "text/plain", "gzip")
    made = make(whole)
    assert made.asks
    assert "the first 1000 B; Enter decodes all" in plain(made.said)
    assert SMALL == len(made.lines.source)
    made = make(whole, asked=True)
    assert (False, 1 << 19) == (made.asks, len(made.lines.source))


@pytest.mark.usefixtures("small")
def test_a_large_body_is_shown_at_once_as_it_is():
    """What takes time asks: to lay it out, to make fields of it."""
    data = json.dumps([{"number": number} for number in range(200)]).encode()
    whole = body(data, "application/json")
    assert ("raw", "hex") == (make(whole).view, make(body(bytes(5000))).view)
    for view in ("pretty", "tree"):
        assert make(whole, view=view).asks
    made = make(whole, view="pretty", asked=True)
    assert json.loads(data) == json.loads("\n".join(told(made.lines)))


@pytest.mark.usefixtures("small")
def test_secrets_of_a_large_body_are_masked_in_every_view():
    """Until they are asked for: as it is at once, and laid out when that was asked for."""
    data = b"[" + b",".join([JSON] * 100) + b"]"
    large = body(data, "application/json")
    for view in ("auto", "raw", "hex"):
        made = make(large, view=view)
        assert b"s3cret" not in made.lines.source.read(0, len(data))
        assert "u: secrets" in plain(made.said)
    lines = "\n".join(told(make(large, view="pretty", asked=True).lines))
    assert "s3cret" not in lines
    assert "world" in lines
    shown = make(large, view="raw", masked=False).lines.source
    assert data == shown.read(0, len(data))


def test_json_of_any_length_is_laid_out(monkeypatch):
    """Through the disk, all of it, and not further than anybody wants it."""
    monkeypatch.setattr(content, "TEXT", 100)
    monkeypatch.setattr("tlscope_ui.tui.models.octets.KEPT", 1 << 16)
    data = json.dumps(["long " * 100_000, *range(5_000)]).encode()
    whole = body(data, "application/json")
    made = make(whole, view="pretty")
    assert isinstance(made.lines.source, Filed)
    made.lines.index(lambda: False)
    assert 5_003 == len(made.lines)
    assert json.loads(data) == json.loads(made.lines.source.read(0, len(made.lines.source)))
    job = Job()
    job.stop()
    with pytest.raises(Stopped):
        Body(whole.coded).make(Want("pretty"), job)


def test_other_charsets_are_read():
    """Latin-1 as it is; UTF-16 where it is laid out."""
    assert ["é"] == told(make(body(b"\xe9", "text/plain; charset=iso-8859-1"), view="raw").lines)
    assert ['"é"'] == told(make(body('"é"'.encode("utf-16"), "application/json"), view="pretty").lines)


TYPES = ["", "application/json", "text/html", "application/grpc", "image/png"]


@given(hostile.data, st.sampled_from(TYPES), st.booleans())
@settings(max_examples=100, deadline=None)
def test_any_bytes_have_every_view(data, content_type, coded):
    """And none of them drives a terminal."""
    whole = body(data, content_type, *(["gzip"] if coded else []))
    for view in VIEWS:
        made = make(whole, view=view, wrap=40)
        assert set() == hostile.forbidden("\n".join(map(visible, [*told(made.lines), plain(made.said)])))
