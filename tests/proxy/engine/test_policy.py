from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlscope.config import Config
from tlscope.engine.policy import Decision, decide, match
from tlscope.events import Action


def config(**rules):
    return Config(Path("capture"), Path("ca"), **rules)


INTERCEPT = Decision(Action.INTERCEPT)
NOT_ONLY = Decision(Action.PASS_THROUGH, "not in --only")


@pytest.mark.parametrize(
    ("expected", "rules", "names"),
    [
        (INTERCEPT, {}, ["example.com"]),
        (INTERCEPT, {"passthrough": ("*.bank",), "refuse": ("*.ads",)}, ["example.com", ""]),
        (Decision(Action.PASS_THROUGH, "--passthrough *.bank"), {"passthrough": ("a", "*.bank", "*")}, ["my.bank"]),
        (Decision(Action.REFUSE, "--refuse *.ads"), {"refuse": ("*.ads",)}, ["x.ads"]),
        (INTERCEPT, {"only": ("*.test",)}, ["a.test"]),
        (NOT_ONLY, {"only": ("*.test", "b.example")}, ["a.example"]),
        (Decision(Action.REFUSE, "--refuse a"), {"refuse": ("a",), "passthrough": ("a",), "only": ("a",)}, ["a"]),
        (Decision(Action.PASS_THROUGH, "--passthrough a"), {"passthrough": ("a",), "only": ("a",)}, ["a"]),
    ],
)
def test_decisions(expected, rules, names):
    """Refuse is stronger than pass through, that stronger than only; the decision names the option that made it."""
    assert expected == decide(config(**rules), *names)


@pytest.mark.parametrize("names", [["192.0.2.1", "x.ads"], ["x.ads", "192.0.2.1"], ["x.ads", "", "y"]])
def test_one_name_suffices(names):
    """A connection is known by its target and by its SNI; a rule for either holds."""
    assert Action.REFUSE is decide(config(refuse=("*.ads",)), *names).action
    assert Action.PASS_THROUGH is decide(config(passthrough=("*.ads",)), *names).action
    assert Action.INTERCEPT is decide(config(only=("*.ads",)), *names).action


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
