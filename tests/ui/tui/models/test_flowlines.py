import pytest

from journals import STORY
from support.screen import indexed
from support.talks import talk
from tlscope.capture.index import Index
from tlscope.events import Data
from tlscope_ui.tui.models.flowlines import FlowLines
from tlscope_ui.tui.models.rows import Rows, Selected

WIDTH = 160


@pytest.fixture
def lines(tmp_path):
    """Three connections, the second with a secret in the target of its exchange."""
    asking = [
        Data(event.direction, event.data.replace(b"/0", b"/?pin=xyz")) if isinstance(event, Data) else event
        for event in talk("a.example", 1)
    ]
    with Index(indexed(tmp_path / "capture", STORY, asking, talk("b.example"))) as index:
        rows = Rows(index)
        rows.work(1)
        yield FlowLines(rows)


def told(lines, y, width=WIDTH):
    """A line, blanks put together."""
    return " ".join(plain(lines.line(y, width)).split())


def plain(line):
    """Without styles."""
    return "".join(part if isinstance(part, str) else part.text for part in line)


def keys(lines, width):
    """The columns in sight."""
    return {column.key for column, _ in lines.fit(width)}


def test_a_line_says_what_its_connection_is(lines):
    """Its number, whether anything is below it, and the columns; an exchange stands below it without a number."""
    assert told(lines, 1).startswith("2 ▸ ")
    assert "a.example:443" in told(lines, 1)
    assert "▸" not in told(lines, 2)
    lines.rows.unfold(Selected(2))
    assert told(lines, 1).startswith("2 ▾ ")
    assert "GET /?pin=[redacted]" in told(lines, 2)


def test_secrets_are_hidden_unless_they_are_to_be_shown(lines):
    """In the targets of exchanges."""
    lines.rows.unfold(Selected(2))
    lines.masked = False
    lines.refit()
    assert "GET /?pin=xyz" in told(lines, 2)


def test_what_somebody_noted_stands_in_the_line(lines):
    """A star for a mark, a pen and the words for a comment."""
    lines.marked.add(Selected(2))
    lines.comments[Selected(3)] = "look at [this]"
    assert told(lines, 1).startswith("2★▸")
    assert told(lines, 2).startswith("3✎")
    assert "b.example:443 ✎ look at [this]" in told(lines, 2)


def test_the_heading_stands_above_the_columns(lines):
    """Each name where its column is; the one that the list is in the order of has an arrow."""
    lines.rows.sort("down", descending=True)
    lines.rows.work(1)
    heading, line = plain(lines.heading(WIDTH)), plain(lines.line(lines.rows.find(Selected(2)), WIDTH))
    assert heading.index("Host / request") == line.index("a.example")
    assert "Down▼" in heading
    assert len(heading) <= WIDTH


def test_columns_go_where_there_is_no_room(lines):
    """And it can be asked which would."""
    assert set() == lines.without_room(["time", "what"], {})
    assert keys(lines, 200) > keys(lines, 50)
    assert set() == lines.without_room(["time", "what"], {})
    assert {"time"} == lines.without_room(["time", "what", "up"], {"time": 40})


def test_long_names_take_room(lines):
    """As soon as they have been seen: a look at them says whether the columns are others now."""
    wide = keys(lines, 80)
    lines.comments[Selected(3)] = "a long word" * 5
    assert lines.look(0, 3)
    assert not lines.look(0, 3)
    assert keys(lines, 80) < wide


def test_a_row_that_is_gone_is_dots(lines, monkeypatch):
    """It may be removed between two looks."""
    monkeypatch.setattr(lines.rows, "connection", lambda _: None)
    monkeypatch.setattr(lines.rows, "has_below", lambda _: False)
    assert "2 …" == told(lines, 1)
