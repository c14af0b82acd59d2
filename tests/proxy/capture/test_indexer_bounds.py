"""An index of what is too much, damaged, gone, or not understood."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import DOWN, SERVER, STORY, UP, capture, held, name, segment
from support.indexing import OPENED, REQUEST, RESPONSE, SPEAKS_HTTP, index, one, rows, web, write
from tlscope.capture import indexer as indexing
from tlscope.capture.index import Index
from tlscope.capture.indexer import GONE, TOO_MANY, Indexer
from tlscope.capture.schema import delete
from tlscope.events import Data, Faulted, Message, Who
from tlscope.wire.tls.meaning.finding import Found, finding


def test_rows_stay_when_their_bytes_are_dropped(tmp_path):
    """And a connection that goes on afterwards goes on from its row, which then says so."""
    events = web(2)
    (tmp_path / name(1)).write_bytes(b"".join(segment([(1, event) for event in events[:5]], salt=1)))
    with held(tmp_path):
        index(tmp_path)
    (tmp_path / name(2)).write_bytes(b"".join(segment([(1, event) for event in events[5:]], salt=2)))
    (tmp_path / name(1)).unlink()
    for _ in range(2):
        index(tmp_path)
        row = one(tmp_path)
        assert (2, "intercepted", "http/1.1") == (row["exchanges"], row["outcome"], row["protocol"])
        assert (GONE, 2 * len(REQUEST)) == (row["dissector_fault"], row["up"])
    with Index(tmp_path) as found:
        span = found.lookup.span(1, DOWN)
        assert RESPONSE == span.data[len(RESPONSE) :]
        assert [(0, len(RESPONSE))] == [(hole.offset, hole.length) for hole in span.gone]


def test_open_connections_are_let_go_of(tmp_path, monkeypatch):
    """Memory is bounded: who was silent for longest is made again when it speaks, and nothing is lost."""
    stories = [web(3) for _ in range(12)]
    write(tmp_path, *stories)
    index(tmp_path)
    expected = rows(tmp_path)
    delete(tmp_path)
    monkeypatch.setattr(indexing, "OPEN_BYTES", 30_000)
    monkeypatch.setattr(indexing, "BATCH", 5)
    with closing(Indexer(tmp_path)) as indexer:
        indexer.poll()
        assert indexer._let_go
        assert len(indexer._open) < 12
        assert indexer._weight <= 30_000
    assert expected == rows(tmp_path)


def test_making_connections_again_has_a_budget(tmp_path, monkeypatch):
    """Beyond it they are not followed any more, which their rows say; bytes and outcomes stay true."""
    write(tmp_path, *(web(20) for _ in range(12)))
    for key, value in {"OPEN_BYTES": 30_000, "BATCH": 5, "AGAIN_FREE": 0, "AGAIN_COST": 1000}.items():
        monkeypatch.setattr(indexing, key, value)
    with closing(Indexer(tmp_path)) as indexer:
        indexer.poll()
        assert indexer._spent < 3 * indexer._earned
    with Index(tmp_path) as found:
        assert found.count("c.dissector_fault = ?", (TOO_MANY,)) > 0
        for row in found.connections():
            assert ("intercepted", 20 * len(REQUEST)) == (row["outcome"], row["up"])
            assert 20 * REQUEST == found.lookup.span(row["connection"], UP).data


def test_findings_are_those_of_the_end(tmp_path, monkeypatch):
    """What was found too early is taken back, also by an inspector that was started anew."""

    def findings(facts, _):
        return [finding(facts.leg, Found("rc4", f"after {len(facts.messages)} messages"))] if facts.messages else []

    monkeypatch.setattr("tlscope.capture.handshake.findings", findings)
    parts = segment((1, event) for event in STORY)
    for length in (4, 9, len(parts)):
        (tmp_path / name()).write_bytes(b"".join(parts[:length]))
        with held(tmp_path):
            index(tmp_path)
    with Index(tmp_path) as found:
        assert ["after 2 messages", "after 3 messages"] == sorted(
            row["what"] for row in found.findings(1) if row["code"] == "rc4"
        )


def test_a_dissector_that_raises_marks_its_connection(tmp_path, monkeypatch):
    """Only its own: what it said until then stays, and the others are followed."""
    from tlscope.wire.http.http1 import Http1  # noqa: PLC0415 - patched here alone

    feed = Http1.feed

    def broken(self, direction, data, offset):
        if b"boom" in bytes(data):
            raise RuntimeError("a bug")
        return feed(self, direction, data, offset)

    monkeypatch.setattr(Http1, "feed", broken)
    ends = web(1)[-2:]
    capture(tmp_path, [*web(1)[:4], Data(UP, b"boom"), Data(UP, REQUEST), *ends], web(2))
    index(tmp_path)
    row = one(tmp_path)
    assert ("RuntimeError: a bug", 1, "intercepted") == (row["dissector_fault"], row["exchanges"], row["outcome"])
    assert (None, 2) == (one(tmp_path, 2)["dissector_fault"], one(tmp_path, 2)["exchanges"])


def test_text_that_sqlite_cannot_store_is_replaced(tmp_path):
    """A lone surrogate, a number beyond 64 bits: nothing that a record says stops the inspector."""
    policy = STORY[1]
    odd = type(policy)(policy.action, "a\ud800b", 1 << 80, "connect")
    capture(tmp_path, [OPENED, odd], [OPENED, Faulted(Who.US, "x\udfff", "y\udfff", "")])
    index(tmp_path)
    assert ("a?b", None) == (one(tmp_path)["host"], one(tmp_path)["port"])
    assert "x?" == one(tmp_path, 2)["fault"]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 5))
def test_any_bytes_in_place_of_records_are_survived(junk, at):
    """The journal may be damaged anywhere: an index is built of the rest."""
    parts = segment((1, event) for event in STORY)
    with TemporaryDirectory() as place:
        directory = Path(place)
        (directory / name()).write_bytes(b"".join([*parts[:at], junk, *parts[at + 1 :]]))
        index(directory)
        assert rows(directory)["position"]


def test_what_is_kept_of_a_connection_is_bounded(tmp_path):
    """However many messages it has, and however long they are."""
    many = [Message(SERVER, UP, 0x0304, 22, b"\x18\x00\x00\x01\x00")] * 2000
    large = [Message(SERVER, DOWN, 0x0304, 22, b"\x04" + os.urandom(100_000))] * 10
    (tmp_path / name()).write_bytes(b"".join(segment((1, event) for event in [OPENED, *many, *large])))
    with held(tmp_path), closing(Indexer(tmp_path)) as indexer:
        assert 2011 == indexer.poll()
        assert indexer._weight < 600_000


def test_a_transaction_is_bounded_in_exchanges(tmp_path, monkeypatch):
    """One record may hold thousands of requests that wait for no answer: their rows are written in between."""
    monkeypatch.setattr(indexing, "BATCH_BYTES", 100 * indexing.EXCHANGE_WEIGHT)
    capture(tmp_path, [OPENED, SPEAKS_HTTP, *[Data(UP, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 50)] * 20])
    most, write_exchanges = [], Indexer._write_exchanges

    def counted(self, number, exchanges):
        most.append(len(exchanges))
        write_exchanges(self, number, exchanges)

    monkeypatch.setattr(Indexer, "_write_exchanges", counted)
    index(tmp_path)
    assert (1000, 100) == (sum(most), max(most))
    assert 1000 == one(tmp_path)["exchanges"]


def test_a_commit_that_fails_loses_nothing(tmp_path, monkeypatch):
    """The rows and how far the journal was read are written together, or neither is."""
    capture(tmp_path, STORY, web(2))

    def fail(*_):
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Indexer, "_write_exchanges", fail)
        with pytest.raises(sqlite3.OperationalError):
            index(tmp_path)
    assert not any(rows(tmp_path).values())
    index(tmp_path)
    found = rows(tmp_path)
    delete(tmp_path)
    index(tmp_path)
    assert found == rows(tmp_path)
