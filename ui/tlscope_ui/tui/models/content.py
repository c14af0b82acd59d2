"""A body in its views: what it is, decoded, laid out, as it passed, as bytes, as fields.

    body = Body(Coded(source, ("gzip",), "application/json"))
    made = body.make(Want("pretty"), job)         in a thread, one at a time; job.stop() ends it
    made.lines, made.view, made.said              what to show, as what, and what to say of it

A body of UNASKED bytes is decoded, read and laid out at once. A larger one is shown as it is, raw or hex, which takes
no time; what takes some asks first. What is made of it then goes through memory in pieces (octets.Spool).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tlscope.export import redact
from tlscope.wire.content import Content, Decoder, Kind, charset, describe, jsonbody, mediatype
from tlscope.wire.content.codings import named
from tlscope.wire.content.reading import TEXT
from tlscope.wire.content.textbody import is_text
from tlscope_ui.telling import Span
from tlscope_ui.text import size
from tlscope_ui.tui.models.body import HexLines, TextLines
from tlscope_ui.tui.models.covered import Covered
from tlscope_ui.tui.models.fieldtree import FieldTree
from tlscope_ui.tui.models.keynames import hint, key
from tlscope_ui.tui.models.lines import Told
from tlscope_ui.tui.models.octets import Filed, Held, Spool

if TYPE_CHECKING:
    import mmap

    from tlscope_ui.telling import Line
    from tlscope_ui.telling.units import Taken
    from tlscope_ui.tui.models.lines import Lines
    from tlscope_ui.tui.models.octets import Source

VIEWS = ("auto", "pretty", "raw", "hex", "tree")
UNASKED = 5 << 20
"""Bytes that are decoded and read without asking: a second's work."""
UNDERSTOOD = 16 << 20
"""Bytes of which fields are made, and texts but JSON's: they are in memory meanwhile."""
MADE = 1 << 30
"""Bytes that are made of a body, on the disk."""
SAMPLE = 64 << 10
"""Bytes by which a large body is told to be text or not."""
STEP = 64 << 10
"""Bytes that are decoded between two looks at whether they are still wanted."""
FIRST = 16
"""Blocks of a text that are indexed before it is shown: some screens."""
AS_BYTES = frozenset({Kind.IMAGE, Kind.AUDIO, Kind.VIDEO, Kind.FONT, Kind.ARCHIVE, Kind.PDF, Kind.WASM, Kind.BINARY})
"""What is hex at once."""
AS_IT_IS = frozenset({Kind.TEXT, Kind.CSS, Kind.JAVASCRIPT, Kind.EMPTY})
"""What has no other text than its own."""


class Coded(NamedTuple):
    """A body as it passed."""

    source: Source
    codings: tuple[str, ...] = ()
    """As Content-Encoding has them."""
    content_type: str = ""
    name: str = ""
    """A file name or the path of a URL."""
    problem: str = ""
    """What is missing of it."""
    tree: Taken | None = None
    """What takes it apart, where it is no content but a frame."""


class Want(NamedTuple):
    """How a body is to be shown."""

    view: str = "auto"
    wrap: int = 0
    """Columns that lines are wrapped to; 0: they are cut."""
    passed: bool = False
    """As it passed, the codings not undone."""
    masked: bool = True
    asked: bool = False
    """Somebody said that it may take its time."""


class Made(NamedTuple):
    """What there is to show."""

    lines: Lines
    view: str
    """What `auto` is here."""
    said: Line
    asks: bool = False
    """Whether it is to be asked for (Want.asked)."""


class Stopped(Exception):  # noqa: N818 - it is no error
    """Nobody wants it any more."""


class Job:
    """Work in a thread, that can be watched and stopped."""

    def __init__(self) -> None:
        self.what = ""
        """What is being done; empty for nothing that takes time."""
        self.done = self.total = 0
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Its result is not wanted any more."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether it is to end."""
        return self._stopped.is_set()

    def at(self, what: str, done: int, total: int) -> None:
        """Say how far it is; ends it (Stopped) where it is not wanted any more."""
        if self.stopped:
            raise Stopped
        self.what, self.done, self.total = what, done, total


@dataclass(slots=True)
class Body:
    """A body, and what is known of it already."""

    coded: Coded
    _decoded: tuple[bool, Source, tuple[str, ...], str] | None = None
    """Whether all of it, what of it, the codings undone, what is wrong."""
    _read: tuple[object, Content] | None = None

    def make(self, want: Want, job: Job) -> Made:
        """What to show; raises Stopped, and OSError where a disk is full."""
        coded = self.coded
        if coded.tree is not None:
            return self._framed(coded.tree, want, job)
        passed = want.passed or not named(coded.codings)
        if not passed and len(coded.source) > UNASKED and not want.asked:
            amount = size(len(coded.source))
            said = [Span(f"{amount} of {_list(coded.codings)}", "strong")]
            return Made(_question(f"decode {amount}"), "", [*said], asks=True)
        source, problem, more = coded.source, coded.problem, False
        undone: tuple[str, ...] = ()
        if not passed:
            complete, source, undone, wrong = self._decode(want, job)
            problem, more = wrong or coded.problem, not complete
        whole = len(source)
        source, masked = _masked(source, coded.content_type) if want.masked else (source, False)
        known = None if want.passed and named(coded.codings) else self._understood(source, want, job)
        view = want.view if want.view != "auto" else _choice(source, known)
        said_ = self._said(whole, undone, known, problem, masked=masked, more=more)
        if view in {"pretty", "tree"} and known is None:
            return Made(_question(f"read {size(len(source))}"), view, said_, asks=True)
        lines = self._lines(source, view, known, want, job)
        return Made(lines, view, said_, asks=more)

    def _framed(self, take: Taken, want: Want, job: Job) -> Made:
        tree, data = take(self.coded.source.read(0, UNDERSTOOD), want.masked)
        known = Content(Kind.BINARY, "", "", tree.label, "", tree, "")
        view = "tree" if want.view in {"auto", "pretty"} else want.view
        said: Line = [Span(tree.label, "strong"), f" · {size(len(self.coded.source))}"]
        return Made(self._lines(Held(data), view, known, want, job), view, said)

    def _lines(self, source: Source, view: str, known: Content | None, want: Want, job: Job) -> Lines:
        if view == "hex":
            return HexLines(source)
        if known is not None and view == "tree":
            return FieldTree(known.tree)
        codec = "utf-8"
        if known is not None and view == "pretty":
            source = _pretty(source, known, self.coded.content_type, job)
        else:
            found = charset.of(mediatype.parse(self.coded.content_type), source.read(0, SAMPLE))
            codec = found.codec if found.ascii else codec
        text = TextLines(source, wrap=want.wrap, codec=codec)
        text.index(lambda: job.stopped, FIRST)
        return text

    def _decode(self, want: Want, job: Job) -> tuple[bool, Source, tuple[str, ...], str]:
        if self._decoded is not None and (self._decoded[0] or not want.asked):
            return self._decoded
        source, limit = self.coded.source, MADE if want.asked else UNASKED
        decoder, spool = Decoder(self.coded.codings, limit), Spool()
        if not decoder.undone:
            self._decoded = True, source, (), decoder.problem
            return self._decoded
        for at in range(0, len(source), STEP):
            for piece in decoder.pieces(source.read(at, at + STEP)):
                spool.write(piece)
                job.at("decoding", at, len(source))
            if decoder.broken or spool.size >= limit:
                break
        complete = want.asked or spool.size < limit
        problem = decoder.problem if complete else f"these are the first {size(limit)}; {key('open')} decodes all"
        if decoder.broken and not spool.size:
            self._decoded = True, source, (), problem
        else:
            self._decoded = complete, spool.source(), decoder.undone, problem
        return self._decoded

    def _understood(self, source: Source, want: Want, job: Job) -> Content | None:
        """What it is; None where to say so takes time that nobody has given."""
        if len(source) > UNASKED and not want.asked:
            return None
        if self._read is None or self._read[0] != (len(source), want.masked):
            job.at("reading", 0, len(source))
            data = source.read(0, UNDERSTOOD)
            self._read = (len(source), want.masked), describe(self.coded.content_type, data, self.coded.name)
        return self._read[1]

    def _said(
        self,
        whole: int,
        undone: tuple[str, ...],
        known: Content | None,
        problem: str,
        *,
        masked: bool,
        more: bool,
    ) -> Line:
        coded = self.coded
        kind = coded.content_type.partition(";")[0].strip()
        parts: Line = [Span(known.summary if known else kind or "content", "strong")]
        if known is not None and (kind or known.media_type):
            parts.append(f" · {kind or known.media_type}")
        parts.append(f" · {size(whole)}{' and more' if more else ''}")
        if undone:
            parts.append(f" ({size(len(coded.source))} as it passed; undone: {_list(undone)})")
        elif named(coded.codings):
            parts.append(f" (as it passed; not undone: {_list(coded.codings)})")
        if masked:
            parts += [" · ", Span(hint("secrets", "unmask-body"), "strong")]
        for wrong in dict.fromkeys(filter(None, (problem, known.problem if known and whole <= UNDERSTOOD else ""))):
            parts += [" · ", Span(f"✗ {wrong}", "bad")]
        return parts


def _choice(source: Source, known: Content | None) -> str:
    """The view that shows most."""
    if known is None:
        return "raw" if is_text(source.read(0, SAMPLE)) else "hex"
    return "hex" if known.kind in AS_BYTES else "raw" if known.kind in AS_IT_IS else "pretty"


def _masked(source: Source, content_type: str) -> tuple[Source, bool]:
    """Without its secrets: what redact.py knows of its kind; of a large one, what is found where somebody looks."""
    if len(source) > UNASKED:
        return Covered(source), True
    data = source.read(0, len(source))
    shown = redact.data(content_type, data)
    return (Held(shown), True) if shown != data else (source, False)


def _pretty(source: Source, known: Content, content_type: str, job: Job) -> Source:
    """A body laid out for people; JSON of any length, all else as far as it was read."""
    found = charset.of(mediatype.parse(content_type), source.read(0, SAMPLE))
    if known.kind != Kind.JSON or not found.ascii or (len(source) <= UNDERSTOOD and len(known.text) < TEXT):
        return Held(known.text.encode("utf-8", "backslashreplace"))
    spool, data = Spool(), _buffer(source, job)
    for number, (piece, end) in enumerate(jsonbody.laid_out(data)):
        spool.write(piece)
        if number % 1024 == 0:
            job.at("laying out", end, len(source))
        if spool.size > MADE:
            spool.write(b"\n... and more")
            break
    return spool.source()


def _buffer(source: Source, job: Job) -> bytes | mmap.mmap:
    """All of it as one, which is on the disk if it is large."""
    if not isinstance(source, Filed):
        spool = Spool()
        for at in range(0, len(source), STEP):
            spool.write(source.read(at, at + STEP))
            job.at("reading", at, len(source))
        source = spool.source()
    return source.mapped() if isinstance(source, Filed) else source.read(0, len(source))


def _question(what: str) -> Lines:
    return Told([[], ["  press ", Span(key("open"), "strong"), f" to {what}"]])


def _list(codings: tuple[str, ...]) -> str:
    return " and ".join(named(codings)) or "no coding"
