import gzip
import json
import zlib

import pytest

from journals import DOWN, UP
from support.screen import indexed, visit
from tlscope.events import Data
from tlscope_ui.tui.models.exporting import Missing, Stopped
from tlscope_ui.tui.models.rows import Selected
from tlscope_ui.tui.models.saving import ENDINGS, content, offered, save

JSON = json.dumps({"hello": "world" * 100}).encode()


def said(body, *headers, target=b"/a/b", request=b""):
    asked = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (target, len(request), request)
    fields = b"".join(header + b"\r\n" for header in (*headers, b"Content-Length: %d" % len(body)))
    return [Data(UP, asked), Data(DOWN, b"HTTP/1.1 200 OK\r\n" + fields + b"\r\n" + body)]


def found(directory, *arguments, way=DOWN, **others):
    return content(indexed(directory / "cap", said(*arguments, **others)), Selected(1), way)


def saved(there, path, *, decoded):
    return save(there, path, decoded=decoded, stopped=lambda: False)


def test_a_content_is_saved_as_it_was_meant_or_as_it_passed(tmp_path):
    """Whichever is wanted; in a file that nobody else can read."""
    packed = gzip.compress(JSON)
    there = found(tmp_path, packed, b"Content-Encoding: x-gzip", b"Content-Type: application/json")
    assert ("gzip",) == there.codings
    assert ["decoded", "as it passed"] == [name for name, _, _ in offered(there)]
    for decoded, expected, ending in ((True, JSON, ".json"), (False, packed, ".json.gz")):
        path = tmp_path / there.name(decoded=decoded)
        assert path.name == f"cap-1-1-b{ending}"
        assert (len(expected), "") == saved(there, path, decoded=decoded)
        assert expected == path.read_bytes()
        assert 0o600 == path.stat().st_mode & 0o777
    assert "decoded: gzip undone" == there.said(decoded=True)
    assert "as it passed: in gzip" == there.said(decoded=False)


def test_what_was_not_coded_is_saved_as_it_passed(tmp_path):
    """Of a request, too; and of both it is said."""
    there = found(tmp_path, b"", request=b"a=1", way=UP)
    assert ((), "as it passed: it was not coded") == (there.codings, there.said(decoded=True))
    assert (3, "") == saved(there, tmp_path / "x", decoded=False)
    assert "cap-1-1-request.txt" == there.name(decoded=False)


@pytest.mark.parametrize(
    ("body", "headers", "target", "expected"),
    [
        (b"\x89PNG\r\n\x1a\nrest", [b"Content-Type: image/png"], b"/i/logo.png?x=/y.gif", "logo.png"),
        (b"\x89PNG\r\n\x1a\nrest", [b"Content-Type: text/plain"], b"/i/logo.txt", "logo.png"),
        (b"\x89PNG\r\n\x1a\nrest", [], b"/", "response.png"),
        (b"{}", [b"Content-Type: application/problem+json; charset=x"], b"/v1.2/things", "things.json"),
        (b"words", [b"Content-Type: text/plain"], b"/a/.bashrc", "bashrc.txt"),
        (b"words", [b"Content-Type: text/plain"], b"/%2e%2e/$(rm).sh", "rm.txt"),
        (b"a,b", [b"Content-Type: text/csv", b'Content-Disposition: attachment; filename="../../my list.csv"'], b"/x",
         "my-list.csv"),
        (b"\xff\0\1\2" * 9, [b"Content-Type: application/x-thing"], b"/" + b"x" * 300, "x" * 60 + ".bin"),
    ],
)  # fmt: skip
def test_the_name_has_the_ending_of_what_it_is(tmp_path, body, headers, target, expected):
    """Whatever peers call it; nothing of their names leads anywhere else, or means anything to a shell."""
    assert f"cap-1-1-{expected}" == found(tmp_path, body, *headers, target=target).name(decoded=True)


def test_what_cannot_be_decoded_is_not_saved_as_if_it_were(tmp_path):
    """It can be saved as it passed; what is broken in the middle is there up to that, and it is said."""
    there = found(tmp_path, b"no gzip", b"Content-Encoding: gzip")
    with pytest.raises(Missing, match="save it as it passed"):
        saved(there, tmp_path / "x", decoded=True)
    assert not (tmp_path / "x").exists()
    assert 7 == saved(there, tmp_path / "x", decoded=False).length
    (tmp_path / "2").mkdir()
    broken = found(tmp_path / "2", zlib.compress(JSON * 100)[:-30], b"Content-Encoding: deflate")
    length, problem = saved(broken, tmp_path / "y", decoded=True)
    assert 0 < length == (tmp_path / "y").stat().st_size
    assert problem


def test_what_is_not_there_is_missing(tmp_path):
    """There is no empty file instead, nor half of one."""
    for events, reason in (
        ([Data(UP, b"HELO me\r\n")], "no HTTP exchange"),
        (said(b""), "the response has no content"),
    ):
        with pytest.raises(Missing, match=reason):
            content(indexed(tmp_path / reason[:3], events), Selected(1), DOWN)
    there = found(tmp_path, b"x" * 100)
    for path in (tmp_path / "cap").glob("*.tlsj"):
        path.unlink()
    there.coded.source._lookup.close()
    there.coded.source._last = -1, b""
    with pytest.raises(Missing, match="100 bytes of it are gone"):
        saved(there, tmp_path / "x", decoded=False)
    assert not (tmp_path / "x").exists()


def test_what_is_stopped_leaves_nothing(tmp_path):
    """And what was there before stays."""
    there, path = found(tmp_path, b"x" * 100), tmp_path / "x"
    path.write_text("before")
    with pytest.raises(Stopped):
        save(there, path, decoded=False, stopped=lambda: True)
    assert "before" == path.read_text()


def test_of_a_real_capture(tmp_path):
    """What a browser would have shown."""
    there = content(visit(tmp_path), Selected(1, 1), DOWN)
    assert there.name(decoded=True).rpartition(".")[2] in ENDINGS.values()
    assert (tmp_path / "x").stat().st_size if saved(there, tmp_path / "x", decoded=True) else False
