from dataclasses import replace

import pytest

from support.certificates import UpstreamCA
from support.connections import intercepted, passed_through
from support.handshakes import HELLO
from support.screen import indexed
from support.vectors import vector
from tlscope.capture.index import Index
from tlscope.wire import x509
from tlscope_ca.faults import FaultCode
from tlscope_ui.tui.models.certificates import CHECKS, Held, Shown, certificates, told
from tlscope_ui.tui.models.handshake import Handshake


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A server's certificate, and another in its place."""
    made = []
    for number in range(2):
        directory = tmp_path_factory.mktemp(str(number))
        made.append(UpstreamCA(directory).issue("localhost").der)
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
    """Those that found something first; each of the others by its name."""
    assert list(FaultCode) == list(CHECKS)
    lines = plain(certificates(shown(tmp_path / "c", intercepted(*pair, verdict=("expired: It expired then",)))))
    assert "✗ not valid for www.example.com, chain of 1" == lines[0]
    assert "  ✗ It expired then (expired)" == lines[1]
    right = [line for line in lines if line.startswith("  ✓") and line.split()[-1] in set(FaultCode)]
    assert len(FaultCode) - 1 == len(right)


def test_a_valid_chain_is_valid(tmp_path, pair):
    """Nothing is wrong with it."""
    lines = plain(certificates(shown(tmp_path / "c", intercepted(*pair))))
    assert "✓ valid for www.example.com, chain of 1" == lines[0]
    assert not [line for line in lines if "✗" in line]


def test_each_line_of_a_certificate_is_about_it(tmp_path, pair):
    """So that Enter opens it: the server's as sent, and ours in its place."""
    flow = certificates(shown(tmp_path / "c", intercepted(*pair)))
    lines = plain(flow)
    for whose, title, der in (
        ("server", "The server's chain, as sent", pair[0]),
        ("ours", "Ours, in its place", pair[1]),
    ):
        at = lines.index(title) + 1
        assert Held(whose, 0, der) == flow.about(at) == flow.about(at + 2)
        assert lines[at].startswith("  1 of 1: ")


@pytest.mark.parametrize("width", [60, 110])
def test_the_two_stand_side_by_side(tmp_path, pair, width):
    """In columns where there is room for them; below each other where there is not."""
    lines = "\n".join(plain(certificates(shown(tmp_path / "c", intercepted(*pair))), width))
    assert "≠ serialNumber" in lines
    assert (width > 100) is ("the same" in lines)


def test_the_forged_one_is_shown_also_where_the_client_did_not_see_it(tmp_path, pair):
    """It had hung up before."""
    story = intercepted(*pair)
    story = story[: next(i for i, event in enumerate(story) if type(event).__name__ == "LeafForged") + 1]
    assert (pair[1],) == shown(tmp_path / "c", story).ours


def test_where_none_was_seen_it_is_said(tmp_path):
    """Of a connection that was passed through."""
    lines = plain(certificates(shown(tmp_path / "c", passed_through(HELLO))))
    assert lines[0].startswith("No certificate was seen")


def test_what_cannot_be_read_is_shown_as_such():
    """Bytes that are no certificate."""
    flow = certificates(Shown((b"junk",), (b"\x30\x00",), None, "x", 0.0))
    assert "  1 of 1: cannot be read" in plain(flow)


def test_each_log_is_named():
    """Signed certificate timestamps, one a line; more than anybody reads are counted."""
    facts = x509.facts(vector("cryptography-scts.pem"))
    listed = [text for label, text in told(facts, 0) if label == "timestamp (SCT)"]
    assert list(facts.scts) == listed
    many = [text for _, text in told(replace(facts, scts=("a log", *[""] * 1000)), 0)]
    assert (1, 7) == (many.count("a log"), many.count("cannot be read"))
    assert "… and 993 more" in many
