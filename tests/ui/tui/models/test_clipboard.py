import base64

import pytest

from tlscope_ui.tui.models import clipboard
from tlscope_ui.tui.models.clipboard import MAX_OSC, copy, is_remote, osc52


@pytest.fixture
def programs(tmp_path):
    """A directory of programs that keep what they are given."""
    directory = tmp_path / "bin"
    directory.mkdir()

    def add(name, code=0):
        path = directory / name
        path.write_text(f"#!/bin/sh\n/bin/cat > {tmp_path}/{name}.got\nexit {code}\n")
        path.chmod(0o700)
        return tmp_path / f"{name}.got"

    add.path = str(directory)
    return add


def nowhere():
    raise AssertionError


def test_a_program_of_the_desktop_takes_it(programs):
    """Whatever it is made of, as UTF-8."""
    got = programs("xclip")
    went = copy("päss\n\x1b[31m", {"PATH": programs.path, "DISPLAY": ":0", "TERM": "xterm"}, nowhere)
    assert "copied 10 characters, with xclip" == went.how
    assert "" == went.sequence
    assert "päss\n\x1b[31m".encode() == got.read_bytes()


def test_wayland_comes_before_x(programs):
    """Under XWayland both are there."""
    got = programs("wl-copy")
    programs("xclip")
    env = {"PATH": programs.path, "DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0", "TERM": "xterm"}
    assert "with wl-copy" in copy("x", env, nowhere).how
    assert b"x" == got.read_bytes()


def test_a_program_that_fails_is_gone_around(programs):
    """The next one is asked, then the terminal."""
    programs("xclip", 1)
    env = {"PATH": programs.path, "DISPLAY": ":0", "TERM": "xterm"}
    assert "(OSC 52)" in copy("x", env, nowhere).how
    programs("xsel")
    assert "with xsel" in copy("x", env, nowhere).how


def test_a_program_that_hangs_is_given_up(programs, monkeypatch):
    """Nobody waits for it for long."""
    (hung := programs("xclip")).parent.joinpath("bin/xclip").write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    monkeypatch.setattr(clipboard, "TIME", 0.05)
    env = {"PATH": programs.path, "DISPLAY": ":0", "TERM": "xterm"}
    assert "(OSC 52)" in copy("x", env, nowhere).how
    assert not hung.exists()


@pytest.mark.parametrize("name", ["SSH_CONNECTION", "SSH_TTY"])
def test_over_ssh_the_terminal_is_asked(programs, name):
    """A desktop that is there belongs to somebody else."""
    programs("xclip")
    env = {"PATH": programs.path, "DISPLAY": ":0", "TERM": "xterm", name: "10.0.0.1 1 10.0.0.2 22"}
    assert is_remote(env)
    went = copy("héllo", env, nowhere)
    assert "copied 5 characters, through the terminal (OSC 52)" == went.how
    assert f"\x1b]52;c;{base64.b64encode('héllo'.encode()).decode()}\x07" == went.sequence


def test_tmux_hands_it_on():
    """By its own means, and as what it passes through, in which each ESC is doubled."""
    plain = osc52(b"x", {})
    assert plain + f"\x1bPtmux;\x1b{plain}\x1b\\" == osc52(b"x", {"TMUX": "/tmp/tmux,1,0"})


@pytest.mark.parametrize(("text", "term"), [("x" * (MAX_OSC + 1), "xterm"), ("x", "dumb"), ("x", "linux")])
def test_what_no_terminal_takes_goes_to_a_file(tmp_path, text, term):
    """That nobody else can read; the sentence says where."""
    went = copy(text, {"PATH": "", "TERM": term}, lambda: tmp_path / "private")
    (path,) = (tmp_path / "private").iterdir()
    assert went.how.endswith(f"they are in {path}")
    assert text == path.read_text()
    assert 0o600 == path.stat().st_mode & 0o777
    assert 0o700 == path.parent.stat().st_mode & 0o777


def test_what_fits_is_as_much_as_is_said(tmp_path):
    """The limit itself is within the limit."""
    assert copy("x" * MAX_OSC, {"TERM": "xterm"}, lambda: tmp_path).sequence
    assert [] == list(tmp_path.iterdir())
