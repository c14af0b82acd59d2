import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import CLIENT, DOWN, NOON, REFUSAL, STORY, TICK, UP, capture, held, name, segment
from support.indexing import OPENED, REQUEST, RESPONSE, index, one, rows, web, write
from tlscope.capture import indexer as indexing
from tlscope.capture.index import Index
from tlscope.capture.indexer import Indexer
from tlscope.capture.reader import read
from tlscope.capture.schema import INDEX, delete
from tlscope.capture.spelling import Spelling
from tlscope.capture.summary import NEEDED, Summaries
from tlscope.events import Data, Faulted, HandshakeDone, Who


def test_a_connection_becomes_a_row(tmp_path):
    """Every column that its events tell something of."""
    capture(tmp_path, STORY, REFUSAL)
    assert len(STORY) + len(REFUSAL) == index(tmp_path)
    row = one(tmp_path)
    expected = {
        "opened": NOON,
        "closed": NOON + 16 * TICK,
        "client": "127.0.0.1:50124",
        "client_ip": "127.0.0.1",
        "client_port": 50124,
        "listener": "127.0.0.1:8080",
        "mode": "explicit",
        "host": "localhost",
        "port": 8443,
        "server_ip": None,
        "via": "connect",
        "rule": None,
        "action": "intercept",
        "outcome": "intercepted",
        "detail": None,
        "fault": None,
        "sni": "localhost",
        "client_version": 0x0303,
        "client_cipher": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "client_group": "x25519",
        "client_alpn": None,
        "server_version": 0x0304,
        "server_cipher": "TLS_AES_128_GCM_SHA256",
        "server_group": "X25519MLKEM768",
        "server_alpn": "http/1.1",
        "verdict": "",
        "client_messages": 1 << 1,
        "server_messages": 1 << 1 | 1 << 2 | 1 << 8,
        "alerts": "client:close_notify",
        "dissector_fault": None,
    }
    assert expected == {column: row[column] for column in expected}
    refused = one(tmp_path, 2)
    expected = {
        "client_ip": "::1",
        "client_port": 50125,
        "server_ip": "::1",
        "rule": "--only *",
        "detail": "unknown_ca",
        "fault": "client-rejected",
        "fault_who": "client",
        "fault_what": "the client refused our certificate",
        "verdict": "expired name-mismatch",
        "alerts": "client:unknown_ca",
        "protocol": None,
    }
    assert expected == {column: refused[column] for column in expected}


def test_exchanges_become_rows(tmp_path):
    """With their places in both streams."""
    capture(tmp_path, web(2))
    index(tmp_path)
    with Index(tmp_path) as found:
        first, second = map(dict, found.exchanges())
    expected = {
        "connection": 1, "exchange": 2, "stream": None, "started": NOON + 4 * TICK, "ended": NOON + 5 * TICK,
        "method": "POST", "scheme": "https", "authority": "localhost", "target": "/submit?x=1", "status": 200,
        "version": "HTTP/1.1", "request_type": "text/plain", "response_type": "text/html", "request_size": 5,
        "response_size": 3, "request_start": len(REQUEST), "request_head": len(REQUEST) - 5,
        "request_end": 2 * len(REQUEST), "response_start": len(RESPONSE), "response_head": len(RESPONSE) - 3,
        "response_end": 2 * len(RESPONSE), "oddities": None,
    }  # fmt: skip
    assert expected == second
    assert 0 == first["request_start"] == first["response_start"]
    row = one(tmp_path)
    assert ("http/1.1", 2) == (row["protocol"], row["exchanges"])


def test_streams_become_exchanges(tmp_path):
    """HTTP/2 as another implementation speaks it: a row for each stream, whatever the order of the frames."""
    client, server = H2Connection(), H2Connection(H2Configuration(client_side=False))
    chunks = []

    def pass_on(sender, receiver, direction):
        if data := sender.data_to_send():
            chunks.append(Data(direction, data))
            receiver.receive_data(data)

    client.initiate_connection()
    server.initiate_connection()
    names = (b":method", b"POST"), (b":scheme", b"https"), (b":authority", b"h2.example")
    for stream in (1, 3, 5):
        client.send_headers(stream, [*names, (b":path", b"/%d" % stream)])
        client.send_data(stream, b"x" * stream, end_stream=True)
    pass_on(client, server, UP)
    pass_on(server, client, DOWN)
    for stream in (5, 1):
        server.send_headers(stream, [(b":status", b"204" if stream == 5 else b"200")], end_stream=stream == 5)
    server.send_data(1, b"y" * 77, end_stream=True)
    pass_on(server, client, DOWN)
    done = HandshakeDone(CLIENT, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519", "h2", "h2.example")
    capture(tmp_path, [OPENED, done, *chunks, web(1)[-1]])
    index(tmp_path)
    with Index(tmp_path) as found:
        rows_ = [
            tuple(row)
            for row in found.exchanges(columns="e.stream, e.target, e.status, e.request_size, e.response_size")
        ]
        assert [(1, "/1", 200, 1, 77), (3, "/3", None, 3, 0), (5, "/5", 204, 5, 0)] == rows_
        assert {"HTTP/2"} == {row["version"] for row in found.exchanges()}
    row = one(tmp_path)
    assert ("h2", 3) == (row["protocol"], row["exchanges"])


def test_rows_agree_with_the_summaries(tmp_path):
    """`list` and the index say the same of every connection."""
    late = [Data(UP, b"late"), Faulted(Who.US, "again", "", "")]
    capture(tmp_path, STORY, REFUSAL, web(3), STORY[:-1], [*REFUSAL, *late], [Data(DOWN, b"abc")], STORY[5:])
    index(tmp_path)
    summaries = Summaries()
    for item in read(tmp_path, **NEEDED):
        summaries.feed(item)
    assert 7 == len(summaries.connections)
    for number, summary in summaries.connections.items():
        row = one(tmp_path, number)
        assert (summary.opened, summary.client, summary.mode) == (row["opened"], row["client"], row["mode"])
        policy = summary.policy and (summary.policy.host, summary.policy.port)
        assert (policy or (None, None)) == (row["host"], row["port"])
        assert (summary.up, summary.down) == (row["up"], row["down"])
        assert (summary.outcome and summary.outcome.outcome) == row["outcome"]
        assert (summary.fault and summary.fault.code) == row["fault"]
        for leg, done in (("client", summary.client_leg), ("server", summary.server_leg)):
            assert (done.cipher if done else None) == row[f"{leg}_cipher"]


JUNK = st.builds(Data, st.sampled_from([UP, DOWN]), st.binary(max_size=60))
EVENTS = st.one_of(st.sampled_from([*STORY, *REFUSAL, *web(2), *web(1)[1:4]]), JUNK)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), EVENTS), max_size=30), st.data())
def test_an_index_is_the_same_however_it_is_built(events, data):
    """At once; in pieces, the inspector started anew at any record; in small batches; and built again."""
    cut = data.draw(st.integers(0, len(events)))
    parts = segment(events[:cut]), segment(events[cut:], salt=9)
    with TemporaryDirectory() as place, TemporaryDirectory() as other:
        whole, pieces = Path(place), Path(other)
        for number, part in enumerate(parts, 1):
            (whole / name(number)).write_bytes(b"".join(part))
        index(whole)
        expected = rows(whole)
        for number, part in enumerate(parts, 1):
            for record in part:
                with (pieces / name(number)).open("ab") as file:
                    file.write(record)
                if data.draw(st.booleans()):
                    with held(pieces):
                        index(pieces)
        index(pieces)
        assert expected == rows(pieces)
        delete(whole)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(indexing, "BATCH", data.draw(st.integers(1, 5)))
            patch.setattr(indexing, "OPEN_BYTES", data.draw(st.sampled_from([0, 10_000])))
            index(whole)
        assert expected == rows(whole)


def test_a_journal_is_followed(tmp_path):
    """While a recorder lives each poll indexes what came; half an exchange is a row already."""
    events = web(1)
    parts = segment((1, event) for event in events)
    path = tmp_path / name()
    with held(tmp_path), closing(Indexer(tmp_path)) as indexer:
        assert 0 == indexer.poll()
        path.write_bytes(b"".join(parts[:4]))
        assert 3 == indexer.poll()
        row = one(tmp_path)
        assert (None, 1, len(REQUEST)) == (row["outcome"], row["exchanges"], row["up"])
        with Index(tmp_path) as found:
            assert [("POST", None)] == [(row["method"], row["status"]) for row in found.exchanges()]
            before = found.changes
            path.write_bytes(b"".join(parts))
            assert 3 == indexer.poll()
            assert before != found.changes
            assert not indexer.finished
            assert not found.finished
    index(tmp_path)
    with Index(tmp_path) as found:
        assert found.finished
        assert [200] == [row["status"] for row in found.exchanges()]


def test_what_is_spelt_is_noted_once(tmp_path, monkeypatch):
    """A request and its response may be written one after the other, as all of a connection may be read again."""
    monkeypatch.setattr(indexing, "BATCH", 1)
    write(tmp_path, web(2))
    index(tmp_path)
    with closing(sqlite3.connect(tmp_path / INDEX)) as database:
        documents = database.execute("SELECT rowid FROM spelt WHERE spelt MATCH '\"bmi\"'").fetchall()
        assert 2 == len(documents)
        assert [1] == Spelling(database).candidates("/SUBMIT?x") == Spelling(database).candidates("50124")
        assert [] == Spelling(database).candidates("/submit?y")


def test_what_is_missing_is_told(tmp_path):
    """Damage and dropped segments have rows of their own, and what is around them is indexed."""
    parts = segment((1, event) for event in STORY)
    broken = bytearray(b"".join(parts))
    broken[len(parts[0]) + 6] ^= 1
    (tmp_path / name(3)).write_bytes(broken)
    index(tmp_path)
    with Index(tmp_path) as found:
        assert [(0, 1, 2)] == [tuple(row) for row in found.dropped()]
        assert [(name(3), len(parts[0]), "the record is damaged", len(parts[1]))] == [
            tuple(row) for row in found.damage()
        ]
    row = one(tmp_path)
    assert (None, "intercepted") == (row["client"], row["outcome"])


def test_what_the_recorder_says_of_itself_is_found(tmp_path):
    """Records of connection 0 are no connection."""
    said = Faulted(Who.US, "recording-stopped", "the disk is full", "make room")
    (tmp_path / name()).write_bytes(b"".join(segment([(0, said), (1, OPENED)])))
    index(tmp_path)
    with Index(tmp_path) as found:
        assert [("recording-stopped", 4, "the disk is full")] == [tuple(row)[2:] for row in found.findings(0)]
        assert [1] == [row["connection"] for row in found.connections()]
