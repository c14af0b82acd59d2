import json
import os
import re
import shlex
import stat
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from tlscope_ca.users import Use
from tools import tool


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "home" / "tlscope" / "ca"


def certificate(directory):
    return x509.load_pem_x509_certificate((directory / "ca.pem").read_bytes())


def constraints(directory):
    return certificate(directory).extensions.get_extension_for_class(x509.NameConstraints).value


def test_path_makes_the_authority_once(tlscope, directory):
    """`curl --cacert "$(tlscope ca path)"` works on the first day and on the second."""
    for _ in range(2):
        ran = tlscope("ca", "path")
        assert (0, f"{directory}/ca.pem\n", "") == (ran.code, ran.out, ran.err)
    assert 0o600 == stat.S_IMODE((directory / "ca-key.pem").stat().st_mode)


def test_path_is_printed_as_it_is(tlscope, tmp_path, monkeypatch):
    """Programs take it from there, also where it holds what a terminal should not see."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "no\u00a0break"))
    assert f"{tmp_path}/no\u00a0break/tlscope/ca/ca.pem\n" == tlscope("ca", "path").out


def test_show_describes_it(tlscope, directory):
    """Where it is, its name, its fingerprint, how long it lives, and what it may vouch for."""
    tlscope("ca", "create", "--days", "3")
    ran = tlscope("ca", "show")
    made = certificate(directory)
    assert (0, "") == (ran.code, ran.err)
    assert [
        f"path         {directory}/ca.pem",
        f"subject      {made.subject.rfc4514_string()}",
        f"sha256       {made.fingerprint(SHA256()).hex()}",
        f"not before   {made.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}",
        f"not after    {made.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
        "only         any name",
    ] == ran.out.splitlines()


def test_openssl_finds_the_same_fingerprint(tlscope):
    """The one that people compare is OpenSSL's."""
    pem = tlscope("ca", "path").out.strip()
    command = [tool("openssl"), "x509", "-in", pem, "-noout", "-fingerprint", "-sha256"]
    theirs = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    ours = re.search(r"sha256\s+(\w+)", tlscope("ca", "show").out)[1]
    assert theirs.strip().split("=")[1].replace(":", "").lower() == ours


@pytest.mark.parametrize("command", ["show", "status"])
def test_without_an_authority_it_is_told_how_to_make_one(tlscope, directory, command):
    """Exit code 5, and nothing is made by looking."""
    ran = tlscope("ca", command)
    assert (5, "") == (ran.code, ran.out)
    assert [
        f"Error: There is no certificate authority in {directory}.",
        "Next: Run `tlscope ca create` to make one.",
    ] == (ran.err.splitlines())
    assert not directory.exists()


def test_create_makes_a_constrained_one(tlscope, directory):
    """`--only` can be given more than once, `--days` shortens its life."""
    ran = tlscope("ca", "create", "--only", "example.com", "--only", "10.0.0.0/8", "--days", "3")
    made = certificate(directory)
    until = f"{made.not_valid_after_utc:%Y-%m-%d}"
    told = f"✓ made, valid until {until}, for nothing but example.com, 10.0.0.0/8\n{directory}/ca.pem\n"
    assert (0, told, "") == (ran.code, ran.out, ran.err)
    assert ["example.com", "10.0.0.0/8"] == [str(name.value) for name in constraints(directory).permitted_subtrees]
    assert 3 == (made.not_valid_after_utc - made.not_valid_before_utc).days


def test_create_replaces_nothing(tlscope, directory):
    """That is what `rotate` is for."""
    tlscope("ca", "create")
    before = certificate(directory)
    ran = tlscope("ca", "create")
    assert (5, "") == (ran.code, ran.out)
    assert "tlscope ca rotate" in ran.err
    assert before == certificate(directory)


def test_rotate_replaces_it_and_keeps_its_constraints(tlscope, directory):
    """And says that whoever trusted the old one must be told."""
    tlscope("ca", "create", "--only", "example.com")
    before = certificate(directory)
    ran = tlscope("ca", "rotate")
    assert 0 == ran.code
    assert "for nothing but example.com" in ran.out
    assert "Next: whoever trusted the old certificate must be given the new one\n" == ran.err
    assert before != certificate(directory)
    tlscope("ca", "rotate", "--only", "example.net")
    assert ["example.net"] == [str(name.value) for name in constraints(directory).permitted_subtrees]


def test_rotate_can_lift_constraints(tlscope):
    """With --any, which --only contradicts."""
    tlscope("ca", "rotate", "--only", "example.com")
    assert 2 == tlscope("ca", "rotate", "--any", "--only", "example.net").code
    assert "example.com" in tlscope("ca", "show").out
    assert 0 == tlscope("ca", "rotate", "--any").code
    assert "any name" in tlscope("ca", "show").out


@pytest.mark.parametrize("elsewhere", [False, True])
def test_rotate_names_the_recorders_that_go_on_with_the_old_one(tlscope, process, tmp_path, elsewhere):
    """Wherever they record: what they sign is no good to who trusts the new one. Who has ended is not named."""
    running = process("record", "-l", "127.0.0.1:0", *(["-c", tmp_path / "else where"] if elsewhere else []))
    told = json.loads(running.stdout.readline())
    ran = tlscope("ca", "rotate")
    assert 0 == ran.code
    stop = f"tlscope control -c {shlex.quote(told['capture'])} stop"
    assert [
        f"note: the recorder on {told['listening'][0]} goes on with the old one: {stop}",
        "Next: start these again; then give the new certificate to whoever trusted the old one",
    ] == ran.err.splitlines()
    assert 0 == tlscope("control", "-c", told["capture"], "stop").code
    assert "recorder" not in tlscope("ca", "rotate").err


def test_rotate_names_no_recorder_that_was_killed(tlscope, process, tmp_path):
    """It left its note, its socket and its lock behind, and none of them lies."""
    running = process("record", "-l", "127.0.0.1:0", "-c", tmp_path / "c")
    running.stdout.readline()
    running.kill()
    running.wait()
    assert "recorder" not in tlscope("ca", "rotate").err


def test_rotate_names_a_recorder_that_cannot_be_asked(tlscope, directory):
    """It is there all the same, and its process is known."""
    with Use(directory, "/nowhere\x1b[2J"):
        said = tlscope("ca", "rotate").err.splitlines()[0]
    assert f"note: the recorder of /nowhere\\x1b[2J goes on with the old one: kill {os.getpid()}" == said


def test_export_writes_the_certificate_alone(tlscope, directory, tmp_path):
    """As PEM or DER, to standard output or a file; never the key."""
    pem = tlscope("ca", "export")
    assert (0, (directory / "ca.pem").read_text(), "") == (pem.code, pem.out, pem.err)
    assert "PRIVATE" not in pem.out
    ran = tlscope("ca", "export", "--der", "-o", tmp_path / "ca.der")
    assert (0, "", "") == (ran.code, ran.out, ran.err)
    assert certificate(directory) == x509.load_der_x509_certificate((tmp_path / "ca.der").read_bytes())


def test_export_to_nowhere_is_told(tlscope, tmp_path):
    """Exit code 1: the authority is well."""
    ran = tlscope("ca", "export", "-o", tmp_path / "nowhere" / "ca.pem")
    assert (1, "") == (ran.code, ran.out)
    assert [
        f"Error: {tmp_path}/nowhere/ca.pem cannot be written: No such file or directory",
        "Next: name another file with -o",
    ] == ran.err.splitlines()


def test_status_is_for_scripts(tlscope, directory):
    """Exit code 0 where the authority can be used, and facts in JSON."""
    tlscope("ca", "create", "--days", "3", "--only", "example.com")
    assert (0, f"✓ usable for 2 more days: {directory}/ca.pem\n") == (
        tlscope("ca", "status").code,
        tlscope("ca", "status").out,
    )
    facts = json.loads(tlscope("ca", "status", "--json").out)
    assert (True, 2, ["example.com"]) == (facts["usable"], facts["days_left"], facts["only"])


@pytest.mark.parametrize("arguments", [["--days", "0"], ["--days", "3651"], ["--days", "x"]])
def test_an_impossible_life_is_a_wrong_call(tlscope, arguments):
    """Exit code 2."""
    assert 2 == tlscope("ca", "create", *arguments).code


def test_a_damaged_authority_says_how_to_go_on(tlscope, directory):
    """Exit code 5 and `rotate`, which works all the same."""
    tlscope("ca", "create")
    (directory / "ca-key.pem").write_text("no key at all")
    for command in ("path", "show", "status", "export"):
        ran = tlscope("ca", command)
        assert (5, "", True) == (ran.code, ran.out, "tlscope ca rotate" in ran.err)
    assert 0 == tlscope("ca", "rotate").code
    assert 0 == tlscope("ca", "status").code
