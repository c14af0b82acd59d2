import re

import pytest

from tlscope_ui.tui.models.actions import ACTIONS
from tlscope_ui.tui.models.settings import KEPT, KEYS, Settings, load, save, written_keys


def test_what_was_chosen_is_kept(tmp_path):
    """In a file that nobody else can read."""
    chosen = Settings(
        "high-contrast", ["what", "ja4"], {"ja4": 10}, "host", descending=True, by_host=True, history=["dns"]
    )
    save(chosen, tmp_path / "state")
    assert chosen == load(tmp_path, tmp_path / "state")
    assert 0o600 == (tmp_path / "state" / KEPT).stat().st_mode & 0o777


@pytest.mark.parametrize("text", ["{", "[]", '{"theme": 1, "columns": "x", "widths": {"a": "b"}, "history": [1]}', ""])
def test_what_makes_no_sense_is_as_if_nothing_was_chosen(tmp_path, text):
    """The screen starts all the same."""
    (tmp_path / KEPT).write_text(text)
    assert Settings() == load(tmp_path, tmp_path)


def test_keys_are_a_file_of_the_user(tmp_path):
    """One key, or several."""
    (tmp_path / KEYS).write_text('[keys]\nfollow = "F"\nquit = ["q", "Ctrl+X"]\nmark = ","\n')
    settings = load(tmp_path, tmp_path)
    assert {"follow": "F", "quit": "q,ctrl+x", "mark": "comma"} == settings.keymap
    assert [] == settings.problems


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[keys]\nfolow = "F"\n', "there is no action 'folow'; did you mean 'follow'?"),
        ("[keys]\nfollow = 1\n", "takes a key"),
        ("[keys]\nfollow = []\n", "takes a key"),
        ('[keys]\nrefuse = "F"\n', "the palette finds it"),
        ('[keys]\nfollow = "Strg+F"\n', "follow: there is no key 'Strg+F'"),
        ('[kyes]\nfollow = "F"\n', "there is no 'kyes'"),
        ("[keys\n", "line 1"),
    ],
)
def test_what_is_wrong_with_it_is_said(tmp_path, text, problem):
    """With what could have been meant; the keys that are right hold."""
    (tmp_path / KEYS).write_text(text)
    settings = load(tmp_path, tmp_path)
    assert {} == settings.keymap
    (said,) = settings.problems
    assert problem in said


def test_a_key_that_another_had_is_said(tmp_path):
    """Of the same place; not where the other was given another key, too."""
    (tmp_path / KEYS).write_text('[keys]\npause = "f"\ncopy = "e"\nexport = "y"\nmark = "s"\nsave = "s"\n')
    settings = load(tmp_path, tmp_path)
    assert ["pause takes f from follow", "mark takes s from save"] == [
        problem.partition(": ")[2] for problem in settings.problems
    ]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('quit = "f"', "quit and follow have f"),
        ('follow = "q"', "follow and quit have q"),
        ('follow = ["f", "j"]', "follow and down have j"),
        ('unmask-list = "f"', "unmask-list and follow have f"),
        ('quit = "F"\nfollow = "F"', "follow and quit have F"),
        ('pause = "v"', "pause and view have v; pause and body-view have v"),
        ('quit = "f"\nfollow = "F"', ""),
        ('view = "l"', ""),
        ('hosts = ["b", "F"]', ""),
        ('menu-up = "f"', ""),
    ],
)
def test_a_key_that_another_has_inside_or_around_is_said(tmp_path, keys, told):
    """One of both could never be done; not where tabs and lists have keys of their own, or dialogs."""
    (tmp_path / KEYS).write_text(f"[keys]\n{keys}\n")
    problems = [problem.split(": ") for problem in load(tmp_path, tmp_path).problems]
    assert told == "; ".join(said for _, said, _ in problems)


def test_all_keys_can_be_written_to_a_file(tmp_path):
    """As comments, which change nothing; without the marks of a comment, what they are anyhow."""
    (tmp_path / KEYS).write_text(written_keys())
    assert Settings() == load(tmp_path, tmp_path)
    (tmp_path / KEYS).write_text(re.sub(r"(?m)^#(?=[a-z0-9-]+ = )", "", written_keys()))
    settings = load(tmp_path, tmp_path)
    assert {action.id: action.keys for action in ACTIONS if action.keys} == settings.keymap
    assert [] == settings.problems
