"""`tlscope connect`, against a recorder of its own."""

import json
import shlex
import subprocess

import pytest

from support.needs import needs
from tlscope.capture.control import Control, ControlError
from tlscope.capture.directory import default_root
from tlscope_ui.telling.clients import PROXY, TRUST, Here, ways

HERE = ("-l", "127.0.0.1:0")


@pytest.fixture
def record(process):
    """Start recorders; what each says of itself."""

    def start(*options):
        return json.loads(process("record", *HERE, *options).stdout.readline())

    return start


def test_all_clients(record, tlscope):
    """Every command that the screen has, with the real address and CA, each on a line of its own."""
    told = record()
    ran = tlscope("connect")
    assert (0, "") == (ran.code, ran.err)
    here = Here(told["listening"][0], told["ca"])
    lines = ran.out.splitlines()
    assert [command for way in ways(here) for command in way.commands] == [
        line for line in lines if line and not line.startswith("# ")
    ]
    assert {f"# {way.title}" for way in ways(here)} <= set(lines)


def test_one_client(record, tlscope):
    """By its name, or by a part of what is said of it."""
    record()
    assert "openssl s_client -proxy 127.0.0.1:" in tlscope("connect", "OpenSSL").out
    assert "# Node.js" in tlscope("connect", "node").out.splitlines()
    for word in ("shell", "pip"):
        lines = tlscope("connect", word).out.splitlines()
        assert ["# this shell"] == [line for line in lines if line.startswith("# this")]
        assert 2 == sum(line.startswith("export ") for line in lines)


def test_a_shell_takes_it(record, tlscope):
    """All of what is said of the shell, as it is: what is no command is a comment."""
    told = record()
    script = tlscope("connect", "shell").out + "env\n"
    ran = subprocess.run([needs("bash"), "-e"], input=script, capture_output=True, text=True, check=True, timeout=20)
    set_ = dict(line.split("=", 1) for line in ran.stdout.splitlines() if "=" in line)
    assert {told["ca"]} == {set_[name] for name in TRUST}
    assert {f"http://{told['listening'][0]}"} == {set_[name] for name in PROXY}


def test_as_json(record, tlscope):
    """For scripts."""
    told = record("-m", "reverse:https://example.com:443")
    found = json.loads(tlscope("connect", "curl", "--json").out)
    assert (told["capture"], told["listening"][0], told["ca"]) == (found["capture"], found["address"], found["ca"])
    assert "reverse:https://example.com:443" == found["mode"]
    assert ["curl"] == [client["title"] for client in found["clients"]]
    assert "--connect-to" in shlex.split(found["clients"][0]["commands"][0])


def test_which_recorder(record, tlscope, tmp_path):
    """The newest in the default place, or that of the capture that is named."""
    default_root().mkdir(parents=True)
    _, newest = record("-c", default_root() / "1"), record("-c", default_root() / "2")
    elsewhere = record("-c", tmp_path / "elsewhere")
    assert newest["capture"] == json.loads(tlscope("connect", "--json").out)["capture"]
    ran = tlscope("connect", "--json", "-c", tmp_path / "elsewhere")
    assert elsewhere["listening"][0] == json.loads(ran.out)["address"]


def test_no_recorder(tlscope, recorded):
    """Exit code 1, with what to do."""
    for words in (["connect"], ["connect", "-c", recorded]):
        ran = tlscope(*words)
        assert (1, "") == (ran.code, ran.out)
        assert ran.err.startswith("Error: no recorder runs on ")
        assert "Next: start one: tlscope record" in ran.err


def test_a_client_that_is_not_known(record, tlscope):
    """Exit code 2, with those that are."""
    record()
    ran = tlscope("connect", "gopher")
    assert (2, "") == (ran.code, ran.out)
    assert "Error: there is no client 'gopher'\nNext: name a part of one of these: curl, this shell, Python" in ran.err


def test_a_recorder_that_cannot_be_asked(record, tlscope, monkeypatch):
    """What it wrote when it began says where it listens."""
    told = record()

    def refused(*_):
        raise ControlError("no-control", "what", "next")

    monkeypatch.setattr(Control, "__init__", refused)
    assert f"curl -x http://{told['listening'][0]} --cacert {told['ca']} " in tlscope("connect", "curl").out
