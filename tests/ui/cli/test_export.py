"""`tlscope export`: each format goes where it shall; what is in it is tested with tlscope.export."""

from __future__ import annotations

import json
import stat

import pytest

from journals import GET


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
    """The exchanges of the connections that a filter selects."""
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


def test_secrets_are_asked_for(tlscope, recorded):
    """A key log is nothing else; in events they are null."""
    ran = tlscope("export", "-f", "keylog", "-c", recorded)
    assert (2, "") == (ran.code, ran.out)
    assert "cd" * 32 in tlscope("export", "-f", "keylog", "--with-secrets", "-c", recorded).out
    assert "cd" * 32 not in tlscope("export", "-f", "jsonl", "-c", recorded).out
    assert "cd" * 32 in tlscope("export", "-f", "jsonl", "--with-secrets", "-c", recorded).out


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
    assert 2 == tlscope("export", "-f", "keylog", "-o", target, "-c", recorded).code
    assert "before" == target.read_text()
