from hypothesis import given, settings
from hypothesis import strategies as st

import hostile
from tlscope_ui.cli.table import Column, table
from tlscope_ui.telling import Span
from tlscope_ui.text import columns

NUMBER = Column("n", lambda row: Span(str(row[0]), "strong"), 9, right=True)
NAME = Column("name", lambda row: Span(row[1], ""), 9)
MORE = [Column(f"more{keep}", lambda _: Span("x" * 10, ""), keep) for keep in (3, 1, 2)]


def plain(listed, rows, room=None):
    lines = table([column.of(rows) for column in listed], room)
    return ["".join(part if isinstance(part, str) else part.text for part in line) for line in lines]


def test_columns_are_aligned():
    """Numbers to the right, nothing behind the last word of a line."""
    assert [" n  name", " 1  a", "10  bc"] == plain([NUMBER, NAME], [(1, "a"), (10, "bc")])


def test_what_matters_least_goes_first():
    """Until three are left; then the widest is cut."""
    rows = [(1, "a" * 20)]
    heads = [plain([NUMBER, NAME, *MORE], rows, room)[0].split() for room in (59, 58, 46, 35)]
    assert [
        ["n", "name", "more3", "more1", "more2"],
        ["n", "name", "more3", "more2"],
        ["n", "name", "more3"],
        ["n", "name", "more3"],
    ] == heads
    assert f"1  {'a' * 18}…  xxxxxxxxxx" == plain([NUMBER, NAME, *MORE], rows, 34)[1]


def test_a_sign_takes_the_place_of_what_must_go():
    """It is kept as long as it says itself."""
    sign = Column("!", lambda _: Span("!", "bad"), 3)
    wide = Column("found", lambda _: Span("! serious", "bad"), 1, sign=sign)
    rows = [(1, "a" * 20)]
    other = Column("other", lambda _: Span("x" * 10, ""), 2)
    heads = [plain([NUMBER, NAME, wide, other], rows, room)[0].split() for room in (46, 45, 30)]
    assert [["n", "name", "found", "other"], ["n", "name", "!", "other"], ["n", "name", "!"]] == heads


@given(st.lists(st.tuples(st.integers(0, 10**6), hostile.text), min_size=1, max_size=5), st.integers(40, 120))
@settings(max_examples=100)
def test_no_line_is_wider_than_there_is_room(rows, room):
    """Whatever peers call themselves, and nothing drives a terminal."""
    for line in plain([NUMBER, NAME, *MORE], rows, room):
        assert columns(line) <= room
        assert set() == hostile.forbidden(line)
