import pytest

from support.carried import CHAT, LONG, websocket
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope_ui.telling.units import read
from tlscope_ui.tui.models.content import Body, Job, Want
from tlscope_ui.tui.models.messages import content


def plain(line):
    return "".join(part if isinstance(part, str) else part.text for part in line)


def shown(lines):
    if hasattr(lines, "index"):
        lines.index(lambda: False)
    return "\n".join(plain(lines.line(y, 80)) for y in range(len(lines)))


@pytest.fixture
def index(tmp_path):
    with Index(indexed(tmp_path, websocket(said=CHAT))) as index:
        yield index


def test_a_message_is_read_whole_when_it_is_looked_at(index, tmp_path):
    """Though only its beginning is kept for the list."""
    units = read(index, 1)
    first, second, _ = (content(index, tmp_path, units, unit) for unit in units.messages.units)
    assert (LONG, "") == (second.source.read(0, 1 << 20), second.problem)
    assert "s3cret" not in shown(Body(first).make(Want(), Job()).lines)
    assert "s3cret" in shown(Body(first).make(Want(masked=False), Job()).lines)


def test_a_frame_is_taken_apart(index, tmp_path):
    """Its payload unmasked, its secrets masked, in the tree and in its bytes."""
    units = read(index, 1)
    frame = content(index, tmp_path, units, units.frames.units[0])
    made = Body(frame).make(Want(), Job())
    assert "tree" == made.view
    assert "Mask" in shown(made.lines)
    assert "s3cret" not in shown(made.lines)
    assert "s3cret" in shown(Body(frame).make(Want(masked=False), Job()).lines)
    assert len(frame.source) == units.frames.units[0].event.length
