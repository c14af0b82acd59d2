"""What a user chose: keys, in a file that the user writes; colours, columns and filters, in one that is kept.

    # ~/.config/tlscope/keys.toml
    [keys]
    follow = "F"
    quit = ["q", "Ctrl+X"]

Keys are written as the screen shows them, or as Textual names them. An action that does not exist is a problem with a
suggestion, told when the screen starts: the other keys hold. What is kept lies in the state directory, of mode 0600:
filters say what somebody looked for.

    written_keys()                   such a file with all actions, for a user to change: `tlscope open --keymap`
"""

from __future__ import annotations

import difflib
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_config_path, user_state_path

from tlscope_ui.tui.models.actions import ACTIONS, BY_ID, PLACES, of
from tlscope_ui.tui.models.keynames import understood, written
from tlscope_ui.tui.models.marks import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS, KEPT = "keys.toml", "screen.json"
HISTORY = 100
"""Filters that are kept."""
MAX_FILE = 1 << 20
"""Bytes that are read of a file."""


@dataclass(slots=True)
class Settings:
    """All of it; the defaults are those of somebody who chose nothing."""

    theme: str = ""
    columns: list[str] = field(default_factory=list)
    widths: dict[str, int] = field(default_factory=dict)
    order: str = "connection"
    descending: bool = False
    by_host: bool = False
    """Whether connections stand under their hosts."""
    history: list[str] = field(default_factory=list)
    keymap: dict[str, str] = field(default_factory=dict)
    """Keys that were chosen, as Textual's keymap: the action's id, and its keys with commas."""
    problems: list[str] = field(default_factory=list)


def load(config: Path, state: Path) -> Settings:
    """What was chosen, from the configuration and the state directory; never raises."""
    settings = Settings()
    _keep(settings, state / KEPT)
    _keys(settings, config / KEYS)
    return settings


def save(settings: Settings, state: Path) -> None:
    """Keep it for the next time. Raises OSError."""
    kept = {name: getattr(settings, name) for name in ("theme", "columns", "widths", "order", "descending", "by_host")}
    kept["history"] = settings.history[-HISTORY:]
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace(state / KEPT, json.dumps(kept, indent=1).encode())


def keys_file() -> str:
    """Where users write their keys, as they would name it."""
    return _at_home(user_config_path("tlscope") / KEYS)


def kept_file() -> str:
    """Where the rest is kept."""
    return _at_home(user_state_path("tlscope") / KEPT)


def written_keys() -> str:
    """A file of keys with all actions that have some, as they are where nobody chose others; all lines are comments."""
    lines = [
        f"# {keys_file()}",
        '# Take the # away before a line, and write another key; several as ["q", "Ctrl+X"].',
        "[keys]",
    ]
    for place, title in PLACES.items():
        actions = [action for action in of(place) if action.keys]
        lines += ["", f"# {title}"] if actions else []
        for action in actions:
            keys = [json.dumps(written(key), ensure_ascii=False) for key in action.keys.split(",")]
            value = keys[0] if len(keys) == 1 else f"[{', '.join(keys)}]"
            lines.append(f"{f'#{action.id} = {value}':<36}  # {action.note}")
    return "\n".join(lines)


def _at_home(path: Path) -> str:
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE)
    except OSError:
        return None


def _keep(settings: Settings, path: Path) -> None:
    """What was kept, as far as it makes sense: nobody writes it by hand."""
    try:
        kept = json.loads(_read(path) or b"{}")
    except (ValueError, RecursionError):
        return
    if not isinstance(kept, dict):
        return
    for name in ("theme", "order"):
        if isinstance(kept.get(name), str):
            setattr(settings, name, kept[name])
    settings.descending, settings.by_host = kept.get("descending") is True, kept.get("by_host") is True
    settings.columns = _strings(kept.get("columns"))
    settings.history = _strings(kept.get("history"))[-HISTORY:]
    widths = kept.get("widths")
    if isinstance(widths, dict):
        settings.widths = {key: width for key, width in widths.items() if type(width) is int}


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _keys(settings: Settings, path: Path) -> None:
    data = _read(path)
    if data is None:
        return
    try:
        tables: dict[str, Any] = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        settings.problems.append(f"{path}: {error}")
        return
    for name in tables.keys() - {"keys"}:
        settings.problems.append(f"{path}: there is no {name!r}; write keys below [keys]")
    keys = tables.get("keys", {})
    for name, value in keys.items() if isinstance(keys, dict) else ():
        try:
            settings.keymap[name] = _chosen(name, value)
        except ValueError as error:
            settings.problems.append(f"{path}: {error}")
    clashes = [*_clashes(settings.keymap), *_hidden(settings.keymap)]
    settings.problems += [f"{path}: {clash}" for clash in clashes]


def _chosen(name: str, value: object) -> str:
    """The keys of an action, as Textual's keymap has them; raises ValueError, which says what is wrong."""
    if name not in BY_ID:
        near = difflib.get_close_matches(name, BY_ID, 1)
        raise ValueError(f"there is no action {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    if not BY_ID[name].keys:
        raise ValueError(f"{name} has no key to be changed: the palette finds it")
    wanted = [value] if isinstance(value, str) else _strings(value)
    if not all(wanted) or not wanted:
        raise ValueError(f'{name} takes a key as "f", or several as ["f", "ctrl+t"]')
    try:
        return ",".join(map(understood, wanted))
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _clashes(keymap: dict[str, str]) -> Iterator[str]:
    """Keys that were given to one action, and that another of the same place has."""
    for name, keys in keymap.items():
        for other in of(BY_ID[name].place):
            theirs = keymap.get(other.id, other.keys).split(",")
            both = [written(key) for key in keys.split(",") if key in theirs]
            if other.id != name and both and (other.id not in keymap or other.id > name):
                yield f"{name} takes {' '.join(both)} from {other.id}"


_DEPTH = {"Tlscope": 0, "Main": 1, "Overview": 2, "Handshake": 2, "Messages": 2, "Dissected": 2, "BodyView": 2,
          "LineView": 3, "RowView": 4, "BodyLines": 4, "FieldView": 4, "HexView": 4}  # fmt: skip
"""How far inside the screen of a capture places are: a key is looked for in one, and in all that are around it."""


def _meet(one: str, other: str) -> bool:
    """Whether there are keys that are looked for in both of two places; a list of rows is in no tab."""
    depths = {_DEPTH.get(one), _DEPTH.get(other)}
    return len(depths) == 2 and not depths & {None} and depths != {2, 4}


def _hidden(keymap: dict[str, str]) -> Iterator[str]:
    """Keys that were given to one action, and that another has inside or around it; but for what is meant so."""
    for name, keys in keymap.items():
        action = BY_ID[name]
        for other in ACTIONS:
            if not _meet(action.place, other.place) or (other.id in keymap and other.id < name):
                continue
            theirs, meant = keymap.get(other.id, other.keys).split(","), set(action.keys.split(","))
            meant &= set(other.keys.split(","))
            both = [written(key) for key in keys.split(",") if key in theirs and key not in meant]
            if both:
                yield f"{name} and {other.id} have {' '.join(both)}: only one of them can be done by it"
