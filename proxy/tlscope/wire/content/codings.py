"""Content codings undone: gzip, deflate, br, zstd, one upon another, never more than a limit.

    decode(["gzip"], data) -> Decoded(data, codings_undone, complete, problem)

    decoder = Decoder(["br", "gzip"], limit)      a big body, as it comes
    decoder.feed(chunk) -> bytes              or pieces(chunk), which never holds more than one piece of it
    decoder.complete, decoder.problem

A peer chooses every byte here. A decompression bomb ends at the limit, and so does a bomb within a bomb: what lies
between two codings is bounded, too. What is cut short gives what is there; what is broken gives what came before the
break. Time is linear in the input and the limit, and memory is one small piece a coding beside the output.

How each library is kept on the leash: zlib and brotli take the most that they may return at once; zstandard does not,
so it is fed so few bytes at a time that even blocks of nothing but zeros stay small. A library that fails throws away
what the failing call had made: zlib's state is copied before each slice and the slice fed again by single bytes.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LIMIT = 16 << 20
"""Bytes that are made of a body unless the caller says otherwise: far more than a person reads."""
STAGES = 5
"""Codings stacked on one body: curl's limit (MAX_ENCODE_STACK); honest servers use one."""
PIECE = 1 << 16
"""Bytes of output asked for at a time."""
SLICE = 1 << 14
"""Bytes of input given to zlib at a time: what it does not take is copied each time, so it is given little."""
BROTLI_SLICE = 1 << 9
"""Bytes of input given to brotli at a time: at most what these made is lost where a long stream is broken."""
EARLY = 1 << 16
"""Bytes of input within which a broken stream of br or zstd is read again by single bytes."""
ZSTD_SLICE = 64
"""Bytes of input given to zstandard at a time: 16 blocks of 128 KiB at the most (RFC 8878 section 3.1.1.2)."""

BEHIND = "more bytes behind the end"

ALIASES = {"x-gzip": "gzip", "x-compress": "compress", "x-deflate": "deflate", "brotli": "br"}
"""The first two by RFC 9110 section 8.4.1; the others are seen."""
REFUSED = {
    "compress": "compress (LZW, RFC 9110 section 8.4.1.1) is not undone",
    "dcb": "dcb needs a dictionary that was sent earlier (RFC 9842)",
    "dcz": "dcz needs a dictionary that was sent earlier (RFC 9842)",
    "aes128gcm": "aes128gcm is encrypted for whoever holds its key (RFC 8188)",
    "exi": "exi needs the schema of the document",
    "pack200-gzip": "pack200-gzip is not undone",
}
"""Codings that are registered, and why they stay as they are."""


class Decoded(NamedTuple):
    """What became of a body."""

    data: bytes
    codings_undone: tuple[str, ...]
    """In the order in which they were undone: the last that was applied comes first."""
    complete: bool
    """Whether every coding came to its own end."""
    problem: str
    """Why not, or what else is wrong; empty where all is well."""


def named(codings: Iterable[str]) -> list[str]:
    """The codings of a Content-Encoding field, in the order applied: lists split, aliases resolved, identity gone."""
    names = [name.strip().lower() for value in codings for name in value.split(",")]
    return [ALIASES.get(name, name) for name in names if name and name != "identity"]


def decode(codings: Sequence[str], data: bytes, limit: int = LIMIT) -> Decoded:
    """Undo a whole body's codings, given as Content-Encoding has them; never raises.

    Where nothing at all can be undone, the body comes back as it is.
    """
    decoder = Decoder(codings, limit)
    made = decoder.feed(data)
    if not made and data and decoder.broken:
        return Decoded(data[:limit], codings_undone=(), complete=False, problem=decoder.problem)
    return Decoded(made, decoder.undone, decoder.complete, decoder.problem)


class Decoder:
    """Undoes codings of a body that comes in chunks. What it gives never adds up to more than `limit` bytes."""

    def __init__(self, codings: Sequence[str], limit: int = LIMIT) -> None:
        names = named(codings)
        self.problem = ""
        """What is wrong so far."""
        self._limit, self._given, self._fed, self._full = limit, 0, False, False
        self._stages: list[_Stage] = []
        undone: list[str] = []
        for name in reversed(names):
            if len(undone) == STAGES:
                self.problem = f"more than {STAGES} codings: those applied first are left"
                break
            if name not in _STAGES:
                self.problem = REFUSED.get(name, f"unknown coding {name[:40]!r}")
                break
            self._stages.append(_STAGES[name]())
            undone.append(name)
        self.undone = tuple(undone)
        self._unknown = self.problem
        self._produced = [0] * len(self._stages)

    @property
    def broken(self) -> bool:
        """Whether a coding's bytes were wrong."""
        return any(stage.problem for stage in self._stages)

    @property
    def complete(self) -> bool:
        """Whether every coding came to its own end, and none was left. No bytes at all are complete, too (HEAD)."""
        done = all(stage.complete for stage in self._stages) or not self._fed
        return done and not self._full and not self._unknown

    def feed(self, data: bytes) -> bytes:
        """What these bytes become; nothing once the limit is reached or a coding is broken."""
        return b"".join(self.pieces(data))

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """The same a piece at a time, for who keeps none of it; to be run to its end."""
        if self._full or not data:
            return
        self._fed = True
        for piece in self._through(0, data):
            room = self._limit - self._given
            self._given += min(room, len(piece))
            yield piece[:room]
            if len(piece) > room:
                self._full = True
                self.problem = f"stopped at the limit of {self._limit} bytes"
                return
        self._judge()

    def _through(self, index: int, data: bytes) -> Iterator[bytes]:
        """`data` through the stages from `index` on, a piece at a time."""
        if index == len(self._stages):
            yield data
            return
        for piece in self._stages[index].feed(data):
            self._produced[index] += len(piece)
            if index + 1 < len(self._stages) and self._produced[index] > self._limit:
                self._stages[index].problem = f"more than {self._limit} bytes between two codings"
                return
            yield from self._through(index + 1, piece)

    def _judge(self) -> None:
        faults = [stage.problem or stage.trailing for stage in self._stages]
        first = next((f"{name}: {fault}" for name, fault in zip(self.undone, faults, strict=True) if fault), "")
        short = next((name for name, stage in zip(self.undone, self._stages, strict=True) if not stage.complete), "")
        self.problem = first or self._unknown or (f"{short}: ends early" if short else "")


class _Stage(Protocol):
    """One coding, undone."""

    complete: bool
    problem: str
    trailing: str
    """What is odd behind the end of the coded bytes."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The bytes within, in pieces."""
        ...  # pragma: no cover - a protocol


class _Zlib:
    """gzip (RFC 1952, any number of members), zlib (RFC 1950), and deflate as such (RFC 1951)."""

    wbits = 31

    def __init__(self) -> None:
        self.complete, self.problem, self.trailing = False, "", ""
        self._inflate: Any = None
        self._held = b""
        """What is too short yet to tell how it goes on."""
        self._members = 0

    def begins(self, start: bytes) -> int | None:
        """The window bits (zlib.decompressobj) for what starts so; 0: it goes on as nothing known; None: too short."""
        if self._members:
            return self.wbits if start == b"\x1f\x8b" else None if start == b"\x1f" else 0
        return self.wbits

    def feed(self, data: bytes) -> Iterator[bytes]:
        at = 0
        while at < len(data) and not self.problem and not self.trailing:
            if self._inflate is None:
                self._held += data[at : at + 1]
                at += 1
                if wbits := self.begins(self._held):
                    self._inflate, self.complete = zlib.decompressobj(wbits), False
                    held, self._held = self._held, b""
                    yield from self._slice(held)
                elif wbits == 0:
                    self._after(data[at:])
            else:
                given = data[at : at + SLICE]
                at += len(given)
                yield from self._slice(given)
                if self._inflate is not None and self._inflate.eof:
                    at -= len(self._inflate.unused_data)
                    self._inflate, self.complete = None, True
                    self._members += 1

    def _after(self, rest: bytes) -> None:
        """What follows the last member: gzip files are padded with zeros (gzip's manual), which is no fault."""
        if rest.strip(b"\0") or self._held.strip(b"\0"):
            self.trailing = BEHIND
        self._held = b""

    def _slice(self, given: bytes) -> Iterator[bytes]:
        """One slice of the input; if zlib refuses it, then all that it can make of it before that."""
        before, made, left = self._inflate.copy(), 0, given
        try:
            while True:
                piece = self._inflate.decompress(left, PIECE)
                made += len(piece)
                if piece:
                    yield piece
                left = self._inflate.unconsumed_tail
                if self._inflate.eof or (not left and len(piece) < PIECE):
                    return
        except zlib.error as error:
            self.problem = str(error).rpartition(": ")[2]
            yield from _behind(made, self._crumbs(before, given))

    def _crumbs(self, before: Any, given: bytes) -> Iterator[bytes]:
        """The slice that failed, by single bytes."""
        try:
            for byte in given:
                piece = before.decompress(bytes((byte,)), PIECE)
                while piece:
                    yield piece
                    piece = b"" if before.eof else before.decompress(before.unconsumed_tail, PIECE)
        except zlib.error:
            return


def _behind(count: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """`pieces` without their first `count` bytes."""
    for piece in pieces:
        if rest := piece[count:]:
            yield rest
        count = max(0, count - len(piece))


class _Deflate(_Zlib):
    """What is called deflate: zlib by RFC 9110 section 8.4.1.2; some send what is within without the wrapper."""

    def begins(self, start: bytes) -> int | None:
        if self._members:
            return 0
        if len(start) < 2:  # CM is 8 in zlib's first byte (RFC 1950 section 2.2)
            return None if start[0] & 0x0F == 8 else -15
        return 15 if int.from_bytes(start[:2]) % 31 == 0 else -15


class _Replayed:
    """What br and zstd share: their decoders cannot be copied, so a short stream that breaks is decoded once more."""

    slice = 1
    frames = False
    """Whether another stream may follow."""

    def __init__(self) -> None:
        self.complete, self.problem, self.trailing = False, "", ""
        self._start()

    def _start(self) -> None:
        self._inside, self._made = self.fresh(), 0
        self._early: bytearray | None = bytearray()
        """All that this stream was fed, while that is little."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        at = 0
        while at < len(data) and not self.problem and not self.trailing:
            if self.complete:
                if not self.frames:
                    self.trailing = BEHIND
                    return
                self._start()
            given = data[at : at + self.slice]
            yield from self._slice(given, again=self.complete)
            at += len(given) - self.unused(self._inside)

    def _slice(self, given: bytes, *, again: bool) -> Iterator[bytes]:
        if self._early is not None:
            self._early += given
            self._early = self._early if len(self._early) <= EARLY else None
        try:
            for piece in self.through(self._inside, given):
                self._made += len(piece)
                yield piece
            self.complete = self.finished(self._inside)
        except Exception as error:  # noqa: BLE001 - what a library raises on a peer's bytes is its own affair
            if again and not self._made:
                self.trailing = BEHIND
                return
            self.problem, self.complete = self.reason(error), False
            yield from _behind(self._made, self._crumbs())

    def _crumbs(self) -> Iterator[bytes]:
        """The stream by single bytes, up to where it breaks; or ends, before something else begins."""
        inside = self.fresh()
        try:
            for byte in self._early or b"":
                yield from self.through(inside, bytes((byte,)))
                if self.finished(inside):
                    self.problem, self.complete, self.trailing = "", True, BEHIND
                    return
        except Exception:  # noqa: BLE001 - as above: this is the break
            return

    def fresh(self) -> Any:
        """A new decoder."""
        raise NotImplementedError

    def through(self, inside: Any, given: bytes) -> Iterator[bytes]:
        """What `inside` makes of these bytes."""
        raise NotImplementedError

    def finished(self, inside: Any) -> bool:
        """Whether the stream has come to its end."""
        raise NotImplementedError

    def unused(self, _inside: Any) -> int:
        """Bytes given that lie behind the end."""
        return 0

    def reason(self, _error: Exception) -> str:
        """What is wrong."""
        return "broken, or not brotli"


class _Brotli(_Replayed):
    """br (RFC 7932)."""

    slice = BROTLI_SLICE

    def fresh(self) -> Any:
        import brotli  # type: ignore[import-untyped] # noqa: PLC0415 - loaded where it is used

        return brotli.Decompressor()

    def through(self, inside: Any, given: bytes) -> Iterator[bytes]:
        piece = inside.process(given, output_buffer_limit=PIECE)
        while piece or not inside.can_accept_more_data():
            yield piece
            piece = b"" if inside.is_finished() else inside.process(b"", output_buffer_limit=PIECE)

    def finished(self, inside: Any) -> bool:
        return bool(inside.is_finished())


class _Zstd(_Replayed):
    """zstd (RFC 8878, any number of frames). Windows up to the library's own 128 MiB, though RFC 9659 allows 8."""

    slice = ZSTD_SLICE
    frames = True

    def fresh(self) -> Any:
        import zstandard  # noqa: PLC0415 - loaded where it is used

        return zstandard.ZstdDecompressor().decompressobj()

    def through(self, inside: Any, given: bytes) -> Iterator[bytes]:
        if piece := inside.decompress(given):
            yield piece

    def finished(self, inside: Any) -> bool:
        return bool(inside.eof)

    def unused(self, inside: Any) -> int:
        return len(inside.unused_data) if inside.eof else 0

    def reason(self, error: Exception) -> str:
        return str(error).rpartition(" error: ")[2]


_STAGES: dict[str, type[_Zlib | _Brotli | _Zstd]] = {
    "gzip": _Zlib,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}
