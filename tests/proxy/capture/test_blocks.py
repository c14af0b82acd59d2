import random
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlscope.capture import blocks as module
from tlscope.capture.blocks import SIZE, Blocks, arranged

NUMBERS = st.lists(st.integers(-5, 60), max_size=60)
TEXTS = st.sampled_from(["", "a", "b", "ba", "Z", "ä", "\U0001f512"])


@pytest.fixture(autouse=True, scope="module")
def small():
    """Blocks of four pairs, so that few have many."""
    patch = pytest.MonkeyPatch()
    patch.setattr(module, "SIZE", 4)
    patch.setattr(module, "FULL", 8)
    yield
    patch.undo()


def pairs(blocks):
    return list(zip(*blocks.slice(0, 1 << 30), strict=True))


def gathered(values, part=3):
    """Values with the numbers 0, 1, 2 ... as a view gathers them: some at a time."""
    found = Blocks()
    text = bool(values) and isinstance(values[0], str)
    for i in range(0, len(values), part):
        some = values[i : i + part]
        found.extend(array("q", range(i, i + len(some))), some if text else array("q", some))
    return found


def finished(blocks):
    (*portions, last) = arranged(blocks)
    assert not any(portions)
    return last


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=150))
@settings(max_examples=100, deadline=None)
def test_numbers_stay_in_order(steps):
    """Whatever comes and goes, also what was there or was not: as in a sorted list."""
    blocks, plain = Blocks(), []
    for comes, number in steps:
        if comes and number not in plain:
            blocks.insert(number)
            plain = sorted([*plain, number])
        elif not comes:
            blocks.remove(number)
            plain = [other for other in plain if other != number]
    assert (plain, []) == blocks.slice(0, 100)
    assert len(plain) == len(blocks)
    assert [plain.index(n) if n in plain else None for n in range(31)] == [blocks.position(n) for n in range(31)]
    assert all(0 < len(block) <= 8 for block in blocks.blocks)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(0, 9)), max_size=150))
@settings(max_examples=100, deadline=None)
def test_pairs_stay_in_order(steps):
    """By the first, and where that is equal by the second."""
    blocks, plain = Blocks(), []
    for comes, *values in steps:
        pair = tuple(values)
        if comes and pair not in plain:
            blocks.insert(*pair)
            plain = sorted([*plain, pair])
        elif not comes:
            blocks.remove(*pair)
            plain = [other for other in plain if other != pair]
    assert plain == pairs(blocks)
    every = [(first, second) for first in range(4) for second in range(10)]
    assert [plain.index(pair) if pair in plain else None for pair in every] == [blocks.position(*p) for p in every]


@given(NUMBERS | st.lists(TEXTS, max_size=60), st.integers(1, 9))
@settings(max_examples=200, deadline=None)
def test_pairs_are_arranged_by_the_other_side(values, part):
    """As by sorting them all: equal values by number; and then they can be changed as others can."""
    blocks = gathered(values, part)
    assert list(enumerate(values)) == pairs(blocks)
    expected = sorted((value, number) for number, value in enumerate(values))
    found = finished(blocks)
    assert expected == pairs(found)
    assert list(range(len(expected))) == [found.position(*pair) for pair in expected]
    for number, value in enumerate(values):
        assert value == blocks.second(number)
        found.remove(value, number)
        found.insert(value, number + 100)
    assert [(value, number + 100) for value, number in expected] == pairs(found)


@pytest.mark.parametrize("shape", ["random", "equal", "rising", "falling", "few", "saw"])
def test_every_portion_of_sorting_is_small(shape):
    """However the values lie: none is of more than some blocks, and there are not many more than blocks."""
    chance, count = random.Random(1), 2_000
    values = {
        "random": [chance.randrange(10**6) for _ in range(count)],
        "equal": [7] * count,
        "rising": list(range(count)),
        "falling": list(range(count, 0, -1)),
        "few": [chance.randrange(3) for _ in range(count)],
        "saw": [i % 100 for i in range(count)],
    }[shape]
    portions = []
    taken = module._taken

    def counted(runs, begins, ends):
        portions.append(sum(ends) - sum(begins))
        return taken(runs, begins, ends)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_taken", counted)
        patch.setattr(module, "SIZE", 64)
        patch.setattr(module, "FULL", 128)
        found = finished(gathered(values, 64))
    assert sorted((value, number) for number, value in enumerate(values)) == pairs(found)
    assert max(portions) <= 128
    assert len(portions) < 8 * count / 64


def test_numbers_without_a_gap_cost_nothing():
    """They are ranges, until one of them changes: then that block alone is not."""
    blocks = Blocks.whole(5, 24)
    assert {range} == {type(block.first) for block in blocks.blocks}
    assert ([9, 10], []) == blocks.slice(4, 6)
    assert 19 == blocks.position(24)
    blocks.remove(10)
    blocks.insert(30)
    assert [9, 11, 12] == blocks.slice(4, 7)[0]
    assert [array, array, range, range, range] == sorted((type(b.first) for b in blocks.blocks), key=repr)
    assert 0 == len(Blocks.whole(1, 0))


def test_pairs_are_added_at_either_end():
    """As those that the order begins with are gathered first; small parts go together into a block."""
    blocks = Blocks()
    for i in range(9, -1, -1):
        blocks.extend(array("q", [2 * i, 2 * i + 1]))
    assert list(range(20)) == blocks.slice(0, 100)[0]
    assert 5 == len(blocks.blocks)
    blocks.extend(array("q"))
    blocks.extend(array("q", range(20, 29)))
    assert list(range(29)) == blocks.slice(-7, 100)[0]
    assert [] == blocks.slice(29, 40)[0] == blocks.slice(7, 7)[0] == blocks.slice(7, 3)[0]


def test_what_is_not_there_has_no_place():
    """Nor anything beside it."""
    blocks = gathered([4, 5, 6])
    assert 5 == blocks.second(1)
    assert blocks.second(-1) is blocks.second(3) is blocks.position(1, 4) is None
    assert blocks.position(9, 9) is Blocks().position(1) is None
    assert SIZE > 1_000
