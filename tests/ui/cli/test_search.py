"""`tlscope search`, as transcripts."""

from __future__ import annotations

import json

from journals import UP, capture
from support import carried
from tlscope.events import Data


def test_lines(tlscope, recorded):
    """Where it stands, with what is around it; what cannot be printed is escaped."""
    ran = tlscope("search", "host:", "-c", recorded)
    assert (0, "#1 exchange 1, head at 8: ▲ GET /é\\nHost: localhost\n", "") == (
        ran.code,
        ran.out.replace("\\xc3\\xa9", "é"),
        ran.err,
    )


def test_on_a_screen(tlscope, recorded, tmp_path, monkeypatch):
    """A line has room for what was found, and on both sides for as much as there is; the longer side gets the rest."""
    monkeypatch.setenv("COLUMNS", "60")
    assert "#1 exchange 1, head at 8: ▲ GET /é\\nHost: localhost\n" == tlscope("search", "host:", "-c", recorded).out
    where = capture(tmp_path / "other", [Data(UP, b"b" * 50 + b"needle" + b"a" * 50)])
    start = f"#1 stream at 50: ▲ {'b' * 17}needle{'a' * 18}\n"
    assert (60 + 1, start) == (len(start), tlscope("search", "needle", "-c", where).out)
    monkeypatch.setenv("COLUMNS", "20")
    assert 40 == len(tlscope("search", "b" * 50, "-c", where).out.rstrip("\n"))


def test_json(tlscope, recorded):
    """An object a match."""
    ran = tlscope("search", "--jsonl", "localhost", "-c", recorded)
    (match,) = map(json.loads, ran.out.splitlines())
    assert (1, 1, "up", "head", "localhost") == tuple(
        match[key] for key in ("connection", "exchange", "direction", "part", "found")
    )


def test_bytes(tlscope, recorded):
    """As hexadecimal digits."""
    assert 0 == tlscope("search", "--hex", "486f 7374", "-c", recorded).code
    wrong = tlscope("search", "--hex", "4", "-c", recorded)
    assert (2, "", 2) == (wrong.code, wrong.out, len(wrong.err.splitlines()))


def test_only_what_a_filter_selects(tlscope, recorded):
    """Exit code 1 where nothing is found."""
    assert 0 == tlscope("search", "host", "outcome == intercepted", "-c", recorded).code
    ran = tlscope("search", "host", "outcome == client-rejected", "-c", recorded)
    assert (1, "", "host is nowhere in what passed\n") == (ran.code, ran.out, ran.err)


def test_nothing_to_search_for(tlscope, recorded):
    """Is an error."""
    assert 2 == tlscope("search", "", "-c", recorded).code


def test_messages(tlscope, tmp_path):
    """Are told by their number, which is that of `show --exchanges`; a filter that asks for the same finds them."""
    where = capture(tmp_path / "capture", carried.websocket(deflate=True))
    ran = tlscope("search", "hello needle", "-c", where)
    assert (0, "#1 exchange 1, message 1 at 0: ▲ hello needle\n", "") == (ran.code, ran.out, ran.err)
    assert 1 == json.loads(tlscope("search", "--jsonl", "hello needle", "-c", where).out)["message"]
    assert "unfinished" in tlscope("list", 'body contains "hello needle"', "-c", where).out
    assert "unfinished" not in tlscope("list", 'body contains "hello noodle"', "-c", where).out


def test_secrets_around_are_masked(tlscope, tmp_path):
    """Until they are asked for; what was searched for is shown, and programs get what passed."""
    asked = (
        b"POST / HTTP/1.1\r\nHost: h\r\nCookie: sid=s3cret\r\nContent-Length: 36\r\n\r\n"
        b'{"user": "me", "password": "s3cret"}'
    )
    where = capture(tmp_path / "c", [Data(UP, asked), Data(UP, b"")])
    for text in ("Host", "user", "s3c"):
        ran = tlscope("search", text, "-c", where)
        assert (0, False) == (ran.code, "s3cret" in ran.out)
        assert text in ran.out
        assert "***" in ran.out
        for option in ("--with-secrets", "--jsonl"):
            out = tlscope("search", text, option, "-c", where).out
            assert "***" not in out
            assert "ret" in out
