"""`tlscope export`: a capture, or some of its connections, in a format of other people's tools."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import rich_click as click

from tlscope.capture import notes
from tlscope.events import Direction
from tlscope_ui.cli.captures import CONNECTION, EXCHANGE, capture_option, find, tell_missing
from tlscope_ui.cli.filters import check_exchange, filter_argument, no_such, nothing_in, numbers_of, opened, understood
from tlscope_ui.cli.output import Failure, complain
from tlscope_ui.cli.writing import write
from tlscope_ui.text import size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tlscope.capture.exchanges import Body
    from tlscope.capture.filter.compiler import Row
    from tlscope.capture.filter.query import Where
    from tlscope.capture.index import Index

USAGE = 2
NOTED = frozenset({"har", "pcapng", "jsonl"})
"""Formats that hold the marks and comments of a capture."""
BODY = "body"
OF_EXCHANGES = frozenset({"har", "curl", BODY})
"""Formats of exchanges: a filter chooses among these, not among connections with all that they carried."""
BARE = frozenset({"pcapng", "raw", BODY})
"""Formats that hold bytes as they are, which no terminal is to be given."""
KEYS_INSIDE = "note: the file holds the keys of these connections: whoever gets it can read what was said on them"
"""Of the formats that are of no use without keys: to name one is to ask for them."""


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
    type=click.Choice(["har", "pcapng", "keylog", "jsonl", "pem", "curl", "raw", BODY]),
    help="har: HTTP exchanges; pcapng: packets, with the keys that open them; keylog: the keys; jsonl: events; "
    "pem: certificates; curl: requests as commands; raw: the data of one direction; body: the content of one message.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to FILE; a body, where that is a directory, to a file in it, whose name is printed.",
)
@click.option("-n", "--connection", "only", type=CONNECTION, multiple=True, metavar="N", help="Only this. Repeatable.")
@click.option("--exchange", type=EXCHANGE, metavar="E", help="Only this exchange of it: with body, har and curl.")
@click.option(
    "--direction",
    type=click.Choice(["up", "down"]),
    help="With raw and body: towards the server, or the client (body: default down, the response).",
)
@click.option("--passed", is_flag=True, help="With body: as it passed, its codings (gzip ...) not undone.")
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
    exchange: int | None,
    direction: str | None,
    *,
    passed: bool,
    with_secrets: bool,
) -> None:
    """Export a capture: all connections, or those that FILTER selects (see `tlscope list --help`).

    har and curl hold exchanges, those that FILTER selects: 'status >= 500' is the failed requests alone. body is the
    content of one of them, of its response or its request. Other formats hold connections as a whole.

    Cookies, passwords and tokens are redacted in har and curl, and keys left out of jsonl, unless told otherwise.
    pcapng and keylog are of no use without keys, and always hold them: whoever gets such a file can read the
    connections.

    Secrets are found by the names of headers, parameters, members and fields, and a few by their look: others are not,
    nor any in paths, in prose, or in contents of binary formats. The data in jsonl, raw and body is what it is. Marks
    and comments go into har, pcapng and jsonl. Look at a file before you share it.
    """
    directory = find(capture)
    way = None if direction is None else Direction.UP if direction == "up" else Direction.DOWN
    if output is None and name in BARE and sys.stdout.isatty():
        raise Failure("this is not for a terminal", "write it to a file: -o FILE", USAGE)
    _check(name, output, only, exchange, passed=passed)
    if name in NOTED:
        try:
            notes.read(directory)
        except notes.Unreadable as problem:
            complain(f"note: {problem}: marks and comments are left out")
    numbers, chosen = _chosen(directory, name, filter_, only, exchange)
    if name == BODY:
        from tlscope_ui.cli.body import Wanted, export_body, the_one  # noqa: PLC0415 - loaded when it is asked for

        export_body(directory, Wanted(*the_one(chosen), Direction.DOWN if way is None else way, not passed), output)
        return
    write(FORMATS[name](Asked(directory, numbers, way, with_secrets, chosen)), output)


def _check(name: str, output: Path | None, only: tuple[int, ...], exchange: int | None, *, passed: bool) -> None:
    """What makes no sense together is no question to be answered."""
    if name != BODY and output is not None and output.is_dir():
        raise Failure(f"{output} is a directory", "name a file in it: -o FILE", USAGE)
    if name != BODY and passed:
        raise Failure(f"--passed is of a body, and {name} is none", "leave it out, or: -f body", USAGE)
    if exchange and name not in OF_EXCHANGES:
        raise Failure(f"{name} is of connections as a whole", f"leave --exchange {exchange} out", USAGE)
    if exchange and len(only) != 1:
        raise Failure(f"exchange {exchange} of which connection?", f"name it: -n N --exchange {exchange}", USAGE)


def _chosen(
    directory: Path, name: str, filter_: tuple[str, ...], only: tuple[int, ...], exchange: int | None
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
            if exchange:
                check_exchange(directory, index, only[0], exchange)
            chosen = exchanges_of(index, where, named, exchange or 0)
            numbers = frozenset(chosen)
        else:
            found = numbers_of(index, where) if where is not None else named
            numbers = found & named if only else found
    if not numbers:
        of_these = f"{directory} holds no exchange of HTTP of these connections"
        complain(*(nothing_in(directory, where, unit) if where is not None else [of_these]))
    return numbers, chosen


def exchanges_of(index: Index, where: Where | None, named: frozenset[int], number: int = 0) -> dict[int, set[int]]:
    """The exchanges that a condition selects, of these connections or of all; with a number, those that have it."""
    sql, parameters = (where.sql, where.parameters) if where is not None else ("1", ())
    among = f"e.connection IN ({', '.join(map(str, sorted(named)))})" if named else "1"
    found: dict[int, set[int]] = {}
    joined = "exchange e JOIN connection c ON c.connection = e.connection"
    query = f"SELECT e.connection, e.exchange FROM {joined} WHERE {among} AND ({sql})"  # noqa: S608 - numbers; query.py binds what users write
    for connection, exchange in index.database.execute(query, parameters):
        if number in {0, exchange}:
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
