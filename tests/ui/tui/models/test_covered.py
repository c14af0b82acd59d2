import pytest

from tlscope.export.cover import LONGEST
from tlscope_ui.tui.models import covered
from tlscope_ui.tui.models.body import HexLines, TextLines
from tlscope_ui.tui.models.covered import Covered
from tlscope_ui.tui.models.find import needle
from tlscope_ui.tui.models.octets import Held

SECRET = b"s3cret-" + "pässwörd".encode() * 500
DATA = b'{"n": 1, "token": "' + SECRET + b'"}\r\n'


@pytest.fixture
def small(monkeypatch):
    """Blocks as small as secrets."""
    monkeypatch.setattr(covered, "BLOCK", 700)


@pytest.mark.usefixtures("small")
def test_secrets_are_covered_wherever_a_read_begins(monkeypatch):
    """Or ends, in the middle of one, or of a block; all else stays, and stays where it is."""
    monkeypatch.setattr(covered, "BLOCKS", 3)
    data = b"a line\n" * 300 + DATA + b"behind\n" * 300
    source = Covered(Held(data))
    whole = source.read(0, len(data))
    assert len(data) == len(source) == len(whole)
    assert b'"token": "*******p' not in whole
    assert data[:2119] == whole[:2119]
    assert data[-2104:] == whole[-2104:]
    for start in range(0, len(data), 611):
        for length in (1, 50, 700, 4000):
            assert whole[start : start + length] == source.read(start, start + length)


@pytest.mark.usefixtures("small")
def test_lines_are_where_they_were():
    """Wrapped and cut: what stands for a secret breaks where that would; a key of several lines, too."""
    key = b"-----BEGIN PRIVATE KEY-----\nMIGH\nAgEA\n-----END PRIVATE KEY-----\n"
    data = DATA * 3 + key + "é\n".encode() * 10 + b"token=" + "中文𐍈é".encode() * 300 + b"\n" + b"x\n"
    for wrap in (0, 40):
        bare, lines = TextLines(Held(data), wrap=wrap), TextLines(Covered(Held(data)), wrap=wrap)
        for each in (bare, lines):
            each.index(lambda: False)
        assert len(bare) == len(lines)
        assert [bare.place_at(y) for y in range(len(bare))] == [lines.place_at(y) for y in range(len(lines))]
        shown = "".join(
            part if isinstance(part, str) else part.text for y in range(len(lines)) for part in lines.line(y, 80)
        )
        for secret in ("s3cret", "pässwörd", "MIGH", "AgEA", "中", "\\x"):
            assert secret not in shown


def test_the_end_of_a_line_is_its_end():
    """In a key that goes over several, too."""
    lines = TextLines(Covered(Held(b"-----BEGIN PRIVATE KEY-----\nMIGH\r\nAgEA\n-----END PRIVATE KEY-----")))
    lines.index(lambda: False)
    assert ["****"] == lines.line(1, 80) == lines.line(2, 80)
    assert 4 == len(lines)


def test_nothing_is_found_that_is_covered():
    """Neither in text nor in hex; what stands beside it is."""
    data = b"a needle, " + b'"token": "a needle", ' + b"a needle"
    for lines in (TextLines(Covered(Held(data))), HexLines(Covered(Held(data)))):
        assert [2, 33] == [place for place in lines.search(needle("needle")) if place is not None]
    assert [2, 22, 33] == [place for place in HexLines(Held(data)).search(needle("needle")) if place is not None]


def test_a_secret_may_be_as_long_as_a_head():
    """Wherever it begins."""
    data = b"x" * 40_000 + b"&token=" + b"s" * (LONGEST - 10) + b"&b=1"
    source = Covered(Held(data))
    assert b"s" not in source.read(40_007, len(data) - 4)
    assert source.shows(len(data) - 4, len(data))
    assert not source.shows(len(data) - 5, len(data))
