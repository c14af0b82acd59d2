import json

import pytest

from journals import DOWN, UP, capture
from support.carried import CHAT, websocket
from support.certificates import UpstreamCA
from support.connections import intercepted
from support.http2_talk import ASK, Talk
from tlscope.events import Data
from tlscope_ui.cli.tabs import TABS
from tlscope_ui.cli.views import STORY, VIEWS


def frames(ran):
    return [each for each in map(json.loads, ran.out.splitlines()) if each["kind"] == "frame"]


def test_every_view_can_be_told():
    """All but the story, which is read from the journal alone."""
    assert VIEWS.keys() - {STORY} == TABS.keys()


def test_messages_and_frames_are_listed(tlscope, tmp_path):
    """A line each; the frames in fields on request, with their bytes and their meaning."""
    where = capture(tmp_path / "c", websocket(said=CHAT))
    lines = tlscope("show", 1, "--frames", "-c", where).out.splitlines()
    assert ["Messages", "Frames"] == [line for line in lines if line in {"Messages", "Frames"}]
    assert '  ▲     +3.0 ms       27 B  text  "{"token": "[redacted]", "n": 1}"' in lines
    assert sum(" ping " in line for line in lines) == 1
    lines = tlscope("show", 1, "--frames", "--bytes", "--explain", "--with-secrets", "-c", where).out.splitlines()
    assert "        0  81                  Fin: True" in lines
    assert "                                 The last frame of its message. (RFC 6455 section 5.2)" in lines
    assert any("s3cret" in line for line in lines)


def test_the_bytes_of_secrets_are_masked_in_fields(tlscope, tmp_path):
    """In those of HTTP/2, too, whose names are in a table."""
    talk = Talk()
    talk.client.send_headers(1, [*ASK, ("authorization", "Bearer s3cret")], end_stream=True)
    talk.pass_on()
    where = capture(tmp_path / "c", [Data(*said) for said in talk.talk])
    masked, shown = (
        tlscope("show", 1, "--frames", "--json", *options, "-c", where) for options in ([], ["--with-secrets"])
    )
    assert "s3cret" not in masked.out
    assert "Bearer s3cret" in shown.out
    assert ["PREFACE", "SETTINGS"] == [frame["type"] for frame in frames(masked)][:2]
    assert {"http2"} == {frame["fields"]["key"] for frame in frames(masked)}
    assert all("fields" not in frame for frame in frames(tlscope("show", 1, "--frames", "--jsonl", "-c", where)))


def test_a_frame_is_where_its_offset_says(tlscope, tmp_path):
    """Length by length, they are the stream."""
    talk = Talk()
    talk.client.send_headers(1, ASK, end_stream=True)
    talk.pass_on()
    where = capture(tmp_path / "c", [Data(*said) for said in talk.talk])
    for way, name in ((UP, "up"), (DOWN, "down")):
        at = 0
        for frame in frames(tlscope("show", 1, "--frames", "--jsonl", "-c", where)):
            if frame["direction"] == name:
                assert at == frame["offset"]
                at += frame["length"]
        assert sum(len(data) for side, data in talk.talk if side is way) == at


def test_each_check_is_said_of_both_chains(tlscope, tmp_path):
    """One a line: whether it was passed."""
    (tmp_path / "ca").mkdir()
    der = UpstreamCA(tmp_path / "ca").issue("www.example.com").der
    where = capture(tmp_path / "c", intercepted(der, der, verdict=("unknown-issuer: nobody knows it",)))
    lines = tlscope("show", 1, "--certificates", "-c", where).out.splitlines()
    at = lines.index("What was checked")
    assert ["server", "ours"] == lines[at + 1].split()
    assert any(line.startswith("  ✗       ✓       it leads to a trusted root") for line in lines[at:])
    assert any(line.startswith("  ✓       ✓       it is for the name asked for") for line in lines[at:])


@pytest.mark.parametrize("name", ["timing", "overview", "diff"])
def test_a_view_has_no_empty_line_at_its_ends(tlscope, tmp_path, name):
    """Nor blanks at the end of a line; between its parts there is one."""
    lines = tlscope("show", 1, f"--{name}", "-c", capture(tmp_path / "c", intercepted())).out.split("\n")
    assert lines[1]
    assert ["", True] == [lines[-1], bool(lines[-2])]
    assert [line.rstrip() for line in lines] == lines
    assert (name != "diff") is ("" in lines[1:-1])
