import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import steps
from tlscope.capture.filter.grammar import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    MAX_SET,
    MAX_TEXT,
    All,
    Comparison,
    FilterError,
    Not,
    Some,
    Word,
    conditions,
    parse,
)

PIECES = [*"ab01.()!&|=<>~{},\"'\\ \n", " and ", " or ", " not ", " in ", " == ", "é", "日", "(" * 30, "a " * 70]


def written(node):
    """A tree in prefix form, to compare with."""
    match node:
        case Not(what):
            return f"not({written(what)})"
        case All(of):
            return f"all({' '.join(map(written, of))})"
        case Some(of):
            return f"some({' '.join(map(written, of))})"
        case Word(value):
            return value.text
        case Comparison(field, operator, _, values):
            return f"{field.text}[{operator} {' '.join(value.text for value in values)}]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", "a"),
        ("a and b or c", "some(all(a b) c)"),
        ("a && b || c", "some(all(a b) c)"),
        ("a b or c", "some(all(a b) c)"),
        ("a and (b or c)", "all(a some(b c))"),
        ("not a and b", "all(not(a) b)"),
        ("!a b", "all(not(a) b)"),
        ("not not a", "a"),
        ("NOT a AND b OR c", "some(all(not(a) b) c)"),
        ("a==1", "a[== 1]"),
        ("a = 1", "a[== 1]"),
        ("a eq 1 and b ne 2", "all(a[== 1] b[!= 2])"),
        ("a<1 b<=1 c>1 d>=1", "all(a[< 1] b[<= 1] c[> 1] d[>= 1])"),
        ("a lt 1 b le 1 c gt 1 d ge 1", "all(a[< 1] b[<= 1] c[> 1] d[>= 1])"),
        ("a ~ b", "a[matches b]"),
        ("a MATCHES 'b c'", "a[matches b c]"),
        ("a contains ::1", "a[contains ::1]"),
        ("a in {1, 2 3}", "a[in 1 2 3]"),
        ("a in{1..2}", "a[in 1..2]"),
        ("a == in", "a[== in]"),
        ("android nothing order inside", "all(android nothing order inside)"),
        ("a and(b)", "all(a b)"),
        (r'"and" "a\"b"', r"all(and a\"b)"),
        ("text/html 10.0.0.0/8 -10m a:b", "all(text/html 10.0.0.0/8 -10m a:b)"),
    ],
)
def test_filters_bind_as_in_wireshark(text, expected):
    """Not before and before or; words are told from operators; two conditions side by side must both hold."""
    assert expected == written(parse(text))


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_an_empty_filter_says_nothing(text):
    """And is no error."""
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "column", "suggestion"),
    [
        ("(a", 3, "close the parenthesis"),
        ("a)", 2, "no parenthesis to close"),
        ("()", 2, "nothing in it"),
        ("and b", 1, "between quotes"),
        ("not", 4, "a condition is wanted"),
        ("a or", 5, "a condition is wanted"),
        ("a || || b", 6, "a condition is wanted"),
        ("a ==", 5, "a value is wanted"),
        ("a == == b", 6, "a value is wanted"),
        ('a == "bc', 6, 'end the text with "'),
        ("a in b", 6, "in` wants a set"),
        ("a in {b", 8, "closed by }"),
        ("a in {}", 7, "a value is wanted"),
        ("a == b == c", 8, "go on with"),
        ("{", 1, "a condition is wanted"),
        ("a" * MAX_TEXT + "a", MAX_TEXT + 1, "shorten"),
        ("a " * (MAX_CONDITIONS + 1), 2 * MAX_CONDITIONS + 1, "shorten"),
        (f"a in {{{'1 ' * (MAX_SET + 1)}}}", 7 + 2 * MAX_SET, "shorten"),
        ("(a or " * MAX_DEPTH + "c" + ")" * MAX_DEPTH, 2, "parentheses"),
    ],
)
def test_an_error_says_where_and_what_to_do(text, column, suggestion):
    """The column counts from 1."""
    with pytest.raises(FilterError) as error:
        parse(text)
    assert column == error.value.column
    assert suggestion in error.value.suggestion


def test_an_error_is_described_with_a_caret():
    """Below the place, also behind wide and combining characters; what does not print takes one column."""
    with pytest.raises(FilterError) as error:
        parse("日e\u0301\x1b == == b")
    shown, caret, what, suggestion = error.value.describe().splitlines()
    assert ("日e\u0301  == == b", " " * 8 + "^") == (shown, caret)
    assert "`==` cannot stand here" == what
    assert suggestion


def test_values_know_their_columns_and_quotes():
    """A quoted value, a raw one and a bare one."""
    node = parse("""a in {b, "c\\"d", r'e'}""")
    assert [("b", 7, False, False), ('c\\"d', 10, True, False), ("e", 18, True, True)] == [
        (value.text, value.column, value.quoted, value.raw) for value in node.values
    ]
    assert (1, 3) == (node.field.column, node.column)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.text(max_size=20))
def test_any_text_is_a_filter_or_an_error(text):
    """No other exception, and a column inside the text or right behind it."""
    try:
        tree = parse(text)
    except FilterError as error:
        column, shown = error.column, error.describe()
    else:
        column, shown = 1, "^"
        assert tree is None or list(conditions(tree))
    assert 1 <= column <= len(text) + 1
    assert "^" in shown


def test_parsing_takes_linear_time():
    """Twice the text, about twice the work."""
    parse("a")
    works = [steps(parse, "not (a == b) or " * size + "c") for size in (15, 30)]
    assert works[1] < 2.2 * works[0]
