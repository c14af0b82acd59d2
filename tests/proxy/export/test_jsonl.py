import json
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journals import CLIENT, DOWN, GET, NOON, REFUSAL, SECRET, SERVER, STORY, TICK, UP, capture
from support import handshakes as made
from tlscope.capture.format import Unreadable
from tlscope.capture.notes import Note, write
from tlscope.capture.reader import Dropped
from tlscope.capture.segment import Damage, Record
from tlscope.events import Ciphertext, Closed, Data, Event, How, Message, Reached, Ruled, Ruling, Secret
from tlscope.export.jsonl import event_json, lines, missing_json, settled, split_secret
from tlscope.export.source import Source
from tlscope.wire.tls.meaning.versions import Versions

HEAD = {"connection": 3, "time": "2025-11-20T12:00:00.000000Z", "elapsed_us": 1234}


def record(event, length=None):
    size = len(getattr(event, "data", b"")) if length is None else length
    return Record(3, NOON, 0, event, "journal-0-000001.tlsj", 100, size + 7, 7)


def told(event, *, secrets=False, length=None):
    found = event_json(record(event, length), 1234567, secrets=secrets)
    assert found.items() >= HEAD.items()
    return {name: value for name, value in found.items() if name not in HEAD}


def test_each_kind_has_its_fields():
    """The contract of `show --jsonl`, kind by kind, in the order of a connection."""
    hello, closing, refusing = STORY[2].data, STORY[14].data, REFUSAL
    negotiated = {"version": "TLSv1.3", "cipher": "TLS_AES_128_GCM_SHA256", "group": "X25519MLKEM768"}
    expected = [
        {"kind": "opened", "mode": "explicit", "client": "127.0.0.1:50124", "listener": "127.0.0.1:8080"},
        {"kind": "policy", "action": "intercept", "host": "localhost", "port": 8443, "via": "connect", "rule": None},
        {"kind": "message", "leg": "client", "direction": "up", "name": "ClientHello", "version": "TLSv1.2",
         "length": 204, "hex": hello.hex()},
        {"kind": "ciphertext", "leg": "server", "direction": "up", "length": 5, "hex": "1603010068"},
        {"kind": "secret", "leg": "server", "label": "SERVER_HANDSHAKE_TRAFFIC_SECRET", "client_random": "ab" * 32,
         "secret": None},
        {"kind": "handshake", "leg": "server", **negotiated, "alpn": "http/1.1", "sni": "localhost", "resumed": False},
        {"kind": "verdict", "leg": "server", "host": "localhost", "valid": True, "faults": [], "chain_length": 2,
         "mirrored": True, "pardoned": False},
        {"kind": "leaf", "leg": "client", "issuer": "authority", "key": "P-256", "length": 4, "hex": "30820100"},
        {"kind": "data", "direction": "up", "length": len(GET), "text": GET.decode(), "encrypted": True},
        {"kind": "data", "direction": "down", "length": 20, "hex": bytes(range(20)).hex(), "encrypted": True},
        {"kind": "message", "leg": "client", "direction": "up", "name": "Alert", "version": "TLSv1.3", "length": 2,
         "hex": closing.hex()},
        {"kind": "close", "leg": "client", "direction": "up", "how": "close_notify", "detail": None},
        {"kind": "outcome", "outcome": "intercepted", "up": len(GET), "down": 20, "detail": None},
        {"kind": "policy", "action": "intercept", "host": "::1", "port": 443, "via": "connect", "rule": "--only *"},
        {"kind": "verdict", "leg": "server", "host": "::1", "valid": False,
         "faults": ["expired: it is over", "name-mismatch: it is another"], "chain_length": 1, "mirrored": True,
         "pardoned": False},
        {"kind": "fault", "who": "client", "code": "client-rejected", "what": "the client refused our certificate",
         "next": "give it ours: tlscope ca path"},
        {"kind": "outcome", "outcome": "client-rejected", "up": 0, "down": 0, "detail": "unknown_ca"},
    ]  # fmt: skip
    chosen = [STORY[i] for i in (0, 1, 2, 4, 6, 8, 9, 10, 12, 13, 14, 15, 16)] + [refusing[i] for i in (1, 2, 4, 6)]
    assert expected == [told(event) for event in chosen]


def test_the_servers_address_is_told():
    """Of a name, which of its addresses answered."""
    assert {"kind": "reached", "server": "192.0.2.1:443"} == told(Reached("192.0.2.1:443"))


def test_a_change_of_policy_is_told():
    """It is of no connection, but of the recording."""
    expected = {"kind": "rule", "ruling": "pass-through", "host": "*.bank"}
    assert expected == told(Ruled(Ruling.PASS_THROUGH, "*.bank"))


def test_a_handshake_has_null_for_what_was_not_negotiated():
    """And says whether it was resumed."""
    found = told(STORY[11])
    assert (None, True) == (found["alpn"], found["resumed"])


def test_secrets_are_told_only_when_asked_for():
    """The label and the client random are no secrets."""
    assert "cd" * 32 == told(Secret(SERVER, SECRET), secrets=True)["secret"]
    assert "cd" * 32 not in str(told(Secret(SERVER, SECRET)))


@pytest.mark.parametrize(
    ("expected", "line"),
    [
        (("LABEL", "12", "34"), b"LABEL 12 34"),
        (("LABEL", "12", "34 56"), b"LABEL 12 34 56"),
        (("LABEL", "12", None), b"LABEL 12"),
        (("", None, None), b""),
        (("\\xff", None, None), b"\xff"),
    ],
)
def test_a_key_log_line_is_split(expected, line):
    """Label, client random, secret (RFC 9850 section 2); a strange line is kept as far as it goes."""
    assert expected == split_secret(line)


def test_each_side_closes_its_own_direction():
    """The client closes up, the server down."""
    assert ("server", "down", "unknown_ca") == tuple(
        told(Closed(SERVER, How.ALERT, "unknown_ca"))[name] for name in ("leg", "direction", "detail")
    )


@pytest.mark.parametrize("event", [Data(DOWN, b"abc"), Ciphertext(CLIENT, UP, b"abc")])
def test_what_is_left_out_is_counted(event):
    """The length is that of all, and `left_out` says how much of it is missing."""
    found = told(event, length=10)
    assert (10, 7) == (found["length"], found["left_out"])
    assert "left_out" not in told(event)


def test_data_outside_tls_is_marked():
    """As are the bytes of a connection that is not TLS."""
    assert told(Data(UP, b"EHLO", encrypted=False))["encrypted"] is False


def test_an_unknown_version_is_shown():
    """By its number."""
    assert "unknown 0x7F1C" == told(Message(CLIENT, UP, 0x7F1C, 22, b"\x01\x00\x00\x00"))["version"]


def test_the_version_of_a_message_is_what_its_leg_settled():
    """Not what the recorder's TLS library said of it; null as long as there is none."""
    versions = Versions()

    def version(event):
        return told(settled(record(event), versions).event)["version"]

    change, alert = (Message(SERVER, UP, 0x0303, kind, b"\1\0") for kind in (20, 21))
    assert version(alert) is None
    assert "TLSv1.2" == version(Message(SERVER, UP, 0x0304, 22, made.client_hello(version=0x0303)))
    assert "TLSv1.3" == version(Message(SERVER, DOWN, 0x0304, 22, made.server_hello((43, b"\3\4"))))
    assert "TLSv1.3" == version(change)


def test_an_unreadable_record_is_kept():
    """With its bytes, and why it cannot be read."""
    expected = {"kind": "unknown", "number": 99, "reason": "why", "length": 10, "hex": "6162"}
    assert expected == told(Unreadable(99, 0, "why", b"ab"), length=3)


def test_gaps_are_events_of_no_connection():
    """A live view tells them where they are."""
    assert [
        {"connection": None, "kind": "damage", "segment": "s", "offset": 1, "reason": "why", "lost_bytes": 2},
        {"connection": None, "kind": "dropped", "series": 0, "first": 1, "last": 2},
    ] == [missing_json(Damage("s", 1, "why", 2)), missing_json(Dropped(0, 1, 2))]


@given(st.one_of([st.from_type(kind) for kind in get_args(Event)]), st.booleans())
def test_every_event_can_be_told(event, secrets):
    """Each has a kind, whatever its fields."""
    assert told(event, secrets=secrets)["kind"]


def test_elapsed_is_in_microseconds():
    """Cut off."""
    assert 1 == event_json(replace(record(STORY[0]), mono=0), 1999, secrets=False)["elapsed_us"]


def test_an_export_has_every_event_of_the_chosen_connections(tmp_path):
    """One object a line, time counted from its connection's first event; ciphertext and keys only when asked for."""
    directory = capture(tmp_path / "c", STORY, REFUSAL)
    told = [json.loads(line) for line in lines(Source(directory))]
    assert len(STORY) - 1 + len(REFUSAL) == len(told)
    assert [1] * (len(STORY) - 1) + [2] * len(REFUSAL) == [event["connection"] for event in told]
    assert [0, TICK // 1000] == [event["elapsed_us"] for event in told if event["connection"] == 2][:2]
    assert not any("cd" * 32 in line for line in lines(Source(directory)))
    assert ["cd" * 32] == [
        event["secret"]
        for event in map(json.loads, lines(Source(directory), secrets=True))
        if event["kind"] == "secret"
    ]
    kinds = [json.loads(line)["kind"] for line in lines(Source(directory, {1}), ciphertext=True)]
    assert len(STORY) == len(kinds)
    assert "ciphertext" in kinds


def test_an_export_says_what_is_missing(tmp_path):
    """Behind the events."""
    directory = capture(tmp_path / "c", STORY)
    path = directory / "journal-0-000001.tlsj"
    path.write_bytes(path.read_bytes()[:-3])
    *_, last = map(json.loads, lines(Source(directory)))
    assert "damage" == last["kind"]


def test_notes_come_behind_the_events(tmp_path):
    """Those of the connections that were chosen."""
    directory = capture(tmp_path / "c", STORY, STORY)
    write(directory, [Note(1, 0, "", marked=True), Note(2, 3, "here")])
    *_, before, last = map(json.loads, lines(Source(directory, {2})))
    assert {"connection": 2, "exchange": 3, "kind": "note", "mark": False, "comment": "here"} == last
    assert "note" != before["kind"]
    noted = [line for line in map(json.loads, lines(Source(directory))) if line["kind"] == "note"]
    assert {"connection": 1, "exchange": None, "kind": "note", "mark": True, "comment": None} == noted[0]
    assert 2 == len(noted)
