"""Files of packets as connections: compared with tshark, and with the captures that were exported to them."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import CLIENT, DOWN, SERVER, UP
from support.foreign import imported
from support.handshakes import HELLOS
from support.needs import needs
from support.packets import ACK, FIN, SYN, packet, pcap, reader
from support.packets import CLIENT as CLIENT_END
from support.packets import SERVER as SERVER_END
from tlscope.capture.foreign.pcap import Told
from tlscope.capture.foreign.pcapfile import entries
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
from tlscope.wire.tls.meaning.findings import findings_of

HANDSHAKES = sorted((Path(__file__).parents[3] / "data" / "handshakes").glob("*.pcapng"))
HELLO = next(iter(HELLOS.values()))
RECORD = b"\x16\x03\x01" + len(HELLO).to_bytes(2) + HELLO
REQUEST = b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"0123456789" * 10_000


def events(data, number=1, key_log=b""):
    return [event for _, event in imported(data, key_log)[0][number]]


def of(found, kind):
    return [event for event in found if isinstance(event, kind)]


def said(found, direction, kind=Data):
    return b"".join(event.data for event in of(found, kind) if event.direction is direction)


def spoken(*said_, end=True):
    """A file with a conversation: bytes of the client, and `(bytes,)` of the server."""
    packets, sent = [packet(99, flags=SYN), packet(199, flags=SYN | ACK, back=True)], [100, 200]
    for each in said_:
        back = isinstance(each, tuple)
        data = each[0] if back else each
        packets.append(packet(sent[back], data, back=back))
        sent[back] += len(data)
    if end:
        packets += [packet(sent[0], flags=FIN | ACK), packet(sent[1], flags=FIN | ACK, back=True)]
    return pcap(*packets)


def tshark(path, *arguments):
    command = [needs("tshark"), "-n", "-r", path, "-d", "tcp.port==4600-4700,tls", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_real_handshakes():
    """Every handshake of every file is decrypted, where its file holds the keys, and none raises."""
    done = {}
    for path in HANDSHAKES:
        found, told = imported(path.read_bytes())
        assert (len(found), 0) == (told.tls, len(told.damages)), path.stem
        done[path.stem] = [len(of([event for _, event in each], HandshakeDone)) for each in found.values()]
    without = {"gnutls-raw-key", "gnutls-raw-key12", "tls12-alert"}  # which end with an alert before they are done
    assert {path.stem for path in HANDSHAKES} - without == {stem for stem, each in done.items() if all(each)}


@pytest.mark.parametrize("stem", ["tls13", "tls13-resumed", "tls12-ecdhe", "gnutls-tls13"])
def test_what_tshark_decrypts(stem):
    """The types of all handshake messages, and the data, are the same."""
    path = next(path for path in HANDSHAKES if path.stem == stem)
    found, _ = imported(path.read_bytes())
    rows = [
        line.split("\t")
        for line in tshark(path, "-T", "fields", "-e", "tcp.stream", "-e", "tls.handshake.type").splitlines()
    ]
    for number, each in found.items():
        expected = [
            int(kind) for stream, kinds in rows if stream == str(number - 1) for kind in kinds.split(",") if kind
        ]
        ours = [event.data[0] for _, event in each if isinstance(event, Message) and event.content_type == 22]
        assert sorted(expected) == sorted(ours)


def test_the_events_of_a_connection():
    """Come in the order in which things happened, at the times of the packets, and nothing is made up."""
    path = next(path for path in HANDSHAKES if path.stem == "tls12-ecdhe")
    ((_, timed),) = imported(path.read_bytes())[0].items()
    found = [event for _, event in timed]
    opened, policy, *_ = found
    assert ("pcap", "127.0.0.1:58520", "127.0.0.1:4603") == (opened.mode, opened.client, opened.listener)
    assert Policy(Action.PASS_THROUGH, "127.0.0.1", 4603, "pcap") == policy
    assert Policy(Action.PASS_THROUGH, "server.example", 4603, "pcap") == of(found, Policy)[-1]
    (done,) = of(found, HandshakeDone)
    expected = (SERVER, "TLSv1.2", "h2", "server.example", False)
    assert expected == (done.leg, done.version, done.alpn, done.sni, done.resumed)
    assert [CLIENT, SERVER] == sorted({event.leg for event in of(found, Ciphertext)})
    assert {SERVER} == {event.leg for event in of(found, Message)}
    (outcome,) = of(found, Outcome)
    sizes = [len(said(found, way, Data)) for way in (UP, DOWN)]
    assert [OutcomeKind.PASSED_THROUGH, *sizes, "decrypted"] == [*outcome_parts(outcome)]
    assert outcome is found[-1]
    assert [wall for wall, _ in timed] == sorted(wall for wall, _ in timed)
    times = tshark(path, "-T", "fields", "-e", "frame.time_epoch", "tcp.len > 0").split()
    seconds, _, fraction = times[0].partition(".")
    assert int(seconds + fraction[:9]) == next(wall for wall, event in timed if isinstance(event, Ciphertext))


def test_findings():
    """The offer is the client's and told once; the certificate is the server's; nobody stood between them."""
    for path in HANDSHAKES:
        found = findings_of(events(path.read_bytes()), 1.78e9)
        assert not [each for each in found if "tlscope" in each.what], path.stem
    path = next(path for path in HANDSHAKES if path.stem == "tls12-alert")
    codes = {(each.leg, each.code) for each in findings_of(events(path.read_bytes()), 1.78e9)}
    assert {(CLIENT, "offers-static-rsa"), (SERVER, "self-signed")} <= codes
    assert (SERVER, "offers-static-rsa") not in codes


def outcome_parts(outcome):
    return outcome.outcome, outcome.up, outcome.down, outcome.detail


def test_a_key_log_beside_the_file():
    """Opens what the file alone does not; without, what is not encrypted is told, and why there is no more."""
    path = next(path for path in HANDSHAKES if path.stem == "tls13-resumed")
    whole = events(path.read_bytes(), 2)
    lines = b"".join(event.data + b"\n" for event in of(whole, Secret))
    from tlscope.capture.foreign.entry import Packet  # noqa: PLC0415 - to leave out the file's own keys

    walls = [entry for entry in entries(reader(path.read_bytes())) if isinstance(entry, Packet)]
    assert {1} == {entry.link for entry in walls}
    bare = pcap(*(entry.data for entry in walls), link=1)
    assert of(whole, Message) == of(events(bare, 2, lines), Message)
    assert said(whole, UP) == said(events(bare, 2, lines), UP)
    locked = events(bare, 2)
    assert [1, 20, 2, 20] == [each.data[0] if each.content_type == 22 else 20 for each in of(locked, Message)]
    assert [] == of(locked, Data) + of(locked, Secret) + of(locked, HandshakeDone)
    assert of(locked, Outcome)[0].detail.startswith("not decrypted: ")
    told = imported(bare)[1]
    assert (2, 2, 0, 2) == (told.connections, told.tls, told.opened, told.locked)


def test_plain_conversations():
    """Are data outside TLS, and not-tls."""
    found = events(spoken(b"GET / HTTP/1.0\r\n\r\n", (b"HTTP/1.0 200 OK\r\n\r\n",)))
    expected = [
        Opened("pcap", "10.0.0.1:50124", "10.0.0.2:443"),
        Policy(Action.PASS_THROUGH, "10.0.0.2", 443, "pcap"),
        Data(UP, b"GET / HTTP/1.0\r\n\r\n", encrypted=False),
        Data(DOWN, b"HTTP/1.0 200 OK\r\n\r\n", encrypted=False),
        Closed(CLIENT, How.FIN),
        Closed(SERVER, How.FIN),
        Outcome(OutcomeKind.NOT_TLS, 18, 19),
    ]
    assert expected == found


@pytest.mark.parametrize("size", [1, 2, 5, 6, 100])
def test_a_hello_in_pieces(size):
    """Is TLS from its first byte on; also behind plain data, where a segment begins with it."""
    pieces = [RECORD[at : at + size] for at in range(0, len(RECORD), size)]
    for before in ([], [b"STARTTLS\r\n", (b"220 go on\r\n",)]):
        found = events(spoken(*before, *pieces))
        assert RECORD == said(found, UP, Ciphertext)
        assert [HELLO] == [event.data for event in of(found, Message)]
        assert b"".join(each for each in before if isinstance(each, bytes)) == said(found, UP)


def test_what_only_begins_like_a_hello():
    """Is data, and none of it is lost."""
    for data in (b"\x16", b"\x16\x03", b"\x16\x03\x01\0\x05\x02rest", b"\x16\x04"):
        found = events(spoken(data, (b"answer",)))
        assert (data, b"answer") == (said(found, UP), said(found, DOWN))
        assert OutcomeKind.NOT_TLS == of(found, Outcome)[0].outcome


def test_late():
    """What began before the capture: the client is told by its hello, else by the ports; records are TLS."""
    other = (CLIENT_END[0], 40), (SERVER_END[0], 50)
    hello = events(pcap(packet(7, RECORD, client=other[0], server=other[1])))
    assert ("10.0.0.1:40", "10.0.0.2:50") == (of(hello, Opened)[0].client, of(hello, Opened)[0].listener)
    found = events(pcap(packet(7, b"\x17\x03\x03\0\x20" + bytes(32), back=True), packet(8, b"\x17\x03\x03\0\0")))
    assert ("10.0.0.1:50124", 2) == (of(found, Opened)[0].client, len(of(found, Ciphertext)))
    assert [] == of(found, Data) + of(found, HandshakeDone)


def test_missing_bytes():
    """Are a fault that says how many and where; what is behind them is decrypted as far as it can be."""
    found = events(pcap(packet(99, flags=SYN), packet(100, b"one"), packet(110, b"two")))
    (fault,) = of(found, Faulted)
    assert ("capture-gap", b"onetwo") == (fault.code, said(found, UP))
    assert "7 bytes to the server" in fault.what
    assert (UP, 7) == (fault.direction, fault.missing)
    assert 7 == imported(pcap(packet(99, flags=SYN), packet(100, b"one"), packet(110, b"two")))[1].missing


def test_what_is_missing_at_the_beginning():
    """Is a fault of the connection that what follows makes; where nothing follows, there is none."""
    file = pcap(packet(99, flags=SYN), packet(104, b"rest"))
    found = events(file)
    (fault,) = of(found, Faulted)
    assert (UP, 4, b"rest") == (fault.direction, fault.missing, said(found, UP))
    assert 4 == imported(file)[1].missing
    assert found.index(fault) < found.index(of(found, Data)[0])
    told = imported(pcap(packet(99, flags=SYN), packet(104, flags=ACK | FIN)))[1]
    assert (0, 1, 0) == (told.connections, told.silent, told.missing)


def test_what_is_counted():
    """Packets that hold no segment, and conversations in which nothing was said."""
    told = imported(pcap(packet(99, flags=SYN), b"\x45\0", packet(99, flags=SYN)))[1]
    assert (3, 0, 1, 1) == (told.packets, told.connections, told.silent, sum(told.skipped.values()))


@given(
    st.lists(st.binary(max_size=30) | st.just(RECORD) | st.tuples(st.binary(max_size=30)), max_size=8), st.booleans()
)
@settings(max_examples=100, deadline=None)
def test_any_bytes(parts, end):
    """Pass: as data or as ciphertext, all of them, in order."""
    found = imported(spoken(*parts, end=end))[0].get(1, [])
    for way in (UP, DOWN):
        expected = b"".join(
            each[0] if isinstance(each, tuple) else each for each in parts if isinstance(each, tuple) == bool(way)
        )
        passed = b"".join(
            event.data
            for _, event in found
            if (isinstance(event, Ciphertext) or (isinstance(event, Data) and not event.encrypted))
            and event.direction is way
        )
        assert expected == passed


@pytest.mark.parametrize("at", range(0, 4000, 79))
def test_a_file_cut_anywhere(at):
    """Is read as far as it goes."""
    data = HANDSHAKES[0].read_bytes()
    told = imported(data[: 200 + at])[1]
    assert isinstance(told, Told)
    assert told.packets <= imported(data)[1].packets
