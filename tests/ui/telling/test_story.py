"""A connection explained in lines and as JSON; what is concluded is tested with tlscope.wire.tls."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hostile import HOSTILE, forbidden
from journals import REFUSAL, STORY, capture
from support.certificates import UpstreamCA
from support.connections import intercepted
from support.handshakes import HELLOS, records
from tlscope.capture.unindexed import unindexed
from tlscope.events import (
    Action,
    Ciphertext,
    Data,
    Direction,
    Faulted,
    LeafForged,
    Leg,
    Opened,
    Outcome,
    OutcomeKind,
    Policy,
    Who,
)
from tlscope_ui.telling.handshake import Handshake
from tlscope_ui.telling.story import explained, explained_json

FAILED, REFUSED, NOT_TLS, INTERCEPTED, PASSED = (
    Outcome(kind, 0, 0)
    for kind in (
        OutcomeKind.UPSTREAM_FAILED,
        OutcomeKind.REFUSED,
        OutcomeKind.NOT_TLS,
        OutcomeKind.INTERCEPTED,
        OutcomeKind.PASSED_THROUGH,
    )
)
ABORTED = Outcome(OutcomeKind.ABORTED, 0, 0, "the recorder was stopped")


def legs_of(directory, events):
    """What follows from a connection's events."""
    with unindexed(capture(directory, events), 1) as (lookup, _):
        return Handshake(1).read(lookup).legs()


def plain(lines):
    return ["".join(part if isinstance(part, str) else part.text for part in line) for line in lines]


def test_chapters(tmp_path):
    """What happened between the legs and on each, what was offered, what was found."""
    lines = plain(explained(legs_of(tmp_path, STORY)))
    titles = [line for line in lines if line and not line.startswith(" ")]
    assert [
        "In the middle",
        "The client leg",
        "The server leg, TLSv1.2",
        "Offered, sent on, chosen",
        "Found",
    ] == titles[:5]


def test_no_line_is_wider_than_asked_for(tmp_path):
    """Sentences are wrapped; what a peer sent, too."""
    long = [replace(event, host="x" * 500) if isinstance(event, Policy) else event for event in STORY]
    sentences = [line for line in plain(explained(legs_of(tmp_path, long), 60)) if line.startswith("    ")]
    assert 60 >= max(map(len, sentences))
    assert "x" * 30 in "".join(sentences)


def test_why_it_ended(tmp_path):
    """An alert is explained, with what to do."""
    text = "\n".join(plain(explained(legs_of(tmp_path, REFUSAL))))
    assert "The client sent the alert unknown_ca" in text
    assert "Next: " in text


def test_who_accepts_a_bad_certificate_is_told_where_it_was_shown(tmp_path):
    """In the step of the middle, as among what was found."""
    (tmp_path / "ca").mkdir()
    der = UpstreamCA(tmp_path / "ca").issue("www.example.com").der
    events = [
        replace(event, issuer="self") if isinstance(event, LeafForged) else event
        for event in intercepted(der, der, verdict=("self-signed: it is",))
    ]
    legs = legs_of(tmp_path / "c", events)
    steps = explained_json(legs)["story"]["In the middle"]
    told = "The client went on and sent data, although the certificate shown to it is signed by itself"
    assert ["forged"] == [step["topic"] for step in steps if told in step["text"]]
    text = " ".join(" ".join(plain(explained(legs))).split())
    assert 2 == text.count(told)
    trusting = intercepted(der, der)
    assert "went on" not in " ".join(plain(explained(legs_of(tmp_path / "d", trusting))))


def test_long_offers_are_named_in_full_to_whoever_asks(tmp_path):
    """A few of them otherwise."""
    legs = legs_of(tmp_path, intercepted())
    few, all_ = ("\n".join(plain(explained(legs, whole=whole))) for whole in (False, True))
    assert "more (--all names them)" in few
    assert "more (--all names them)" not in all_


def test_json_has_the_same_facts(tmp_path):
    """And can be written as JSON."""
    told = json.loads(json.dumps(explained_json(legs_of(tmp_path, STORY))))
    assert ["story", "offers", "certificates", "findings", "causes"] == list(told)
    assert {"done", "failed", "missing"} >= {step["state"] for steps in told["story"].values() for step in steps}
    assert {"client", "server"} >= {found["leg"] for found in told["findings"]}


def test_nothing_happened(tmp_path):
    """A connection without a handshake has nothing to explain."""
    quiet = legs_of(tmp_path / "opened", STORY[:1])
    assert [] == plain(explained(quiet))
    assert {"story": {}, "offers": [], "certificates": [], "findings": [], "causes": []} == explained_json(quiet)


@pytest.mark.parametrize(
    ("expected", "events"),
    [
        (
            ["The fault of the server", "a:1 refuses connections.", "Next: is the server running?"],
            [Faulted(Who.UPSTREAM, "x", "a:1 refuses connections", "is the server running?"), FAILED],
        ),
        (["The fault of tlscope", "y."], [Faulted(Who.US, "x", "y")]),
        (
            ["What tlscope did", "It did not connect to [::1]:443: --refuse ::1."],
            [
                Policy(Action.REFUSE, "::1", 443, "connect", "--refuse ::1"),
                Faulted(Who.CLIENT, "refused", "z"),
                REFUSED,
            ],
        ),
        (["No TLS", "What came was something else. It was relayed, and recorded as it is."], [NOT_TLS]),
        (["✗ aborted", "the recorder was stopped."], [ABORTED]),
        ([], [Policy(Action.INTERCEPT, "a", 1, "connect"), INTERCEPTED]),
        (
            [
                "What tlscope did",
                "It relayed what the client and a:1 said to each other, and opened nothing of it: -p.",
            ],
            [Policy(Action.PASS_THROUGH, "a", 1, "connect", "-p"), PASSED],
        ),
        ([], [Opened("pcap", "", ""), Policy(Action.PASS_THROUGH, "a", 1, "pcap"), PASSED]),
    ],
)
def test_what_became_of_a_connection_without_a_handshake(tmp_path, expected, events):
    """In a sentence, with what to do."""
    lines = plain(explained(legs_of(tmp_path, events)))
    assert expected == [line.strip() for line in lines if line]


def test_what_is_passed_through_was_offered_once(tmp_path):
    """It is told so, in the order of the TLS that was offered; that the answer was not recorded is no fault."""
    events = [
        Policy(Action.PASS_THROUGH, "a", 1, "connect", "-p"),
        Ciphertext(Leg.CLIENT, Direction.UP, records(HELLOS["curl-openssl"])),
        PASSED,
    ]
    text = "\n".join(plain(explained(legs_of(tmp_path, events))))
    assert "Not recorded: of what is passed through" in text
    assert "RFC 8446 section 4.1.2" in text
    assert "offered:  TLSv1.3" in text
    assert "both:" not in text
    assert "chose nothing" not in text


def test_hostile_names(tlscope, tmp_path):
    """Nothing of a peer's reaches the terminal raw."""
    hostile = [replace(event, host="".join(HOSTILE)) if isinstance(event, Policy) else event for event in STORY]
    ran = tlscope("show", 1, "--story", "-c", capture(tmp_path / "c", hostile))
    assert 0 == ran.code
    assert set() == forbidden(ran.out)


def test_show_story(tlscope, recorded):
    """As lines, as JSON, and of a connection that does not exist."""
    ran = tlscope("show", 1, "--story", "-c", recorded)
    assert (0, "") == (ran.code, ran.err)
    assert ran.out.startswith("connection 1, 2025-11-20T12:00:00.000000Z\n\n")
    told = json.loads(tlscope("show", 1, "--story", "--json", "-c", recorded).out)
    assert 1 == told["connection"]
    assert 1 == tlscope("show", 9, "--story", "-c", recorded).code


def test_all_of_the_data_is_counted(tlscope, tmp_path):
    """Although no more of it is read than that there was some."""
    events = [*STORY[:-1], Data(Direction.UP, bytes(1000)), Data(Direction.DOWN, bytes(23), encrypted=False), STORY[-1]]
    up, down = (
        sum(
            len(event.data)
            for event in events
            if isinstance(event, Data) and event.encrypted and event.direction is way
        )
        for way in Direction
    )
    directory = capture(tmp_path / "c", events)
    ran = tlscope("show", 1, "--story", "-c", directory)
    said = " ".join(ran.out.split())
    assert f"{up} bytes from the client and {down} from the server were decrypted" in said
    told = json.loads(tlscope("show", 1, "--story", "--json", "-c", directory).out)
    assert any(f"{up} bytes" in step["text"] for steps in told["story"].values() for step in steps)


def test_a_connection_passed_through(tlscope, tmp_path):
    """Nobody opened it: the hellos are read in what passed on the wire, however much that was."""
    hello = HELLOS["curl-openssl"]
    stream = records(hello)
    passed = [Ciphertext(Leg.CLIENT, Direction.UP, stream[at : at + 200]) for at in range(0, len(stream), 200)]
    more = [Ciphertext(Leg.CLIENT, Direction.DOWN, bytes(60_000)) for _ in range(5)]
    policy = Policy(Action.PASS_THROUGH, "a.example", 443, "connect")
    directory = capture(tmp_path / "c", [policy, *passed, *more])
    said = " ".join(tlscope("show", 1, "--story", "-c", directory).out.split())
    assert "The client asks for" in said
    assert "offers-" in said


def test_packets_that_others_captured(tlscope, tmp_path):
    """One leg, and nobody in the middle: what was offered is what was sent."""
    handshakes = Path(__file__).parents[2] / "data" / "handshakes"
    directory = tmp_path / "c"
    assert 0 == tlscope("open", handshakes / "tls13.pcapng", "-c", directory).code
    told = json.loads(tlscope("show", 1, "--story", "--json", "-c", directory).out)
    assert ["The server leg, TLSv1.3"] == list(told["story"])
    assert [] == told["causes"]
    assert all(row["offered"] == row["sent_on"] for row in told["offers"])
