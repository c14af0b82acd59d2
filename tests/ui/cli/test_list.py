import json
import os

import pytest

from journals import GET, STORY, UP, capture, held, name, segment
from tlscope.events import Action, Data, Faulted, Opened, Policy, Who
from tlscope_ui.text import columns

TABLE = """\
#  opened        client           target          outcome            TLS        ALPN    up  down  fault
1  12:00:00.000  127.0.0.1:50124  localhost:8443  ✓ intercepted      1.2 / 1.3        37 B  20 B
2  12:00:00.025  [::1]:50125      [::1]:443       ✗ client-rejected  -                 0 B   0 B  client-rejected
3  12:00:00.036  127.0.0.1:50124  -               ? unfinished       -                 0 B   0 B
"""
FOUND = ("found      ", "‼ serious  ", "‼ serious  ", "           ")
"""What stands before the fault where there is an index."""


def with_found():
    at = TABLE.index("fault")
    return "".join(
        f"{line[:at]:<{at}}{found}{line[at:]}".rstrip() + "\n"
        for line, found in zip(TABLE.splitlines(), FOUND, strict=True)
    )


def test_the_table(tlscope, recorded):
    """One line a connection, aligned, with words; standard error is silent when all is well."""
    ran = tlscope("list", "-c", recorded)
    assert (0, with_found(), "") == (ran.code, ran.out, ran.err)


def test_open_connections_are_open_while_the_recorder_lives(tlscope, recorded):
    """A connection without an outcome can still get one."""
    with held(recorded):
        assert "● open" in tlscope("list", "-c", recorded).out.splitlines()[-1]
        assert [False, False, True] == [row["live"] for row in rows(tlscope("list", "--jsonl", "-c", recorded))]


@pytest.mark.parametrize("width", [20, 30, 44, 60, 80, 100, 120])
def test_the_table_fits_the_terminal(tlscope, recorded, monkeypatch, width):
    """Columns that matter less go first; number, target and outcome stay, cut if need be."""
    monkeypatch.setenv("COLUMNS", str(width))
    lines = tlscope("list", "-c", recorded).out.splitlines()
    assert 4 == len(lines)
    for line, word in zip(lines, ("#", "1", "2", "3"), strict=True):
        assert word == line[0]
        assert columns(line) <= max(width, 32)
    assert all("ted" in line for line in lines[1:3] if width >= 44)


def test_narrow_terminals_lose_what_matters_least(tlscope, recorded, monkeypatch):
    """The client's address goes first, then the ALPN, the time; of what was found a sign stays for long."""
    heads = []
    for width in (128, 120, 102, 94, 83, 70, 66, 54, 44):
        monkeypatch.setenv("COLUMNS", str(width))
        heads.append(" ".join(tlscope("list", "-c", recorded).out.splitlines()[0].split()))
    assert [
        "# opened client target outcome TLS ALPN up down found fault",
        "# opened target outcome TLS ALPN up down found fault",
        "# opened target outcome TLS up down found fault",
        "# target outcome TLS up down found fault",
        "# target outcome TLS up down ‼ fault",
        "# target outcome up down ‼ fault",
        "# target outcome ‼ fault",
        "# target outcome fault",
        "# target outcome",
    ] == heads


def test_wide_characters_keep_the_table_aligned(tlscope, tmp_path):
    """A host name in Chinese takes two columns a character, and an escaped one as many as its escapes."""
    events = [
        [Opened("explicit", "a:1", "b:2"), Policy(Action.INTERCEPT, host, 443, "connect")]
        for host in ("中文", "ab", "\x1b[31m")
    ]
    lines = tlscope("list", "-c", capture(tmp_path / "c", *events)).out.splitlines()
    assert 1 == len(
        {columns(line[: line.index(mark)]) for line, mark in zip(lines, ("outcome", "?", "?", "?"), strict=True)}
    )


def rows(ran):
    return [json.loads(line) for line in ran.out.splitlines()]


def test_jsonl_is_one_object_a_connection(tlscope, recorded):
    """In order of their numbers; the contract itself is tested with capture/summary.py."""
    ran = tlscope("list", "--jsonl", "-c", recorded)
    assert (0, "") == (ran.code, ran.err)
    assert [(1, "intercepted"), (2, "client-rejected"), (3, None)] == [
        (row["connection"], row["outcome"]) for row in rows(ran)
    ]
    assert (len(GET), 20) == (rows(ran)[0]["up"], rows(ran)[0]["down"])


def test_an_empty_capture_says_so(tlscope, tmp_path):
    """On standard error; there is nothing to list."""
    empty = capture(tmp_path / "c")
    ran = tlscope("list", "-c", empty)
    assert (0, "", f"{empty} holds no connection yet\n") == (ran.code, ran.out, ran.err)
    ran = tlscope("list", "--jsonl", "-c", empty)
    assert (0, "", "") == (ran.code, ran.out, ran.err)


def test_damage_and_faults_of_the_recording_are_told(tlscope, recorded):
    """On standard error, behind what could be read."""
    stopped = Faulted(Who.US, "recording-stopped", "the disk is full", "make room")
    parts = segment([(4, STORY[0]), (4, STORY[1]), (0, stopped)])
    (recorded / name(3)).write_bytes(parts[0] + parts[1] + b"junk" + parts[2] + parts[3])
    ran = tlscope("list", "-c", recorded)
    assert (0, 4) == (ran.code, len(ran.out.splitlines()[1:]))
    assert [
        "note: segment 2 is gone",
        f"note: {name(3)} is damaged at byte {len(parts[0] + parts[1])}: the record is damaged (4 B lost)",
        "Error: the disk is full",
        "Next: make room",
    ] == ran.err.splitlines()


def test_connections_that_follow_others_are_in_order(tlscope, tmp_path):
    """By number, whichever was heard of first."""
    directory = capture(tmp_path / "c")
    (directory / name()).write_bytes(b"".join(segment([(2, STORY[0]), (1, Data(UP, b"x"))])))
    assert [1, 2] == [row["connection"] for row in rows(tlscope("list", "--jsonl", "-c", directory))]


def without_index(directory):
    """A capture that none can be made in, either."""
    (directory / "index.sqlite").unlink()
    (directory / "index.sqlite").mkdir()


def test_a_capture_without_an_index_is_listed_from_its_journal(tlscope, recorded):
    """The same lines but for what was found, with a word on why; a filter needs the index, and columns need it."""
    tlscope("list", "-c", recorded)
    without_index(recorded)
    ran = tlscope("list", "-c", recorded)
    assert (0, TABLE) == (ran.code, ran.out)
    assert ran.err.startswith(f"note: {recorded} cannot be indexed: ")
    assert ran.err.endswith("; this is read from the journal, which does not say what was found\n")
    assert [1, 1] == [tlscope("list", "-c", recorded, *how).code for how in (["port > 1"], ["--columns", "time"])]


def test_without_an_index_objects_do_not_know_what_was_found(tlscope, recorded):
    """That is null, and not nothing."""
    indexed = rows(tlscope("list", "--jsonl", "-c", recorded))
    without_index(recorded)
    read = rows(tlscope("list", "--jsonl", "-c", recorded))
    assert [row | {"severity": None, "findings": None} for row in indexed] == read
    assert [("serious", True), ("serious", True), (None, False)] == [
        (row["severity"], bool(row["findings"])) for row in indexed
    ]


def test_nothing_found_is_no_column(tlscope, tmp_path):
    """It would be empty."""
    quiet = tlscope("list", "-c", capture(tmp_path / "c", [STORY[0]]))
    assert "found" not in quiet.out.splitlines()[0].split()


def test_the_index_is_what_is_listed(tlscope, recorded):
    """Connections whose records the budget has dropped since are still there."""
    before = tlscope("list", "-c", recorded)
    (recorded / name()).unlink()
    assert before == tlscope("list", "-c", recorded)


def test_a_finished_index_is_read_where_nothing_can_be_written(tlscope, recorded, monkeypatch):
    """Nobody needs to work on it: no lock is asked for."""
    before = tlscope("list", "-c", recorded)
    whole = os.open

    def protected(path, flags, *rest, **more):
        if flags & (os.O_CREAT | os.O_RDWR | os.O_WRONLY):
            raise PermissionError(13, "Permission denied", str(path))
        return whole(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", protected)
    assert before == tlscope("list", "-c", recorded)
    assert 0 == tlscope("list", "-c", recorded, "port > 1").code
    (recorded / "index.sqlite").unlink()
    ran = tlscope("list", "-c", recorded)
    assert (0, TABLE) == (ran.code, ran.out)
    assert "Permission denied" in ran.err
