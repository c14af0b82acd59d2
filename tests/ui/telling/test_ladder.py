import json

import pytest

from support.connections import intercepted, passed_through, refused
from support.handshakes import DOWN, HELLO, client_hello, events, handshake13, message, server_name
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.events import HandshakeDone, Leg, Opened, VerdictGiven
from tlscope_ui.telling.handshake import Handshake
from tlscope_ui.telling.ladder import Ladder
from tlscope_ui.text import columns


def climbed(directory, *connections):
    with Index(indexed(directory, *connections)) as index:
        return Ladder(Handshake(1).read(index.lookup))


def plain(ladder, width):
    return [
        "".join(part if isinstance(part, str) else part.text for part in ladder.line(y, width))
        for y in range(len(ladder))
    ]


def test_messages_are_arrows_between_three_columns(tmp_path):
    """At 80 columns: names, sizes, the milliseconds between, and what passed encrypted, by its stroke."""
    ladder = climbed(tmp_path / "c", intercepted())
    lines = plain(ladder, 79)
    for expected in (
        "   +0.0 ms │    ◆ opened explicit, from 127.0.0.1:50124 to 127.0.0.1:8080    │",
        "   +1.5 ms │       ◆ policy intercept www.example.com:443 (by CONNECT)       │",
        "   +1.5 ms │                                │─ ClientHello 215 B ───────────▶│",
        "   +1.5 ms │                                │◀─ ServerHello 90 B ────────────│",
        "   +1.5 ms │                                │◀═ EncryptedExtensions 6 B ═════│",
        "   +1.5 ms │◀─ ServerHelloDone 4 B ─────────│                                │",
        "   +1.5 ms │═ data 41 B ═══════════════════▶┼═══════════════════════════════▶│",
        "   +1.5 ms │◀═ data 40 B in 2 ══════════════┼◀═══════════════════════════════│",
        "   +1.5 ms │─ closed with close_notify ────▶│                                │",
    ):
        assert expected in lines, "\n".join(lines)


@pytest.mark.parametrize("width", [20, 60, 79, 80, 119, 199])
def test_every_line_is_as_wide_as_the_others(tmp_path, width):
    """The columns stand where they stand, at any width; a view that is too narrow scrolls sideways."""
    for number, story in enumerate((intercepted(), refused(), passed_through(HELLO))):
        ladder = climbed(tmp_path / str(number), story)
        widths = {columns(line) for line in plain(ladder, width)}
        assert 1 == len(widths), widths
        assert widths.pop() <= max(width, 30)
        assert columns(ladder.heads(width, ("127.0.0.1:50124", "www.example.com:443"))) <= max(width, 30)


def test_a_wide_view_says_more(tmp_path):
    """The suite that was chosen; the word `encrypted` whole."""
    lines = "\n".join(plain(climbed(tmp_path / "c", intercepted()), 199))
    assert "ServerHello 90 B TLS_AES_128_GCM_SHA256" in lines
    assert "NewSessionTicket 24 B encrypted" in lines


@pytest.mark.parametrize("width", [79, 80, 92, 93, 94, 119])
def test_that_lines_are_encrypted_is_said_of_all_of_them_or_of_none(tmp_path, width):
    """What a double line means is in the head; a line without the word beside one that has it would seem plain."""
    ladder = climbed(tmp_path / "c", intercepted())
    double = [line for line in plain(ladder, width) if "═ " in line and "data" not in line]
    assert len(double) > 5
    assert {width >= 94} == {" encrypted " in line for line in double}
    ends = ("127.0.0.1:50124", "www.example.com:443")
    assert ladder.heads(width, ends).startswith("═ encrypted client 127.0.0.1:50124 ")
    assert ladder.heads(width, ends).endswith(" www.example.com:443 server")


def test_no_word_is_cut_in_its_middle(tmp_path):
    """What a line has no room for is left out by the word, first one that says least: the suite fits at 80 columns."""
    suite = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
    done = HandshakeDone(Leg.SERVER, version="TLSv1.2", cipher=suite, group="x25519", alpn="h2", sni="www.example.com")
    verdict = VerdictGiven("www.example.com", ("expired: since yesterday",), 1)
    opened = Opened("explicit", "127.0.0.1:50124", "127.0.0.1:8080")
    lines = "\n".join(plain(climbed(tmp_path / "c", [opened, done, verdict]), 79))
    assert f"│  ◆ server ✓ TLSv1.2 {suite} …" in lines, lines
    assert " is invalid, mirrored… │" in lines, lines


def test_a_fatal_alert_is_marked(tmp_path):
    """In its own style, and by its word."""
    ladder = climbed(tmp_path / "c", refused())
    line = next(ladder.line(y, 79) for y in range(len(ladder)) if "unknown_ca" in plain(ladder, 79)[y])
    assert ["Alert fatal unknown_ca"] == [
        part.text for part in line if not isinstance(part, str) and part.style == "bad"
    ]


def test_where_nobody_stood_between_there_are_two_columns(tmp_path):
    """Others captured the packets of one connection."""
    story = [Opened("pcap", "192.0.2.1:5000", "192.0.2.2:443"), *handshake13()]
    lines = plain(climbed(tmp_path / "c", story), 60)
    assert {2} == {line.count("│") for line in lines}
    assert any("─ ClientHello 215 B ─" in line for line in lines)


def test_strangers_names_do_not_break_the_columns(tmp_path):
    """A server name of wide characters and escapes, as wide as it is shown."""
    name = "\x1b[2J中中中" * 40
    story = [Opened("explicit", name, name), *events((DOWN, client_hello(server_name("中"))), (DOWN, message(99, b"")))]
    ladder = climbed(tmp_path / "c", story)
    for width in (40, 79, 200):
        assert 1 == len({columns(line) for line in plain(ladder, width)})
        assert ladder.heads(width, (name, name)).isprintable()


def test_ten_thousand_messages_make_no_lines_until_seen(tmp_path):
    """A line costs what it shows, wherever it stands."""
    story = [*handshake13(), *events(*[(DOWN, message(24, b"\0"))] * 10_000)]
    ladder = climbed(tmp_path / "c", story)
    assert len(story) == len(ladder)
    assert "KeyUpdate" in plain_line(ladder, len(ladder) - 1)


def plain_line(ladder, y):
    return "".join(part if isinstance(part, str) else part.text for part in ladder.line(y, 100))


def test_the_first_message_is_looked_at_first(tmp_path):
    """And a row is found again when rows have come."""
    ladder = climbed(tmp_path / "c", intercepted())
    assert "ClientHello" == ladder.row(ladder.beginning).name
    for y in range(len(ladder)):
        assert y == ladder.position(ladder.row(y))
    assert 0 == ladder.position(None)
    with Index(tmp_path / "c") as index:
        again = Ladder(Handshake(1).read(index.lookup))
    assert list(range(len(ladder))) == [again.position(ladder.row(y)) for y in range(len(ladder))]
    assert None is ladder.row(len(ladder))


def test_a_row_is_found_without_looking_through_all(tmp_path):
    """Among ten thousand messages; one that is not there any more has its neighbour's place."""
    ladder = climbed(tmp_path / "c", [*handshake13(), *events(*[(DOWN, message(24, b"\0"))] * 10_000)])
    rows = ladder.handshake.rows

    class Counted(list):
        looks = 0

        def __getitem__(self, at):
            self.looks += 1
            return super().__getitem__(at)

    ladder._rows = Counted(rows)
    assert 9_000 == ladder.position(rows[9_000])
    assert 50 > ladder._rows.looks
    gone = rows.pop(9_000)
    shorter = Ladder(ladder.handshake)
    assert 9_000 == shorter.position(gone)
    assert len(rows) - 1 == shorter.position(gone._replace(mono=gone.mono * 2))


def test_objects_say_the_same(tmp_path):
    """Each message with its leg and whether it passed encrypted; data with its pieces; all else in words."""
    ladder = climbed(tmp_path / "c", intercepted())
    told = json.loads(json.dumps(list(ladder.objects())))
    assert len(ladder) == len(told)
    hello, *_ = (row for row in told if row["kind"] == "message" and row["leg"] == "server")
    assert ("ClientHello", "up", 215, False) == tuple(
        hello[name] for name in ("name", "direction", "length", "encrypted")
    )
    assert {"name": "EncryptedExtensions", "encrypted": True}.items() <= next(
        row for row in told if row.get("name") == "EncryptedExtensions"
    ).items()
    down = next(row for row in told if row["kind"] == "data" and row["direction"] == "down")
    assert (40, 2, 0) == (down["length"], down["pieces"], down["offset"])
    assert "policy intercept www.example.com:443 (by CONNECT)" in [row.get("text") for row in told]
    assert sorted(row["elapsed_us"] for row in told) == [row["elapsed_us"] for row in told]
