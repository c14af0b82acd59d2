import pytest

from journals import NOON
from support.certificates import NOW, UpstreamCA
from support.connections import intercepted, passed_through, refused
from support.foreign import conversation
from support.handshakes import HELLO, HELLOS
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.events import Leg
from tlscope.wire.tls.meaning.finding import KINDS
from tlscope_ui.telling.account import FOUND_IN, Goes, diff, found, story, where
from tlscope_ui.telling.handshake import Handshake


def legs_of(directory, events):
    with Index(indexed(directory, events)) as index:
        return Handshake(1).read(index.lookup).legs()


def plain(flow, width=100):
    flow.fit(width)
    return [
        "".join(part if isinstance(part, str) else part.text for part in flow.line(y, width)) for y in range(len(flow))
    ]


def test_each_step_leads_to_its_first_message(tmp_path):
    """Nine steps a leg and five in the middle, where they have messages."""
    legs = legs_of(tmp_path / "c", intercepted())
    flow = story(legs)
    lines = plain(flow)
    names = {Leg.CLIENT: legs.client.messages, Leg.SERVER: legs.server.messages}
    goes = {
        line.strip("✓✗- "): names[about.leg][about.number][1]
        for y, line in enumerate(lines)
        if isinstance(about := flow.about(y), Goes) and line.startswith(("  ✓", "  -"))
    }
    assert {
        "Two connections": "ClientHello",
        "The server is asked first": "ServerHello",
        "The client's offer": "ClientHello",
        "The server proves who it is": "Certificate",
        "Nobody changed anything": "Finished",
    }.items() <= goes.items()
    assert "The client leg, TLSv1.2" in lines
    assert "The server leg, TLSv1.3" in lines


def test_what_others_captured_is_told_of_one_leg(tmp_path):
    """Nobody stood in the middle: its chapter, its findings and their places are those of one leg."""
    legs = legs_of(tmp_path / "c", conversation("tls13"))
    lines = plain(story(legs))
    assert ["The server leg, TLSv1.3"] == [line for line in lines if line and line[0] != " "]
    places = {item.code: where(legs, item) for item in legs.findings}
    assert Leg.SERVER == places["offers-old-version"].leg
    assert "ClientHello" == legs.server.messages[places["offers-old-version"].number][1]


def test_findings_of_a_connection_passed_through_lead_to_its_hello(tmp_path):
    """It was read on the wire, and stands in the ladder all the same."""
    with Index(indexed(tmp_path / "c", passed_through(HELLOS["openssl-3.0-tls10"]))) as index:
        handshake = Handshake(1).read(index.lookup)
    legs = handshake.legs()
    rows = {handshake.row_of(goes.leg, goes.number) for item in legs.findings if (goes := where(legs, item))}
    assert ["ClientHello"] == [handshake.rows[row].name for row in rows]


def test_a_bad_end_is_explained(tmp_path):
    """With what it most likely means, and what to do."""
    legs = legs_of(tmp_path / "c", refused())
    for flow in (story(legs), found(legs)):
        lines = "\n".join(plain(flow))
        assert "The client sent the alert unknown_ca" in lines
        assert "Next: " in lines


def test_both_offers_stand_side_by_side(tmp_path):
    """Each topic; Enter leads to the hello."""
    flow = diff(legs_of(tmp_path / "c", intercepted()))
    at = next(y for y, line in enumerate(plain(flow)) if line.startswith("  ≠ cipher suites "))
    assert "ClientHello" == flow.about(at).topic


def test_the_real_certificate_and_ours_stand_side_by_side(tmp_path):
    """Where there is room, else below each other; Enter leads to the certificate that the client saw."""
    (tmp_path / "ca").mkdir()
    der = UpstreamCA(tmp_path / "ca").issue("localhost").der
    flow = diff(legs_of(tmp_path / "c", intercepted(der, der)))
    lines = plain(flow, 100)
    at = next(y for y, line in enumerate(lines) if line.startswith("  ✓ same     serialNumber "))
    assert lines[at].rstrip().endswith("the same")
    assert "Certificate" == flow.about(at).topic
    assert "  ✓ serialNumber" in plain(flow, 99)


def test_findings_lead_to_what_they_are_about(tmp_path):
    """The message, and the field; those of the whole leg to its choice."""
    legs = legs_of(tmp_path / "c", intercepted())
    flow = found(legs)
    lines = plain(flow)
    for item in legs.findings:
        goes = where(legs, item)
        facts = legs.server if item.leg else legs.client
        assert any(item.code in line for line in lines)
        if goes:
            name = facts.messages[goes.number][1]
            assert name in {name for name, _ in FOUND_IN.get(item.code, (("ServerHello", ""),))}


@pytest.mark.parametrize("code", sorted(FOUND_IN))
def test_every_place_is_that_of_a_finding(code):
    """No code is misspelt, and none has gone."""
    assert code in KINDS


def test_nothing_to_tell_is_said(tmp_path):
    """Of a connection that nobody opened, only the hello is told."""
    legs = legs_of(tmp_path / "a", passed_through(HELLO)[:2])
    decided, *_, said = plain(story(legs))
    assert decided.startswith("It relayed what the client and")
    assert "No hello was recorded: there is no handshake to tell of." == said
    assert ["Nothing was found that is worth a word."] == plain(found(legs))
    assert "The client leg" in plain(story(legs_of(tmp_path / "b", passed_through(HELLO))))


def test_certificates_are_judged_by_the_time_of_the_connection(tmp_path):
    """Not by ours."""
    assert NOON / 1e9 == legs_of(tmp_path / "c", intercepted()).now
    assert NOW.timestamp() != NOON / 1e9
