from tlscope_ui.tui.models.body import HexLines, TextLines
from tlscope_ui.tui.models.find import needle
from tlscope_ui.tui.models.joined import Joined
from tlscope_ui.tui.models.lines import NOTHING, Told
from tlscope_ui.tui.models.octets import Held

HEAD = Told([["GET /token"], ["Host: token"]])


def text(data):
    lines = TextLines(Held(data))
    lines.index(lambda: False)
    return lines


def test_parts_stand_below_each_other():
    """As one list of lines; the empty ones take no room."""
    lines = Joined(HEAD, NOTHING, text(b"one\ntwo"), Told([["end"]]))
    assert 5 == len(lines)
    assert [["GET /token"], ["Host: token"], ["one"], ["two"], ["end"]] == [lines.line(y, 80) for y in range(5)]
    assert (2, 1) == lines.part_of(3)
    assert (2, 4) == (lines.first(2), lines.first(3))
    assert len("Host: token") == lines.width


def test_what_is_searched_for_is_found_in_all_of_them():
    """In their order, each hit in its line."""
    lines = Joined(HEAD, text(b"a\ntoken token\nb"), Told([["token"]]))
    places = [place for place in lines.search(needle("token")) if place is not None]
    assert sorted(places) == places
    assert [0, 1, 3, 3, 5] == [lines.line_at(place) for place in places]


def test_marks_are_those_of_the_part():
    """Hex knows its own; for text nobody has to."""
    lines = Joined(HEAD, HexLines(Held(b"token")))
    assert lines.marks(0, needle("token")) is None
    assert [(10, 24), (61, 66)] == lines.marks(2, needle("token"))
