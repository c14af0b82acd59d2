import os
import shlex
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import tlscope as package
from tlscope_ui.cli import COMMANDS
from tlscope_ui.cli.views import VIEWS

HEAVY = {"OpenSSL", "cryptography", "textual", "asyncio"}


def loaded(arguments):
    """Which of the heavy packages a command has loaded at its end."""
    script = (
        "import sys\nfrom tlscope_ui.cli import main\n"
        "try:\n    main()\nexcept SystemExit as ended:\n    assert not ended.code\n"
        f"print(sorted({HEAVY} & {{name.split('.')[0] for name in sys.modules}}))"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    "arguments",
    [
        *(["--help"], ["list"], ["list", "--jsonl"], ["list", "--exchanges"], ["list", "--hosts"]),
        *(["show", "1"], ["watch", "--no-follow"]),
    ],
)
def test_reading_needs_no_tls_library(recorded, arguments):
    """Help, and commands that read a capture, start at once: neither OpenSSL nor cryptography nor textual is loaded."""
    assert "[]" == loaded([*arguments, *([] if arguments == ["--help"] else ["-c", str(recorded)])])


def test_the_views_of_show_need_no_screen(recorded):
    """What the screen tells, too, is told without it."""
    views = [f"--{name}" for name in VIEWS if name != "certificates"]  # OpenSSL is asked for them
    assert "['cryptography']" == loaded(["show", "1", *views, "-c", str(recorded)])


def test_help_names_every_command(tlscope):
    """With a short description, without loading it."""
    ran = tlscope("--help")
    assert 0 == ran.code
    for name, description in COMMANDS.items():
        assert f"{name} " in ran.out
        assert description in ran.out


def test_h_is_help(tlscope):
    """On the group and on its commands."""
    assert tlscope("--help") == tlscope("-h")
    assert tlscope("list", "--help") == tlscope("list", "-h")


def test_version(tlscope):
    """The package's."""
    assert f"tlscope, version {package.__version__}\n" == tlscope("--version").out


@pytest.mark.parametrize(
    ("arguments", "error", "next_"),
    [
        (["lst"], "No such command 'lst'. Did you mean 'list'?", "tlscope"),
        (["list", "--jsnl"], "No such option '--jsnl'. Did you mean '--jsonl'?", "tlscope list"),
        (["watch", "--folow"], "No such option '--folow'. Did you mean '--no-follow'?", "tlscope watch"),
        (["show"], "Missing argument 'N'.", "tlscope show"),
        (["ca", "rotat"], "No such command 'rotat'. Did you mean 'rotate'?", "tlscope ca"),
        (
            ["export"],
            "Missing option '-f' / '--format'. Choose from: har, pcapng, keylog, jsonl, pem, curl, raw, body",
            "tlscope export",
        ),
        (["record", "\x1b[31m"], r"Got unexpected extra argument (\x1b[31m)", "tlscope record"),
    ],
)
def test_a_wrong_call_is_told_how_to_go_on(tlscope, arguments, error, next_):
    """Exit code 2, nothing on standard output, a suggestion where something is near, and where to look."""
    ran = tlscope(*arguments)
    assert (2, "", f"Error: {error}\nNext: {next_} --help\n") == (ran.code, ran.out, ran.err)


@pytest.mark.parametrize("command", ["list", "show 1", "watch --no-follow"])
def test_no_capture_is_told_how_to_make_one(tlscope, tmp_path, command):
    """Exit code 1: it is no mistake in the call."""
    ran = tlscope(*command.split())
    missing = f"Error: there is no capture in {tmp_path}/home/tlscope/captures\nNext: start one with: tlscope record\n"
    assert (1, "", missing) == (ran.code, ran.out, ran.err)


@pytest.mark.parametrize("command", ["list", "show 1", "watch --no-follow"])
def test_a_directory_without_a_capture_is_told(tlscope, tmp_path, command):
    """Also where the name would do harm to a terminal."""
    nowhere = tmp_path / "no\x1b[31mwhere"
    ran = tlscope(*command.split(), "-c", nowhere)
    assert (1, "") == (ran.code, ran.out)
    assert ran.err.startswith(f"Error: there is no directory {tmp_path}/no\\x1b[31mwhere\nNext: ")


@pytest.mark.parametrize("command", ["list", "list --jsonl", "show 1 --jsonl", "watch --no-follow"])
def test_a_reader_that_goes_away_ends_it_quietly(recorded, process, command):
    """`tlscope list | head -0` is no failure: nothing on standard error, exit code 0."""
    read, write = os.pipe()
    os.close(read)
    running = process(*command.split(), "-c", recorded, stdout=write)
    os.close(write)
    assert (0, "") == (running.wait(), running.stderr.read())


@pytest.mark.parametrize("command", ["list", "show 1 --story", "search GET", "ca path", "open --keymap", "--help"])
def test_an_output_that_is_full_is_told(recorded, process, command):
    """In two lines, with what to do."""
    captures = () if command in {"ca path", "open --keymap", "--help"} else ("-c", recorded)
    with Path("/dev/full").open("w") as full:
        running = process(*command.split(), *captures, stdout=full)
        err = running.communicate()[1]
    assert 1 == running.returncode
    assert (
        "Error: standard output cannot be written: No space left on device\nNext: lead it to where there is room\n"
        == err
    )


def test_an_output_that_is_closed_is_none(recorded, tmp_path):
    """What was to be printed goes nowhere, and into no file that is opened meanwhile."""
    command = f"exec {sys.executable} -m tlscope_ui list -c {shlex.quote(str(recorded))} >&-"
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, env=env, cwd=tmp_path)
    assert (0, "", "") == (ran.returncode, ran.stdout, ran.stderr)


def test_a_terminal_without_arrows_gets_escapes(recorded, process):
    """An encoding that lacks a glyph is no reason to crash."""
    running = process("watch", "--no-follow", "-c", recorded, env={"PYTHONIOENCODING": "ascii"})
    out, err = running.communicate()
    assert (0, "") == (running.returncode, err)
    assert r"client \u25b2 ClientHello" in out


def test_the_program_is_installed():
    """`python -m` or a script: the entry point is tlscope_ui.cli:main."""
    (entry,) = entry_points(group="console_scripts", name="tlscope")
    assert "tlscope_ui.cli:main" == entry.value
