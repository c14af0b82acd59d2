import os
import tomllib
from pathlib import Path

import pytest

from tlscope.config import Address, ClientCertificate, Mode, OnFull, UpstreamInvalid
from tlscope_ui.cli import record


@pytest.fixture
def configured(tmp_path):
    """Writes the configuration file in its default place."""
    path = tmp_path / "home" / "tlscope" / "config.toml"
    path.parent.mkdir(parents=True)

    def write(content):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def effective(tlscope, monkeypatch):
    """The configuration that a recorder would start with."""

    def run(*arguments):
        seen = []

        async def recorded(config):
            seen.append(config)

        monkeypatch.setattr(record, "_record", recorded)
        ran = tlscope("record", *arguments)
        assert (0, "", "") == (ran.code, ran.out, ran.err)
        (config,) = seen
        return config

    return run


EVERYTHING = """
[record]
capture = "here"
listen = ["127.0.0.1:1", "[::1]:2"]
mode = "reverse:tcp://example.com:25"
passthrough = ["*.bank"]
only = ["a", "b"]
refuse = "x.example"
insecure-upstream = ["i"]
upstream-invalid = "refuse"
ca-file = ["root.pem"]
client-cert = ["a=b.pem"]
keylog = "keys"
ciphertext = true
keep = "9M"
on-full = "close"
allow-remote = true
"""


def test_every_setting(effective, configured):
    """Each option of the recorder can be set, under its own name and as it is typed; captures have whole paths."""
    configured(EVERYTHING)
    config = effective()
    assert Path("here").absolute() == config.capture
    assert (Address("127.0.0.1", 1), Address("::1", 2)) == config.listen
    assert Mode("reverse", "tcp", Address("example.com", 25)) == config.mode
    assert (("*.bank",), ("a", "b"), ("x.example",)) == (config.passthrough, config.only, config.refuse)
    assert (("i",), UpstreamInvalid.REFUSE) == (config.insecure_upstream, config.upstream_invalid)
    assert (Path("root.pem"),) == config.ca_files
    assert (ClientCertificate("a", Path("b.pem")),) == config.client_certificates
    assert (Path("keys"), True, 9 << 20) == (config.keylog, config.ciphertext, config.keep)
    assert (OnFull.CLOSE, True) == (config.on_full, config.allow_remote)


def test_every_option_is_a_setting():
    """The example above leaves none out."""
    settings_ = tomllib.loads(EVERYTHING)["record"]
    options = {max(parameter.opts, key=len).lstrip("-") for parameter in record.command.params}
    assert options - {"config"} == set(settings_)


def test_the_command_line_is_stronger(effective, configured):
    """What is typed replaces what the file says, also where an option may be repeated."""
    configured(EVERYTHING)
    config = effective("-l", "127.0.0.1:3", "--keep", "10M", "--only", "c")
    assert ((Address("127.0.0.1", 3),), 10 << 20, ("c",)) == (config.listen, config.keep, config.only)
    assert OnFull.CLOSE is config.on_full


def test_no_file(effective):
    """It works with none."""
    assert (Address("127.0.0.1", 8080),) == effective().listen


@pytest.mark.parametrize("content", ["", "# nothing yet\n", "[record]\n"])
def test_an_empty_file(effective, configured, content):
    """And with one that says nothing."""
    configured(content)
    assert 4 << 30 == effective().keep


def test_another_file(effective, configured, tmp_path):
    """--config names the file that is read in the place of the user's own."""
    configured(EVERYTHING)
    other = tmp_path / "other.toml"
    other.write_text('[record]\nkeep = "11M"\n')
    config = effective("--config", other)
    assert (11 << 20, ()) == (config.keep, config.only)


def test_help_does_not_need_the_file(tlscope, configured):
    """Who made a mistake in it can still ask how it is done right."""
    configured("[")
    assert 0 == tlscope("record", "--help").code


@pytest.mark.parametrize(
    ("error", "content"),
    [
        ("there is no setting 'passthru'; did you mean 'passthrough'?", "[record]\npassthru = []"),
        ("there is no setting 'ca_file'; did you mean 'ca-file'?", "[record]\nca_file = ''"),
        ("there is no setting 'config'; there are: allow-remote, ca-file, ", "[record]\nconfig = 'x'"),
        ("there is no table [recrod]; did you mean 'record'?", "[recrod]\nkeep = '1M'"),
        ("there is no table [listen]; there are: record", "listen = ['127.0.0.1:1']"),
        ("record is a table; write its settings below [record]", "record = 'x'"),
        ("record is a table; write its settings below [record]", "[[record]]\nkeep = '1M'"),
        ("keep takes text, not 500", "[record]\nkeep = 500"),
        ("keep takes text, not ['500M']", "[record]\nkeep = ['500M']"),
        ("only takes text, not [1]", "[record]\nonly = [1]"),
        ("only takes text, not [['a']]", "[record]\nonly = [['a']]"),
        ("ciphertext takes true or false, not 'yes'", "[record]\nciphertext = 'yes'"),
        ("ciphertext takes true or false, not [True]", "[record]\nciphertext = [true]"),
        ("listen takes text, not True", "[record]\nlisten = true"),
        ("Expected", "[record"),
        ("cannot be read: 'utf-8' codec", b"\xff"),
    ],
)
def test_mistakes(tlscope, configured, error, content):
    """A setting that is unknown or of the wrong kind ends in exit code 2 and a suggestion; none is ignored."""
    path = configured(content)
    ran = tlscope("record")
    assert (2, "") == (ran.code, ran.out)
    first, next_ = ran.err.splitlines()
    assert first.startswith(f"Error: {path}")
    assert error in first
    assert "Next: tlscope record --help" == next_


@pytest.mark.parametrize(
    ("error", "content"),
    [
        ("there is no mode 'explict'; did you mean explicit?", "mode = 'explict'"),
        ("'x' is no size; write 500M or 4G", "keep = 'x'"),
        ("'8080' is no ADDRESS:PORT", "listen = ['8080']"),
        ("is not one of 'relay', 'close'", "on-full = 'stop'"),
        ("0.0.0.0:1 can be reached from other machines", "listen = ['0.0.0.0:1']"),
    ],
)
def test_values_are_judged_as_on_the_command_line(tlscope, configured, error, content):
    """The same mistakes get the same answers."""
    configured("[record]\n" + content)
    ran = tlscope("record")
    assert 2 == ran.code
    assert error in ran.err.splitlines()[0]


def test_a_named_file_must_be_there(tlscope, tmp_path):
    """Only the default file may be missing."""
    missing = tmp_path / "missing.toml"
    ran = tlscope("record", "--config", missing)
    assert (2, f"Error: there is no file {missing}") == (ran.code, ran.err.splitlines()[0])


def test_a_directory_is_no_file(tlscope, configured):
    """What cannot be read is an error, with the system's reason."""
    path = configured("")
    path.unlink()
    path.mkdir()
    ran = tlscope("record")
    assert 2 == ran.code
    assert os.strerror(21) in ran.err
