import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from support.dissecting import steps
from tlscope.capture.filter.pattern import RegexError
from tlscope.capture.filter.regex import MAX_NODES, MAX_SEARCHED, MAX_STATES, Regex

ATOMS = ["a", "b", "C", "é", ".", "\\d", "\\w", "\\s", "\\S", "[a-c]", "[^ab]", "[\\d_]", "[]x]", "[a-]", "\\.", "\\b",
         "\\B", "^", "$", "\\x41", "\\u00e9", "{", "}", "x", "]", "-", "_", "1", " ", "\\Z"]  # fmt: skip
REPEATS = ["", "", "", "*", "+", "?", "{2}", "{1,}", "{,2}", "{0,3}", "*?", "+?"]


def patterns():
    atoms = st.sampled_from(ATOMS)
    pieces = st.recursive(
        st.builds(lambda atom, many: atom + ("" if atom in {"\\b", "\\B", "^", "$", "\\Z"} else many), atoms,
                  st.sampled_from(REPEATS)),
        lambda inner: st.one_of(
            st.builds("({}|{})".format, inner, inner), st.builds("(?:{}{}){}".format, inner, inner,
                                                                 st.sampled_from(REPEATS))),
        max_leaves=6,
    )  # fmt: skip
    return st.lists(pieces, min_size=1, max_size=4).map("".join)


def oracle(pattern, text, flags):
    """Python's own; `$` there also matches before a last newline, and `{,n}` has been a repeat since ever."""
    return re.search(pattern.replace("$", "\\Z"), text, flags) is not None


@settings(max_examples=300, deadline=None)
@given(patterns(), st.text("abcABC xé_1.-]{}\n", max_size=12), st.booleans())
def test_a_search_finds_what_re_finds(pattern, text, fold):
    """The same syntax and the same answers as Python's `re`, with and without regard to case."""
    assume(text or "\\B" not in pattern)  # where re was wrong until Python 3.14
    ours = Regex(pattern if fold else "(?-i)" + pattern)
    assert oracle(pattern, text, re.IGNORECASE if fold else 0) == ours.search(text)
    assert oracle(pattern, text, re.IGNORECASE if fold else 0) == ours.search(text)  # also where states are known


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("", "", True),
        ("example", "www.EXAMPLE.com", True),
        ("(?-i)example", "www.EXAMPLE.com", False),
        ("(?i)example", "www.EXAMPLE.com", True),
        (r"^(www\.)?example\.(com|org)$", "www.example.org", True),
        (r"^(www\.)?example\.(com|org)$", "www.example.org.evil", False),
        (r"^(\d{1,3}\.){3}\d{1,3}$", "10.0.255.1", True),
        (r"^(\d{1,3}\.){3}\d{1,3}$", "10.0.2555.1", False),
        (r"\bapi\b", "my api-key", True),
        (r"\bapi\b", "rapid", False),
        ("a{2}{", "aa{", True),
        ("a$b", "a", False),
        ("(|a)+b", "aab", True),
    ],
)
def test_patterns_that_people_type(pattern, text, expected):
    """Hosts, addresses, words."""
    assert expected is Regex(pattern).search(text)


@settings(max_examples=200, deadline=None)
@given(st.text("ab()[]{}|*+?.^$\\,-0129xudwsbBAZ:=<>!Pi é\n", max_size=30), st.text(max_size=20))
def test_any_text_is_a_pattern_or_a_regex_error(pattern, text):
    """Nothing else is raised, in compiling or in searching."""
    try:
        found = Regex(pattern).search(text)
    except RegexError as error:
        found = None if 0 <= error.offset <= len(pattern) else error
    assert found in {True, False, None}


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a|aa)+$", "(.*a){12}$", "(a*)*(a*)*b"])
def test_what_hangs_a_backtracker_takes_linear_time(pattern):
    """Twice the text is about twice the work, whatever the pattern."""
    works = [steps(Regex(pattern).search, "a" * size + "!") for size in (1000, 2000)]
    assert works[1] < 2.2 * works[0] + 1000


def test_states_are_forgotten_when_there_are_too_many():
    """Memory is bounded also where every text makes new states, and answers stay right."""
    regex = Regex("(a|b)*a(a|b){12}c")
    for number in range(1 << 11):
        text = f"{number:011b}".replace("0", "a").replace("1", "b")
        assert not regex.search(text * 2)
        assert len(regex._states) <= MAX_STATES
    assert regex.search("a" + "ab" * 6 + "c")


def test_repeats_within_repeats_are_bounded():
    """A short pattern cannot make a large automaton."""
    with pytest.raises(RegexError, match="too large"):
        Regex("((a{100}){100}){100}")
    assert len(Regex("a{250}").__dict__["_nodes"].sets) < MAX_NODES


def test_only_the_beginning_of_a_long_text_is_searched():
    """Its first 8192 characters."""
    assert Regex("x$").search("a" * (MAX_SEARCHED - 1) + "x" + "y")
    assert not Regex("y").search("a" * MAX_SEARCHED + "y")


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        ("abc", "abc"),
        ("ab(?:cd)+e", "ab"),
        ("a(bc)d[0-9]e", "abcd"),
        ("^ab\\bc$", "abc"),
        ("abc|d", ""),
        ("ab?cd", "cd"),
        ("(abcd){2}", "abcd"),
        ("(abcd)*ef", "ef"),
        ("a[b]cd", "abcd"),
        ("a[^b]cd", "cd"),
        ("taskbar", "bar"),
        ("(?-i)taskbar", "taskbar"),
        ("aa\u00e9b", "aa"),
        ("", ""),
    ],
)
def test_a_pattern_tells_what_all_its_matches_hold(pattern, literal):
    """Characters in a row; in either case, which outside ASCII is not always one of another."""
    assert literal == Regex(pattern).literal


LITERALS = ["a", "b", "k", "S", "i", "[ab]", "(ab|c)", "(bk)", "b+", "a*", "^", "$", ".", "a{2}"]


@given(st.lists(st.sampled_from(LITERALS), max_size=6), st.text("abkKsS\u212a\u017fi\u0131c", max_size=8))
@settings(max_examples=100, deadline=None)
def test_whatever_matches_holds_the_literal(pieces, text):
    """The other letters' cases are no exception."""
    regex = Regex("".join(pieces))
    if regex.search(text):
        assert regex.literal.lower() in "".join(char.lower() if char.isascii() else char for char in text)
