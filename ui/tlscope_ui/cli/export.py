"""`tlscope export`: a capture, or some of its connections, in a format of other people's tools."""

from __future__ import annotations

import os
import sys
import tempfile
from errno import EDQUOT, EFBIG, ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import rich_click as click

from tlscope.capture import notes
from tlscope.events import Direction
from tlscope_ui.cli.captures import CONNECTION, capture_option, find, tell_missing
from tlscope_ui.cli.filters import filter_argument, no_such, nothing_in, numbers_of, opened, understood
from tlscope_ui.cli.output import Failure, complain, nobody_reads
from tlscope_ui.text import size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from tlscope.capture.exchanges import Body
    from tlscope.capture.filter.compiler import Row
    from tlscope.capture.filter.query import Where
    from tlscope.capture.index import Index

USAGE = 2
NOTED = frozenset({"har", "pcapng", "jsonl"})
"""Formats that hold the marks and comments of a capture."""
OF_EXCHANGES = frozenset({"har", "curl"})
"""Formats of exchanges: a filter chooses among these, not among connections with all that they carried."""
KEYS_INSIDE = "note: the file holds the keys of these connections: whoever gets it can read what was said on them"
"""Of the formats that are of no use without keys: to name one is to ask for them."""
FULL = frozenset({ENOSPC, EDQUOT, EFBIG})
"""Errors of disks on which there is no room."""


class Asked(NamedTuple):
    """What is to be exported."""

    directory: Path
    numbers: frozenset[int] | None
    """The connections; None for all."""
    direction: Direction | None
    secrets: bool
    exchanges: dict[int, set[int]] | None = None
    """Their exchanges, where the format is one of these; None for all."""

    def wants(self, connection: int, exchange: int) -> bool:
        """Whether an exchange of one of the connections is to be exported."""
        return self.exchanges is None or exchange in self.exchanges.get(connection, ())


@click.command("export")
@filter_argument
@capture_option
@click.option(
    "-f",
    "--format",
    "name",
    required=True,
    type=click.Choice(["har", "pcapng", "keylog", "jsonl", "pem", "curl", "raw"]),
    help="har: HTTP exchanges; pcapng: packets, with the keys that open them; keylog: the keys; jsonl: events; "
    "pem: certificates; curl: requests as commands; raw: the data of one direction.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write to FILE.")
@click.option("-n", "--connection", "only", type=CONNECTION, multiple=True, metavar="N", help="Only this. Repeatable.")
@click.option("--direction", type=click.Choice(["up", "down"]), help="With raw: towards the server, or the client.")
@click.option(
    "--with-secrets",
    is_flag=True,
    help="In har, curl and jsonl: also cookies, passwords, keys. Otherwise they are redacted.",
)
def command(  # noqa: PLR0917 (click calls it by name)
    filter_: tuple[str, ...],
    capture: Path | None,
    name: str,
    output: Path | None,
    only: tuple[int, ...],
    direction: str | None,
    *,
    with_secrets: bool,
) -> None:
    """Export a capture: all connections, or those that FILTER selects (see `tlscope list --help`).

    har and curl hold exchanges, those that FILTER selects: 'status >= 500' is the failed requests alone. Other formats
    hold connections as a whole.

    Cookies, passwords and tokens are redacted in har and curl, and keys left out of jsonl, unless told otherwise.
    pcapng and keylog are of no use without keys, and always hold them: whoever gets such a file can read the
    connections.

    Secrets are found by the names of headers, parameters, members and fields, and a few by their look: others are not,
    nor any in paths, in prose, or in contents of binary formats. The data in jsonl and raw is what it is. Marks and
    comments go into har, pcapng and jsonl. Look at a file before you share it.
    """
    directory = find(capture)
    way = None if direction is None else Direction.UP if direction == "up" else Direction.DOWN
    if output is None and name in {"pcapng", "raw"} and sys.stdout.isatty():
        raise Failure("this is not for a terminal", "write it to a file: -o FILE", USAGE)
    if name in NOTED:
        try:
            notes.read(directory)
        except notes.Unreadable as problem:
            complain(f"note: {problem}: marks and comments are left out")
    numbers, chosen = _chosen(directory, name, filter_, only)
    _write(FORMATS[name](Asked(directory, numbers, way, with_secrets, chosen)), output)


def _chosen(
    directory: Path, name: str, filter_: tuple[str, ...], only: tuple[int, ...]
) -> tuple[frozenset[int] | None, dict[int, set[int]] | None]:
    """The connections that are wanted, and their exchanges, if not all are; it is told where there are none.

    Ends with exit code 1 where one that is named is not there.
    """
    unit: Row = "exchange" if name in OF_EXCHANGES else "connection"
    where = understood(filter_, unit)
    if where is None and not only:
        return None, None
    named, chosen = frozenset(only), None
    with opened(directory) as index:
        for number in only:
            if index.connection(number) is None:
                raise no_such(number, directory)
        if unit == "exchange":
            chosen = exchanges_of(index, where, named)
            numbers = frozenset(chosen)
        else:
            found = numbers_of(index, where) if where is not None else named
            numbers = found & named if only else found
    if not numbers:
        of_these = f"{directory} holds no exchange of HTTP of these connections"
        complain(*(nothing_in(directory, where, unit) if where is not None else [of_these]))
    return numbers, chosen


def exchanges_of(index: Index, where: Where | None, named: frozenset[int]) -> dict[int, set[int]]:
    """The exchanges that a condition selects, of these connections or of all."""
    sql, parameters = (where.sql, where.parameters) if where is not None else ("1", ())
    among = f"e.connection IN ({', '.join(map(str, sorted(named)))})" if named else "1"
    found: dict[int, set[int]] = {}
    joined = "exchange e JOIN connection c ON c.connection = e.connection"
    query = f"SELECT e.connection, e.exchange FROM {joined} WHERE {among} AND ({sql})"  # noqa: S608 - numbers; query.py binds what users write
    for connection, exchange in index.database.execute(query, parameters):
        found.setdefault(connection, set()).add(exchange)
    return found


def _har(asked: Asked) -> Iterator[bytes]:
    from tlscope.export import har  # noqa: PLC0415 - each format is loaded when it is asked for

    with opened(asked.directory) as index:
        noted = notes.known(asked.directory)
        numbers, chosen = _numbers(index, asked), asked.exchanges
        for text in har.log(index, numbers, with_secrets=asked.secrets, notes=noted, chosen=chosen):
            yield text.encode()


def _curl(asked: Asked) -> Iterator[bytes]:
    from tlscope.capture.exchanges import body, exchanges  # noqa: PLC0415 - as above
    from tlscope.export import curl, har  # noqa: PLC0415 - as above

    with opened(asked.directory) as index:
        for number in _numbers(index, asked):
            row = index.connection(number)
            if row is None:
                continue
            for exchange in exchanges(index.lookup, number, row["client_alpn"] or row["server_alpn"] or ""):
                if exchange.request is not None and asked.wants(number, exchange.number):
                    sent = body(index.lookup, exchange, Direction.UP)
                    if problem := sent.problem or _cut(sent):
                        complain(f"note: the body of connection {number}, exchange {exchange.number}: {problem}")
                    url = har.url_of(exchange.request, row)
                    yield (curl.command(exchange.request, sent, url, with_secrets=asked.secrets) + "\n").encode()


def _pcapng(asked: Asked) -> Iterator[bytes]:
    from tlscope.export import pcapng  # noqa: PLC0415 - as above
    from tlscope.export.source import Source  # noqa: PLC0415 - as above

    source = Source(asked.directory, asked.numbers)
    yield from pcapng.blocks(source)
    tell_missing(source.missing)
    complain(KEYS_INSIDE)


def _keylog(asked: Asked) -> Iterator[bytes]:
    from tlscope.export import keylog  # noqa: PLC0415 - as above
    from tlscope.export.source import Source  # noqa: PLC0415 - as above

    source = Source(asked.directory, asked.numbers)
    yield from keylog.lines(source)
    tell_missing(source.missing)
    complain(KEYS_INSIDE)


def _jsonl(asked: Asked) -> Iterator[bytes]:
    from tlscope.export import jsonl  # noqa: PLC0415 - as above
    from tlscope.export.source import Source  # noqa: PLC0415 - as above

    source = Source(asked.directory, asked.numbers)
    for line in jsonl.lines(source, secrets=asked.secrets):
        yield (line + "\n").encode()
    tell_missing(source.missing)


def _pem(asked: Asked) -> Iterator[bytes]:
    from tlscope.export import pem  # noqa: PLC0415 - as above
    from tlscope.export.source import Source  # noqa: PLC0415 - as above

    source = Source(asked.directory, asked.numbers)
    for text in pem.text(source):
        yield text.encode()
    tell_missing(source.missing)


def _raw(asked: Asked) -> Iterator[bytes]:
    from tlscope.export import raw  # noqa: PLC0415 - as above

    if asked.direction is None or asked.numbers is None or len(asked.numbers) != 1:
        raise Failure("raw is one direction of one connection", "name them: -n N --direction up|down", USAGE)
    (number,) = asked.numbers
    yield from raw.stream(asked.directory, number, asked.direction)


def _cut(sent: Body) -> str:
    """What is left out of a body that is longer than what is read of one."""
    left = 0 if sent.codings else sent.size - len(sent.data)
    return f"{size(left)} of it are left out" if left else ""


FORMATS: dict[str, Callable[[Asked], Iterable[bytes]]] = {
    "har": _har,
    "pcapng": _pcapng,
    "keylog": _keylog,
    "jsonl": _jsonl,
    "pem": _pem,
    "curl": _curl,
    "raw": _raw,
}


def _numbers(index: Index, asked: Asked) -> list[int]:
    if asked.numbers is not None:
        return sorted(asked.numbers)
    return [number for (number,) in index.database.execute("SELECT connection FROM connection ORDER BY connection")]


def _write(pieces: Iterable[bytes], output: Path | None) -> None:
    """Write to a file that nobody else can read, to what else `output` names, or to standard output."""
    if output is None:
        _pour(pieces, sys.stdout.buffer, "standard output")
    elif output.exists() and not output.is_file():
        try:
            with output.open("wb") as file:  # a pipe or a device stays what it is
                _pour(pieces, file, str(output))
        except OSError as error:
            raise _unwritable(str(output), error) from None
    else:
        write_whole(pieces, output.resolve())  # of a link, what it points to


def write_whole(pieces: Iterable[bytes], output: Path) -> None:
    """Write all of a file before it takes the place of what was there."""
    try:
        fd, name = tempfile.mkstemp(prefix=f".{output.name[:100]}.", suffix=".part", dir=output.parent)
    except OSError as error:
        raise _unwritable(str(output), error) from None
    part = Path(name)
    try:
        with os.fdopen(fd, "wb") as file:  # mode 0600: mkstemp
            _pour(pieces, file, str(output))
        part.replace(output)
    except OSError as error:
        raise _unwritable(str(output), error) from None
    finally:
        part.unlink(missing_ok=True)


def _pour(pieces: Iterable[bytes], file: BinaryIO, name: str) -> None:
    """Write piece after piece; what goes wrong in making them is not the file's fault."""
    for piece in pieces:
        try:
            file.write(piece)
        except BrokenPipeError:
            nobody_reads()
        except OSError as error:
            raise _unwritable(name, error) from None
    try:
        file.flush()
    except BrokenPipeError:
        nobody_reads()
    except OSError as error:
        raise _unwritable(name, error) from None


def _unwritable(name: str, error: OSError) -> Failure:
    next_ = "free some space, or name a file elsewhere with -o" if error.errno in FULL else "name another file with -o"
    return Failure(f"{name} cannot be written: {error.strerror}", next_)
