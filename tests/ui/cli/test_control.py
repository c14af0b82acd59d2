"""`tlscope control`, against a recorder of its own."""

import json
import os
import re
import signal
import stat
from pathlib import Path

import pytest

from tlscope.capture.control import NAME, Control
from tlscope.capture.reader import is_live

PATIENCE = 20


@pytest.fixture
def record(tmp_path, process):
    """Start recorders; each is given back with what it said."""

    def start(*options, capture=True):
        where = ["-c", tmp_path / "capture"] if capture else []
        running = process("record", "-l", "127.0.0.1:0", *where, *options)
        return running, json.loads(running.stdout.readline())

    return start


def test_status_in_words(record, tlscope, tmp_path):
    """What it is, what it has recorded, and the rules in order, with where they come from."""
    running, told = record("--refuse", "*.ads", "--only", "a.test")
    assert 0 == tlscope("control", "-c", tmp_path / "capture", "pass-through", "*.bank").code
    ran = tlscope("control", "status", "-c", tmp_path / "capture")
    assert (0, "") == (ran.code, ran.err)
    expected = rf"""listening    {told["listening"][0]} \(explicit\)
capture      {tmp_path}/capture
journal      \d+ B of 4\.0 GiB
CA           {told["ca"]}
since        20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ \(tlscope [\d.]+, process {running.pid}\)
connections  0 open, 0 in all
data         ▲ 0 B ▼ 0 B
policy, the first that matches decides:
  pass-through  \*\.bank  control
  refuse        \*\.ads   --refuse
  intercept     a\.test  --only
  pass-through  \*       not in --only
"""
    assert re.fullmatch(expected, ran.out), ran.out


def test_status_as_json(record, tlscope, tmp_path):
    """The recorder's own answer, on one line."""
    running, told = record()
    found = json.loads(tlscope("control", "status", "--json", "-c", tmp_path / "capture").out)
    assert (running.pid, told["listening"], told["capture"]) == (found["pid"], found["listening"], found["capture"])


def test_a_fault_is_shown(tlscope, tmp_path, monkeypatch):
    """In the status, with what to do; what is shown is made safe."""
    found = {
        "tlscope": "1", "pid": 1, "started": "then", "listening": ["\x1b[31m"], "mode": "m", "capture": "c", "ca": "a",
        "connections": {"open": 0, "total": 0}, "bytes": {"up": 0, "down": 0}, "journal": {"size": 0, "keep": 0},
        "faults": [{"code": "recording-stopped", "message": "the disk is full", "next": "make room"}], "rules": [],
    }  # fmt: skip
    monkeypatch.setattr(Control, "__init__", lambda *_: None)
    monkeypatch.setattr(Control, "close", lambda _: None)
    monkeypatch.setattr(Control, "status", lambda _: found)
    (tmp_path / "meta.json").write_text("{}")
    out = tlscope("control", "status", "-c", tmp_path).out
    assert "✗ recording-stopped: the disk is full\n  Next: make room\n" in out
    assert r"listening    \x1b[31m (m)" in out


@pytest.mark.parametrize(
    ("action", "said"),
    [("intercept", "intercepted"), ("pass-through", "passed through"), ("refuse", "refused")],
)
def test_a_policy(record, tlscope, tmp_path, action, said):
    """It is said what holds from now on; with --json, what the recorder answered."""
    record()
    where = ("-c", tmp_path / "capture")
    assert f"✓ new connections to a.test are {said} from now on\n" == tlscope("control", action, "a.test", *where).out
    answered = json.loads(tlscope("control", action, "A.test", "--json", *where).out)
    assert {"action": action, "host": "A.test", "before": action} == answered
    shown = tlscope("control", "forget", "a.test", *where).out
    assert "✓ the rule for a.test is forgotten; in order, there are now\n  intercept     *  default\n" == shown
    again = tlscope("control", "forget", "a.test", *where)
    assert (1, "Error: no rule for a.test was set while recording") == (again.code, again.err.splitlines()[0])


def test_a_host_that_is_none(record, tlscope, tmp_path):
    """Exit code 2: it cannot be meant."""
    record()
    ran = tlscope("control", "refuse", "a b", "-c", tmp_path / "capture")
    assert (2, "") == (ran.code, ran.out)
    assert "Next: " in ran.err


def test_stop(record, tlscope, tmp_path):
    """The recorder has ended when the command does, in good order, with its last line."""
    running, told = record()
    ran = tlscope("control", "stop", "-c", tmp_path / "capture")
    assert (0, f"✓ stopped; what it recorded is in {tmp_path}/capture\n") == (ran.code, ran.out)
    assert not is_live(tmp_path / "capture")
    assert (0, {"recorded": 0, "capture": told["capture"]}) == (
        running.wait(PATIENCE),
        json.loads(running.stdout.read()),
    )
    assert not (tmp_path / "capture" / NAME).exists()


def test_stop_as_json(record, tlscope, tmp_path):
    """For scripts."""
    record()
    found = json.loads(tlscope("control", "stop", "--json", "-c", tmp_path / "capture").out)
    assert {"stopped": True, "capture": str(tmp_path / "capture")} == found


def test_a_recorder_that_does_not_end(record, tlscope, tmp_path, monkeypatch):
    """Is told: exit code 1, and what to do."""
    record()
    monkeypatch.setattr(Control, "stop", lambda _: False)
    ran = tlscope("control", "stop", "-c", tmp_path / "capture")
    assert (1, "") == (ran.code, ran.out)
    assert "has not ended yet\nNext: " in ran.err


@pytest.mark.parametrize("arguments", [["status"], ["refuse", "a"], ["forget", "a"], ["stop"]])
def test_without_a_recorder(tlscope, recorded, tmp_path, arguments):
    """Exit code 1, and how to start one: whether there is a capture or not."""
    for where, said in (
        (["-c", recorded], f"nobody records to {recorded}"),
        (["-c", tmp_path / "nowhere"], f"there is no directory {tmp_path}/nowhere"),
        ([], f"no recorder runs on a capture in {tmp_path}/home/tlscope/captures"),
    ):
        ran = tlscope("control", *arguments, *where)
        assert (1, "") == (ran.code, ran.out)
        assert ran.err.startswith(f"Error: {said}\nNext: ")
        assert "tlscope record" in ran.err


@pytest.mark.parametrize("arguments", [["status"], ["refuse", "a"], ["stop"]])
def test_which_of_two_is_meant_must_be_said(record, tlscope, arguments):
    """Exit code 2, with both and an example; nothing is done to either."""
    places = [record(capture=False)[1]["capture"] for _ in range(2)]
    ran = tlscope("control", *arguments)
    assert (2, "") == (ran.code, ran.out)
    assert ran.err.startswith("Error: 2 recorders run, on the captures ")
    assert all(place in ran.err for place in places)
    assert "\nNext: name the capture of the one that is meant, for instance: -c " in ran.err
    for place in places:
        with Control(Path(place)) as control:
            assert "control" not in [rule["from"] for rule in control.status()["rules"]]


def test_the_only_one_that_runs(record, tlscope, tmp_path):
    """Without -c: not a capture that is finished, nor one whose recorder was killed."""
    running, told = record(capture=False)
    killed, left = record(capture=False)
    killed.kill()
    killed.wait()
    assert (os.path.lexists(f"{left['capture']}/{NAME}"), False) == (True, is_live(tmp_path / left["capture"]))
    found = json.loads(tlscope("control", "status", "--json").out)
    assert (told["capture"], running.pid) == (found["capture"], found["pid"])


def test_a_wrong_call(tlscope):
    """Exit code 2 and a suggestion."""
    ran = tlscope("control", "passthrough", "a")
    assert (
        2,
        "Error: No such command 'passthrough'. Did you mean 'pass-through'?\nNext: tlscope control --help\n",
    ) == (
        ran.code,
        ran.err,
    )


def test_the_socket_is_the_users_alone(record, tmp_path):
    """And a recorder that a signal ends removes it, too."""
    running, _ = record()
    mode = (tmp_path / "capture" / NAME).lstat().st_mode
    assert (True, 0o600) == (stat.S_ISSOCK(mode), stat.S_IMODE(mode))
    running.send_signal(signal.SIGTERM)
    assert 0 == running.wait(PATIENCE)
    assert not (tmp_path / "capture" / NAME).exists()
