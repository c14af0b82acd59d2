"""`show N --exchanges`: HTTP as people read it."""

from __future__ import annotations

import gzip

import pytest

from hostile import HOSTILE, forbidden
from journals import DOWN, UP, capture
from tlscope.events import Data

PACKED = gzip.compress(b'{"hello": ["world", 1]}', mtime=0)
SAID = [
    Data(
        UP,
        b"POST /one HTTP/1.1\r\nHost: here\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\na=1&b=2",
    ),
    Data(
        DOWN,
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
        % len(PACKED),
    ),
    Data(DOWN, PACKED),
    Data(UP, b"GET /two HTTP/1.1\r\nHost: here\r\n\r\n"),
]


@pytest.fixture
def said(tmp_path):
    return capture(
        tmp_path / "capture",
        SAID,
        [Data(UP, b"\0\1\2")],
        [
            Data(
                UP,
                b"GET / HTTP/1.1\r\nHost: h\r\nX: "
                + "".join(HOSTILE).encode(errors="surrogatepass").replace(b"\n", b"").replace(b"\r", b"")
                + b"\r\n\r\n",
            )
        ],
    )


def test_heads_and_contents(tlscope, said):
    """Decoded and laid out; what was not answered, too."""
    ran = tlscope("show", 1, "--exchanges", "-c", said)
    assert (0, "") == (ran.code, ran.err)
    lines = ran.out.splitlines()
    assert lines[0].startswith("exchange 1, POST https://here/one → 200")
    for line in ("  ▲ POST /one HTTP/1.1", "    Host: here", "  ▼ 200 OK HTTP/1.1", '    │   "hello": ['):
        assert line in lines
    assert f"    JSON object, 1 key ({len(PACKED)} B, gzip undone)" in lines
    assert any(line.startswith("exchange 2, GET https://here/two → no response") for line in lines)


def test_no_more_than_asked_for(tlscope, said):
    """And how to see the rest."""
    ran = tlscope("show", 1, "--exchanges", "--max-data", "5", "-c", said)
    assert "    … and more: --all shows it" in ran.out.splitlines()
    assert "world" not in ran.out


def test_what_is_no_http(tlscope, said):
    """Is said, with what to do; as is a connection that does not exist."""
    ran = tlscope("show", 2, "--exchanges", "-c", said)
    assert (0, "", "connection 2 has no exchange of HTTP\nNext: tlscope show 2\n") == (ran.code, ran.out, ran.err)
    assert 1 == tlscope("show", 9, "--exchanges", "-c", said).code


def test_hostile_headers(tlscope, said):
    """Reach no terminal."""
    ran = tlscope("show", 3, "--exchanges", "-c", said)
    assert (0, set()) == (ran.code, forbidden(ran.out))
