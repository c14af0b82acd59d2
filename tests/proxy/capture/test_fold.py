from pathlib import Path

import pytest

from journals import CLIENT, DOWN, NOON, SALT, SERVER, STORY, UP
from tlscope.capture import format as fmt
from tlscope.capture.fold import MAX_EVENTS, MAX_HELLO, MAX_KEPT, Fold, decoded
from tlscope.capture.places import unpack
from tlscope.capture.schema import CONNECTION
from tlscope.capture.walk import Passed
from tlscope.events import (
    Action,
    Ciphertext,
    Data,
    HandshakeDone,
    Message,
    Opened,
    Outcome,
    OutcomeKind,
    Policy,
    Reached,
    Secret,
    VerdictGiven,
)
from tlscope.wire.tls.meaning.fingerprint import ja4
from tlscope.wire.tls.meaning.gist import first_message

CURL = (Path(__file__).parents[2] / "data" / "hellos" / "curl-openssl.bin").read_bytes()
GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


def passed(event, start=0, wall=NOON):
    """An event as Walk passes it."""
    record = fmt.record(event, 1, wall, 0, SALT)
    head = fmt.read_head(record)
    payload = memoryview(bytearray(record[32:]))
    return Passed(1, head.kind, head.flags, head.meta, wall, payload, 0, 1, start)


def folded(*events):
    fold = Fold(1)
    for i, event in enumerate(events):
        item = passed(event, i * 100_000, NOON + i)
        fold.take(item)
        item.payload[:] = bytes(len(item.payload))  # it is good until the next one only
    return fold


def alert(leg, direction, description):
    return Message(leg, direction, 0x0303, 21, bytes([2, description]))


def test_every_event_is_decoded_as_the_reader_decodes_it():
    """Also by the shorter ways for what comes by the dozen."""
    for event in [*STORY, Message(SERVER, DOWN, 0x0304, 21, b"")] * 2:
        assert event == decoded(passed(event))


def test_a_record_that_this_version_cannot_read_is_passed_over():
    """Its place is kept all the same."""
    fold = Fold(1)
    broken = passed(STORY[0])._replace(meta=3)
    fold.take(broken)
    fold.take(passed(STORY[0])._replace(kind=77))
    fold.take(Passed(1, int(fmt.Kind.MESSAGE), 0, 2, NOON, memoryview(b"{}rest"), 0, 1, 900))
    assert "client" not in fold.row()
    (chunk,) = fold.packer.chunks()
    assert [1, 77, 4] == [place.kind for place in unpack(chunk)]


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("127.0.0.1:50124", ("127.0.0.1", 50124)),
        ("[2001:db8::1]:443", ("2001:db8::1", 443)),
        ("nothing", (None, None)),
        ("", (None, None)),
        ("host:²", ("host", None)),
    ],
)
def test_an_address_is_taken_apart(client, expected):
    """IPv6 hosts stand in brackets."""
    row = folded(Opened("explicit", client, "")).row()
    assert expected == (row["client_ip"], row["client_port"])


@pytest.mark.parametrize(("host", "expected"), [("192.0.2.1", "192.0.2.1"), ("::1", "::1"), ("example.org", None)])
def test_the_servers_address_is_told_where_it_was_asked_for(host, expected):
    """A name has none before it is dialled."""
    assert expected == folded(Policy(Action.INTERCEPT, host, 443, "connect")).row()["server_ip"]


@pytest.mark.parametrize(("server", "expected"), [("192.0.2.1:443", "192.0.2.1"), ("[2001:db8::1]:443", "2001:db8::1")])
def test_the_servers_address_is_the_one_that_answered(server, expected):
    """Whatever the name, and though the hello's SNI changes the policy afterwards."""
    by_name = Policy(Action.INTERCEPT, "example.org", 443, "connect")
    assert expected == folded(by_name, Reached(server), by_name).row()["server_ip"]


def test_alerts_say_who_sent_them():
    """On each leg its far end, or we; each once."""
    sent = [(CLIENT, UP, 48), (CLIENT, DOWN, 40), (SERVER, UP, 0), (SERVER, DOWN, 255), (CLIENT, UP, 48)]
    row = folded(*(alert(*one) for one in sent)).row()
    assert "client:unknown_ca us:handshake_failure us:close_notify server:unknown-0xFF" == row["alerts"]


def test_of_packets_no_alert_is_ours():
    """Both legs are one there, and all messages are told on the server's."""
    opened = Opened("pcap", "127.0.0.1:1", "127.0.0.1:2")
    row = folded(opened, alert(SERVER, UP, 0), alert(SERVER, DOWN, 0)).row()
    assert "client:close_notify server:close_notify" == row["alerts"]


def test_names_in_alerts_are_one_word():
    """They are separated by spaces."""
    assert 1 == len(folded(alert(CLIENT, UP, 255)).row()["alerts"].split())


def test_verdicts_are_codes():
    """Empty: the chain is valid; None: none was given."""
    assert "verdict" not in folded(STORY[0]).row()
    assert "" == folded(VerdictGiven("h", (), 2)).row()["verdict"]
    faults = ("expired: long ago", "self-signed: by itself", "expired: again")
    assert "expired self-signed" == folded(VerdictGiven("h", faults, 2)).row()["verdict"]


def test_a_hello_in_ciphertext_is_read_where_no_message_is():
    """In a connection that is passed through; however it is cut, and not beyond a limit."""
    expected = ja4(first_message(CURL)).ja4
    assert expected == folded(Ciphertext(CLIENT, UP, CURL)).row()["ja4"]
    cut = folded(Ciphertext(CLIENT, UP, CURL[:100]))
    cut.row()
    cut.take(passed(Ciphertext(CLIENT, UP, CURL[100:])))
    assert expected == cut.row()["ja4"]
    long = folded(*[Ciphertext(CLIENT, UP, bytes(10_000))] * 10)
    assert MAX_HELLO == len(long._hello)
    other = folded(Ciphertext(SERVER, UP, CURL), Ciphertext(CLIENT, DOWN, CURL))
    assert "ja4" not in other.row()


def test_a_hello_that_came_as_a_message_is_the_one():
    """Its ciphertext is not kept twice."""
    hello = first_message(CURL)
    fold = folded(Ciphertext(CLIENT, UP, CURL), Message(CLIENT, UP, 0x0301, 22, hello), Ciphertext(CLIENT, UP, b"x"))
    assert ja4(hello).ja4 == fold.row()["ja4"]
    assert not fold._hello


def test_keys_are_not_kept():
    """Secrets stay in the journal."""
    fold = folded(Secret(SERVER, b"CLIENT_RANDOM 00 11"))
    assert [] == fold._kept
    assert b"CLIENT_RANDOM" not in repr(fold.row()).encode()


@pytest.mark.parametrize(("encrypted", "protocol", "scheme"), [(True, "raw", "https"), (False, "plain", "http")])
def test_what_is_not_understood_is_raw_or_plain(encrypted, protocol, scheme):
    """Inside TLS, and outside of it; HTTP outside of TLS has its own scheme."""
    fold = folded(Data(UP, b"\0\1", encrypted), Data(DOWN, b"\2", encrypted))
    assert protocol == fold.row()["protocol"]
    fold = folded(Data(UP, GET, encrypted))
    assert "http/1.1" == fold.row()["protocol"]
    assert scheme == fold.traffic.fresh[1].scheme


@pytest.mark.parametrize("ways", [[DOWN], [UP], [DOWN, UP], [UP, DOWN]])
def test_who_sent_data_is_concluded_from_once(ways):
    """Of each direction that there was some: a client that was only greeted said nothing."""
    fold = folded(*[Data(way, b"220 hello\r\n") for way in (*ways, *ways)])
    assert ways == [event.direction for event in fold._kept if isinstance(event, Data)]


def test_alpn_says_who_listens():
    """That of the client's leg, for it is what the client goes by."""
    done = HandshakeDone(CLIENT, "TLSv1.3", "", "", "http/1.1", "")
    fold = folded(done, Data(UP, b"GE"))
    assert "http/1.1" == fold.row()["protocol"]


def test_bytes_behind_the_outcome_do_not_count():
    """It has the last word, as in the summary; their places in the stream are kept."""
    fold = folded(Data(UP, b"abc"), Outcome(OutcomeKind.INTERCEPTED, 3, 0), Data(UP, b"late"))
    assert 3 == fold.row()["up"]
    assert 7 == fold.packer.up
    assert fold.over


def test_what_is_kept_is_bounded_and_weighed():
    """However much a connection has to say."""
    many = folded(*[Message(SERVER, UP, 0x0304, 22, b"\x18")] * 1000)
    assert MAX_EVENTS == len(many._kept)
    large = folded(*[Message(SERVER, UP, 0x0304, 22, bytes(100_000))] * 5)
    assert MAX_KEPT - 110_000 < large._bytes <= MAX_KEPT
    assert large._bytes < large.weight < large._bytes + 10_000
    assert 1 << 24 == many.row()["server_messages"]


def test_a_fold_goes_on_from_its_row():
    """Where its records are gone: it keeps what the row says, and says why it does not know more."""
    row = columns(folded(*STORY[:14]))
    after = Fold.bare(row, "gone")
    for event in STORY[14:]:
        after.take(passed(event))
    found = after.row()
    expected = {**columns(folded(*STORY)), "dissector_fault": "gone"}
    for column in ("client", "host", "outcome", "up", "down", "ja4", "alerts", "server_messages", "dissector_fault"):
        assert expected[column] == found[column]


def columns(fold):
    row = fold.row()
    return {column: row.get(column) for column in CONNECTION}
