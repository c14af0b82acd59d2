from hypothesis import given, settings
from hypothesis import strategies as st

import hostile
from tlscope_ui.telling.flow import LEAST, MAX_LINES, Flow, named, wrapped

TEXT = "A sentence of words that wraps where there is no more room for it."


def plain(lines):
    return ["".join(part if isinstance(part, str) else part.text for part in line) for line in lines]


def make(width):
    for line in wrapped(TEXT, width):
        yield line, "sentence"
    yield ["end"], None


def test_lines_are_made_for_a_width():
    """Anew when it changes, and not otherwise."""
    asked = []
    flow = Flow(lambda width: asked.append(width) or make(width))
    assert 0 == len(flow)
    for width in (80, 80, 40, 0):
        flow.fit(width)
    assert [80, 40] == asked
    assert [3, "sentence", None, None] == [len(flow), flow.about(1), flow.about(2), flow.about(99)]
    assert (0, None) == (flow.find("sentence"), flow.find("other"))
    assert None is flow.find(None)


@given(hostile.text, st.integers(-5, 100))
@settings(max_examples=100)
def test_any_text_wraps(text, width):
    """Into some lines of the width, one endless word too, and no more than a limit."""
    lines = plain(wrapped(text * 100, width, "  "))
    assert len(lines) <= MAX_LINES
    assert all(len(line) <= max(width, LEAST + 2) for line in lines)


def test_a_name_stands_beside_its_text():
    """Which wraps below itself; a name that is too long has a blank behind it."""
    assert ["name      A sentence of words", "          that wraps where there"] == plain(named("name", TEXT, 32, 10))[
        :2
    ]
    assert ["name      "] == plain(named("name", "", 32, 10))
    assert "a long name A sentence of words" == plain(named("a long name", TEXT, 32, 10))[0]
