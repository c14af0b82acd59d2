import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlscope.capture.filter.pattern import Anchor, Choice, RegexError, Repeat, Sequence, Set, is_word, parse


@pytest.mark.parametrize(
    ("pattern", "offset"),
    [
        ("ab(cd", 2), ("ab)", 2), ("[a", 0), ("a**", 2), ("*a", 0), ("a{3,2}", 1), ("a{256}", 1), ("x\\", 1),
        ("(?=a)", 0), ("(?P<n>a)", 0), ("(a)\\1", 3), ("\\q", 0), ("[z-a]", 3), ("\\xg1", 0), ("[a-\\d]", 3),
        ("^*", 1), ("a+{2}", 2), ("a" * 600, 512), ("(" * 40 + ")" * 40, 30),
    ],
)  # fmt: skip
def test_what_is_no_pattern_is_an_error_at_its_place(pattern, offset):
    """As is what would need backtracking: lookaround and back references."""
    with pytest.raises(RegexError) as error:
        parse(pattern)
    assert offset == error.value.offset
    assert error.value.what


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", Sequence(())),
        ("a|b", Choice((Sequence((Set("a"),)), Sequence((Set("b"),))))),
        ("a+?", Sequence((Repeat(Set("a"), 1, None),))),
        ("a{,2}", Sequence((Repeat(Set("a"), 0, 2),))),
        ("a{2,}", Sequence((Repeat(Set("a"), 2, None),))),
        ("a{x}", Sequence(tuple(map(Set, "a{x}")))),
        ("(?:^a)", Sequence((Sequence((Anchor("^"), Set("a"))),))),
        (r"\bx\x41", Sequence((Anchor("b"), Set("x"), Set("A")))),
        ("[^]a-c-]", Sequence((Set("]-", (("a", "c"),), negated=True),))),
    ],
)
def test_a_pattern_as_a_tree(pattern, expected):
    """As `re` understands it."""
    assert (expected, True) == parse(pattern)


@pytest.mark.parametrize(("pattern", "fold"), [("a", True), ("(?i)a", True), ("(?-i)a", False)])
def test_case_is_said_at_the_beginning(pattern, fold):
    """It matters if the pattern says so."""
    assert (Sequence((Set("a"),)), fold) == parse(pattern)


@given(st.characters())
def test_what_a_set_holds(char):
    """Of a negated one, all else; classes are Unicode's."""
    (one,), (other,) = (parse(pattern)[0].of for pattern in (r"[\w.]", r"[^\w.]"))
    assert (is_word(char) or char == ".") is one.holds((char,))
    assert one.holds((char,)) is not other.holds((char,))


@settings(max_examples=200)
@given(st.text("ab()[]{}|*+?.^$\\,-0129xudwsbBAZ:=<>!Pi \n", max_size=30))
def test_any_text_is_a_tree_or_an_error(pattern):
    """At a place in it."""
    try:
        parse(pattern)
        where = 0
    except RegexError as error:
        where = error.offset
    assert 0 <= where <= len(pattern)
