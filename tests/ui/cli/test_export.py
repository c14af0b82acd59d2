"""`tlscope export`: each format goes where it shall; what is in it is tested with tlscope.export."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from journals import DOWN, GET, STORY, UP, capture
from support.talks import talk
from tlscope.capture.notes import NAME, Note, write
from tlscope.events import Data
from tlscope_ui.cli.export import KEYS_INSIDE


@pytest.mark.parametrize("format_", ["har", "pcapng", "jsonl", "pem", "curl"])
def test_to_a_file(tlscope, recorded, tmp_path, format_):
    """That nobody else can read, and nothing beside it."""
    target = tmp_path / "out"
    ran = tlscope("export", "-f", format_, "-o", target, "-c", recorded)
    assert (0, "") == (ran.code, ran.out)
    assert 0o600 == stat.S_IMODE(target.stat().st_mode)
    assert target.stat().st_size
    assert ["capture", "out"] == sorted(path.name for path in tmp_path.iterdir())


def test_har(tlscope, recorded):
    """The exchanges that a filter selects."""
    entries = json.loads(tlscope("export", "-f", "har", "-c", recorded).out)["log"]["entries"]
    assert ["GET"] == [entry["request"]["method"] for entry in entries]
    none = tlscope("export", "-f", "har", "outcome == client-rejected", "-c", recorded)
    assert [] == json.loads(none.out)["log"]["entries"]


def test_curl(tlscope, recorded):
    """One command a request."""
    (line,) = tlscope("export", "-f", "curl", "-c", recorded).out.splitlines()
    assert line.startswith("curl ")
    assert "localhost" in line


def test_some_connections(tlscope, recorded):
    """By number, by filter, or what both select."""
    for arguments, expected in (
        (["-n", "1", "-n", "3"], {1, 3}),
        (["outcome == intercepted"], {1}),
        (["-n", "2", "outcome == intercepted"], set()),
    ):
        lines = tlscope("export", "-f", "jsonl", "-c", recorded, *arguments).out.splitlines()
        assert expected == {json.loads(line)["connection"] for line in lines}


@pytest.fixture
def visits(tmp_path):
    """Two connections, of which one has a request that failed, between others."""
    first = talk("a.example", 3)
    at = [place for place, event in enumerate(first) if isinstance(event, Data) and event.direction is DOWN][1]
    first[at] = Data(DOWN, first[at].data.replace(b"200 OK", b"500 No"))
    return capture(tmp_path / "capture", first, talk("b.example", 1))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["status >= 500"], ["/1"]),
        (["-n", "1", "status == 200"], ["/0", "/2"]),
        (["-n", "2", "status >= 500"], []),
        (["-n", "2"], ["/0"]),
        (["-n", "1", "uri ~ '[12]$'"], ["/1", "/2"]),
        (["not uri ~ '[12]'", "and", "outcome == intercepted"], ["/0", "/0"]),
        (["host == b.example"], ["/0"]),
    ],
)
def test_exchanges_are_chosen_from_their_connections(tlscope, visits, arguments, expected):
    """Har and curl hold those that the filter is about, not what their connections carried before and after."""
    ran = tlscope("export", "-f", "har", "-c", visits, *arguments)
    urls = [entry["request"]["url"] for entry in json.loads(ran.out)["log"]["entries"]]
    assert (0, expected) == (ran.code, [urlsplit(url).path for url in urls])
    commands = tlscope("export", "-f", "curl", "-c", visits, *arguments).out.splitlines()
    assert len(expected) == len([line for line in commands if line.startswith("curl ")])


@pytest.mark.parametrize("format_", ["har", "pcapng", "jsonl", "pem", "curl"])
def test_nothing_to_export_is_told(tlscope, recorded, tmp_path, format_):
    """A filter that selects nothing is no failure, as for `list`; a connection that is not there is one."""
    arguments = ("export", "-f", format_, "-c", recorded, "-o", tmp_path / "out")
    ran = tlscope(*arguments, "port == 1")
    unit = "exchange" if format_ in {"har", "curl"} else "connection"
    assert (0, "") == (ran.code, ran.out)
    assert f"{recorded} holds no {unit} that the filter selects" == ran.err.splitlines()[0]
    (tmp_path / "out").unlink()
    ran = tlscope(*arguments, "-n", "99")
    assert (1, "") == (ran.code, ran.out)
    assert [
        f"Error: there is no connection 99 in {recorded}",
        f"Next: see which there are: tlscope list -c {recorded}",
    ] == ran.err.splitlines()
    assert not (tmp_path / "out").exists()


def test_a_connection_without_exchanges_is_told(tlscope, recorded):
    """Where it is named for a format of exchanges."""
    ran = tlscope("export", "-f", "curl", "-n", "2", "-c", recorded)
    assert (0, "", f"{recorded} holds no exchange of HTTP of these connections\n") == (ran.code, ran.out, ran.err)


def test_secrets_are_asked_for(tlscope, recorded):
    """In events they are null otherwise."""
    assert "cd" * 32 not in tlscope("export", "-f", "jsonl", "-c", recorded).out
    assert "cd" * 32 in tlscope("export", "-f", "jsonl", "--with-secrets", "-c", recorded).out


@pytest.mark.parametrize("format_", ["keylog", "pcapng"])
def test_keys_are_in_what_is_of_no_use_without(tlscope, recorded, tmp_path, format_):
    """Both formats have one rule: to name them is to ask for keys, and it is said who can read what then."""
    ran = tlscope("export", "-f", format_, "-c", recorded, "-o", tmp_path / "file")
    assert (0, "", f"{KEYS_INSIDE}\n") == (ran.code, ran.out, ran.err)
    assert b"cd" * 32 in (tmp_path / "file").read_bytes()


def test_raw(tlscope, recorded, tmp_path):
    """One direction of one connection, byte for byte; anything else makes no sense."""
    target = tmp_path / "raw"
    assert 0 == tlscope("export", "-f", "raw", "-n", "1", "--direction", "up", "-o", target, "-c", recorded).code
    assert GET == target.read_bytes()
    for arguments in ([], ["-n", "1"], ["--direction", "up"], ["-n", "1", "-n", "2", "--direction", "up"]):
        assert 2 == tlscope("export", "-f", "raw", "-c", recorded, *arguments).code


def test_a_file_that_cannot_be_written(tlscope, recorded, tmp_path):
    """Is said; what was there before stays."""
    ran = tlscope("export", "-f", "pem", "-o", tmp_path / "no" / "where", "-c", recorded)
    assert 1 == ran.code
    assert "cannot be written" in ran.err
    (target := tmp_path / "raw").write_text("before")
    assert 2 == tlscope("export", "-f", "raw", "-o", target, "-c", recorded).code
    assert "before" == target.read_text()


def test_what_is_there_is_replaced(tlscope, recorded, tmp_path):
    """By a file that nobody else can read, whatever could be read before; a link stays one."""
    (target := tmp_path / "target").write_text("before")
    target.chmod(0o644)
    (link := tmp_path / "link").symlink_to(target)
    assert 0 == tlscope("export", "-f", "pem", "-o", link, "-c", recorded).code
    assert link.is_symlink()
    assert "CERTIFICATE" in target.read_text()
    assert 0o600 == stat.S_IMODE(target.stat().st_mode)


def test_what_is_no_file_stays_what_it_is(process, recorded, tmp_path):
    """A pipe is written to, and not replaced by a file."""
    os.mkfifo(tmp_path / "pipe")
    pipe = os.open(tmp_path / "pipe", os.O_RDWR)  # it opens at once, and holds what little there is to read
    assert 0 == process("export", "-f", "har", "-o", tmp_path / "pipe", "-c", recorded).wait(20)
    assert "1.2" == json.loads(os.read(pipe, 1 << 16))["log"]["version"]
    os.close(pipe)
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="missing device: /dev/full")
@pytest.mark.parametrize("format_", ["har", "pcapng", "jsonl", "pem"])
def test_a_full_disk(process, recorded, format_):
    """Is said, for standard output and for a named file."""
    with Path("/dev/full").open("wb") as full:
        ended = process("export", "-f", format_, "-c", recorded, stdout=full)
        _, said = ended.communicate(timeout=20)
    assert (1, True) == (ended.returncode, "standard output cannot be written: No space left" in said)
    ended = process("export", "-f", format_, "-o", "/dev/full", "-c", recorded)
    _, said = ended.communicate(timeout=20)
    assert (1, True) == (ended.returncode, "/dev/full cannot be written: No space left" in said)
    assert "Traceback" not in said
    assert Path("/dev/full").is_char_device()


def test_nobody_reads(process, recorded):
    """A reader that has seen enough is no failure."""
    read, write = os.pipe()
    os.close(read)
    command = process("export", "-f", "jsonl", "-c", recorded, stdout=write)
    os.close(write)
    assert (0, "") == (command.wait(20), command.stderr.read())


def test_a_body_that_is_not_whole(tlscope, tmp_path):
    """Is said: the command would send another one."""
    head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"
    ran = tlscope("export", "-f", "curl", "-c", capture(tmp_path / "c", [*STORY[:2], Data(UP, head + b"abc")]))
    assert "--data-raw abc" in ran.out
    assert "note: the body of connection 1, exchange 1: it was cut short\n" == ran.err


def test_notes_go_with_it(tlscope, recorded):
    """Marks and comments of the screen; where they cannot be read, that is said."""
    write(recorded, [Note(1, 0, "look here", marked=True)])
    (entry,) = json.loads(tlscope("export", "-f", "har", "-c", recorded).out)["log"]["entries"]
    assert "★ look here" == entry["comment"]
    (recorded / NAME).write_text("{")
    for format_, expected in (("har", True), ("jsonl", True), ("pem", False)):
        ran = tlscope("export", "-f", format_, "-c", recorded)
        assert 0 == ran.code
        assert expected is ("marks and comments are left out" in ran.err)
