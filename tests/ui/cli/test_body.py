import gzip
import os

import pytest

from journals import DOWN, UP, capture
from proxy.export.test_body import JSON, said
from tlscope.events import Data

PACKED = gzip.compress(JSON, mtime=0)
GET = b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def where(tmp_path):
    """Packed JSON for a form; behind it, what is no content, and what is cut short."""
    first = said(PACKED, b"Content-Encoding: gzip", b"Content-Type: application/json", request=b"a=1")
    none = [Data(UP, GET % 2), Data(DOWN, b"HTTP/1.1 204 No Content\r\n\r\n")]
    short = [Data(UP, GET % 3), Data(DOWN, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")]
    return capture(tmp_path / "capture", [*first, *none, *short])


def export(tlscope, where, *arguments, path):
    """What the command said, and what it wrote."""
    ran = tlscope("export", "-f", "body", *arguments, "-o", path, "-c", where)
    return ran, path.read_bytes() if path.is_file() else None


@pytest.mark.parametrize(
    ("options", "expected"),
    [((), JSON), (("--passed",), PACKED), (("--direction", "up"), b"a=1"), (("--direction", "down"), JSON)],
)
def test_the_content_of_one_message(tlscope, where, tmp_path, options, expected):
    """The response, decoded, unless something else is asked for; chosen by number or by a filter."""
    for chosen in (("-n", 1, "--exchange", 1), ("-n", 1, "uri == '/a/b'"), ("method == POST",)):
        ran, data = export(tlscope, where, *chosen, *options, path=tmp_path / "x")
        assert (0, "", "", expected) == (ran.code, ran.out, ran.err, data)


def test_standard_output_has_the_bytes(process, where):
    """Nothing before or behind them."""
    command = process("export", "-f", "body", "-n", "1", "--exchange", "1", "--passed", "-c", where, text=False)
    out, err = command.communicate(timeout=20)
    assert (0, PACKED, b"") == (command.returncode, out, err)


def test_a_terminal_is_not_given_the_bytes(process, where):
    """They could drive it."""
    ours, theirs = os.openpty()
    command = process("export", "-f", "body", "-n", "1", "--exchange", "1", "-c", where, stdout=theirs)
    _, said_ = command.communicate(timeout=20)
    os.close(ours)
    os.close(theirs)
    assert 2 == command.returncode
    assert "this is not for a terminal" in said_


def test_a_directory_gets_a_file_whose_name_is_told(tlscope, where, tmp_path):
    """The one that the screen offers; nothing is written over."""
    for name in ("capture-1-1-b.json", "capture-1-1-b-2.json"):
        ran = tlscope("export", "-f", "body", "-n", 1, "--exchange", 1, "-o", tmp_path, "-c", where)
        assert (0, f"{tmp_path / name}\n", "") == (ran.code, ran.out, ran.err)
        assert JSON == (tmp_path / name).read_bytes()
    ran = tlscope("export", "-f", "har", "-o", tmp_path, "-c", where)
    assert (2, True) == (ran.code, "is a directory" in ran.err)


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        ((), 2, "body is the content of one exchange"),
        (("-n", 1), 2, "body is the content of one exchange, and these are 3"),
        (("--exchange", 1), 2, "exchange 1 of which connection?"),
        (("-n", 1, "--exchange", 9), 1, "connection 1 has no exchange 9"),
        (("-n", 9, "--exchange", 1), 1, "there is no connection 9"),
        (("status == 500",), 1, "there is no such exchange of HTTP"),
        (("-n", 1, "--exchange", 2), 1, "the response has no content"),
        (("-n", 1, "--exchange", 2, "--direction", "up"), 1, "the request has no content"),
    ],
)
def test_where_there_is_nothing_to_write(tlscope, where, tmp_path, arguments, code, expected):
    """It is said why, and what to do; what was there stays."""
    (tmp_path / "x").write_text("before")
    ran, data = export(tlscope, where, *arguments, path=tmp_path / "x")
    assert (code, "", b"before") == (ran.code, ran.out, data)
    assert expected in ran.err
    assert "Next: " in ran.err


def test_what_is_not_whole_is_told(tlscope, where, tmp_path):
    """What there is, is written."""
    ran, data = export(tlscope, where, "-n", 1, "--exchange", 3, path=tmp_path / "x")
    assert (0, b"abc") == (ran.code, data)
    assert "note: not all of it is there: it has not all come yet (3 B were written)\n" == ran.err


def test_what_cannot_be_decoded(tlscope, tmp_path):
    """Is not written as if it were; it is said how it can be."""
    where = capture(tmp_path / "c", said(b"no gzip", b"Content-Encoding: gzip"))
    ran, data = export(tlscope, where, "-n", 1, "--exchange", 1, path=tmp_path / "x")
    assert (1, None) == (ran.code, data)
    assert "Next: write it as it passed: --passed\n" in ran.err
    assert b"no gzip" == export(tlscope, where, "-n", 1, "--exchange", 1, "--passed", path=tmp_path / "x")[1]


@pytest.mark.parametrize("arguments", [("-f", "raw", "--passed"), ("-f", "pem", "-n", 1, "--exchange", 1)])
def test_what_is_of_contents_alone(tlscope, where, arguments):
    """Is refused elsewhere: it would do nothing."""
    assert 2 == tlscope("export", *arguments, "-c", where).code


def test_an_exchange_alone_for_other_formats_of_exchanges(tlscope, where):
    """They know it, too."""
    ran = tlscope("export", "-f", "curl", "-n", 1, "--exchange", 2, "-c", where)
    assert (0, 1) == (ran.code, ran.out.count("curl "))
    assert "/2" in ran.out
