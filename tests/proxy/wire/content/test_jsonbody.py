"""Bodies of JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import check_tree, torture
from tlscope.wire.content import describe
from tlscope.wire.content.jsonbody import pretty
from tlscope.wire.content.reading import TEXT


def read(data, kind="application/json"):
    content = describe(kind, data)
    check_tree(content.tree, data)
    return content


@pytest.mark.parametrize(
    ("body", "summary"),
    [
        ({"a": 1, "b": 2}, "JSON object, 2 keys"),
        ({"a": 1}, "JSON object, 1 key"),
        ([1, [2, 3], {}], "JSON array, 3 items"),
        ("text", "JSON string"),
        (1.5, "JSON number"),
        (None, "JSON null"),
        (
            {"query": "query Hero($a: Int) { hero }", "variables": {"a": 1}},
            "JSON object, 2 keys, GraphQL query Hero with 1 variable",
        ),
        ({"query": "mutation { a }"}, "JSON object, 1 key, GraphQL mutation"),
        ({"query": "{ a }", "operationName": "X"}, "JSON object, 2 keys, GraphQL query X"),
        ({"query": "how to cook"}, "JSON object, 1 key"),
        ([{"query": "{ a }"}, {"query": "{ b }"}], "JSON array, 2 items, batch of GraphQL query"),
        (
            {"extensions": {"persistedQuery": {"version": 1}}, "operationName": "A"},
            "JSON object, 2 keys, GraphQL persisted query A",
        ),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, "JSON object, 3 keys, JSON-RPC request tools/list"),
        ({"jsonrpc": "2.0", "method": "a"}, "JSON object, 2 keys, JSON-RPC notification a"),
        ({"jsonrpc": "2.0", "id": 1, "result": {}}, "JSON object, 3 keys, JSON-RPC response"),
        ({"jsonrpc": "2.0", "id": 1, "error": {}}, "JSON object, 3 keys, JSON-RPC error"),
    ],
)
def test_summaries(body, summary):
    """What it is, how much of it, and which dialect it speaks."""
    content = read(json.dumps(body).encode())
    assert ("json", summary, "") == (content.kind, content.summary, content.problem)


@given(st.recursive(st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=20))
@settings(max_examples=60, deadline=None)
def test_pretty_is_what_the_library_makes(value):
    """Indented by two, escapes as they were written."""
    for ascii_ in (True, False):
        data = json.dumps(value, separators=(",", ":"), ensure_ascii=ascii_).encode("utf-8", "replace")
        assert json.dumps(json.loads(data), indent=2, ensure_ascii=ascii_) == pretty(data)


def test_pretty_is_bounded():
    """However long the body, or deep."""
    for data in (b"[1," * 500_000, b'"' + b"a" * 500_000, b'["' + b"a" * 500_000 + b'"]', b"[1,2]" * 200_000):
        assert TEXT <= len(pretty(data)) < TEXT + 100
    assert "more bytes" in pretty(b"[1,2]" * 200_000)


def test_many_texts():
    """By lines, as a sequence (RFC 7464), or only one behind the other, which plain JSON does not allow."""
    for kind, data, problem in (
        ("application/x-ndjson", b'{"a":1}\n{"b":2}\n', ""),
        ("application/json-seq", b'\x1e{"a":1}\n\x1e{"b":2}\n', ""),
        ("application/json", b'{"a":1}{"b":2}', "2 JSON texts where one belongs"),
    ):
        content = read(data, kind)
        assert ("JSON, 2 texts", problem) == (content.summary, content.problem)
        assert ["a", "b"] == [member.value for member in content.tree.all("json.member")]
        assert '{\n  "a": 1\n}\n{\n  "b": 2\n}' == content.text
    assert "JSON, 1 text" == read(b'{"a":1}\n', "application/jsonl").summary


def test_a_guard():
    """What keeps a page from including it is skipped and shown."""
    content = read(b')]}\',\n{"a": 1}')
    assert ("JSON object, 1 key", "") == (content.summary, content.problem)
    assert b")]}',\n" == content.tree.first("json.ignored_leading_bytes").value
    assert 7 == content.tree.first("json.member").start


def test_a_token_in_a_value():
    """Is decoded where it stands; where it was escaped, its fields have a place and no bytes."""
    token = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln"
    data = json.dumps({"token": token}).encode()
    found = read(data).tree.first("jwt.claims")
    assert b"eyJleHAiOjF9" == data[found.start : found.end]
    data = data.replace(b"eyJ", rb"\u0065yJ")
    found = read(data).tree.first("jwt.claims")
    assert (b'{"exp":1}', 0) == (found.value, found.length)


def test_other_charsets():
    """Are read, and said to be none that JSON allows."""
    content = read('{"a": "é"}'.encode("utf-16"))
    assert ('{\n  "a": "é"\n}', "JSON object, 1 key", "utf-16-le") == (content.text, content.summary, content.charset)
    assert "RFC 8259" in content.problem
    assert "RFC 8259" in read('{"a": "é"}'.encode("latin-1")).problem
    assert "" == read('\ufeff{"a": "é"}'.encode()).problem


def test_what_is_none():
    """Says so."""
    assert "no JSON at all" == read(b"  \n").problem
    assert "where a value belongs" in read(b"a=b").problem


def test_whatever_is_done_to_it():
    """A tree."""
    torture(lambda data: describe("application/json", data).tree, b'[{"query":"{a}"}] \x1e {"b":"MTIzNDU2Nzg5MDEy"}\n1')


@given(st.binary())
def test_any_bytes(data):
    """Are described."""
    for kind in ("application/json", "application/json-seq", "application/json; charset=utf-16"):
        read(data, kind)
        read(b"{" + data, kind)
