from hypothesis import given
from hypothesis import strategies as st

from tlscope_ui.tui.models.bends import Bends

ITEMS = st.lists(st.integers(min_value=0, max_value=200), unique=True, max_size=80)
CHILDREN = st.dictionaries(st.integers(min_value=0, max_value=220), st.integers(min_value=0, max_value=4), max_size=60)


def written_out(items, children):
    """The list with all its lines: (position of the item, line below it)."""
    return [(at, below) for at, item in enumerate(items) for below in range(children.get(item, 0) + 1)]


def agree(items, children, bends):
    plain = written_out(items, children)
    assert len(plain) == len(items) + bends.inserted
    assert plain == [bends.locate(line) for line in range(len(plain))]
    assert [plain.index((at, 0)) for at in range(len(items))] == [bends.line(at) for at in range(len(items))]


@given(ITEMS, CHILDREN, CHILDREN, st.randoms(use_true_random=False))
def test_it_is_the_list_written_out(items, children, more, random):
    """Whatever has lines below it, also after items came, went, and changed places and numbers of lines."""
    places = {item: at for at, item in enumerate(items)}
    bends = Bends(places.get)
    bends.put(children)
    agree(items, children, bends)
    moved = {*more, *random.sample(items, len(items) // 3)}
    rest = [item for item in items if item not in moved]
    for item in moved:
        if random.random() < 0.7:
            rest.insert(random.randint(0, len(rest)), item)
    now = {**children, **more}
    places.clear()
    places.update({item: at for at, item in enumerate(rest)})
    bends.put({item: now.get(item, 0) for item in moved})
    agree(rest, now, bends)


def test_what_is_not_in_the_list_has_no_lines():
    """Nor has what has none below it."""
    bends = Bends(lambda item: item if item < 5 else None)
    bends.put({1: 2, 3: 0, 7: 9})
    assert 2 == bends.inserted
    assert [(0, 0), (1, 0), (1, 1), (1, 2), (2, 0)] == [bends.locate(line) for line in range(5)]


def test_a_line_is_found_by_few_questions():
    """A thousand items with lines below them are not asked one after the other."""
    asked = []

    def position(item):
        asked.append(item)
        return item * 10

    bends = Bends(position)
    bends.put(dict.fromkeys(range(1000), 3))
    asked.clear()
    assert (5000, 2) == bends.locate(bends.line(5000) + 2)
    assert len(asked) < 40
    asked.clear()
    bends.put({500: 4})
    assert len(asked) < 20
