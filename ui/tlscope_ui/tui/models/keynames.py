"""Which key does what now, and how keys are written: every key that is named on the screen is said by this.

    key("follow")                          "f", or what the user's file says
    hint("back", "paper-leave")            "Esc: back"
    hints(("copy", "y"), ...)              several, in a line
    understood("Ctrl+X")                   "ctrl+x", as Textual names it; ValueError where there is no such key

The keys that were chosen are told once, by `choose`, when the program starts: there is one keyboard, and texts that
name keys are made far from the program, some in threads.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from tlscope_ui.tui.models.actions import BY_ID, of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tlscope_ui.tui.models.actions import Action

SHOWN = {
    "question_mark": "?", "slash": "/", "colon": ":", "semicolon": ";", "apostrophe": "'", "left_square_bracket": "[",
    "right_square_bracket": "]", "equals_sign": "=", "less_than_sign": "<", "greater_than_sign": ">", "asterisk": "*",
    "minus": "-", "escape": "Esc", "enter": "Enter", "up": "↑", "down": "↓", "left": "←", "right": "→",
    "pageup": "PgUp", "pagedown": "PgDn", "home": "Home", "end": "End", "tab": "Tab", "space": "Space",
    "backspace": "Backspace", "delete": "Delete", "insert": "Insert",
}  # fmt: skip
"""How keys are written on the screen, where neither their name nor the sign that they make is how."""
WRITTEN = {word.lower(): name for name, word in SHOWN.items()}
MODIFIERS = ("ctrl", "alt", "shift", "super", "hyper", "meta")
KNOWN = frozenset(key.value for key in Keys) - {"<any>", "<scroll-up>", "<scroll-down>", "<ignore>"}


def _named(character: str) -> str:
    """Textual's name of the key that makes a character."""
    if character.isalnum():
        return character
    try:
        name = unicodedata.name(character).lower().replace("-", "_").replace(" ", "_")
    except ValueError:
        raise ValueError(f"there is no key {character!r}") from None
    return KEY_NAME_REPLACEMENTS.get(name, name)


SIGNS = {_named(chr(code)): chr(code) for code in range(0x21, 0x250) if chr(code).isprintable()}
"""The characters that keyboards of the Latin script make, by Textual's names of the keys."""

_chosen: dict[str, str] = {}


def choose(keymap: Mapping[str, str]) -> None:
    """Have these keys, by the action's id, with commas between them; what is not named has those of the table."""
    _chosen.clear()
    _chosen.update(keymap)


def keys(action: Action) -> list[str]:
    """The keys of an action, as Textual names them: without those that somebody gave to another of the same place."""
    if action.id in _chosen:
        return _chosen[action.id].split(",")
    gone = {key for other in of(action.place) if other.id in _chosen for key in _chosen[other.id].split(",")}
    return [key for key in action.keys.split(",") if key and key not in gone]


def key(name: str) -> str:
    """The first key of the action with this id, as people write it; "" where it has none."""
    return next(map(written, keys(BY_ID[name])), "")


def all_keys(action: Action) -> str:
    """All of its keys, as people write them."""
    return " ".join(map(written, keys(action)))


def hint(what: str, *names: str) -> str:
    """What can be done with the keys of some actions; "" where none of them has a key."""
    found = " or ".join(filter(None, map(key, names)))
    return f"{found}: {what}" if found else ""


def hints(*some: tuple[str, ...]) -> str:
    """Several in a line; see `hint`."""
    return "   ".join(filter(None, (hint(*one) for one in some)))


def written(name: str) -> str:
    """One key as people write it."""
    *modifiers, last = name.split("+")
    names = [modifier.capitalize() for modifier in modifiers]
    word = SHOWN.get(last) or SIGNS.get(last, last)
    if len(word) == 1 and not names:
        return word
    if last not in SHOWN:
        word = word.upper() if len(word) == 1 or word[1:].isdigit() else word.capitalize()
    return "+".join([*names, word])


def understood(text: str) -> str:
    """A key, as people or Textual write it, by Textual's name; raises ValueError where there is none like it."""
    head, plus, last = text[:-1].rpartition("+")  # the last character may be a plus itself
    last += text[-1:]
    modifiers = head.split("+") if plus else []
    wrong = [modifier for modifier in modifiers if modifier.lower() not in MODIFIERS]
    if wrong:
        raise ValueError(f"there is no key {text!r}: {wrong[0]!r} is none of {', '.join(MODIFIERS)}")
    name = WRITTEN.get(last.lower(), last)
    if len(name) == 1:
        name = _named(name.lower() if modifiers else name)
    elif name.lower() in KNOWN:
        name = name.lower()
    elif name not in SIGNS:
        raise ValueError(f"there is no key {text!r}")
    return "+".join([*(modifier.lower() for modifier in modifiers), name])
