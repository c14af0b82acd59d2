"""The certificate authority: what it is, where, and how clients come to trust it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tlscope_ui.telling.clients import told, trust
from tlscope_ui.telling.flow import named, wrapped
from tlscope_ui.tui.screens.paper import Paper

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tlscope_ui.telling import Line

NAMES = {
    "path": "file",
    "subject": "subject",
    "sha256": "SHA-256",
    "not_before": "valid from",
    "not_after": "valid until",
    "only": "only for",
}


class Authority(Paper):
    """The CA, as it was read."""

    CAN: ClassVar = (("copy the line", "paper-copy", "open"), ("back", "paper-leave"))

    def __init__(self, facts: Mapping[str, str | list[str]]) -> None:
        super().__init__("Certificate authority", lambda width: page(facts, width))


def read(directory: Path) -> dict[str, str | list[str]]:
    """The facts of the CA in a directory, in a thread: it reads files. Raises Failure."""
    from tlscope_ca.authority import Authority as Found  # noqa: PLC0415 - cryptography is slow to import
    from tlscope_ui.cli.ca import described, problems  # noqa: PLC0415 - as above

    with problems():
        return described(Found.load(directory))


def page(facts: Mapping[str, str | list[str]], width: int) -> Iterator[tuple[Line, object]]:
    """The lines."""
    for key, name in NAMES.items():
        fact = facts[key]
        text = fact if isinstance(fact, str) else ", ".join(fact) or "any name"
        for line in named(name, text, width, 14):
            yield line, text
    yield [], None
    warning = "Whoever has its key can be any server to those who trust it: give away this file only, never the key."
    for line in wrapped(warning, width, "", "strong"):
        yield line, None
    yield [], None
    yield from told(trust(str(facts["path"])), width)
