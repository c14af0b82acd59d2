"""A capture that is exported to packets and opened again has the same connections."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import CLIENT, DOWN, REFUSAL, SERVER, UP, capture
from support.foreign import imported
from support.handshakes import HELLOS
from support.relayed import ANSWER, REQUEST, placed, relayed
from tlscope.capture.foreign import EXPORTED, FROM_PACKETS
from tlscope.events import (
    Action,
    Ciphertext,
    Closed,
    Data,
    Faulted,
    HandshakeDone,
    How,
    Message,
    Opened,
    Outcome,
    OutcomeKind,
    Policy,
    Secret,
)
from tlscope.export import pcapng
from tlscope.export.pcapng import blocks
from tlscope.export.source import Source

HELLO = next(iter(HELLOS.values()))
RECORD = b"\x16\x03\x01" + len(HELLO).to_bytes(2) + HELLO
NEW_SESSION_TICKET = 4
ENDED = Outcome(OutcomeKind.INTERCEPTED, 0, 0)


def exported(directory, *stories):
    return b"".join(blocks(Source(capture(directory, *stories), None)))


def again(directory, *stories):
    """The connections of a capture, exported and opened, and what was told."""
    found, told = imported(exported(directory, *stories))
    return [[event for _, event in found[number]] for number in sorted(found)], told


def of(events, kind, leg=None):
    return [event for event in events if isinstance(event, kind) and leg in {None, getattr(event, "leg", None)}]


def said(events, direction, kind=Data):
    return b"".join(event.data for event in of(events, kind) if event.direction is direction)


def handshake(events, leg, *, tickets):
    """Its messages; tickets of TLS 1.3 come behind the handshake, which is as far as ciphertext is always recorded."""
    found = [(event.direction, event.data) for event in of(events, Message, leg) if event.content_type == 22]
    return [(way, data) for way, data in found if tickets or data[0] != NEW_SESSION_TICKET]


def opened(action=Action.INTERCEPT, client=50124, via="reverse"):
    return [
        Opened("reverse", f"127.0.0.1:{client}", "127.0.0.1:43000"),
        Policy(action, "a.example", 41_999, via),
    ]


@pytest.mark.parametrize("ciphertext", [False, True])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_both_legs_are_one_connection(tmp_path, version, ciphertext):
    """Its endpoints, both handshakes with their keys, the data once, how either side ended, and the outcome."""
    story = list(placed(relayed(version, ciphertext=ciphertext)))
    [found], told = again(tmp_path, story)
    assert (1, 1, 1, 0, {}) == (told.connections, told.tls, told.opened, told.locked, told.skipped)
    before, after = of(story, Opened)[0], of(found, Opened)[0]
    assert [(EXPORTED, before.client, before.listener)] == [(after.mode, after.client, after.listener)]
    assert [Policy(Action.INTERCEPT, "localhost", 443, "connect")] == of(found, Policy)
    for leg in (CLIENT, SERVER):
        assert handshake(story, leg, tickets=ciphertext) == handshake(found, leg, tickets=ciphertext)
        (done,), (shown,) = of(story, HandshakeDone, leg), of(found, HandshakeDone, leg)
        assert replace(done, group=done.group.lower()) == replace(shown, group=shown.group.lower())
        assert {event.data for event in of(found, Secret, leg)} <= {event.data for event in of(story, Secret, leg)}
        assert of(found, Secret, leg)
    assert (REQUEST, ANSWER) == (said(found, UP), said(found, DOWN))
    assert all(event.encrypted for event in of(found, Data))
    assert {CLIENT, SERVER} == {event.leg for event in of(found, Closed)}
    assert 2 == len(of(found, Closed))
    assert of(story, Outcome) == of(found, Outcome)
    assert [Opened, Outcome] == [type(found[0]), type(found[-1])]


def test_several_connections_are_told_apart(tmp_path):
    """Though they have the same endpoints, or went on at the same time."""
    story = list(placed(relayed("1.3", ciphertext=False)))
    other = list(placed(relayed("1.2", ciphertext=True), client="127.0.0.1:50125"))
    found, told = again(tmp_path, story, other, story)
    assert (3, 3) == (told.connections, len(found))
    assert ["TLSv1.3", "TLSv1.2", "TLSv1.3"] == [of(each, HandshakeDone)[0].version for each in found]
    assert [(REQUEST, ANSWER)] * 3 == [(said(each, UP), said(each, DOWN)) for each in found]


def test_what_was_passed_through_is_a_connection_that_nobody_opened(tmp_path):
    """Once, between the client and the server, each direction where it arrived."""
    alert = b"\x15\x03\x03\x00\x02\x02\x28"
    story = [*opened(Action.PASS_THROUGH), Ciphertext(CLIENT, UP, RECORD), Ciphertext(SERVER, DOWN, alert),
             Outcome(OutcomeKind.PASSED_THROUGH, len(RECORD), len(alert))]  # fmt: skip
    [found], told = again(tmp_path, story)
    assert 1 == told.connections
    assert (FROM_PACKETS, "127.0.0.1:50124") == (of(found, Opened)[0].mode, of(found, Opened)[0].client)
    assert Policy(Action.PASS_THROUGH, "a.example", 41_999, FROM_PACKETS) == of(found, Policy)[0]
    assert of(story, Ciphertext) == of(found, Ciphertext)
    assert [OutcomeKind.PASSED_THROUGH] == [event.outcome for event in of(found, Outcome)]


def test_bytes_outside_tls_are_told_once(tmp_path):
    """Also where TLS follows them, and the data of both is in a conversation of its own."""
    plain = [Data(DOWN, b"220 hello\r\n", encrypted=False), Data(UP, b"STARTTLS\r\n", encrypted=False)]
    [found], _ = again(tmp_path / "1", [*opened(), *plain, Outcome(OutcomeKind.NOT_TLS, 10, 11)])
    assert plain == of(found, Data)
    assert [Outcome(OutcomeKind.NOT_TLS, 10, 11)] == of(found, Outcome)
    tls = [Ciphertext(CLIENT, UP, RECORD), HandshakeDone(CLIENT, "", "", "", "", ""), Data(UP, b"EHLO\r\n")]
    [found], _ = again(tmp_path / "2", [*opened(), *plain, *tls, ENDED])
    assert [*plain, Data(UP, b"EHLO\r\n")] == of(found, Data)


def test_how_a_connection_failed_is_known_again(tmp_path):
    """From what the file says; nobody dialed a server, and the client's request tells which one it wanted."""
    hello = [Ciphertext(CLIENT, UP, RECORD), Outcome(OutcomeKind.UPSTREAM_FAILED, 0, 0, "refused, 111")]
    [found], _ = again(tmp_path, [*opened(via="connect"), *hello])
    assert hello[-1:] == of(found, Outcome)
    assert [Policy(Action.INTERCEPT, "a.example", 41_999, "connect")] == of(found, Policy)
    assert [HELLO] == [event.data for event in of(found, Message)]


def test_a_connection_without_an_outcome_gets_one(tmp_path):
    """As it is in a capture that was still growing: from what passed."""
    hello, data = [Ciphertext(CLIENT, UP, RECORD)], [Data(UP, b"x")]
    for number, (story, expected) in enumerate((
        (hello, OutcomeKind.ABORTED),
        ([*hello, *data], OutcomeKind.INTERCEPTED),
        ([Data(UP, b"x", encrypted=False)], OutcomeKind.NOT_TLS),
    )):  # fmt: skip
        [found], _ = again(tmp_path / str(number), [*opened(), *story])
        assert [expected] == [event.outcome for event in of(found, Outcome)]


def test_the_client_was_there_first(tmp_path):
    """Though the recorder speaks to the server before it answers the client: whom it is from is known at once."""
    story = [*opened(via="connect"), Ciphertext(SERVER, UP, RECORD), Ciphertext(CLIENT, UP, RECORD), ENDED]
    [found], _ = again(tmp_path, story)
    assert Opened(EXPORTED, "127.0.0.1:50124", "127.0.0.1:43000") == found[0]
    assert [Policy(Action.INTERCEPT, "a.example", 41_999, "connect")] == of(found, Policy)
    assert [SERVER, CLIENT] == [event.leg for event in of(found, Ciphertext)]


@pytest.mark.parametrize(("leg", "how"), [(CLIENT, How.RST), (SERVER, How.RST), (SERVER, How.FIN)])
def test_who_ended_it(tmp_path, leg, how):
    """A reset of the side that sent one."""
    data = [Data(UP, b"x", encrypted=False), Data(DOWN, b"y", encrypted=False)]
    [found], _ = again(tmp_path, [*opened(), *data, Closed(leg, how), ENDED])
    assert Closed(leg, how) in of(found, Closed)


def test_the_data_of_both_legs_is_put_together(tmp_path):
    """What one of them lacks in the file is taken from the other; what is missing on a leg is said."""
    story = list(placed(relayed("1.3", ciphertext=True)))
    made = list(blocks(Source(capture(tmp_path, story), None)))
    on_leg = [block for block in made if block[:1] == b"\x06" and block[8] == SERVER]
    largest = max(on_leg, key=len)
    found, _ = imported(b"".join(block for block in made if block is not largest))
    events = [event for _, event in found[1]]
    assert (REQUEST, ANSWER) == (said(events, UP), said(events, DOWN))
    (fault,) = of(events, Faulted)
    assert ("capture-gap", 0) == (fault.code, fault.missing)
    assert "from the server" in fault.what


def test_exports_that_do_not_say_what_belongs_together(tmp_path, monkeypatch):
    """Older ones: each leg is a connection, and copies of their data are passed over and counted."""
    monkeypatch.setattr(pcapng, "identity", lambda *_: 0)
    story = list(placed(relayed("1.3", ciphertext=False), via="socks5"))
    made = exported(tmp_path, story)
    found, told = imported(made)
    assert (2, 2) == (told.connections, told.tls)
    assert not [event for each in found.values() for _, event in each if isinstance(event, Data)]
    [(reason, count)] = told.skipped.items()
    assert "tlscope had decrypted" in reason
    assert count > 3
    found, told = imported(made.replace(b"and the server, decrypted", b"and the server, in clear."))
    assert 3 == told.connections
    plain = [event for _, event in found[3]]
    assert [REQUEST, ANSWER] == [said(plain, way) for way in (UP, DOWN)]


def test_a_leg_alone_is_a_connection_too(tmp_path):
    """Where the file was cut down to it."""
    story = list(placed(relayed("1.3", ciphertext=True)))
    made = list(blocks(Source(capture(tmp_path, story), None)))
    kept = [block for block in made if block[:1] != b"\x06" or block[8:9] != bytes([CLIENT])]
    found, told = imported(b"".join(kept))
    events = [event for _, event in found[1]]
    assert 1 == told.connections
    assert ("", "localhost") == (of(events, Opened)[0].client, of(events, Policy)[0].host)
    assert {SERVER} == {event.leg for event in of(events, Message)}
    assert (REQUEST, ANSWER) == (said(events, UP), said(events, DOWN))


def test_what_somebody_refused(tmp_path):
    """A connection without a byte leaves no packets; the rest is numbered as it comes."""
    found, told = again(tmp_path, REFUSAL, list(placed(relayed("1.2", ciphertext=True))))
    assert (1, 1) == (len(found), told.connections)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 32), st.integers(0, 3))
def test_whatever_is_left_of_a_file(made, seed, damage):
    """Blocks that are gone, out of order, or on another interface: each connection begins and ends, and none raises."""
    left, chance = made(), random.Random(seed)
    match damage:
        case 0:
            left = [block for block in left if block is left[0] or chance.random() > 0.1]
        case 1:
            at = chance.randrange(8, len(left))
            left[at : at + 30] = chance.sample(left[at : at + 30], len(left[at : at + 30]))
        case 2:
            left = [block[:8] + bytes([chance.randrange(5)]) + block[9:] if block[:1] == b"\x06" and
                    chance.random() < 0.1 else block for block in left]  # fmt: skip
        case _:
            data = bytearray(b"".join(left))
            for _ in range(chance.randrange(1, 20)):
                data[chance.randrange(200, len(data))] = chance.randrange(256)
            left = [bytes(data)]
    for story in imported(b"".join(left))[0].values():
        kinds = [type(event) for _, event in story]
        assert (Opened, Outcome, 1, 1) == (kinds[0], kinds[-1], kinds.count(Opened), kinds.count(Outcome))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The blocks of an export, without the longest: half the data, which need not be read again and again."""
    stories = [
        list(placed(relayed(version, ciphertext=whole))) for version in ("1.2", "1.3") for whole in (True, False)
    ]
    exported = blocks(Source(capture(tmp_path_factory.mktemp("capture"), *stories), None))
    short = [block for block in exported if len(block) < 5_000]
    return lambda: list(short)  # a fixture that is shown in full would take longer than the test


def test_what_was_not_sent_on_is_not_told(tmp_path):
    """A server spoke before the client had refused its certificate: the recorder saw it, the client did not."""
    story = list(placed(relayed("1.3", ciphertext=True)))
    end = next(at for at, event in enumerate(story) if isinstance(event, Ciphertext) and event.leg is CLIENT
               and event.direction is DOWN and at > first(story, Data))  # fmt: skip
    left = [event for event in story[:end] if not isinstance(event, Data)]
    server = [event for event in story[end:] if isinstance(event, Ciphertext) and event.leg is SERVER]
    [found], told = again(tmp_path, [*left, *server, Outcome(OutcomeKind.CLIENT_REJECTED, 0, 0)])
    assert b"" == said(found, DOWN)
    assert 1 == told.opened


def first(story, kind):
    return next(at for at, event in enumerate(story) if isinstance(event, kind))
