"""What conditions ask for that SQL has no word for: functions that a database is taught.

tlscope_match(pattern, text)         a regular expression that cannot hang (regex.py)
tlscope_network(network, address)    whether an address is in a network
tlscope_words(pattern)               the words that are like a pattern, as the others here a list in JSON (anywhere.py)
tlscope_shown(pattern)               the connections that show what is like a pattern
tlscope_targets(text)                the connections with a target that holds a text
tlscope_body(connection, exchange, needle)
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from tlscope.capture.filter.anywhere import Anywhere
from tlscope.capture.filter.regex import Regex

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable


def prepare(database: sqlite3.Connection, body: Callable[[int, int | None, bytes], bool] | None = None) -> None:
    """Teach a database the functions that conditions use.

    `body(connection, exchange, needle)` says whether `needle` is in the application data of a connection, or of one of
    its exchanges if that is not None. Without it a filter on `body` is an error of SQLite's.
    """
    anywhere = Anywhere(database)
    database.create_function("tlscope_match", 2, _matches, deterministic=True)
    database.create_function("tlscope_network", 2, _in_network, deterministic=True)
    database.create_function("tlscope_words", 1, anywhere.words, deterministic=True)
    database.create_function("tlscope_shown", 1, anywhere.shown, deterministic=True)
    database.create_function("tlscope_targets", 1, anywhere.targets, deterministic=True)
    if body:
        look = body
        database.create_function("tlscope_body", 3, lambda *where: bool(look(*where)))


@lru_cache(maxsize=1 << 16)  # a text is asked again for every row that has it
def _matches(pattern: str, value: str | int | None) -> bool | None:
    return None if value is None else regex(pattern).search(str(value))


@lru_cache(maxsize=16)
def regex(pattern: str) -> Regex:
    """A compiled pattern; raises RegexError."""
    return Regex(pattern)


@lru_cache(maxsize=4096)
def _in_network(network: str, value: str | None) -> bool | None:
    if value is None:
        return None
    try:
        return ip_address(value) in _network(network)
    except ValueError:
        return False


@lru_cache(maxsize=16)
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text)
