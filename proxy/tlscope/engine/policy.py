"""Intercept, pass through or refuse: what the options say about a host. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tlscope.events import Action

if TYPE_CHECKING:
    from tlscope.config import Config


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and the option that says so."""

    action: Action
    rule: str = ""


def decide(config: Config, *names: str) -> Decision:
    """What to do with a connection to a host that is known by these names (its target, its SNI).

    `--refuse` is stronger than `--passthrough`, and that stronger than `--only`; one name that matches is enough.
    """
    if rule := match(config.refuse, *names):
        return Decision(Action.REFUSE, f"--refuse {rule}")
    if rule := match(config.passthrough, *names):
        return Decision(Action.PASS_THROUGH, f"--passthrough {rule}")
    if config.only and not match(config.only, *names):
        return Decision(Action.PASS_THROUGH, "not in --only")
    return Decision(Action.INTERCEPT)


def match(globs: tuple[str, ...], *names: str) -> str:
    """The first glob that one of the names matches, else empty. Case does not matter, nor a final dot."""
    if not globs:
        return ""
    plain = [name.lower().rstrip(".") for name in names if name]
    return next((glob for glob in globs if any(fnmatchcase(name, glob.lower().rstrip(".")) for name in plain)), "")
