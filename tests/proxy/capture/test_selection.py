from array import array

import pytest

from tlscope.capture import selection as module
from tlscope.capture.selection import Selection

ROWS = {number: (number * 7) % 5 for number in range(1, 21)}


def in_order(rows, *, by_value, descending):
    return sorted(rows, key=lambda number: (rows[number] if by_value else 0, number), reverse=descending)


def found(rows, *, by_value, descending):
    """A selection that has found these, from its end on."""
    selection = Selection(by_value=by_value, descending=descending)
    add(selection, rows, by_value=by_value, descending=descending)
    return selection


def add(selection, rows, *, by_value, descending):
    numbers = sorted(rows)
    parts = [numbers[i : i + 6] for i in range(0, len(numbers), 6)]
    for part in reversed(parts) if descending else parts:
        selection.extend(array("q", part), array("q", [rows[number] for number in part]) if by_value else None)


def arrange(selection):
    while not selection.is_settled:
        selection.arrange()
    selection.finish()


def shown(selection):
    numbers = selection.numbers(0, 100)
    assert list(range(len(numbers))) == [selection.position(number) for number in numbers]
    return numbers


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(module, "HEAD", 4)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("by_value", [False, True])
def test_what_was_found_stands_in_its_order(by_value, descending):
    """All of it, once it is sorted; before, the first ones of it."""
    way = {"by_value": by_value, "descending": descending}
    selection, expected = found(ROWS, **way), in_order(ROWS, **way)
    assert (expected[:4] if by_value else expected) == shown(selection)
    assert by_value != selection.is_settled
    arrange(selection)
    assert expected == shown(selection)
    assert expected[3:5] == selection.numbers(3, 2)
    assert (20, None) == (len(selection), selection.position(99))


@pytest.mark.parametrize("descending", [False, True])
def test_the_first_of_all_are_shown_until_they_are_found(descending):
    """What is found meanwhile stands behind them; that they are there is known already."""
    selection = Selection(by_value=True, descending=descending)
    selection.show([5, 3])
    assert (2, [5, 3]) == (len(selection), shown(selection))
    selection.clear()
    add(selection, ROWS, by_value=True, descending=descending)
    assert (20, [5, 3]) == (len(selection), shown(selection))
    arrange(selection)
    assert in_order(ROWS, by_value=True, descending=descending) == shown(selection)


def test_what_is_found_again_is_there_once():
    """The head stays until there is a better one, so that a screen does not flicker."""
    selection = found(ROWS, by_value=True, descending=False)
    head = shown(selection)
    selection.clear()
    assert (head, len(head)) == (shown(selection), len(selection))
    selection.extend(array("q", [1, 2]), array("q", [8, 7]))
    assert [2, 1] == shown(selection)


@pytest.mark.parametrize("descending", [False, True])
def test_all_numbers_of_a_range(descending):
    """Without finding any."""
    selection = Selection(by_value=False, descending=descending)
    selection.select_all(3, 9)
    assert (list(range(9, 2, -1)) if descending else list(range(3, 10))) == shown(selection)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("by_value", [False, True])
def test_what_changed_is_moved(by_value, descending):
    """To where its value puts it; out, where it is not selected any more; in, where it is new."""
    way = {"by_value": by_value, "descending": descending}
    selection = found(ROWS, **way)
    arrange(selection)
    now = {2: -1, 3: ROWS[3], 20: 9, 30: 2}
    selection.replace([2, 3, 7, 8, 20, 30, 31], now if by_value else dict.fromkeys(now))
    rows = {**ROWS, **now}
    del rows[7], rows[8]
    assert in_order(rows, **way) == shown(selection)
