from tlscope_ui.telling import Span
from tlscope_ui.tui.models.lines import NOTHING, Said, Told


def test_lines_that_are_all_there_know_how_wide_they_are():
    """The widest of them, of strings and spans; nothing is as wide as nothing."""
    told = Told([["ab", Span("cd", "good")], ["abc"]])
    assert (2, 4, ["abc"]) == (len(told), told.width, told.line(1, 80))
    assert (0, 0) == (len(NOTHING), NOTHING.width)


def test_a_line_that_is_said_is_cut_to_the_view():
    """It is not scrolled: what does not fit is cut, and that is seen."""
    said = Said(["word " * 20])
    assert (1, 0) == (len(said), said.width)
    (kept, ellipsis) = said.line(0, 50)
    assert (49, "…") == (len(kept), ellipsis)
