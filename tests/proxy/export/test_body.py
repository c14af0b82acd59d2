import gzip
import json
import zlib

import pytest

from journals import DOWN, UP
from support.screen import indexed
from tlscope.capture import exchanges as capture
from tlscope.capture.exchanges import exchanges
from tlscope.capture.index import Index
from tlscope.events import Data
from tlscope.export import body as module
from tlscope.export.body import Missing, Undecodable, Written, content

JSON = json.dumps({"hello": "world" * 100}).encode()
PNG = b"\x89PNG\r\n\x1a\nrest"


def said(body, *headers, target=b"/a/b", request=b""):
    asked = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (target, len(request), request)
    fields = b"".join(header + b"\r\n" for header in (*headers, b"Content-Length: %d" % len(body)))
    return [Data(UP, asked), Data(DOWN, b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n" + body)]


@pytest.fixture
def found(tmp_path):
    """What there is of the first exchange of these events, and a lookup of its bytes."""
    opened = []

    def find(events, way=DOWN):
        (tmp_path / f"{len(opened)}").mkdir()
        directory = indexed(tmp_path / f"{len(opened)}" / "cap", events)
        opened.append(index := Index(directory))
        first = next(exchange for exchange in exchanges(index.lookup, 1) if exchange.number == 1)
        return content(directory, index.lookup, first, way), index.lookup

    yield find
    for index in opened:
        index.close()


def written(there, lookup, *, decoded):
    """What comes out, how much that is, and what is missing of it."""
    made = Written(there, decoded=decoded)
    data = b"".join(made.pieces(lookup))
    assert len(data) == made.length
    return data, made.problem


def test_a_content_is_written_as_it_was_meant_or_as_it_passed(found):
    """Whichever is wanted, and it is said which; the name has an ending for each."""
    packed = gzip.compress(JSON)
    there, lookup = found(said(packed, b"Content-Encoding: x-gzip", b"Content-Type: application/json"))
    assert (("gzip",), len(packed)) == (there.codings, there.size)
    assert (JSON, "") == written(there, lookup, decoded=True)
    assert (packed, "") == written(there, lookup, decoded=False)
    assert ["cap-1-1-b.json", "cap-1-1-b.json.gz"] == [there.name(decoded=decoded) for decoded in (True, False)]
    assert "decoded: gzip undone" == there.said(decoded=True)
    assert "as it passed: in gzip" == there.said(decoded=False)


def test_what_was_not_coded_is_written_as_it_passed(found):
    """Of a request, too; and of both it is said."""
    there, lookup = found(said(b"", request=b"a=1"), UP)
    assert ((), "as it passed: it was not coded") == (there.codings, there.said(decoded=True))
    assert (b"a=1", "") == written(there, lookup, decoded=True)
    assert "cap-1-1-request.txt" == there.name(decoded=False)


@pytest.mark.parametrize(
    ("body", "headers", "target", "expected"),
    [
        (PNG, [b"Content-Type: image/png"], b"/i/logo.png?x=/y.gif", "logo.png"),
        (PNG, [b"Content-Type: text/plain"], b"/i/logo.txt", "logo.png"),
        (PNG, [], b"/", "response.png"),
        (b"{}", [b"Content-Type: application/problem+json; charset=x"], b"/v1.2/things", "things.json"),
        (b"words", [b"Content-Type: text/plain"], b"/a/.bashrc", "bashrc.txt"),
        (b"words", [b"Content-Type: text/plain"], b"/%2e%2e/$(rm).sh", "rm.txt"),
        (b"a,b", [b"Content-Type: text/csv", b'Content-Disposition: attachment; filename="../../my list.csv"'], b"/x",
         "my-list.csv"),
        (b"\xff\0\1\2" * 9, [b"Content-Type: application/x-thing"], b"/" + b"x" * 300, "x" * 60 + ".bin"),
    ],
)  # fmt: skip
def test_the_name_has_the_ending_of_what_it_is(found, body, headers, target, expected):
    """Whatever peers call it; nothing of their names leads anywhere else, or means anything to a shell."""
    there, _ = found(said(body, *headers, target=target))
    assert f"cap-1-1-{expected}" == there.name(decoded=True)


@pytest.mark.parametrize("coding", [b"gzip", b"aes128gcm", b"x-unheard-of"])
def test_what_cannot_be_decoded_is_not_written_as_if_it_were(found, coding):
    """It can be written as it passed."""
    there, lookup = found(said(b"no gzip", b"Content-Encoding: " + coding))
    with pytest.raises(Undecodable, match="cannot be decoded"):
        written(there, lookup, decoded=True)
    assert (b"no gzip", "") == written(there, lookup, decoded=False)


def test_what_is_broken_is_there_up_to_the_break(found):
    """And it is said."""
    there, lookup = found(said(zlib.compress(JSON * 100)[:-30], b"Content-Encoding: deflate"))
    data, problem = written(there, lookup, decoded=True)
    assert (JSON * 100).startswith(data)
    assert data
    assert "deflate: ends early" == problem


def test_what_did_not_come_is_told(found, monkeypatch):
    """Cut short by a peer; in more pieces than are kept; no content at all."""
    ended = [*said(b"x" * 100), Data(UP, b"GET / HTTP/1.1\r\n\r\n"), Data(DOWN, b"HTTP/1.1 200 OK\r\n")]
    assert (b"x" * 100, "") == written(*found(ended), decoded=True)
    with pytest.raises(Missing, match="the response has no content"):
        found(said(b""))
    short = [Data(UP, b"GET / HTTP/1.1\r\n\r\n"), Data(DOWN, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")]
    assert (b"abc", "it has not all come yet") == written(*found(short), decoded=True)
    monkeypatch.setattr(capture, "MAX_SPANS", 2)
    chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"2\r\nab\r\n" * 4 + b"0\r\n\r\n"
    assert (b"abab", capture.MORE) == written(*found([*said(b"")[:1], Data(DOWN, chunks)]), decoded=True)


def test_what_is_gone_is_missing(found, tmp_path):
    """No hole is closed over."""
    there, _ = found(said(b"x" * 100))
    for path in (tmp_path / "0" / "cap").glob("*.tlsj"):
        path.unlink()
    with Index(tmp_path / "0" / "cap") as index, pytest.raises(Missing, match="100 bytes of it are gone"):
        written(there, index.lookup, decoded=False)


def test_a_long_content_is_never_in_memory(found, monkeypatch):
    """It comes as it was recorded, a piece at a time; what is decoded is bounded, as it passed it is not."""
    pieces = [Data(DOWN, b"x" * 16_000) for _ in range(20)]
    asked, told = said(b"")
    there, lookup = found([asked, Data(DOWN, told.data.replace(b": 0", b": 320000")), *pieces])
    assert [16_000] * 20 == [len(piece) for piece in Written(there, decoded=True).pieces(lookup)]
    monkeypatch.setattr(module, "MADE", 1000)
    assert (b"x" * 320_000, "") == written(there, lookup, decoded=False)
    there, lookup = found(said(gzip.compress(b"y" * 100_000), b"Content-Encoding: gzip"))
    assert (b"y" * 1000, "stopped at the limit of 1000 bytes") == written(there, lookup, decoded=True)
