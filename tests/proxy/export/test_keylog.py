import re

import pytest

from journals import CLIENT, SECRET, SERVER, STORY, capture
from tlscope.events import Secret
from tlscope.export.keylog import lines
from tlscope.export.source import Source

OTHER = b"CLIENT_RANDOM " + b"0a" * 32 + b" " + b"0B" * 48
CAPTURES = [
    [STORY[0], Secret(SERVER, SECRET), Secret(SERVER, OTHER), Secret(CLIENT, OTHER)],
    [STORY[0]],
    [Secret(CLIENT, OTHER)],
]


def test_every_secret_is_a_line(tmp_path):
    """With comments that say whose it is, of all connections or of chosen ones."""
    directory = capture(tmp_path / "c", *CAPTURES)
    assert b"".join([
        b"# connection 1, server leg\n", SECRET, b"\n", OTHER, b"\n", b"# connection 1, client leg\n", OTHER, b"\n",
        b"# connection 3, client leg\n", OTHER, b"\n",
    ]) == b"".join(lines(Source(directory)))  # fmt: skip
    assert OTHER + b"\n" == b"".join(lines(Source(directory, {3}), comments=False))


def test_the_lines_are_those_of_the_rfc(tmp_path):
    """A comment, or a label, a random and a secret in hexadecimal (RFC 9850 section 2)."""
    for line in lines(Source(capture(tmp_path / "c", *CAPTURES))):
        assert re.fullmatch(rb"#[^\n]*\n|\w+ [0-9A-Fa-f]+ [0-9A-Fa-f]+\n", line)


@pytest.mark.parametrize("line", [b"", b"X", OTHER + b"\n" + OTHER, b"# " + OTHER, OTHER + b" 00", OTHER[:-1]])
def test_what_is_no_line_is_left_out(tmp_path, line):
    """It could hide others."""
    directory = capture(tmp_path / "c", [Secret(CLIENT, line), Secret(CLIENT, SECRET)])
    assert SECRET + b"\n" == b"".join(lines(Source(directory), comments=False))
