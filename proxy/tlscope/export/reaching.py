"""How long it took until requests could be sent: to reach the server, and to agree on keys with it.

    reaching(index.lookup, connection) -> Reaching(connect, ssl)

The server is dialled once it is known which one is meant: behind a proxy request at once, else when the client's hello
has named it. Its name is looked up on the way, and nothing tells how long that took. The TLS of the server's leg begins
later where the client's hello is waited for in between; that is no time of the server's, and is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tlscope.capture.format import FLAG_DOWN, FLAG_SERVER, Kind

if TYPE_CHECKING:
    from tlscope.capture.lookup import Lookup

MARKS: dict[tuple[int, int], str] = {
    (Kind.POLICY, 0): "whereto",
    (Kind.MESSAGE, 0): "whereto",
    (Kind.REACHED, 0): "reached",
    (Kind.MESSAGE, FLAG_SERVER): "hello",
    (Kind.HANDSHAKE, FLAG_SERVER): "done",
}
"""What records, by their kinds and flags, are the end or the beginning of: a message of the client's is its hello."""


class Reaching(NamedTuple):
    """How long it took, in nanoseconds; None for what is not known."""

    connect: int | None = None
    """Both of it."""
    ssl: int | None = None


def reaching(lookup: Lookup, connection: int) -> Reaching:
    """Find out, by the records before the first data; captures did not always say when the server was reached."""
    marks: dict[str, int] = {}
    for place in lookup.places(connection):
        if place.kind == Kind.DATA or "done" in marks:
            break
        mark = MARKS.get((place.kind, place.flags & (FLAG_SERVER | FLAG_DOWN)))
        # The dial begins with what came last before its end; of all others the first counts.
        known = "reached" if mark == "whereto" else mark
        if mark is not None and known not in marks and (head := lookup.head(connection, place)) is not None:
            marks[mark] = head.mono
    dialled = _between(marks, "whereto", "reached")
    if dialled is None:
        return Reaching()
    agreed = _between(marks, "hello", "done")
    return Reaching(dialled + (agreed or 0), agreed)


def _between(marks: dict[str, int], begin: str, end: str) -> int | None:
    return max(marks[end] - marks[begin], 0) if begin in marks and end in marks else None
