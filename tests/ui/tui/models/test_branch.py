import pytest

from journals import STORY, capture, held, segment
from support.screen import indexed
from support.talks import talk, written
from tlscope.capture.index import Index
from tlscope.capture.view import View
from tlscope_ui.tui.models import branch as branches
from tlscope_ui.tui.models.branch import NOBODY, Branch, Selected


def made(index, *, descending=False):
    def exchanges(number):
        row = index.connection(number)
        return row["exchanges"] if row is not None else 0

    found = Branch(View(index, "c.connection <> 2", descending=descending), exchanges)
    while not found.view.done:
        found.work(1)
    return found


def entries(branch):
    return [branch.entry(line) for line in range(len(branch))]


@pytest.fixture
def index(tmp_path):
    with Index(indexed(tmp_path / "capture", *[talk("a", count) for count in (1, 1, 0, 2)])) as found:
        yield found


def test_exchanges_are_below_their_connection(index):
    """Where it is unfolded; each line is found again, and what is folded away is found above it."""
    branch = made(index)
    branch.unfold(4)
    branch.unfold(3)
    assert {4} == set(branch.unfolded)
    assert [Selected(1), Selected(3), Selected(4), Selected(4, 1), Selected(4, 2)] == entries(branch)
    assert list(range(5)) == [branch.find(selected) for selected in entries(branch)]
    assert 0 == branch.find(Selected(1, 1))
    assert branch.find(Selected(2)) is None
    assert NOBODY == branch.entry(5)
    branch.fold(4)
    assert [Selected(1), Selected(3), Selected(4)] == entries(branch)


@pytest.mark.parametrize("descending", [False, True])
def test_what_is_not_there_has_a_place(index, descending):
    """That of the next one in the order."""
    branch = made(index, descending=descending)
    branch.unfold_all()
    assert {1, 4} == set(branch.unfolded)
    expected = Selected(1) if descending else Selected(3)
    assert expected == branch.entry(branch.nearest(2, descending=descending))


def test_the_first_to_be_unfolded_goes(index, monkeypatch):
    """Where there are too many."""
    monkeypatch.setattr(branches, "UNFOLDED", 1)
    branch = made(index)
    branch.unfold(4)
    branch.unfold(1)
    assert [Selected(1), Selected(1, 1), Selected(3), Selected(4)] == entries(branch)
    branch.fold_all()
    assert [Selected(1), Selected(3), Selected(4)] == entries(branch)


def test_more_exchanges_are_more_lines(tmp_path):
    """Of a connection that is unfolded, as they are recorded; others that come go to their places."""
    directory = capture(tmp_path / "capture")
    parts = segment([(1, event) for event in talk("a", 3)] + [(3, event) for event in STORY])
    with held(directory):
        written(directory, parts[: 1 + 4 + 2])
        with Index(directory) as index:
            branch = made(index, descending=True)
            branch.unfold(1)
            assert [Selected(1), Selected(1, 1)] == entries(branch)
            written(directory, parts)
            changed = branch.refresh()
            assert {1, 3} == changed
            branch.settle(changed)
            while not branch.view.done:
                branch.work(1)
            assert [Selected(3), Selected(1), Selected(1, 1), Selected(1, 2), Selected(1, 3)] == entries(branch)


class Settling:
    """A view that shows connections in other places as it looks on, and some not at all meanwhile."""

    def __init__(self, *states):
        self.states = list(states)

    @property
    def done(self):
        return len(self.states) == 1

    @property
    def matching(self):
        return len(self.states[0])

    def position(self, connection):
        return self.states[0].index(connection) if connection in self.states[0] else None

    def numbers(self, offset, limit):
        return self.states[0][offset : offset + limit]

    def work(self, _):
        self.states.pop(0)


def test_what_is_unfolded_while_rows_are_gathered_goes_with_them():
    """The first rows of an order are other ones in the end; what was hidden meanwhile is still unfolded."""
    view = Settling([1, 2, 3], [], [3, 4, 5], [5, 4, 3, 2, 1])
    branch = Branch(view, lambda number: number % 3)
    for number in (1, 2, 3):
        branch.unfold(number)
    while True:
        assert len(branch) == len(entries(branch)) == len(set(entries(branch)))
        assert list(range(len(branch))) == [branch.find(selected) for selected in entries(branch)]
        if view.done:
            break
        branch.work(1)
    tail = [Selected(2), Selected(2, 1), Selected(2, 2), Selected(1), Selected(1, 1)]
    assert [Selected(5), Selected(4), Selected(3), *tail] == entries(branch)
