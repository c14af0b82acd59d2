"""`show` with what the screen has as tabs: which are told, in which order, of what."""

import json
from dataclasses import replace

import pytest

import hostile
from journals import DOWN, UP, capture
from support.carried import CHAT, websocket
from support.connections import intercepted
from tlscope.capture import notes
from tlscope.capture.notes import Note
from tlscope.events import Data, Policy
from tlscope_ui.cli.views import STORY, VIEWS
from tlscope_ui.text import columns

GET = b"GET /a?token=s3cret HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"
TWO = [Data(UP, GET), Data(DOWN, OK), Data(UP, GET.replace(b"/a", b"/b")), Data(DOWN, OK)]
TABS = [name for name in VIEWS if name != STORY]
OBJECTS = [name for name in VIEWS if name not in {"exchanges", "stream"}]


@pytest.fixture
def said(tmp_path):
    """An intercepted connection, two exchanges, a WebSocket, and one without anything."""
    story = intercepted()
    return capture(tmp_path / "capture", story, [story[0], *TWO], [story[0], *websocket(said=CHAT)], story[:1])


def told(ran):
    return [json.loads(line) for line in ran.out.splitlines()]


def test_several_are_told_in_the_order_asked_for(tlscope, said):
    """As lines, a blank one between; as JSON, each object says which it is of."""
    lines = tlscope("show", 1, "--timing", "--diff", "-c", said).out
    assert 0 < lines.index("Setting up") < lines.index("\n\nconnection 1, ") < lines.index("≠ cipher")
    found = told(tlscope("show", 1, "--timing", "--diff", "--json", "-c", said))
    assert [(1, "timing"), (1, "diff")] == [(each["connection"], each["view"]) for each in found]


@pytest.mark.parametrize("name", OBJECTS)
def test_each_has_json_of_its_own(tlscope, said, name):
    """One object a line, of nothing but what was asked for."""
    ran = tlscope("show", 3 if name == "frames" else 1, f"--{name}", "--jsonl", "-c", said)
    assert (0, "") == (ran.code, ran.err)
    assert {name} == {each["view"] for each in told(ran)}


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("width", [44, 80, 130])
@pytest.mark.parametrize("how", [[], ["--bytes", "--explain", "--all"]])
def test_on_a_screen_every_line_fits(tlscope, said, monkeypatch, name, width, how):
    """Whatever its width."""
    monkeypatch.setenv("COLUMNS", str(width))
    for number in (1, 2, 3, 4):
        ran = tlscope("show", number, f"--{name}", *how, "-c", said)
        assert 0 == ran.code
        assert [] == [line for line in ran.out.splitlines() if columns(line) > width]


@pytest.mark.parametrize("name", VIEWS)
def test_a_connection_that_does_not_exist(tlscope, said, name):
    """Exit code 1, and where to look."""
    ran = tlscope("show", 9, f"--{name}", "-c", said)
    missing = f"Error: there is no connection 9 in {said}\nNext: see which there are: tlscope list -c {said}\n"
    assert (1, "", missing) == (ran.code, ran.out, ran.err)


def test_an_exchange_alone(tlscope, said):
    """By itself it is told as --exchanges tells it; there must be one."""
    lines = tlscope("show", 2, "--exchange", 2, "-c", said).out.splitlines()
    assert lines[0].startswith("exchange 2, GET https://www.example.com/b")
    assert 1 == sum(line.startswith("exchange ") for line in lines)
    assert (
        "request       GET https://www.example.com/b?"
        in tlscope("show", 2, "--overview", "--exchange", 2, "-c", said).out
    )
    assert "This exchange" in tlscope("show", 2, "--timing", "--exchange", 2, "-c", said).out
    ran = tlscope("show", 2, "--timing", "--exchange", 3, "-c", said)
    assert (1, "Error: connection 2 has no exchange 3") == (ran.code, ran.err.splitlines()[0])


@pytest.mark.parametrize("how", [[], ["--json"]])
@pytest.mark.parametrize(("name", "number"), [("overview", 2), ("timing", 2), ("frames", 3)])
def test_secrets_are_masked_unless_asked_for(tlscope, said, name, number, how):
    """In lines and in JSON."""
    words = ["show", number, f"--{name}", *how, "-c", said] + ["--exchange", 1] * (name == "overview")
    assert "s3cret" not in tlscope(*words).out
    assert "s3cret" in tlscope(*words, "--with-secrets").out


def test_what_is_not_there_is_said(tlscope, said):
    """With what to do next."""
    for name in ("stream", "frames", "exchanges"):
        ran = tlscope("show", 4, f"--{name}", "-c", said)
        assert (0, True) == (ran.code, ran.err.startswith("connection 4 has no "))
        assert ran.err.endswith(f"Next: tlscope show -c {said} 4\n")


@pytest.mark.parametrize("how", [[], ["--overview"], ["--story"], ["--jsonl"]])
def test_what_somebody_noted_is_told(tlscope, said, how):
    """Marks and comments of the connection, and of its exchanges; nothing of them drives a terminal."""
    notes.write(said, [Note(1, 0, "look\x1b[2J here", marked=True), Note(1, 2, "and here"), Note(2, 0, "not here")])
    ran = tlscope("show", 1, *how, "-c", said)
    if how == ["--jsonl"]:
        assert [(None, "look\x1b[2J here"), (2, "and here")] == [
            (each["exchange"], each["comment"]) for each in told(ran) if each["kind"] == "note"
        ]
    else:
        assert "noted: ★ look\\x1b[2J here\nnoted of exchange 2: and here\n" in ran.out
        assert "not here" not in ran.out


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("how", [[], ["--bytes", "--explain", "--with-secrets"]])
def test_nothing_drives_the_terminal(tlscope, tmp_path, name, how):
    """Whatever peers are called, and whatever they say."""
    bad = "".join(hostile.HOSTILE)
    data = bad.encode(errors="surrogatepass")
    asked = b"GET /" + data.replace(b"\n", b"").replace(b"\r", b"") + b" HTTP/1.1\r\nHost: h\r\n\r\n"
    story = [replace(event, host=bad) if isinstance(event, Policy) else event for event in intercepted()[:-1]]
    directory = capture(tmp_path / "c", [*story, Data(UP, asked), Data(DOWN, OK)], [story[0], *websocket(said=CHAT)])
    for number in (1, 2):
        ran = tlscope("show", number, f"--{name}", *how, "-c", directory)
        assert 0 == ran.code
        assert set() == hostile.forbidden(ran.out + ran.err)
