"""Intercept, pass through or refuse: the rules, and what they say about a host. No I/O.

Rules stand in a row, and the first that matches decides:

    set while recording    through the control socket; newest first
    --refuse GLOB
    --passthrough GLOB
    --only GLOB            intercept; where there is one, all other hosts are passed through
    none of these          intercept

A host may be known by two names, its target and its SNI: one that matches is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tlscope.events import Action

if TYPE_CHECKING:
    from tlscope.config import Config

MAX_RULES = 100
"""Set while recording: every new connection is held against all of them."""
CONTROL = "control"
"""Where the rules that were set while recording come from."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What to do with the hosts that a glob matches, and who says so."""

    action: Action
    host: str
    """A glob over host names; `*` for what decides where nothing else does."""
    origin: str
    """`control`, an option, `not in --only` or `default`."""
    text: str
    """As events.Policy has it."""


class TooManyRulesError(Exception):
    """MAX_RULES are set already."""


class Rules:
    """The rules of one recorder."""

    def __init__(self, config: Config) -> None:
        self._set: dict[str, Rule] = {}
        """Oldest first, by what their globs match."""
        options = (
            (Action.REFUSE, "--refuse", config.refuse),
            (Action.PASS_THROUGH, "--passthrough", config.passthrough),
            (Action.INTERCEPT, "--only", config.only),
        )
        given = [Rule(action, host, name, f"{name} {host}") for action, name, hosts in options for host in hosts]
        if config.only:
            self._last = Rule(Action.PASS_THROUGH, "*", "not in --only", "not in --only")
        else:
            self._last = Rule(Action.INTERCEPT, "*", "default", "")
        self._given = [(_plain(rule.host), rule) for rule in given]
        self._row = self._given

    def decide(self, *names: str) -> Rule:
        """The rule for a connection to a host that is known by these names."""
        if self._row:
            plain = [_plain(name) for name in names if name]
            for glob, rule in self._row:
                if any(fnmatchcase(name, glob) for name in plain):
                    return rule
        return self._last

    def add(self, action: Action, host: str) -> Rule | None:
        """From now on this comes first; the rule for the same glob that it replaces is the answer.

        Raises TooManyRulesError.
        """
        glob = _plain(host)
        replaced = self._set.pop(glob, None)
        if len(self._set) >= MAX_RULES:
            raise TooManyRulesError
        self._set[glob] = Rule(action, host, CONTROL, f"{CONTROL} {action} {host}")
        self._line_up()
        return replaced

    def forget(self, host: str) -> Rule | None:
        """Take back what `add` did; None where there is no such rule."""
        forgotten = self._set.pop(_plain(host), None)
        self._line_up()
        return forgotten

    def set_while_recording(self) -> list[Rule]:
        """Those that `forget` knows, newest first."""
        return [*reversed(self._set.values())]

    def in_order(self) -> list[Rule]:
        """All of them, as they are asked; the last one matches everything."""
        return [*(rule for _, rule in self._row), self._last]

    def _line_up(self) -> None:
        self._row = [*reversed(self._set.items()), *self._given]


def match(globs: tuple[str, ...], *names: str) -> str:
    """The first glob that one of the names matches, else empty. Case does not matter, nor a final dot."""
    if not globs:
        return ""
    plain = [_plain(name) for name in names if name]
    return next((glob for glob in globs if any(fnmatchcase(name, _plain(glob)) for name in plain)), "")


def _plain(name: str) -> str:
    return name.lower().rstrip(".")
