import json
from datetime import UTC, datetime

import pytest

from support.certificates import UpstreamCA
from support.connections import BEGUN as BEGAN
from support.connections import intercepted, passed_through
from support.handshakes import HELLO, message, server_hello
from support.handshakes import events as made_events
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.events import Direction, Faulted, HandshakeDone, Leg, Outcome, OutcomeKind, Who
from tlscope_ca.faults import FaultCode
from tlscope_ui.telling.beside import Pair
from tlscope_ui.telling.certificates import Check, certificates, certificates_json, checked
from tlscope_ui.telling.chains import CHECKS, Held, Shown
from tlscope_ui.telling.handshake import Handshake

ABOVE = {
    *(FaultCode.BAD_SIGNATURE, FaultCode.INVALID_CA, FaultCode.PATH_LENGTH, FaultCode.NAME_CONSTRAINT),
    FaultCode.OTHER,
}
"""What cannot be told of a certificate whose issuer is not there."""
BEGUN = datetime(2025, 11, 1, tzinfo=UTC)
"""Before the time of all captures that are made up."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A server's certificate, and another in its place."""
    made = []
    for number in range(2):
        directory = tmp_path_factory.mktemp(str(number))
        made.append(UpstreamCA(directory).issue("localhost", begin=BEGUN).der)
    return made


def shown(directory, events):
    with Index(indexed(directory, events)) as index:
        handshake = Handshake(1).read(index.lookup)
        return Shown.of(handshake, handshake.legs())


def plain(flow, width=110):
    flow.fit(width)
    return [
        "".join(part if isinstance(part, str) else part.text for part in flow.line(y, width)) for y in range(len(flow))
    ]


def test_every_check_has_its_verdict(tmp_path, pair):
    """On either chain; what was found wrong with the server's comes first, in a sentence."""
    events = intercepted(*pair, verdict=("expired: It expired then",))
    for width in (70, 110):
        lines = plain(certificates(shown(tmp_path / str(width), events)), width)
        assert "✗ not valid for www.example.com, chain of 1" == lines[0]
        assert "  ✗ It expired then (expired)" == lines[1]
        checks = lines[lines.index("What was checked") + 2 :]
        assert "  server  ours    " == lines[lines.index("What was checked") + 1]
        found = {words: line[2] + line[10] for words in CHECKS.values() for line in checks if words in line}
        assert list(CHECKS.values()) == list(found)
        wrong = {CHECKS[FaultCode.EXPIRED]: "✗✓", CHECKS[FaultCode.NAME_MISMATCH]: "✓✗"}
        wrong |= {CHECKS[FaultCode.REVOKED]: "--"} | {CHECKS[code]: "✓-" for code in ABOVE}
        assert wrong == {words: marks for words, marks in found.items() if marks != "✓✓"}
        assert "where our CA is trusted" in "\n".join(checks)
        assert all(code in "\n".join(checks) for code in FaultCode)
        assert max(map(len, checks)) <= width


def test_a_valid_chain_is_valid(tmp_path):
    """Nothing is wrong with it, nor with ours."""
    made = []
    for name in ("real", "forged"):
        (tmp_path / name).mkdir()
        made.append(UpstreamCA(tmp_path / name).issue("www.example.com", begin=BEGUN).der)
    lines = plain(certificates(shown(tmp_path / "c", intercepted(*made))))
    assert "✓ valid for www.example.com, chain of 1" == lines[0]
    assert not [line for line in lines if "✗" in line]


def test_what_nobody_verified_has_no_verdict(tmp_path, pair):
    """Of the server's; ours is looked at here."""
    without = [event for event in intercepted(*pair) if type(event).__name__ != "VerdictGiven"]
    lines = plain(certificates(shown(tmp_path / "c", without)))
    assert "Nobody verified it here." == lines[0]
    assert "  -       ✓       a certificate was sent  empty-chain" in lines


def test_each_line_of_a_certificate_is_about_it(tmp_path, pair):
    """So that Enter opens it: the server's as sent, and ours in its place."""
    flow = certificates(shown(tmp_path / "c", intercepted(*pair)))
    lines = plain(flow, 90)
    for whose, title, der in (
        ("server", "The server's chain, as sent", pair[0]),
        ("ours", "Ours, in its place", pair[1]),
    ):
        at = lines.index(title) + 1
        assert Held(whose, 0, der) == flow.about(at) == flow.about(at + 2)
        assert lines[at].startswith("  1 of 1: ")


def test_the_two_stand_side_by_side_where_there_is_room(tmp_path, pair):
    """And below each other where there is not; each line leads to its certificate, or to one of two."""
    found = shown(tmp_path / "c", intercepted(*pair))
    wide, narrow = (certificates(found) for _ in range(2))
    lines = plain(wide, 100)
    assert any("The server's chain, as sent" in line and "Ours, in its place" in line for line in lines)
    assert {Pair} == {type(about) for y in range(len(wide)) if (about := wide.about(y)) is not None}
    lines = plain(narrow, 99)
    assert "  ≠ serialNumber" in lines
    assert {Held} == {type(about) for y in range(len(narrow)) if (about := narrow.about(y)) is not None}


def test_the_forged_one_is_shown_also_where_the_client_did_not_see_it(tmp_path, pair):
    """It had hung up before."""
    story = intercepted(*pair)
    story = story[: next(i for i, event in enumerate(story) if type(event).__name__ == "LeafForged") + 1]
    assert (pair[1],) == shown(tmp_path / "c", story).ours


NOT_REACHED = Faulted(Who.NETWORK, "name-unknown", "the name www.example.com does not resolve", "check the name")
RESUMED = HandshakeDone(Leg.SERVER, "TLSv1.2", "", "", "", "", resumed=True)
PUBLIC_KEY = server_hello((20, b"\x02"), version=0x0303)


@pytest.mark.parametrize(
    ("expected", "events"),
    [
        ("nobody opened the connection, and its handshake was not recorded.", passed_through(HELLO)),
        (
            "the connection ended before. The name www.example.com does not resolve.",
            [*BEGAN, NOT_REACHED, Outcome(OutcomeKind.UPSTREAM_FAILED, 0, 0)],
        ),
        ("the two took up an earlier session, and need none.", [*BEGAN, RESUMED]),
        (
            "the server showed a bare public key in its place (RFC 7250).",
            [*BEGAN, *made_events((Direction.DOWN, PUBLIC_KEY), version=0x0303)],
        ),
        (
            "the server's is compressed, and does not expand.",
            [*BEGAN, *made_events((Direction.DOWN, message(25, b"\0\1")))],
        ),
        ("the handshakes have not come so far.", BEGAN),
        ("nothing that was recorded holds one.", [*BEGAN, Outcome(OutcomeKind.INTERCEPTED, 0, 0)]),
    ],
)
def test_where_none_was_seen_it_is_said_why(tmp_path, expected, events):
    """The one reason of this connection, not all that there may be."""
    lines = plain(certificates(shown(tmp_path / "c", events)))
    assert [f"No certificate was seen: {expected}"] == lines


def test_what_cannot_be_read_is_shown_as_such():
    """Bytes that are no certificate."""
    flow = certificates(Shown((b"junk",), (b"\x30\x00",), None, "x", 0.0))
    assert "  1 of 1: cannot be read" in plain(flow, 90)
    assert 2 == "\n".join(plain(flow, 120)).count("1 of 1: cannot be read")


def test_checks_say_which_chain_passed_them(tmp_path, pair):
    """Each by its code, in the order of all faults; None where nobody looked."""
    found = checked(shown(tmp_path / "c", intercepted(*pair, verdict=("expired: it is over",))))
    assert list(FaultCode) == [check.code for check in found]
    assert ["expired"] == [check.code for check in found if check.passed["server"] is False]
    assert ["name-mismatch"] == [check.code for check in found if check.passed["ours"] is False]
    assert [] == checked(Shown((b"junk",), (), None, "x", 0.0))


@pytest.mark.parametrize(
    ("fault", "unmade"),
    [
        (None, set()),
        (FaultCode.EXPIRED, set()),
        (FaultCode.SELF_SIGNED, ABOVE | {FaultCode.UNKNOWN_ISSUER}),
        (FaultCode.UNKNOWN_ISSUER, ABOVE),
        (FaultCode.BAD_SIGNATURE, (ABOVE | {FaultCode.UNKNOWN_ISSUER}) - {FaultCode.BAD_SIGNATURE}),
        (FaultCode.NO_SUBJECT_ALT_NAME, {FaultCode.NAME_MISMATCH}),
        (FaultCode.EMPTY_CHAIN, set(FaultCode) - {FaultCode.EMPTY_CHAIN}),
    ],
)
def test_what_was_not_checked_has_no_tick(fault, unmade):
    """Revocation is never; the way to a root is not where there is none, nor a name where there are none."""
    found = checked(Shown((b"junk",), (), (f"{fault}: it is",) if fault else (), "x", 0.0))
    assert unmade | {FaultCode.REVOKED} == {check.code for check in found if check.passed["server"] is None}
    assert {fault} - {None} == {check.code for check in found if check.passed["server"] is False}


def test_an_object_has_both_chains_and_the_checks(tmp_path, pair):
    """What is known of each certificate, and its bytes; of what cannot be read, these alone."""
    made = shown(tmp_path / "c", intercepted(*pair, verdict=("expired: it is over",)))
    told = json.loads(json.dumps(certificates_json(made)))
    assert (pair[0].hex(), ["localhost"]) == tuple(told["server"][0][name] for name in ("der", "names"))
    assert pair[1].hex() == told["ours"][0]["der"]
    assert ["expired: it is over"] == told["verdict"]
    assert checked(made) == [Check(**check) for check in told["checks"]]
    assert [{"der": b"junk".hex()}] == certificates_json(Shown((b"junk",), (), None, "x", 0.0))["server"]
