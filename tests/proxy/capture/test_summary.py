import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journals import DOWN, GET, NOON, REFUSAL, STORY, UP, capture, name, segment
from support.handshakes import client_hello, handshake13
from tlscope.capture.index import Index
from tlscope.capture.inspector import catch_up
from tlscope.capture.reader import Dropped, read
from tlscope.capture.segment import Damage
from tlscope.capture.summary import COLUMNS, NEEDED, Summaries, as_json, rfc3339, summarised
from tlscope.events import Action, Data, Faulted, Opened, Outcome, OutcomeKind, Policy, VerdictGiven, Who
from tlscope.wire.tls.meaning.finding import Severity

CONTRACT = "connection opened client host port mode outcome live client_leg server_leg up down fault verdict"
CONTRACT += " severity findings"
CONCLUDED = ("severity", "findings")
"""What the index alone knows."""


def fold(directory):
    summaries = Summaries()
    for item in read(directory, **NEEDED):
        summaries.feed(item)
    return summaries


def summarise(directory, *events, live=False):
    capture(directory, events)
    return as_json(fold(directory).connections[1], live=live)


def test_a_connection_in_one_line(tmp_path):
    """All fields of the contract, in its order; what was not negotiated is null."""
    expected = {
        "connection": 1,
        "opened": "2025-11-20T12:00:00.000000Z",
        "client": "127.0.0.1:50124",
        "host": "localhost",
        "port": 8443,
        "mode": "explicit",
        "outcome": "intercepted",
        "live": False,
        "client_leg": {
            "version": "TLSv1.2",
            "cipher": "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "group": "x25519",
            "alpn": None,
            "sni": "localhost",
        },
        "server_leg": {
            "version": "TLSv1.3",
            "cipher": "TLS_AES_128_GCM_SHA256",
            "group": "X25519MLKEM768",
            "alpn": "http/1.1",
            "sni": "localhost",
        },
        "up": len(GET),
        "down": 20,
        "fault": None,
        "verdict": [],
        "severity": None,
        "findings": None,
    }
    found = summarise(tmp_path, *STORY)
    assert expected == found
    assert CONTRACT == " ".join(json.loads(json.dumps(found)))


def test_a_fault_says_who_and_what_to_do(tmp_path):
    """A connection that failed carries its fault, and no leg that was never finished."""
    expected = {
        "who": "client",
        "code": "client-rejected",
        "what": "the client refused our certificate",
        "next": "give it ours: tlscope ca path",
    }
    found = summarise(tmp_path, *REFUSAL)
    assert expected == found["fault"]
    assert ("client-rejected", None, None) == (found["outcome"], found["client_leg"], found["server_leg"])


def test_the_first_fault_counts(tmp_path):
    """Those after it are its consequences."""
    first, second = (Faulted(Who.UPSTREAM, code, "", "") for code in ("first", "second"))
    assert "first" == summarise(tmp_path, first, second)["fault"]["code"]


def test_a_verdict_is_told_by_its_codes(tmp_path):
    """Each once, in its order; and where nothing else went wrong, the first is the cause."""
    verdict = VerdictGiven("a", ("name-mismatch: of b", "expired: long ago", "expired: and another"), 2)
    ended = Outcome(OutcomeKind.UPSTREAM_INVALID, 0, 0, "closed in good order")
    capture(tmp_path, [Opened("", "", ""), verdict, ended], REFUSAL, [Opened("", "", ""), ended])
    found = fold(tmp_path).connections
    assert [["name-mismatch", "expired"], ["expired", "name-mismatch"], None] == [
        as_json(summary, live=False)["verdict"] for summary in found.values()
    ]
    assert ["name-mismatch", "client-rejected", ""] == [summary.cause for summary in found.values()]
    assert catch_up(tmp_path)
    with Index(tmp_path) as index:
        rows = [summarised(row) for row in index.every(columns=COLUMNS)]
    assert [summary.cause for summary in found.values()] == [summary.cause for summary in rows]
    assert [summary.verdict for summary in found.values()] == [summary.verdict for summary in rows]


@pytest.mark.parametrize("live", [True, False])
def test_a_connection_without_an_end_has_no_outcome(tmp_path, live):
    """It is open while the recorder lives, and unfinished when that was killed: `live` tells which."""
    found = summarise(tmp_path, *STORY[:-1], live=live)
    assert (None, live) == (found["outcome"], found["live"])
    assert (len(GET), 20) == (found["up"], found["down"])


def test_a_finished_connection_is_not_live(tmp_path):
    """Whatever the recorder does."""
    assert summarise(tmp_path, *STORY, live=True)["live"] is False


def test_the_outcome_has_the_last_word_on_bytes(tmp_path):
    """A connection that was passed through has no data in the journal, and its outcome counts the bytes."""
    found = summarise(tmp_path, Outcome(OutcomeKind.PASSED_THROUGH, 517, 4096), Data(UP, b"late"))
    assert (517, 4096) == (found["up"], found["down"])


def test_the_last_policy_counts(tmp_path):
    """The hello's SNI may change where a connection goes."""
    first = Policy(Action.INTERCEPT, "192.0.2.1", 443, "connect")
    found = summarise(tmp_path, first, Policy(Action.PASS_THROUGH, "example.com", 8443, "sni"))
    assert ("example.com", 8443) == (found["host"], found["port"])


def test_a_connection_whose_beginning_was_dropped_is_listed(tmp_path):
    """With null for what is not known."""
    found = summarise(tmp_path, Data(DOWN, b"abc"))
    assert (None, None, None, None, None, 3) == tuple(
        found[field] for field in ("opened", "client", "mode", "host", "port", "down")
    )


def test_bytes_are_counted_without_being_read(tmp_path):
    """Listing does not need the data."""
    capture(tmp_path, [Data(UP, bytes(1000))])
    assert 1000 == fold(tmp_path).connections[1].up


def test_what_is_needed_suffices(tmp_path):
    """A summary of all that a capture holds says no more."""
    capture(tmp_path, STORY, REFUSAL)
    everything = Summaries()
    for item in read(tmp_path):
        everything.feed(item)
    assert everything.connections == fold(tmp_path).connections


def test_what_concerns_the_recording_is_no_connection(tmp_path):
    """Connection 0 stands for the recorder: a full disk is its fault."""
    fault = Faulted(Who.US, "recording-stopped", "the disk is full", "make room")
    (tmp_path / name()).write_bytes(b"".join(segment([(0, fault), (0, Opened("", "", "")), (1, STORY[0])])))
    summaries = fold(tmp_path)
    assert [1] == list(summaries.connections)
    assert [fault] == summaries.faults


def test_gaps_are_kept():
    """What of a capture is missing is known to whoever sums it up."""
    summaries = Summaries()
    gaps = [Dropped(0, 1, 2), Damage(name(), 5, "damaged", 10)]
    assert [None, None] == [summaries.feed(gap) for gap in gaps]
    assert gaps == summaries.missing


def test_feeding_tells_what_changed(tmp_path):
    """A live view redraws only that."""
    capture(tmp_path, STORY, REFUSAL)
    summaries = Summaries()
    changed = [summaries.feed(item).connection for item in read(tmp_path)]
    assert [1] * len(STORY) + [2] * len(REFUSAL) == changed


@given(st.integers(0, 2**64 - 1))
def test_times_are_rfc_3339(wall):
    """UTC, with microseconds that are cut off; for every number that the journal can hold."""
    expected = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=wall // 1000)
    assert expected == datetime.fromisoformat(rfc3339(wall))
    assert len("2025-11-20T12:00:00.000000Z") == len(rfc3339(wall))


def test_noon_is_noon():
    """An example that can be checked by eye: `date -u -d @1763640000`."""
    assert "2025-11-20T12:00:00.000000Z" == rfc3339(NOON)


@pytest.mark.parametrize("end", range(1, len(STORY) + 1))
def test_the_index_summarises_alike(tmp_path, end):
    """At every point of a connection; what a handshake took up again is not in a line."""
    refusal = REFUSAL[: max(1, end * len(REFUSAL) // len(STORY))]
    capture(tmp_path, STORY[:end], refusal, [Outcome(OutcomeKind.ABORTED, 0, 0)])
    assert catch_up(tmp_path)
    with Index(tmp_path) as index:
        found = [as_json(summarised(row), live=True) for row in index.every(columns=COLUMNS)]
    recorded = [as_json(summary, live=True) for summary in fold(tmp_path).connections.values()]
    assert [{**told, **{name: found[at][name] for name in CONCLUDED}} for at, told in enumerate(recorded)] == found


def test_the_index_knows_what_was_found(tmp_path):
    """The severity of the gravest, and all codes; nothing found is no code, and not unknown."""
    begun = [Opened("explicit", "a:1", "b:2"), Policy(Action.INTERCEPT, "a", 443, "connect")]
    capture(tmp_path, [*begun, *handshake13(hello=client_hello(suites=(0x1301, 0x0005)))], begun)
    assert catch_up(tmp_path)
    with Index(tmp_path) as index:
        grave, quiet = (as_json(summarised(row), live=False) for row in index.every(columns=COLUMNS))
        kept = index.findings(1)
    assert {row["code"] for row in kept} == set(grave["findings"])
    assert Severity(max(row["severity"] for row in kept)).name == grave["severity"]
    assert (None, []) == tuple(quiet[name] for name in CONCLUDED)
