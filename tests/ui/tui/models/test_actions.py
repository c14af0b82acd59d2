import importlib
import pkgutil
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from textual.binding import Binding
from textual.dom import DOMNode

import tlscope_ui.tui
from support.screen import visit
from tlscope_ui.cli import cli
from tlscope_ui.tui.models.actions import ACTIONS, BY_ID, PLACES, TABS, At, command, named, of
from tlscope_ui.tui.widgets import detail

READING = ("list", "show", "search", "export")
AT = At(Path("/captures/of mine"), 7, 2, "a b.example", 'host ~ "x"')


def kinds():
    """Every widget and screen of ours, and the program."""
    for module in pkgutil.walk_packages(tlscope_ui.tui.__path__, "tlscope_ui.tui."):
        importlib.import_module(module.name)
    found, left = [], [DOMNode]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        if kind.__module__.startswith("tlscope_ui.tui."):
            found.append(kind)
    return found


def bindings():
    """Each key that is bound, with its place and what it calls: what classes of ours declare themselves."""
    for kind in kinds():
        for binding in Binding.make_bindings(kind.__dict__.get("BINDINGS", ())):
            yield kind.__name__, binding.key, binding.action


def test_the_table_holds_every_binding_and_nothing_else():
    """So menus, palette, help and keys cannot differ."""
    table = {
        (action.place, binding.key, binding.action)
        for action in ACTIONS
        if action.keys
        for binding in Binding.make_bindings([Binding(action.keys, action.call)])
    }
    assert table == set(bindings())


def test_every_action_can_be_called():
    """Its place has the method, or Textual has."""
    classes = {}
    for kind in kinds():
        classes.setdefault(kind.__name__, []).append(kind)
    for action in ACTIONS:
        name = action.call.partition("(")[0].rpartition(".")[2]
        owners = (
            [*classes[action.place], *classes["Tlscope"]] if action.call.startswith("app.") else classes[action.place]
        )
        assert any(hasattr(owner, f"action_{name}") for owner in owners), action


def test_actions_are_named_once_and_told_in_sentences():
    """Settings and people go by the names."""
    assert len(ACTIONS) == len(BY_ID)
    for action in ACTIONS:
        assert action.place in PLACES
        assert action.note.endswith((".", "…"))
        assert action.title


def test_a_command_names_what_is_selected():
    """With the path and the number filled in, quoted for a shell."""
    assert "tlscope control -c '/captures/of mine' refuse 'a b.example'" == command(BY_ID["refuse"], AT)
    assert "tlscope export -c '/captures/of mine' -f har -n 7 -o FILE" == command(BY_ID["export"], AT)
    assert ["tlscope", "list", "-c", "/captures/of mine", 'host ~ "x"'] == shlex.split(command(BY_ID["filter"], AT))


def test_a_command_that_lacks_its_object_is_none():
    """Without a connection there is nothing to show; a filter alone may be missing."""
    nothing = At(Path("/c"))
    assert "" == command(BY_ID["export"], nothing)
    assert "" == command(BY_ID["refuse"], nothing)
    assert "" == command(BY_ID["zoom"], AT)
    assert "tlscope list -c /c" == command(BY_ID["filter"], nothing)


def test_a_command_is_about_the_exchange_that_is_selected():
    """Where one is; else about all of the connection's."""
    assert "tlscope show -c /c --timing --exchange 2 3" == command(BY_ID["tab-8"], At(Path("/c"), 3, 2))
    assert "tlscope show -c /c --timing 3" == command(BY_ID["tab-8"], At(Path("/c"), 3))
    for exchange, expected in ((0, 1), (2, 2)):  # a body is that of one exchange: a connection stands for its first
        saved = command(BY_ID["save"], At(Path("/c"), 3, exchange))
        assert f"tlscope export -c /c -f body -n 3 --exchange {expected} -o ." == saved


@pytest.mark.parametrize(
    "action", [action for action in ACTIONS if action.cli and action.id != "help"], ids=lambda action: action.id
)
def test_each_command_is_one_that_the_program_understands(action):
    """Down to its last option; hosts and filters may hold anything."""
    program, *words = shlex.split(command(action, AT))
    assert "tlscope" == program
    group, context = cli, None
    while isinstance(group, click.Group):
        context = group.make_context(group.name, list(words), context)
        words = [*context._protected_args, *context.args]
        _, group, words = group.resolve_command(context, words)
    group.make_context(group.name, list(words), context)


@pytest.fixture(scope="module")
def captured(tmp_path_factory):
    """A capture of which something can be told."""
    return visit(tmp_path_factory.mktemp("actions"))


def test_each_command_that_only_reads_shows_something(captured, tmp_path, monkeypatch):
    """Of what is selected."""
    monkeypatch.chdir(tmp_path)
    at = At(captured, 1, 1, "login.example", 'host ~ "example"')
    told = {command(action, at) for action in ACTIONS}
    told = {words for words in told if words.split()[:2] in (["tlscope", name] for name in READING)}
    assert len(told) >= 7
    for words in told:
        result = CliRunner().invoke(cli, shlex.split(words)[1:])
        assert 0 == result.exit_code, (words, result.output)
        assert result.output or Path("FILE").exists(), words


def test_an_action_is_found_by_its_name_or_the_beginning_of_it():
    """As far as it is plain which one is meant."""
    assert BY_ID["export"] == named("export")
    assert BY_ID["pass-through"] == named("Pass Through")
    assert BY_ID["zoom"] == named("zo")


def test_tabs_are_called_what_they_are_called_on_the_screen():
    """In their order."""
    assert [tab.title for tab in detail.TABS] == [title for title, _, _ in TABS]


@pytest.mark.parametrize(("text", "near"), [("exprot", "export"), ("unf", "unfold"), ("tab", "tab-1")])
def test_a_name_that_is_wrong_is_answered_with_those_that_are_near(text, near):
    """An error says what could have been meant."""
    with pytest.raises(ValueError, match=near):
        named(text)


def test_what_is_like_nothing_is_said_to_be_nothing():
    """No guess is made."""
    for text in ("", "xyzzy"):
        with pytest.raises(ValueError, match="there is no action"):
            named(text)


def test_places_have_their_actions():
    """In the order of the table."""
    assert ["unfold", "fold", "unfold-all", "fold-all", "unmask-list"] == [action.id for action in of("RowView")]
