import pytest
from textual._xterm_parser import XTermParser

from tlscope_ui.tui.models.actions import ACTIONS, BY_ID
from tlscope_ui.tui.models.keynames import all_keys, choose, hint, hints, key, keys, understood, written

KEYMAP = {"pause": "f", "copy": "f9,ctrl+x", "paper-leave": "f10"}


@pytest.fixture
def chosen():
    choose(KEYMAP)
    yield
    choose({})


@pytest.mark.parametrize(
    ("name", "as_people"),
    [
        ("question_mark", "?"),
        ("f1", "F1"),
        ("ctrl+p", "Ctrl+P"),
        ("shift+tab", "Shift+Tab"),
        ("up", "↑"),
        ("k", "k"),
        ("G", "G"),
        ("ctrl+shift+a", "Ctrl+Shift+A"),
        ("comma", ","),
        ("plus", "+"),
        ("ctrl+plus", "Ctrl++"),
        ("percent_sign", "%"),
        ("backslash", "\\"),
        ("é", "é"),
        ("pagedown", "PgDn"),
    ],
)
def test_keys_are_written_as_people_write_them_and_read_as_they_are_written(name, as_people):
    """A user's file can say them as the screen does, or as Textual does."""
    assert as_people == written(name)
    assert name == understood(as_people)
    assert name == understood(name)


def test_all_keys_of_the_table_can_be_written_in_a_file():
    """None is lost on the way to the screen and back."""
    for action in ACTIONS:
        assert keys(action) == [understood(written(name)) for name in keys(action)]


@pytest.mark.parametrize("wrong", ["", "Page", "strg+x", "Ctrl+", "f25", "ctrl+follow", "\x1b"])
def test_what_is_no_key_is_refused(wrong):
    """The error names it."""
    with pytest.raises(ValueError, match="there is no key"):
        understood(wrong)


def test_a_sign_is_the_key_that_a_terminal_sends():
    """By what Textual makes of what comes from one."""
    for sign in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~§€äÑaZ0":
        (event,) = XTermParser().feed(sign)
        assert event.key == understood(sign)
        assert sign == written(event.key) or sign == "€"


@pytest.mark.usefixtures("chosen")
def test_the_keys_of_an_action_are_those_that_work_now():
    """Those of the user; one that was given to another of the same place is gone."""
    assert "f" == key("pause")
    assert "" == key("follow")
    assert "F9" == key("copy")
    assert "F9 Ctrl+X" == all_keys(BY_ID["copy"])
    assert "Y" == key("copy-again")
    assert "↑ k" == all_keys(BY_ID["up"])
    choose({})
    assert "f" == key("follow")


@pytest.mark.usefixtures("chosen")
def test_hints_name_them():
    """What has no key is not hinted at."""
    assert "F9 or Enter: copy" == hint("copy", "copy", "open")
    assert "" == hint("follow", "follow")
    assert "f: pause   F10: back" == hints(("pause", "pause"), ("follow", "follow"), ("back", "paper-leave"))
