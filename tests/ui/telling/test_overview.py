import json
from dataclasses import replace

import pytest

from journals import STORY, TICK
from support.certificates import UpstreamCA
from support.connections import BEGUN, intercepted, passed_through, refused
from support.foreign import conversation
from support.handshakes import DOWN, HELLO, UP, handshake13
from support.screen import indexed
from tlscope.capture.foreign import EXPORTED
from tlscope.capture.index import Index
from tlscope.events import Action, Closed, Data, Faulted, How, Leg, Message, Opened, Outcome, OutcomeKind, Policy, Who
from tlscope_ui.telling.overview import glance, overview, overview_json

GET = b"GET /a?token=s3cret HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nnone"


def plain(flow, width=100):
    flow.fit(width)
    return [
        "".join(part if isinstance(part, str) else part.text for part in flow.line(y, width)) for y in range(len(flow))
    ]


@pytest.fixture
def both(tmp_path):
    """A connection whose legs differ."""
    with Index(indexed(tmp_path / "both", intercepted())) as index:
        return glance(index, 1)


def seen(directory, events, exchange=0, **options):
    with Index(indexed(directory, events)) as index:
        return plain(overview(glance(index, 1, exchange), **options), 100)


def test_both_legs_stand_side_by_side(tmp_path):
    """Where they differ, a sign says so."""
    lines = seen(tmp_path / "c", intercepted(verdict=("expired: it is over",)))
    head, version = (next(line for line in lines if word in line) for word in ("server leg", "TLSv1.3"))
    assert head.index("server leg") == version.index("TLSv1.3")
    rows = {line[:14].strip(): line[14:].split() for line in lines}
    assert ["TLSv1.2", "≠", "TLSv1.3"] == rows["version"]
    assert ["✓", "done", "✓", "done"] == rows["handshake"]
    assert ["x25519", "≠", "X25519MLKEM768"] == rows["key exchange"]
    assert "✗ expired" in "\n".join(lines)
    assert "forged, signed by our authority" in "\n".join(lines)
    assert ["✓", "intercepted"] == rows["outcome"]
    assert "www.example.com:443, by CONNECT" in "\n".join(lines)
    assert "JA4" in rows


def test_a_client_that_accepts_what_is_not_valid_is_told_of(tmp_path):
    """In its leg's verdict, and as the first of what was found; else the certificate is forged, no more."""
    (tmp_path / "ca").mkdir()
    der = UpstreamCA(tmp_path / "ca").issue("other.example").der
    accepting = intercepted(der, der, verdict=("name-mismatch: it is another",))
    lines = seen(tmp_path / "c", accepting)
    (verdict,) = [line for line in lines if line.startswith("verdict")]
    assert verdict.split("≠")[0].split()[1:6] == ["✗", "not", "valid,", "but", "accepted;"]
    found = lines[next(y for y, line in enumerate(lines) if line.startswith("Found")) + 1]
    assert "  serious  client leg: accepts-invalid-certificate" == found
    with Index(tmp_path / "c") as index:
        seen_ = glance(index, 1)
    assert overview_json(seen_, masked=True)["client_leg"]["verdict"].startswith("✗ not valid, but accepted")
    polite = [event for event in accepting if not (isinstance(event, Data) and event.direction is UP)]
    assert "but accepted" not in "".join(seen(tmp_path / "d", polite))


def test_of_what_was_exported_nobody_knows_the_rule(tmp_path):
    """Packets do not say it; both legs are there."""
    again = [replace(event, mode=EXPORTED) if isinstance(event, Opened) else event for event in STORY]
    lines = seen(tmp_path, again)
    assert "policy        intercept, read from a file" in lines
    assert "policy        intercept, the default" in seen(tmp_path / "recorded", STORY)


def test_where_nobody_stood_between_there_is_one_leg(tmp_path):
    """What others captured was made by the two ends; what was passed through, we have no keys to."""
    lines = seen(tmp_path / "a", conversation("tls13"))
    assert "handshake     ✓ done" in lines
    assert "outcome       · read from a file  decrypted" in lines
    assert not any(line.startswith("policy ") for line in lines)
    sealed = seen(tmp_path / "b", passed_through(HELLO))
    assert "server name   www.example.com" in sealed
    assert any("no keys to it" in line for line in sealed)
    assert "leg" not in "".join(line for line in lines + sealed if not line.startswith(" "))


def test_what_nobody_has_keys_to_is_not_said_to_have_failed(tmp_path):
    """Keys open it, and no cause is guessed; where what followed shows that the handshake was completed, it says so."""
    policy = Policy(Action.PASS_THROUGH, "www.example.com", 443, "pcap")
    story = [Opened("pcap", "127.0.0.1:1", "127.0.0.1:2"), policy, *handshake13()[:3]]
    over = [Closed(Leg.SERVER, How.FIN), Outcome(OutcomeKind.PASSED_THROUGH, 700, 7000, "not decrypted")]
    lines = seen(tmp_path / "a", [*story, *over])
    assert "handshake     ? not visible without keys" in lines
    assert any(line.startswith("next ") and "tlscope open FILE --keylog KEYS" in line for line in lines)
    assert "data          ▲ 700 B  ▼ 6.8 KiB, encrypted" in lines
    assert "alerts        none in the clear" in lines
    assert "The server" not in "\n".join(lines)
    lines = seen(tmp_path / "b", [*story, handshake13()[-1], *over])
    assert "handshake     ✓ completed, as the data behind it shows; not visible without keys" in lines


def test_a_bad_end_says_why_and_what_next(tmp_path):
    """The fault that was recorded, what the alert most likely means, and what to do about either."""
    fault = Faulted(Who.CLIENT, "alert", "the client sent unknown_ca", "give it our CA")
    story = refused()
    lines = "\n".join(seen(tmp_path / "c", [*story[:-1], fault, story[-1]]))
    for expected in (
        "✗ client-rejected  unknown_ca",
        "of the client [alert]: the client sent unknown_ca",
        "next          give it our CA",
        "The client sent the alert unknown_ca, after a certificate was shown (ours).",
        "Next: Let the client trust the CA",
    ):
        assert expected in lines


def test_nothing_is_said_twice(tmp_path):
    """Where what to do is the same for the fault and for its cause; nor that the outcome is the fault."""
    story = refused()
    end = replace(story[-1], outcome=OutcomeKind.UPSTREAM_INVALID, detail="it is not valid")
    fault = Faulted(Who.UPSTREAM, "upstream-invalid", "it is not valid", "name its CA")
    lines = seen(tmp_path / "c", [*story[:-1], fault, end])
    assert "outcome       ✗ upstream-invalid" in lines
    assert ["next          name its CA"] == [line for line in lines if "name its ca" in line.lower()]
    assert 1 == sum("it is not valid" in line for line in lines)


def test_of_an_alert_of_ours_the_fault_is_the_cause(tmp_path):
    """What happened is said, and why it did once: as the fault."""
    alert = Message(Leg.CLIENT, DOWN, 0x0303, 21, b"\2\x50")
    fault = Faulted(Who.UPSTREAM, "x", "the server is gone", "start it")
    lines = seen(tmp_path / "c", [*BEGUN, *handshake13(leg=Leg.CLIENT)[:1], fault, alert])
    assert "fault         of the server [x]: the server is gone" in lines
    assert "next          start it" in lines
    assert any(line.startswith("tlscope sent the alert internal_error") for line in lines)
    told = "\n".join(lines).lower()
    assert (1, 1) == (told.count("the server is gone"), told.count("start it"))


def test_findings_come_the_gravest_first(tmp_path):
    """With their reasons, and a count of each severity."""
    lines = seen(tmp_path / "c", [*BEGUN, *handshake13(scheme=0x0201), Data(UP, b"x")])
    grave = [line.split()[0] for line in lines if " leg: " in line and line.startswith("  ")]
    order = ["serious", "warning", "notice", "info"]
    assert sorted(grave, key=order.index) == grave
    assert grave
    assert any(line.startswith("Found  ") for line in lines)


def test_an_exchange_stands_first(tmp_path):
    """With its URL, whose secrets are masked until asked for; its status, sizes and time."""
    story = [*BEGUN, *handshake13(leg=Leg.CLIENT), Data(UP, GET), Data(DOWN, NOT_FOUND)]
    for number, masked in enumerate((True, False)):
        lines = seen(
            tmp_path / str(number), [*story, Outcome(OutcomeKind.INTERCEPTED, 1, 1)], 1, masked=masked, shown_by="u"
        )
        assert masked is ("(masked: u shows it)" in lines[0])
        assert lines[0].startswith("request       GET https://www.example.com/a?token=")
        assert masked is not ("s3cret" in lines[0])
        assert "status        404" == lines[1]
        assert "4 B, text/plain" in "\n".join(lines)
        assert f"{TICK / 1e6} ms" in "\n".join(lines[:6])


@pytest.mark.parametrize("width", range(60, 100))
def test_what_differs_does_not_touch(both, width):
    """However little room there is; nothing is wider than that."""
    flow = overview(both)
    found = [line for line in plain(flow, width) if "≠" in line]
    assert found
    assert all(" ≠ " in line and len(line) <= width for line in found)


def test_what_goes_on_is_open(tmp_path):
    """And what is not there is said not to be."""
    lines = seen(tmp_path / "c", BEGUN)
    assert "outcome       ● open" in lines
    assert any(line.endswith(", still open") for line in lines)
    with Index(tmp_path / "c") as index:
        assert None is glance(index, 9)


def test_what_nobody_records_any_more_is_unfinished(tmp_path):
    """A recorder that was killed leaves connections whose end nobody saw; those that have one are as they were."""
    lines = seen(tmp_path / "c", BEGUN, live=False)
    assert "outcome       ? unfinished" in lines
    assert any(line.endswith(", its end was not recorded") for line in lines)
    assert any("✓ intercepted" in line for line in seen(tmp_path / "d", intercepted(), live=False))


def test_an_object_has_the_same(tmp_path):
    """The row of the index with times that people can read, both legs, what was found; secrets masked."""
    story = [*BEGUN, *handshake13(leg=Leg.CLIENT), Data(UP, GET), Data(DOWN, NOT_FOUND)]
    with Index(indexed(tmp_path / "c", story)) as index:
        found = glance(index, 1, 1)
    masked, shown = (json.loads(json.dumps(overview_json(found, masked=masked))) for masked in (True, False))
    assert ["/a?token=[redacted]", "/a?token=s3cret"] == [told["exchange"]["target"] for told in (masked, shown)]
    assert "2025-11-20T12:00:00.000000Z" == masked["summary"]["opened"]
    assert ("TLSv1.3", None) == (masked["client_leg"]["version"], masked["server_leg"])
    assert [item.code for item in found.legs.findings] == [item["code"] for item in masked["findings"]]
