import json

import pytest

from journals import CLIENT, DOWN, GET, NOON, STORY, TICK, UP, capture, name, segment
from support import handshakes as made
from tlscope.events import Action, Ciphertext, Data, Outcome, OutcomeKind, Policy

INTERCEPTED = """\
connection 1, 2025-11-20T12:00:00.000000Z
    +0.0 ms  opened explicit, from 127.0.0.1:50124 to 127.0.0.1:8080
    +1.5 ms  policy intercept localhost:8443 (by CONNECT)
    +3.0 ms  client ▲ ClientHello 204 B
    +4.5 ms  server ▲ ClientHello 104 B
    +7.5 ms  server ▼ ServerHello 44 B TLSv1.2 TLS_AES_128_GCM_SHA256
    +9.0 ms  server key log: SERVER_HANDSHAKE_TRAFFIC_SECRET (masked)
   +10.5 ms  server ▼ EncryptedExtensions 12 B TLSv1.2
   +12.0 ms  server ✓ handshake TLSv1.3 TLS_AES_128_GCM_SHA256 X25519MLKEM768 ALPN http/1.1 SNI localhost
   +13.5 ms  server ✓ certificate of localhost is valid (chain of 2)
   +15.0 ms  client leaf P-256, 4 B, signed by our authority
   +16.5 ms  client ✓ handshake TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 x25519 SNI localhost resumed
   +18.0 ms  data   ▲ 37 B
             │ GET /é HTTP/1.1
             │ Host: localhost
             │
   +19.5 ms  data   ▼ 20 B
             00000000  00 01 02 03 04 05 06 07  08 09 0a 0b 0c 0d 0e 0f  |................|
             00000010  10 11 12 13                                       |....|
   +21.0 ms  client ▲ Alert 2 B TLSv1.2 warning close_notify
   +22.5 ms  client closed by the client with close_notify
   +24.0 ms  ✓ intercepted ▲ 37 B ▼ 20 B
"""

REFUSED = """\
connection 2, 2025-11-20T12:00:00.025500Z
    +0.0 ms  opened explicit, from [::1]:50125 to [::1]:8080
    +1.5 ms  policy intercept [::1]:443 (by CONNECT, --only *)
    +3.0 ms  server ✗ certificate of ::1 is invalid, mirrored to the client (chain of 1)
             expired: it is over
             name-mismatch: it is another
    +4.5 ms  client ▲ Alert 2 B fatal unknown_ca
    +6.0 ms  ✗ fault of the client [client-rejected]: the client refused our certificate
             Next: give it ours: tlscope ca path
    +7.5 ms  client closed by the client with an alert: unknown_ca
    +9.0 ms  ✗ client-rejected ▲ 0 B ▼ 0 B: unknown_ca
"""


@pytest.mark.parametrize(("number", "story"), [(1, INTERCEPTED), (2, REFUSED)])
def test_the_whole_story_is_told_in_order(tlscope, recorded, number, story):
    """Both legs, message by message, with elapsed times; data as text or as a dump; faults with what to do next."""
    ran = tlscope("show", number, "-c", recorded)
    assert (0, story, "") == (ran.code, ran.out, ran.err)


def told(ran):
    return [json.loads(line) for line in ran.out.splitlines()]


def test_jsonl_is_one_object_an_event(tlscope, recorded):
    """In order, with times since the connection was opened; their fields are tested with jsonl.py."""
    ran = tlscope("show", 2, "--jsonl", "-c", recorded)
    assert (0, "") == (ran.code, ran.err)
    kinds = ["opened", "policy", "verdict", "message", "fault", "close", "outcome"]
    begun = len(STORY) * TICK
    assert [(2, kind, i * TICK // 1000) for i, kind in enumerate(kinds)] == [
        (event["connection"], event["kind"], event["elapsed_us"]) for event in told(ran)
    ]
    assert f"2025-11-20T12:00:00.{begun // 1000:06d}Z" == told(ran)[0]["time"]
    assert 0 == NOON % 10**9


def test_a_connection_that_does_not_exist(tlscope, recorded):
    """Exit code 1, and where to look."""
    for arguments in ([], ["--jsonl"]):
        ran = tlscope("show", 9, "-c", recorded, *arguments)
        missing = (
            f"Error: there is no connection 9 in {recorded}\nNext: see which there are: tlscope list -c {recorded}\n"
        )
        assert (1, "", missing) == (ran.code, ran.out, ran.err)


def test_ciphertext_is_shown_on_request(tlscope, recorded):
    """As a dump and in JSON; as a rule it is left out."""
    assert "ciphertext" not in tlscope("show", 1, "--jsonl", "-c", recorded).out
    lines = tlscope("show", 1, "--ciphertext", "-c", recorded).out.splitlines()
    at = lines.index("    +6.0 ms  server ▲ ciphertext 5 B")
    assert "             00000000  16 03 01 00 68" in lines[at + 1]
    kinds = [event["kind"] for event in told(tlscope("show", 1, "--jsonl", "--ciphertext", "-c", recorded))]
    assert 1 == kinds.count("ciphertext")


def test_secrets_are_shown_on_request(tlscope, recorded):
    """In the text and in JSON; as a rule they are masked."""
    for arguments in ([], ["--jsonl"]):
        assert "cd" * 32 not in tlscope("show", 1, "-c", recorded, *arguments).out
        assert "cd" * 32 in tlscope("show", 1, "--with-secrets", "-c", recorded, *arguments).out


@pytest.fixture
def chatty(tmp_path):
    chunks = [STORY[0], Data(UP, b"a" * 10), Data(DOWN, b"b" * 10), Data(UP, b"c" * 10)]
    return capture(tmp_path / "chatty", chunks)


def test_data_is_bounded(tlscope, chatty):
    """As many bytes as asked for, over both directions; what is left out is said where it is, and in sum."""
    assert [
        "    +1.5 ms  data   ▲ 10 B",
        "             │ aaaaaaaaaa",
        "    +3.0 ms  data   ▼ 10 B",
        "             │ bbbb",
        "             … and 6 B more",
        "    +4.5 ms  data   ▲ 10 B",
        "             … and 10 B more",
        "16 B of data left out; --all shows it, --max-data BYTES more of it",
    ] == tlscope("show", 1, "--max-data", 14, "-c", chatty).out.splitlines()[2:]


def test_all_data_on_request(tlscope, tmp_path):
    """The text view shows 64 KiB unless told otherwise."""
    directory = capture(tmp_path / "c", [Data(UP, (b"x" * 1023 + b"\n")) for _ in range(80)])
    assert "16.0 KiB of data left out" in tlscope("show", 1, "-c", directory).out
    assert 64 == tlscope("show", 1, "-c", directory).out.count("│ x")
    assert 80 == tlscope("show", 1, "--all", "-c", directory).out.count("│ x")
    assert "left out" not in tlscope("show", 1, "--all", "-c", directory).out


def test_json_holds_all_data_unless_told_otherwise(tlscope, tmp_path, chatty):
    """Scripts get every byte; with a bound they get what fits, and how much does not."""
    directory = capture(tmp_path / "c", [Data(UP, b"x" * 100_000), Data(UP, b"y" * 100_000)])
    assert 200_000 == sum(len(event["text"]) for event in told(tlscope("show", 1, "--jsonl", "-c", directory)))
    events = told(tlscope("show", 1, "--jsonl", "--max-data", 14, "-c", chatty))[1:]
    assert [("a" * 10, None), ("b" * 4, 6), ("", 10)] == [(event["text"], event.get("left_out")) for event in events]
    assert [10, 10, 10] == [event["length"] for event in events]


def test_text_that_a_chunk_cuts_is_text(tlscope, tmp_path):
    """A character whose bytes came in two chunks is shown as bytes, and the rest as text."""
    cut = GET.index(b"\xc3") + 1
    lines = tlscope(
        "show", 1, "-c", capture(tmp_path / "c", [Data(UP, GET[:cut]), Data(UP, GET[cut:])])
    ).out.splitlines()
    assert ["             │ GET /\\xc3", "             │ \\xa9 HTTP/1.1"] == [lines[2], lines[4]]


def test_damage_is_told_behind_the_story(tlscope, recorded):
    """On standard error: parts of the connection may be missing."""
    path = recorded / name()
    path.write_bytes(path.read_bytes() + b"junk")
    ran = tlscope("show", 1, "-c", recorded)
    assert (0, INTERCEPTED) == (ran.code, ran.out)
    assert ran.err.startswith(f"note: {name()} is damaged at byte ")


def test_a_connection_without_a_beginning_is_told(tlscope, tmp_path):
    """From its first record that is left."""
    directory = capture(tmp_path / "c")
    (directory / name(4)).write_bytes(b"".join(segment([(1, Data(UP, b"late"))])))
    ran = tlscope("show", 1, "-c", directory)
    assert "    +0.0 ms  data   ▲ 4 B" in ran.out
    assert ran.err.endswith("note: 2 segments are gone, from number 2 on\n")


TREE = """\
    +7.5 ms  server ▼ ServerHello 44 B TLSv1.2 TLS_AES_128_GCM_SHA256
                 0  02                Handshake Type: ServerHello (0x02)
"""


def test_every_field_of_every_message(tlscope, recorded):
    """With its offset and its bytes; with what it means; or neither."""
    tree, places, meaning = (
        tlscope("show", 1, option, "-c", recorded).out for option in ("--tree", "--bytes", "--explain")
    )
    assert TREE in places
    line = "             Cipher Suite: TLS_AES_128_GCM_SHA256 (0x1301)\n"
    assert line in tree
    assert line in meaning
    assert "39  1301              Cipher Suite: TLS_AES_128_GCM_SHA256 (0x1301)\n" in places
    assert "Sound: " in meaning
    assert "RFC 8446" in meaning
    assert "Sound: " not in tree + places
    assert "RFC 8446" not in tree + places
    story = tlscope("show", 1, "-c", recorded).out.splitlines()
    for told in (tree, places, meaning):
        assert [] == [line for line in story if line not in told.splitlines()]


def test_json_has_the_fields(tlscope, recorded):
    """As --jsonl, and with each message's tree."""
    plain, full = (told(tlscope("show", 1, option, "-c", recorded)) for option in ("--jsonl", "--json"))
    trees = [event.pop("fields", None) for event in full]
    assert plain == full
    messages = [tree for event, tree in zip(full, trees, strict=True) if event["kind"] == "message"]
    assert ["ClientHello", "ClientHello", "ServerHello", "EncryptedExtensions", "Alert"] == [
        event["name"] for event in full if event["kind"] == "message"
    ]
    assert all(tree["children"] for tree in messages)
    assert {"leaf", "message"} == {event["kind"] for event, tree in zip(full, trees, strict=True) if tree}
    (suite,) = (child for child in messages[2]["children"] if child["key"] == "tls.handshake.ciphersuite")
    assert (0x1301, 39, 2) == (suite["value"], suite["start"], suite["length"])


@pytest.mark.parametrize("how", ["--tree", "--bytes", "--explain", "--story", "--ciphertext"])
def test_on_a_screen_every_line_fits(tlscope, recorded, monkeypatch, how):
    """Values may be cut; a sentence, a fault, data and its dump are folded, and all there."""
    whole = tlscope("show", 1, how, "-c", recorded).out
    width = 44 if how == "--story" else 80
    monkeypatch.setenv("COLUMNS", str(width))
    ran = tlscope("show", 1, how, "-c", recorded)
    assert (0, "") == (ran.code, ran.err)
    assert [] == [line for line in ran.out.splitlines() if len(line) > width]
    if how == "--ciphertext":  # no value to be cut
        assert whole.split() == ran.out.split()


def test_long_lines_of_data_are_folded_behind_their_bar(tlscope, tmp_path, monkeypatch):
    """None of it is lost, and none of it looks like a line of ours."""
    where = capture(tmp_path / "capture", [Data(UP, b"x" * 200 + b"\nlast\n")])
    monkeypatch.setenv("COLUMNS", "80")
    lines = tlscope("show", 1, "-c", where).out.splitlines()[2:]
    assert [f"  │ {'x' * 76}", f"  │ {'x' * 76}", f"  │ {'x' * 48}", "  │ last"] == lines


def passed_through(directory):
    """A capture of one connection that was passed through, whose ClientHello was recorded as it was on the wire."""
    hello = made.client_hello(made.server_name("bank.example"), made.versions(0x0304, 0x0303))
    return capture(
        directory,
        [
            STORY[0],
            Policy(Action.PASS_THROUGH, "bank.example", 443, "connect", "--passthrough *"),
            Ciphertext(CLIENT, UP, made.records(hello)),
            Outcome(OutcomeKind.PASSED_THROUGH, 200, 300),
        ],
    )


def test_the_hello_of_what_was_passed_through_is_told(tlscope, tmp_path):
    """It passed in the clear, and is marked as read from there; with its fields where these are asked for."""
    directory = passed_through(tmp_path / "c")
    line = "client ▲ ClientHello 77 B TLSv1.3 (read from the wire)\n"
    told_ = tlscope("show", 1, "-c", directory).out
    assert line in told_
    assert "ciphertext" not in told_
    tree = tlscope("show", 1, "--tree", "--max-data", 0, "-c", directory).out
    assert "Server Name: bank.example" in tree.partition(line)[2]
    found = told(tlscope("show", 1, "--json", "-c", directory))
    assert ["opened", "policy", "message", "outcome"] == [event["kind"] for event in found]
    assert ("ClientHello", "TLSv1.3", True) == tuple(found[2][name] for name in ("name", "version", "from_wire"))
    assert found[2]["fields"]
    [exported] = [event for event in told(tlscope("export", "-f", "jsonl", "-c", directory)) if "from_wire" in event]
    assert found[2] == exported | {"fields": found[2]["fields"]}
    watched = told(tlscope("watch", "--no-follow", "--jsonl", "-c", directory))
    assert exported in watched
    assert "TLSv1.3 (read from the wire) +" in tlscope("watch", "--no-follow", "-c", directory).out
