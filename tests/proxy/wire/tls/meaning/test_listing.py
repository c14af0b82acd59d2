import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlscope.wire.tls.meaning.listing import MAX_NAME, few, short


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), ""),
        (("a",), "a"),
        ("ab", "a, b"),
        ("abc", "a, b and 1 more"),
        (["a"] * 9, "a, a and 7 more"),
    ],
)
def test_a_few_of_many(names, expected):
    """The first ones, and how many there are besides."""
    assert expected == few(names, 2)


def test_a_long_name_is_told_by_its_beginning():
    """One of the longest host is whole."""
    assert "x" * 253 == short("x" * 253)
    assert f"{'x' * (MAX_NAME - 1)}…, b and 1 more" == few(("x" * 60_000, "b", "c"), 2)


@given(st.lists(st.text(), max_size=5), st.integers(1, 4))
def test_it_has_a_bound(names, most):
    """Whatever peers call themselves."""
    assert len(few([name * 1000 for name in names], most)) <= most * (MAX_NAME + 2) + len(" and 5 more")
