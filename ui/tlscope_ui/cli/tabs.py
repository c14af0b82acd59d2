"""The tabs of the screen, told by `tlscope show`: each as lines, and as JSON.

    told = TABS["timing"](index, question)
    told.lines(80), told.objects()

Whatever is said is said by tlscope_ui.telling; here it is read, and fitted to a terminal, or to none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tlscope.capture.reader import is_live
from tlscope.wire.field import as_json
from tlscope.wire.http.exchange import Message
from tlscope_ui.cli.concealing import Hidden, concealed
from tlscope_ui.telling import Span, exchanged, exchanges, stream
from tlscope_ui.telling.account import diff, found
from tlscope_ui.telling.certificates import certificates, certificates_json
from tlscope_ui.telling.chains import Shown
from tlscope_ui.telling.fitting import BAR, folded
from tlscope_ui.telling.handshake import Handshake
from tlscope_ui.telling.keys import keys, keys_json, schedule
from tlscope_ui.telling.ladder import Ladder, ends_of
from tlscope_ui.telling.overview import glance, overview, overview_json
from tlscope_ui.telling.story import WIDTH, diff_json, found_json
from tlscope_ui.telling.timing import timed, timing, timing_json
from tlscope_ui.telling.tree import tree_lines
from tlscope_ui.telling.units import dissector, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tlscope.capture.index import Index
    from tlscope.wire.field import Field
    from tlscope_ui.cli.views import Question
    from tlscope_ui.telling import Line
    from tlscope_ui.telling.flow import Flow
    from tlscope_ui.telling.units import Unit

    Objects = Iterable[Mapping[str, Any]]

STEP = "    "
HEX_COLUMNS = 78
SHOWN_BY = "--with-secrets"
"""What shows secrets that are masked."""
MAX_FRAME = 1 << 20
"""Bytes of a frame that are taken apart: all of one of HTTP/2's default size, and 64 times that."""


class Told(NamedTuple):
    """A view of a connection."""

    lines: Callable[[int | None], Iterable[Line]]
    """For so many columns; None where output has no width."""
    objects: Callable[[], Objects]
    headed: bool = True
    """Whether it is said first which connection it is."""
    without: str = ""
    """What the connection has, where there is no line."""


def _overview(index: Index, question: Question) -> Told:
    seen = glance(index, question.connection, question.exchange)
    assert seen is not None  # it was looked up just now
    masked = not question.secrets
    lines = overview(seen, masked=masked, shown_by=SHOWN_BY, live=is_live(question.directory))
    return Told(_flowing(lines), lambda: [overview_json(seen, masked=masked)])


def _ladder(index: Index, question: Question) -> Told:
    ladder, ends = Ladder(_read(index, question)), ends_of(index.connection(question.connection))

    def lines(width: int | None) -> Iterator[Line]:
        yield [Span(ladder.heads(width or WIDTH, ends).rstrip(), "strong")]
        for y in range(len(ladder)):
            yield from folded(_trimmed(ladder.line(y, width or WIDTH)), width, STEP)

    return Told(lines, ladder.objects)


def _diff(index: Index, question: Question) -> Told:
    legs = _read(index, question).legs()
    return Told(_flowing(diff(legs, whole=question.limit is None)), lambda: [diff_json(legs.client, legs.server)])


def _certificates(index: Index, question: Question) -> Told:
    handshake = _read(index, question)
    shown = Shown.of(handshake, handshake.legs())
    return Told(_flowing(certificates(shown)), lambda: [certificates_json(shown)])


def _keys(index: Index, question: Question) -> Told:
    derived, masked = keys(_read(index, question)), not question.secrets
    flow = schedule(derived, masked=masked, shown_by=SHOWN_BY)
    return Told(_flowing(flow), lambda: [{"keys": keys_json(derived, masked=masked)}])


def _findings(index: Index, question: Question) -> Told:
    legs = _read(index, question).legs()
    return Told(_flowing(found(legs)), lambda: [found_json(legs.findings, legs.causes)])


def _timing(index: Index, question: Question) -> Told:
    times = timed(index, _read(index, question), question.exchange, masked=not question.secrets)
    return Told(_flowing(timing(times)), lambda: [{"timing": timing_json(times)}])


def _read(index: Index, question: Question) -> Handshake:
    return Handshake(question.connection).read(index.lookup)


def _flowing(flow: Flow) -> Callable[[int | None], Iterator[Line]]:
    """The lines of a flow: none empty at its ends, and without the blanks that fill their last column."""

    def lines(width: int | None) -> Iterator[Line]:
        flow.fit(width or WIDTH)
        begun, empty = False, 0
        for y in range(len(flow)):
            line = _trimmed(flow.line(y, width or WIDTH))
            if not line:
                empty += begun
                continue
            yield from ([] for _ in range(empty))
            yield from folded(line, width, STEP)
            begun, empty = True, 0

    return lines


def _trimmed(line: Line) -> Line:
    line = list(line)
    while line:
        last = line.pop()
        text = (last if isinstance(last, str) else last.text).rstrip(" ")
        if text:
            return [*line, text if isinstance(last, str) else Span(text, last.style)]
    return line


# ------------------------------------------------------------------------------------------------------------- the data


def _exchanges(index: Index, question: Question) -> Told:
    shown = exchanges.Shown(
        question.content, question.limit, question.places, question.meaning, masked=not question.secrets
    )

    def lines(width: int | None) -> Iterator[Line]:
        # A hex dump is not broken where it need not be.
        written = exchanges.WRITTEN
        bar = BAR if width is not None and width < len(written) + HEX_COLUMNS else written
        for said in exchanges.told(index, question.connection, shown, question.exchange):
            if said[0] == written:
                yield from folded([bar, *said[1:]], width, bar)
            else:
                yield from folded(said, width, STEP + "  ")

    def objects() -> Objects:
        wanted = exchanged.Wanted(question.limit, passed=question.content == "passed", fields=question.fields)
        return exchanged.objects(index, question.connection, wanted, question.exchange)

    return Told(lines, objects, headed=False, without="no exchange of HTTP")


def _stream(index: Index, question: Question) -> Told:
    connection, as_hex = question.connection, question.content == "hex"

    def lines(width: int | None) -> Iterator[Line]:
        if question.secrets:
            yield from stream.told(index, connection, question.limit, width, _bare, as_hex=as_hex)
            return
        hidden = Hidden(concealed(index, question.directory, connection, question.limit))
        yield from stream.told(index, connection, question.limit, width, hidden.at, as_hex=as_hex)
        for said in hidden.said():
            yield from folded(said, width, STEP)

    return Told(
        lines,
        lambda: stream.objects(index, connection, question.limit),
        without="no data",
    )


def _bare(_: int, data: bytes) -> bytes:
    return data


def _frames(index: Index, question: Question) -> Told:
    units, masked = read(index, question.connection, question.exchange), not question.secrets

    def lines(width: int | None) -> Iterator[Line]:
        for title, listed in (("Messages", units.messages), ("Frames", units.frames)):
            if len(listed):
                yield [Span(title, "strong")]
            for unit in listed.units:
                line: Line = ["  ", *unit.line(listed.began, (width or WIDTH) - 2, masked=masked)]
                yield from folded(_trimmed(line), width, STEP)
                yield from _fields(_apart(index, question, unit), question, width)
            if listed.full:
                yield listed.line(len(listed.units), WIDTH)

    def objects() -> Objects:
        for listed in (units.messages, units.frames):
            for unit in listed.units:
                taken = _apart(index, question, unit)
                yield unit.json(listed.began, masked=masked) | ({"fields": as_json(taken[0])} if taken else {})

    without = "no frames, nor messages inside: HTTP/2, WebSocket, gRPC and event streams have some"
    return Told(lines, objects, without=without)


def _fields(taken: tuple[Field, bytes] | None, question: Question, width: int | None) -> Iterator[Line]:
    if taken is None:
        return
    room = None if width is None else width - len(STEP)
    for line in tree_lines(*taken, places=question.places, meaning=question.meaning, width=room):
        yield [STEP, *line]


def _apart(index: Index, question: Question, unit: Unit) -> tuple[Field, bytes] | None:
    """The tree of a frame, and the bytes that it is of, where somebody asked for it.

    None for a message, and for a frame that lies in pieces.
    """
    event = unit.event
    take = None if isinstance(event, Message) else dissector(event)
    if take is None or not question.fields:
        return None
    span = index.lookup.span(question.connection, event.direction, event.start, event.start + event.length, MAX_FRAME)
    return take(span.data, not question.secrets)


TABS = {
    "overview": _overview,
    "ladder": _ladder,
    "diff": _diff,
    "certificates": _certificates,
    "keys": _keys,
    "findings": _findings,
    "timing": _timing,
    "exchanges": _exchanges,
    "frames": _frames,
    "stream": _stream,
}
"""By the name of the option."""
