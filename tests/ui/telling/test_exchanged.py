"""`show N --exchanges --jsonl`: HTTP as programs read it."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from journals import DOWN, UP, capture
from support import carried
from tlscope.capture import exchanges as module
from tlscope.events import Data
from tlscope_ui.telling import exchanges as telling

PACKED = gzip.compress(b'{"hello": "w\xc3\xb6rld"}', mtime=0)
ASKED = b"POST /one?token=s3cret HTTP/1.1\r\nHost: here\r\nX-Name: J\xc3\xb6rg\r\nContent-Length: 4\r\n\r\n\0\1\2\xff"
TOLD = (
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"%x\r\n%b\r\n0\r\nX-Sum: 7\r\n\r\n" % (len(PACKED), PACKED)
)
OPEN = Data(UP, b"GET /two HTTP/1.1\r\nHost: here\r\nHost: there\r\n\r\n")


@pytest.fixture
def said(tmp_path):
    """An exchange with all its parts, and one that has no response."""
    return capture(tmp_path / "capture", [Data(UP, ASKED), Data(DOWN, TOLD), OPEN])


def objects(tlscope, where, *options):
    ran = tlscope("show", 1, "--exchanges", "--jsonl", *options, "-c", where)
    assert (0, "") == (ran.code, ran.err)
    return [json.loads(line) for line in ran.out.splitlines()]


def test_an_object_an_exchange(tlscope, said):
    """Heads, contents decoded, what came in between and behind; nothing is masked for programs."""
    first, second = objects(tlscope, said)
    assert {
        "connection": 1,
        "view": "exchanges",
        "exchange": 1,
        "started": "2025-11-20T12:00:00.000000Z",
        "elapsed_us": 1500,
        "request": {
            "version": "HTTP/1.1",
            "method": "POST",
            "target": "/one?token=s3cret",
            "url": "https://here/one?token=s3cret",
            "headers": [["Host", "here"], ["X-Name", "Jörg"], ["Content-Length", "4"]],
            "content": {
                "type": None, "size": 4, "codings": [], "undone": [], "base64": "AAEC/w==", "cut": False,
                "problem": None,
            },
            "trailers": [],
        },
        "response": {
            "version": "HTTP/1.1",
            "status": 200,
            "reason": "OK",
            "headers": [
                ["Content-Type", "application/json"], ["Content-Encoding", "gzip"], ["Transfer-Encoding", "chunked"],
            ],
            "content": {
                "type": "application/json", "size": len(PACKED), "codings": ["gzip"], "undone": ["gzip"],
                "text": '{"hello": "wörld"}', "cut": False, "problem": None,
            },
            "trailers": [["X-Sum", "7"]],
        },
        "interim": [
            {"version": "HTTP/1.1", "status": 103, "reason": "Early Hints", "headers": [["Link", "</a>"]]}
        ],
        "messages": [],
        "upgraded": None,
        "oddities": [],
    } == first  # fmt: skip
    assert (2, None, None) == (second["exchange"], second["response"], second["request"]["content"])
    assert [("duplicate-host", "up", len(ASKED))] == [
        (oddity["code"], oddity["direction"], oddity["offset"]) for oddity in second["oddities"]
    ]
    assert first == objects(tlscope, said, "--exchange", 1)[0]


def test_contents_as_they_passed(tlscope, said):
    """Their codings are told, and none is undone."""
    content = objects(tlscope, said, "--passed")[0]["response"]["content"]
    assert (["gzip"], []) == (content["codings"], content["undone"])
    assert PACKED == base64.b64decode(content["base64"])


def test_with_fields(tlscope, said):
    """Of contents, as of messages of TLS: with --json."""
    ran = tlscope("show", 1, "--exchanges", "--json", "-c", said)
    first = json.loads(ran.out.splitlines()[0])
    assert "Object" == first["response"]["content"]["fields"]["children"][0]["label"]
    assert "fields" not in objects(tlscope, said)[0]["response"]["content"]


def test_a_limit(tlscope, said, monkeypatch):
    """Of each content, in characters, or bytes of what is no text; it is told that there is more."""
    first = objects(tlscope, said, "--max-data", 3)[0]
    assert ('{"h', True) == tuple(first["response"]["content"][name] for name in ("text", "cut"))
    assert ("AAEC", True) == tuple(first["request"]["content"][name] for name in ("base64", "cut"))
    monkeypatch.setattr(telling, "BODY_LIMIT", 13)
    monkeypatch.setattr(module.body, "__defaults__", (13,))
    content = objects(tlscope, said)[0]["response"]["content"]
    assert ('{"hello": "w', True) == (content["text"], content["cut"])


@pytest.mark.parametrize("deflate", [False, True])
def test_messages(tlscope, tmp_path, deflate):
    """In their order, text or base64; the limit is that of all together."""
    where = capture(tmp_path / "c", carried.websocket(deflate=deflate))
    [told] = objects(tlscope, where)
    assert "websocket" == told["upgraded"]
    assert [None, None] == [told[name]["content"] for name in ("request", "response")]
    note = "deflate" if deflate else None
    assert [
        ("up", "text", 12, note, "hello needle"),
        ("down", "text", 22, note, "a needle, and a needle"),
    ] == [
        tuple(message[name] for name in ("direction", "kind", "size", "note", "text"))
        for message in told["messages"][:2]
    ]
    assert told["messages"][2]["size"] == len(base64.b64decode(told["messages"][2]["base64"]))
    [told] = objects(tlscope, where, "--max-data", 15)
    assert [("hello needle", False), ("a n", True)] == [
        (message["text"], message["cut"]) for message in told["messages"][:2]
    ]
    assert ("", True) == (told["messages"][2]["base64"], told["messages"][2]["cut"])


def test_what_is_no_http_has_no_object(tlscope, tmp_path):
    """And that is no failure."""
    where = capture(tmp_path / "c", [Data(UP, b"\0\1\2")])
    assert [] == objects(tlscope, where)
    assert 1 == tlscope("show", 9, "--exchanges", "--jsonl", "-c", where).code
