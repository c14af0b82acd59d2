"""What Wireshark makes of a capture's packets. The handshakes are real, the addresses put in afterwards."""

import subprocess
from pathlib import Path

import pytest

from journals import CLIENT, DOWN, NOON, SECRET, SERVER, TICK, UP, capture
from support import tshark as wireshark
from support.foreign import imported
from support.needs import needs
from support.packets import SYN as BEGIN
from support.packets import packet, pcap
from support.relayed import ANSWER, REQUEST, VERSIONS, placed, relayed
from tlscope.capture.foreign import FROM_PACKETS
from tlscope.capture.foreign.exported import identity
from tlscope.capture.journal import Journal
from tlscope.capture.notes import Note, write
from tlscope.events import (
    Action,
    Ciphertext,
    Closed,
    Data,
    HandshakeDone,
    How,
    Message,
    Opened,
    Outcome,
    OutcomeKind,
    Policy,
    Secret,
)
from tlscope.export.pcapng import blocks
from tlscope.export.source import Source

DATA = Path(__file__).parents[2] / "data" / "handshakes"
STRICT = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
ENDED = Outcome(OutcomeKind.INTERCEPTED, 0, 0)


def exported(directory, *connections, chosen=None):
    """The file of a capture with these connections."""
    source = Source(capture(directory / "capture", *connections), chosen)
    path = directory / "x.pcapng"
    path.write_bytes(b"".join(blocks(source)))
    assert not source.missing
    return path


NAMES = ("frame.interface_name", "frame.time_epoch", "frame.comment", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
         "tcp.srcport", "tcp.dstport", "tcp.stream", "tcp.flags", "tcp.len", "_ws.col.Protocol", "tls.handshake.type",
         "tls.app_data", "http.request.full_uri", "tcp.checksum.status", "ip.checksum.status", "_ws.malformed",
         "tcp.analysis.flags")  # fmt: skip
FAULTS = NAMES[-4:]
SYN, SYN_ACK, FIN_ACK, RST_ACK = "0x0002", "0x0012", "0x0011", "0x0014"


def tshark(path, *arguments):
    done = subprocess.run(
        [needs("tshark"), "-r", path, *STRICT, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


def packets(path):
    """All packets, each a dict of NAMES; Wireshark must find no fault with any."""
    lines = tshark(path, "-T", "fields", *(part for name in NAMES for part in ("-e", name))).splitlines()
    rows = [dict(zip(NAMES, line.split("\t"), strict=True)) for line in lines]
    for row in rows:
        assert ["1", "1" if row["ip.src"] else "", "", ""] == [row[name] for name in FAULTS], row
    return rows


def on(rows, interface):
    return [row for row in rows if row["frame.interface_name"] == interface]


def followed(path, protocol, *streams):
    """Both directions of each stream as tshark puts them together; over TLS the one that spoke first comes first."""
    options = [part for stream in streams for part in ("-z", f"follow,{protocol},raw,{stream}")]
    found = {}
    for told in tshark(path, "-q", *options).split("=" * 67)[1::2]:
        _, _, stream, _, _, *lines = told.splitlines()
        sides = {False: b"", True: b""}
        for line in lines:
            sides[line.startswith("\t")] += bytes.fromhex(line.strip())
        found[int(stream.rpartition(" ")[2])] = sides[False], sides[True]
    return [found[stream] for stream in streams]


def handshake_types(recorded, leg):
    """The types of a leg's handshake messages, of each direction."""
    return [
        [event.data[0] for event in recorded if isinstance(event, Message)
         and (event.leg, event.direction, event.content_type) == (leg, way, 22)]
        for way in (UP, DOWN)
    ]  # fmt: skip


def seen_types(rows):
    """The same as tshark decrypts them, on one interface."""
    client = rows[0]["tcp.srcport"]
    sides = {True: [], False: []}
    for row in rows:
        sides[row["tcp.srcport"] == client] += [
            int(number) for number in row["tls.handshake.type"].split(",") if number
        ]
    return [sides[True], sides[False]]


@pytest.mark.parametrize("version", VERSIONS)
def test_with_all_ciphertext_wireshark_decrypts_both_legs(tmp_path, version):
    """Every message of both handshakes, and every byte of data; and finds no fault with the packets."""
    recorded = relayed(version, ciphertext=True)
    path = exported(tmp_path, placed(recorded))
    rows = packets(path)
    assert {"client leg", "server leg"} == {row["frame.interface_name"] for row in rows}
    for leg, name in ((CLIENT, "client leg"), (SERVER, "server leg")):
        assert handshake_types(recorded, leg) == seen_types(on(rows, name))
    assert [{REQUEST, ANSWER}] * 2 == [set(sides) for sides in followed(path, "tls", 0, 1)]


@pytest.mark.parametrize("version", VERSIONS)
def test_without_it_the_data_is_a_conversation_of_its_own(tmp_path, version):
    """The handshakes as far as they were recorded, cut where a record ends, and the data as plain HTTP."""
    recorded = relayed(version, ciphertext=False)
    path = exported(tmp_path, placed(recorded))
    rows = packets(path)
    for leg, name in ((CLIENT, "client leg"), (SERVER, "server leg")):
        for expected, found in zip(handshake_types(recorded, leg), seen_types(on(rows, name)), strict=True):
            assert [kind for kind in expected if kind != 4] == [
                kind for kind in found if kind != 4
            ]  # tickets come late
    assert not any(row["tls.app_data"] for row in rows)
    (request,) = (row for row in rows if row["http.request.full_uri"] == "http://localhost/a")
    assert ("application data", "127.0.0.1", "50124", "80") == tuple(
        request[name] for name in ("frame.interface_name", "ip.src", "tcp.srcport", "tcp.dstport")
    )
    assert [(REQUEST, ANSWER)] == followed(path, "tcp", 2)


def test_secrets_stand_before_the_packets(tmp_path):
    """A reader that goes through the file once can decrypt it."""
    data = exported(tmp_path, placed(relayed("1.3", ciphertext=True))).read_bytes()
    kinds, at = [], 0
    while at < len(data):
        kinds.append(int.from_bytes(data[at : at + 4], "little"))
        at += int.from_bytes(data[at + 4 : at + 8], "little")
    assert [0x0A0D0D0A, 1, 1, 1, 1, 10] == kinds[:6]
    assert 10 not in kinds[kinds.index(6) :]


def test_packets_say_what_they_are(tmp_path):
    """Times to the nanosecond, the real endpoints where they are known, comments."""
    recorded = relayed("1.3", ciphertext=False)
    rows = packets(exported(tmp_path, placed(recorded, host="::1", client="[::1]:5", listener="[::1]:7")))
    begun = [row for row in rows if row["tcp.flags"] == SYN]
    names = ("frame.interface_name", "ipv6.src", "tcp.srcport", "ipv6.dst", "tcp.dstport", "frame.comment")
    whom, how = "connection 1 to ::1:443", "outcome: intercepted"
    half = "the handshake; the data behind it is a conversation of its own, decrypted"
    assert [
        ["client leg", "::1", "5", "::1", "7", f"{whom}, client leg: {half},{how}"],
        ["server leg", "::ffff:198.18.0.1", "1025", "::1", "443", f"{whom}, server leg: {half},{how}"],
        ["application data", "::1", "5", "::1", "80", f"{whom}: the application data, decrypted,{how}"],
    ] == [[row[name] for name in names] for row in begun]
    decided = [isinstance(event, Policy) for event in recorded].index(True)  # then the client was there
    spoken = [isinstance(event, Ciphertext) and event.leg is SERVER for event in recorded].index(True)
    for leg, first in (("client leg", decided), ("server leg", spoken)):
        time = NOON + TICK * first
        assert f"{time // 10**9}.{time % 10**9:09d}" == on(rows, leg)[0]["frame.time_epoch"]


def test_names_get_addresses(tmp_path):
    """Each its own; the file says which, and what stands for tlscope."""
    plain = [Data(UP, b"x", encrypted=False)]
    connections = [[*placed([Opened("", "", ""), Policy(Action.INTERCEPT, "", 0, "")], host=host, port=9999), *plain]
                   for host in ("a.example", "b.example", "a.example")]  # fmt: skip
    path = exported(tmp_path, *connections)
    rows = tshark(path, "-N", "n", "-Y", 'tcp.flags == 2 && frame.interface_name == "server leg"', "-T", "fields",
                  "-e", "ip.src_host", "-e", "ip.dst_host", "-e", "ip.dst").splitlines()  # fmt: skip
    assert [f"tlscope\t{host}.example\t198.18.1.{number}" for host, number in (("a", 0), ("b", 1), ("a", 0))] == rows


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({}, ["8080", "HTTP", "localhost:443"]),
        ({"via": "socks5"}, ["443", "TLSv1", ""]),
        ({"via": "sni", "listener": "127.0.0.1:47911"}, ["47911", "TLSv1", ""]),
        ({"host": "::1", "port": 46001}, ["8080", "HTTP", "[::1]:46001"]),
    ],
)
def test_the_client_leg_is_recognized_as_tls(tmp_path, how, expected):
    """On a proxy's port behind a CONNECT that is made up and says so; else on a port where Wireshark looks for TLS."""
    recorded = relayed("1.3", ciphertext=False)
    rows = on(packets(exported(tmp_path, placed(recorded, **how))), "client leg")
    first = next(row for row in rows if row["tcp.len"] != "0")
    assert expected == [first[name] for name in ("tcp.dstport", "_ws.col.Protocol", "http.request.full_uri")]
    assert ("made up" in first["frame.comment"]) is (first["_ws.col.Protocol"] == "HTTP")
    assert handshake_types(recorded, CLIENT)[0] == seen_types(rows)[0]


def hello():
    return next(event.data for event in relayed("1.3", ciphertext=False)
                if isinstance(event, Ciphertext) and event.leg is SERVER)  # fmt: skip


def opened(action=Action.INTERCEPT, client=50124):
    return [Opened("explicit", f"127.0.0.1:{client}", "127.0.0.1:43000"), Policy(action, "10.0.0.1", 41_999, "reverse")]


def test_bytes_outside_tls_pass_on_both_legs(tmp_path):
    """A connection without TLS is the same on either, and needs no third conversation."""
    story = [*opened(), Data(DOWN, b"220 hello\r\n", encrypted=False), Data(UP, b"QUIT\r\n", encrypted=False), ENDED]
    path = exported(tmp_path, story)
    assert [(b"QUIT\r\n", b"220 hello\r\n")] * 2 == followed(path, "tcp", 0, 1)
    assert {"client leg", "server leg"} == {row["frame.interface_name"] for row in packets(path)}


def test_an_upgraded_connection_has_its_plain_beginning_everywhere(tmp_path):
    """Before the handshake on both legs, before the data in the third conversation."""
    begin = [Data(UP, b"STARTTLS\r\n", encrypted=False), Data(DOWN, b"220\r\n", encrypted=False)]
    tls = [Ciphertext(CLIENT, UP, hello()), HandshakeDone(CLIENT, "", "", "", "", ""), Data(UP, b"EHLO\r\n")]
    path = exported(tmp_path, [*opened(), *begin, *tls, ENDED])
    said = {"client leg": hello(), "server leg": b"", "application data": b"EHLO\r\n"}
    streams = {row["frame.interface_name"]: int(row["tcp.stream"]) for row in packets(path)}
    assert [(b"STARTTLS\r\n" + more, b"220\r\n") for more in said.values()] == followed(
        path, "tcp", *(streams[name] for name in said)
    )


def test_what_passed_through_is_on_both_legs(tmp_path):
    """Though it was recorded where it arrived."""
    alert = b"\x15\x03\x03\x00\x02\x02\x28"
    passed = [Ciphertext(CLIENT, UP, hello()), Ciphertext(SERVER, DOWN, alert), ENDED]
    path = exported(tmp_path, opened(Action.PASS_THROUGH) + passed)
    assert [(hello(), alert)] * 2 == followed(path, "tcp", 0, 1)
    assert 2 == sum(
        "passed through untouched; there are no keys to it" in row["frame.comment"] for row in packets(path)
    )


def again(data, directory):
    """A file with a connection, opened and exported again."""
    return exported(directory, [event for _, event in imported(data)[0][1]])


@pytest.mark.parametrize("name", ["tls13", "tls12-ecdhe"])
def test_what_others_recorded_is_one_conversation(tmp_path, name):
    """Between the real ends, with all messages of the original and its keys; the file says so."""
    path = again((DATA / f"{name}.pcapng").read_bytes(), tmp_path)
    rows = packets(path)
    assert {"as captured"} == {row["frame.interface_name"] for row in rows}
    original = tshark(DATA / f"{name}.pcapng", "-d", "tcp.port==4600-4700,tls", "-T", "fields", "-e", "ip.src",
                      "-e", "tcp.dstport").splitlines()[0].split("\t")  # fmt: skip
    assert original == [rows[0]["ip.src"], rows[0]["tcp.dstport"]]
    assert rows[0]["frame.comment"].endswith("as captured: all that passed; the file holds its keys")
    expected, found = (
        [message.data for message in wireshark.messages(each)] for each in (DATA / f"{name}.pcapng", path)
    )
    assert expected == found
    assert len(expected) > 5


def test_what_others_recorded_without_keys_or_tls(tmp_path):
    """Is said to be so; a beginning that is gone changes nothing."""
    policy, tls = Policy(Action.PASS_THROUGH, "10.0.0.1", 443, ""), Ciphertext(CLIENT, UP, hello())
    stories = (
        ([policy, tls], "all that passed; there are no keys to it"),
        ([policy, Data(UP, b"x", encrypted=False)], "all that passed; it was not TLS"),
        ([tls, Data(DOWN, b"x")], "all that passed; there are no keys to it"),
    )
    begun = [Opened(FROM_PACKETS, f"127.0.0.1:{50_000 + number}", "10.0.0.1:443") for number in range(3)]
    rows = packets(
        exported(tmp_path, *([begin, *story, ENDED] for begin, (story, _) in zip(begun, stories, strict=True)))
    )
    comments = [row["frame.comment"] for row in rows if row["frame.comment"]]
    assert [True] * 3 == [found.endswith(said) for found, (_, said) in zip(comments, stories, strict=True)]


@pytest.mark.parametrize("lost", [(), (1,), (2,), (1, 2)])
def test_what_is_missing_in_a_capture_of_others(tmp_path, lost):
    """Is missing in its export: what tshark says of the hole, it says of both; what follows stands where it stood."""
    said = [packet(99, flags=BEGIN), packet(100, b"a" * 40), packet(140, b"b" * 50), packet(190, b"c" * 60)]
    whole = pcap(*(each for number, each in enumerate(said) if number not in lost))
    (tmp_path / "other.pcap").write_bytes(whole)
    path = again(whole, tmp_path)
    shown = [
        tshark(file, "-Y", "tcp.len > 0", "-T", "fields", "-e", "tcp.seq", "-e", "tcp.len",
               "-e", "tcp.analysis.lost_segment")
        for file in (tmp_path / "other.pcap", path)
    ]  # fmt: skip
    assert shown[0] == shown[1]
    assert bool(lost) == any(line.endswith("\t1") for line in shown[0].splitlines())


def test_a_leg_is_cut_where_a_record_ends(tmp_path):
    """What the handshake brought of the data behind it is left out; of a handshake that failed all is there."""
    record, begun = hello(), b"\x17\x03\x03\x01\x00abc"
    pieces = [Ciphertext(SERVER, UP, (record + begun)[at : at + 7]) for at in range(0, len(record + begun), 7)]
    done = HandshakeDone(SERVER, "TLSv1.3", "", "", "", "")
    path = exported(tmp_path, [*opened(), *pieces, done, ENDED], [*opened(), *pieces, ENDED])
    assert [(record, b""), (record + begun, b"")] == followed(path, "tcp", 1, 3)


def test_the_end_of_a_connection(tmp_path):
    """A reset of the side that sent one, else an end of each direction, in order; none where the recorder saw none."""
    data = [Data(UP, b"x", encrypted=False), Data(DOWN, b"y", encrypted=False)]
    ends = [[Closed(SERVER, How.RST), ENDED], [Closed(SERVER, How.FIN), ENDED], []]
    connections = [[*opened(client=50_000 + number), *data, *end] for number, end in enumerate(ends)]
    rows = packets(exported(tmp_path, *connections))
    found = [
        [(row["tcp.srcport"], row["tcp.flags"]) for row in rows
         if int(row["tcp.stream"]) == stream and row["tcp.flags"] in {FIN_ACK, RST_ACK}]
        for stream in range(6)
    ]  # fmt: skip
    assert [
        [("50000", FIN_ACK), ("43000", FIN_ACK)], [("41999", RST_ACK)],
        [("50001", FIN_ACK), ("43000", FIN_ACK)], [("41999", FIN_ACK), ("1026", FIN_ACK)],
        [], [],
    ] == found  # fmt: skip


@pytest.mark.parametrize(("leg", "whole"), [(SERVER, True), (CLIENT, False), (None, False)])
def test_all_ciphertext_was_recorded_where_what_was_relayed_left_as_some(tmp_path, leg, whole):
    """One piece of data is enough to tell; where it is not all there, the data is a conversation of its own."""
    sent = [Ciphertext(leg, UP, hello())] if leg is not None else []
    story = [*opened(), Ciphertext(CLIENT, UP, hello()), Data(UP, b"x"), *sent, ENDED]
    made = b"".join(blocks(Source(capture(tmp_path / "c", story))))
    assert (0 if whole else 1) == made.count(b"the application data, decrypted")
    assert whole is (b"all that passed" in made)


def test_chosen_connections(tmp_path):
    """Others are not in the file, nor are their secrets."""
    story = [*opened(), Secret(SERVER, SECRET), Data(UP, b"x", encrypted=False), ENDED]
    path = exported(tmp_path, story, story, [*story[:3], Data(UP, b"z", encrypted=False)], chosen={2})
    comments = [row["frame.comment"] for row in packets(path) if row["frame.comment"]]
    assert [True, True] == [comment.startswith("connection 2 to 10.0.0.1:41999") for comment in comments]
    assert 1 == path.read_bytes().count(SECRET)


def test_what_is_recorded_meanwhile(tmp_path):
    """A connection that begins after the first reading is left out; a secret of a known one comes before its use."""
    directory = tmp_path / "live"
    directory.mkdir()
    journal, number = Journal(directory, call_later=lambda *_: None), 1
    for event in [*opened(), Secret(SERVER, SECRET)]:
        journal.put(number, event)
    journal.flush()
    made = blocks(Source(directory))
    parts = []
    for part in made:
        parts.append(part)
        if SECRET in part:
            break
    late = SECRET.replace(b"cd", b"ef")
    journal.put(number, Secret(SERVER, late))
    journal.put(number, Ciphertext(SERVER, UP, hello()))
    journal.put(number + 1, Ciphertext(SERVER, UP, hello() * 2))
    journal.flush()
    parts += made
    journal.close()
    (secrets,) = (at for at, part in enumerate(parts) if late in part)
    (packet,) = (at for at, part in enumerate(parts) if hello() in part)
    assert secrets < packet
    assert not any(hello() * 2 in part for part in parts)


def test_a_capture_of_every_event_makes_a_file(tmp_path):
    """Also where addresses are none, and the beginning is gone."""
    recorded = list(relayed("1.2", ciphertext=False))
    for strange in ({"client": "memory:1", "listener": ""}, {"host": "x" * 300, "port": 70_000}):
        assert packets(exported(tmp_path, placed(recorded, **strange)))
    path = exported(tmp_path, recorded[2:])
    assert [(REQUEST, ANSWER)] == followed(path, "tcp", 2)


def test_what_is_damaged_is_said(tmp_path):
    """By the source, after the export."""
    directory = capture(tmp_path / "c", list(relayed("1.2", ciphertext=False)))
    segment = directory / "journal-0-000001.tlsj"
    segment.write_bytes(segment.read_bytes()[:-5])
    source = Source(directory)
    assert b"".join(blocks(source))
    assert 1 == len(source.missing)


def test_notes_are_comments_on_the_first_packet(tmp_path):
    """Marks and comments on a connection and its exchanges; of others, none."""
    story, other = (list(placed(relayed("1.3", ciphertext=False), client=f"127.0.0.1:{port}")) for port in (5001, 5002))
    noted = [
        Note(1, 0, "look here\nand é", marked=True),
        Note(1, 1, "x"),
        Note(2, 0, "", marked=True),
        Note(3, 0, "z", marked=True),
    ]
    directory = tmp_path / "capture"
    directory.mkdir()
    write(directory, noted)
    rows = [row["frame.comment"] for row in packets(exported(tmp_path, story, other))]
    first, second = (next(row for row in rows if row.startswith(f"connection {number} ")) for number in (1, 2))
    assert first.endswith(r",★ look here\nand é,exchange 1: x")
    assert second.endswith(",★ marked")
    assert 2 == sum("★" in row for row in rows)


def test_there_is_an_end_to_notes(tmp_path):
    """What is left out is counted."""
    directory = tmp_path / "capture"
    directory.mkdir()
    write(directory, [Note(1, number, "note") for number in range(150)])
    rows = [row["frame.comment"] for row in packets(exported(tmp_path, list(placed(relayed("1.3", ciphertext=False)))))]
    assert rows[0].endswith("exchange 99: note,50 more notes are left out")


def test_conversations_of_a_connection_have_a_packet_in_common(tmp_path):
    """Their first, for Wireshark too: it was seen on several interfaces; those of other connections are others."""
    story = list(placed(relayed("1.3", ciphertext=False)))
    path = exported(tmp_path, story, story)
    rows = tshark(path, "-Y", "frame.packet_id", "-T", "fields", "-e", "frame.packet_id", "-e", "tcp.flags",
                  "-e", "frame.comment").splitlines()  # fmt: skip
    found = [(int(same, 0), int(comment.split()[1])) for same, flags, comment in (row.split("\t") for row in rows)
             if flags == SYN]  # fmt: skip
    assert sorted((identity(number, wall), number) for number, wall in {
        1: NOON, 2: NOON + len(story) * TICK,
    }.items() for _ in range(3)) == sorted(found)  # fmt: skip
    assert 6 == len(rows)
