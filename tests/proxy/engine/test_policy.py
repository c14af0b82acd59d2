from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlscope.config import Config
from tlscope.engine.policy import MAX_RULES, Rules, TooManyRulesError, match
from tlscope.events import Action

INTERCEPT, PASS_THROUGH, REFUSE = Action.INTERCEPT, Action.PASS_THROUGH, Action.REFUSE
DEFAULT = (INTERCEPT, "")


def rules(**options):
    return Rules(Config(Path("capture"), Path("ca"), **options))


def decided(rule):
    return rule.action, rule.text


@pytest.mark.parametrize(
    ("expected", "options", "names"),
    [
        (DEFAULT, {}, ["example.com"]),
        (DEFAULT, {"passthrough": ("*.bank",), "refuse": ("*.ads",)}, ["example.com", ""]),
        ((PASS_THROUGH, "--passthrough *.bank"), {"passthrough": ("a", "*.bank", "*")}, ["my.bank"]),
        ((REFUSE, "--refuse *.ads"), {"refuse": ("*.ads",)}, ["x.ads"]),
        ((INTERCEPT, "--only *.test"), {"only": ("*.test",)}, ["a.test"]),
        ((PASS_THROUGH, "not in --only"), {"only": ("*.test", "b.example")}, ["a.example"]),
        ((REFUSE, "--refuse a"), {"refuse": ("a",), "passthrough": ("a",), "only": ("a",)}, ["a"]),
        ((PASS_THROUGH, "--passthrough a"), {"passthrough": ("a",), "only": ("a",)}, ["a"]),
        ((PASS_THROUGH, "not in --only"), {"only": ("a",)}, []),
    ],
)
def test_decisions(expected, options, names):
    """Refuse is stronger than pass through, that stronger than only; the decision names the option that made it."""
    assert expected == decided(rules(**options).decide(*names))


@pytest.mark.parametrize("names", [["192.0.2.1", "x.ads"], ["x.ads", "192.0.2.1"], ["x.ads", "", "y"]])
def test_one_name_suffices(names):
    """A connection is known by its target and by its SNI; a rule for either holds."""
    assert REFUSE is rules(refuse=("*.ads",)).decide(*names).action
    assert PASS_THROUGH is rules(passthrough=("*.ads",)).decide(*names).action
    assert INTERCEPT is rules(only=("*.ads",)).decide(*names).action


def test_what_is_set_while_recording_comes_first():
    """The newest before the older, all of them before the options; the decision names it."""
    made = rules(refuse=("*.ads",), only=("*.test",))
    assert made.add(INTERCEPT, "*.ads") is None
    assert (INTERCEPT, "control intercept *.ads") == decided(made.decide("x.ads"))
    made.add(PASS_THROUGH, "x.*")
    assert (PASS_THROUGH, "control pass-through x.*") == decided(made.decide("x.ads"))
    made.add(REFUSE, "*")
    assert (REFUSE, "control refuse *") == decided(made.decide("192.0.2.1", "x.ads"))


def test_a_rule_replaces_that_of_the_same_glob():
    """However it is written, and is then the newest; the replaced one is told."""
    made = rules()
    first = made.decide("example.com")
    assert made.add(REFUSE, "Example.com.") is None
    made.add(PASS_THROUGH, "*")
    replaced = made.add(INTERCEPT, "EXAMPLE.COM")
    assert (REFUSE, "Example.com.") == (replaced.action, replaced.host)
    assert ["EXAMPLE.COM", "*"] == [rule.host for rule in made.set_while_recording()]
    assert [INTERCEPT, PASS_THROUGH, INTERCEPT] == [rule.action for rule in made.in_order()]
    assert first == made.in_order()[-1]


def test_what_is_forgotten_holds_no_more():
    """The options hold again; what was not set while recording cannot be forgotten."""
    made = rules(refuse=("a",))
    made.add(INTERCEPT, "A")
    assert INTERCEPT is made.decide("a").action
    assert INTERCEPT is made.forget("a.").action
    assert REFUSE is made.decide("a").action
    assert made.forget("a") is None
    assert REFUSE is made.decide("a").action


def test_the_order_says_where_rules_come_from():
    """First what was set while recording, then the options, then what holds for all others."""
    made = rules(refuse=("r",), passthrough=("p", "q"), only=("o",))
    made.add(REFUSE, "x")
    assert [
        (REFUSE, "x", "control"),
        (REFUSE, "r", "--refuse"),
        (PASS_THROUGH, "p", "--passthrough"),
        (PASS_THROUGH, "q", "--passthrough"),
        (INTERCEPT, "o", "--only"),
        (PASS_THROUGH, "*", "not in --only"),
    ] == [(rule.action, rule.host, rule.origin) for rule in made.in_order()]
    assert [(INTERCEPT, "*", "default")] == [(rule.action, rule.host, rule.origin) for rule in rules().in_order()]


def test_there_is_a_limit():
    """One that is set already can still be changed, and one that is forgotten makes room."""
    made = rules()
    for number in range(MAX_RULES):
        made.add(REFUSE, f"{number}.example")
    with pytest.raises(TooManyRulesError):
        made.add(REFUSE, "more.example")
    assert INTERCEPT is made.decide("more.example").action
    assert REFUSE is made.add(INTERCEPT, "0.example").action
    made.forget("1.example")
    made.add(REFUSE, "more.example")
    assert REFUSE is made.decide("more.example").action


NAMES = st.sampled_from(["a", "b", "a.b", "B.a."])
GLOBS = st.sampled_from(["a", "*", "?", "a.*", "*.A", "b."])
OPTIONS = st.fixed_dictionaries(
    {name: st.lists(GLOBS, max_size=2).map(tuple) for name in ("refuse", "passthrough", "only")}
)
SET = st.lists(st.tuples(st.sampled_from([*Action, None]), GLOBS), max_size=6)


@given(OPTIONS, SET, st.lists(NAMES, max_size=2))
def test_the_order_is_what_decides(options, changes, names):
    """The first rule in order that matches one of the names is the decision; the last one matches everything."""
    made = rules(**options)
    for action, glob in changes:
        made.add(action, glob) if action else made.forget(glob)
    *row, last = made.in_order()
    expected = next((rule for rule in row if match((rule.host,), *names)), last)
    assert expected == made.decide(*names)
    assert "*" == last.host


@pytest.mark.parametrize(
    ("expected", "globs", "name"),
    [
        ("EXAMPLE.com", ("EXAMPLE.com",), "Example.COM"),
        ("example.com.", ("example.com.",), "example.com"),
        ("example.com", ("example.com",), "example.com."),
        ("*.com", ("x", "*.com", "*"), "example.com"),
        ("?.com", ("?.com",), "a.com"),
        ("[ab].com", ("[ab].com",), "b.com"),
        ("::1", ("::1",), "::1"),
        ("192.0.2.*", ("192.0.2.*",), "192.0.2.77"),
        ("", ("*.example.com",), "example.com"),
        ("", ("example.com",), "www.example.com"),
        ("", ("example.com",), "example.com.evil"),
        ("", ("a.com",), "axcom"),
        ("", ("*",), ""),
        ("", (), "example.com"),
    ],
)
def test_globs(expected, globs, name):
    """Globs match whole names, without regard to case and a final dot; the first that does is the answer."""
    assert expected == match(globs, name)


@given(st.lists(st.text(max_size=8), max_size=4).map(tuple), st.lists(st.text(max_size=8), max_size=3))
def test_any_glob(globs, names):
    """No glob raises, and what is found is one of those given."""
    assert match(globs, *names) in {"", *globs}
