import json
import signal

import pytest

from journals import DOWN, STORY, UP, capture, held, name, segment
from tlscope.capture.index import Index
from tlscope.events import Data, Outcome, OutcomeKind
from tlscope_ui.cli.asked import Asked
from tlscope_ui.cli.output import Screen

GET = b"GET /a?token=s3cret HTTP/1.1\r\nHost: one.example\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: 4\r\n\r\ndone"
GONE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
END = Outcome(OutcomeKind.INTERCEPTED, 0, 0)
SAID = [*STORY[:2], Data(UP, GET), Data(DOWN, OK), Data(UP, GET.replace(b"/a", b"/b")), Data(DOWN, GONE), END]
TOLD = """\
12:00:00.003 #1.1 ✓ 200 4 B text/css 1.5 ms one.example GET /a?token=[redacted]
12:00:00.006 #1.2 ✗ 404 0 B 1.5 ms one.example GET /b?token=[redacted]
"""


def test_one_line_an_exchange(tlscope, tmp_path):
    """When, which, what was answered, how long it took, and what was asked; secrets masked unless asked for."""
    directory = capture(tmp_path / "c", SAID)
    ran = tlscope("watch", "--exchanges", "--no-follow", "-c", directory)
    assert (0, TOLD, "") == (ran.code, ran.out, ran.err)
    assert TOLD == tlscope("watch", "--exchanges", "-c", directory).out
    assert "token=s3cret\n" in tlscope("watch", "--exchanges", "--with-secrets", "-c", directory).out


def test_as_objects(tlscope, tmp_path):
    """As `list --exchanges` has them."""
    directory = capture(tmp_path / "c", SAID)
    assert tlscope("list", "--exchanges", "--jsonl", "-c", directory) == tlscope(
        "watch", "--exchanges", "--jsonl", "-c", directory
    )


def test_a_filter_selects_exchanges(tlscope, tmp_path):
    """By what was answered, for instance."""
    directory = capture(tmp_path / "c", SAID)
    ran = tlscope("watch", "--exchanges", "--no-follow", "-c", directory, "http.response.code >= 400")
    assert TOLD.splitlines(keepends=True)[1] == ran.out
    assert 2 == tlscope("watch", "--exchanges", "-c", directory, "x ==").code


def test_what_was_not_answered_is_told_with_the_end_of_its_connection(tlscope, tmp_path):
    """And not before: it could still be."""
    directory = capture(tmp_path / "c", [*SAID[:3], END], SAID[:3])
    lines = tlscope("watch", "--exchanges", "--no-follow", "-c", directory).out.splitlines()
    assert ["#1.1"] == [line.split()[1] for line in lines]


def test_on_a_screen_every_line_fits(tlscope, tmp_path, monkeypatch):
    """A request may be long."""
    directory = capture(tmp_path / "c", [*STORY[:2], Data(UP, GET.replace(b"/a", b"/" + b"x" * 300)), Data(DOWN, OK)])
    monkeypatch.setenv("COLUMNS", "80")
    (line,) = tlscope("watch", "--exchanges", "--no-follow", "-c", directory).out.splitlines()
    assert (80, "…") == (len(line), line[-1])


def grow(directory, *events, begin=False):
    parts = segment([(1, event) for event in events])
    with (directory / name()).open("ab") as file:
        file.write(b"".join(parts if begin else parts[1:]))


def test_a_live_capture_is_followed_to_the_end_of_its_recorder(process, tmp_path):
    """Each exchange is a line when it is over, once; when the recorder stops, the rest is told, and it ends with 0."""
    directory = capture(tmp_path / "c")
    (directory / name()).unlink()
    with held(directory):
        grow(directory, *SAID[:4], begin=True)
        watching = process("watch", "--exchanges", "-c", directory)
        assert "#1.1 ✓ 200" in watching.stdout.readline()
        grow(directory, *SAID[4:6])
        assert "#1.2 ✗ 404" in watching.stdout.readline()
        grow(directory, SAID[2])
        assert watching.poll() is None
    assert "" == watching.stdout.read()
    assert (0, "") == (watching.wait(), watching.stderr.read())


def test_ctrl_c_is_the_way_out(process, tmp_path):
    """Exit code 0 and no complaint."""
    directory = capture(tmp_path / "c", SAID)
    with held(directory):
        watching = process("watch", "--exchanges", "-c", directory)
        assert "#1.1" in watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        watching.stdout.read()
        assert (0, "") == (watching.wait(), watching.stderr.read())


@pytest.mark.parametrize("forgotten", [False, True])
def test_only_what_has_changed_is_asked_for(tlscope, tmp_path, monkeypatch, capsys, forgotten):
    """Unless that is not known any more: then all, and nothing is told twice."""
    directory = capture(tmp_path / "c", SAID, SAID)
    assert 0 == tlscope("list", "-c", directory).code
    asked = Asked(directory, None, Screen(), jsonl=True, masked=True)
    asked.look()
    assert 4 == len(capsys.readouterr().out.splitlines())
    looked, pages = [], Asked._pages
    monkeypatch.setattr(Index, "version", 10**6)
    monkeypatch.setattr(Index, "changed", lambda *_: None if forgotten else [2])
    monkeypatch.setattr(Asked, "_pages", lambda *how: looked.append(how[2]) or pages(*how))
    asked.look()
    asked.close()
    assert [not forgotten] == ["e.connection = ?" in sql for sql in looked]
    assert [] == [json.loads(line) for line in capsys.readouterr().out.splitlines()]
