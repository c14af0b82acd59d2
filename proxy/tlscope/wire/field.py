"""What every dissector yields: a tree of fields that know their bytes; and the cursor that grows it.

    def dissect(data: bytes) -> Field:
        cursor = Cursor(data)
        cursor.number(1, "tls.handshake.type", "Handshake Type", names=HandshakeType)
        cursor.vector(2, "tls.handshake.ciphersuites", "Cipher Suites", _suites)
        return cursor.field("tls.handshake", "ClientHello")

    def _suites(cursor: Cursor) -> None:
        while cursor.left:
            cursor.number(2, "tls.handshake.ciphersuite", "Cipher Suite", names=CipherSuite, notes=SUITE_NOTES)

Nothing raises past a dissector. Reading more than there is raises `Short` inside, and the cursor of the enclosing
`vector`, `group` or `guarded` call turns it into a field `Malformed` with the offset and the reason: what came before
stays, and where the enclosing length is known what comes after is dissected, too. Offsets count in the bytes that the
outermost cursor was given. Time and memory are linear in those bytes: a field costs at least one of them, but for
structure, which is bounded by DEPTH.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.tls.codes import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from enum import IntEnum

DEPTH = 40
"""Fields within fields: DER and protobuf can nest as deep as they are long. Real certificates need some 15."""
MALFORMED = "_ws.malformed"
"""Wireshark's name for what a dissector could not make sense of."""

Value = int | str | bytes | bool | None


class Field(NamedTuple):
    """A piece of a message: where it lies, what it says, and what that means."""

    key: str
    """Wireshark's display-filter name where there is one, else one of ours in the same style."""
    label: str
    """For people; Wireshark's where there is one."""
    value: Value
    """What scripts and filters compare: a number, text or the bytes; None where the children say it all."""
    start: int
    """Offset of its first byte in the message."""
    length: int
    """Bytes; 0 for what is concluded, not read."""
    text: str = ""
    """The value for people. Not yet safe for a terminal where it quotes a peer."""
    note: str = ""
    """A sentence: what the field is for, or what this value means."""
    reference: str = ""
    """Where that is written, for instance `RFC 8446 section 4.1.2`."""
    children: tuple[Field, ...] = ()

    @property
    def end(self) -> int:
        """Offset behind its last byte."""
        return self.start + self.length

    def walk(self) -> Iterator[Field]:
        """This field and all below, in the order of the bytes."""
        stack = [self]
        while stack:
            field = stack.pop()
            yield field
            stack.extend(reversed(field.children))

    def first(self, key: str) -> Field | None:
        """The first field below with this key, itself included."""
        return next((field for field in self.walk() if field.key == key), None)

    def all(self, key: str) -> list[Field]:
        """Every field below with this key."""
        return [field for field in self.walk() if field.key == key]


class Short(Exception):  # noqa: N818 - it is no error of ours, and never leaves a dissector
    """Something ends before it should: at `offset`, for want of `what`."""

    def __init__(self, offset: int, what: str) -> None:
        super().__init__(offset, what)
        self.offset, self.what = offset, what


def malformed(start: int, length: int, reason: str) -> Field:
    """The field that stands for bytes that could not be dissected."""
    return Field(MALFORMED, "Malformed", None, start, length, reason)


class Cursor:
    """Reads `data[at:end]`, appends a field for all that it reads to `fields`, and remembers where it is."""

    __slots__ = ("at", "begin", "data", "depth", "end", "fields")

    def __init__(self, data: bytes, at: int = 0, end: int | None = None, depth: int = 0) -> None:
        self.data, self.at, self.begin, self.depth = data, at, at, depth
        self.end = len(data) if end is None else end
        self.fields: list[Field] = []

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return self.end - self.at

    def pull(self, size: int, what: str) -> bytes:
        """The next bytes, without a field; raises Short."""
        if self.end - self.at < size:
            raise Short(self.at, what)
        self.at += size
        return self.data[self.at - size : self.at]

    def peek(self, size: int, what: str = "") -> int:
        """The next bytes as a number, not consumed; raises Short."""
        if self.end - self.at < size:
            raise Short(self.at, what)
        return int.from_bytes(self.data[self.at : self.at + size])

    def add(self, field: Field) -> Field:
        """Append a field made elsewhere."""
        self.fields.append(field)
        return field

    def number(
        self,
        size: int,
        key: str,
        label: str,
        *,
        names: type[IntEnum] | None = None,
        notes: Mapping[int, str] | None = None,
        text: str | Callable[[int], str] = "",
        note: str = "",
        reference: str = "",
    ) -> int:
        """An unsigned number of `size` bytes; its text is its name in `names`, or what `text` says; raises Short."""
        at, end = self.at, self.at + size
        if end > self.end:
            raise Short(at, label)
        value = int.from_bytes(self.data[at:end])
        self.at = end
        if names is not None:
            said = named(names, value, size)
        elif callable(text):
            said = text(value)
        else:
            said = text or str(value)
        if notes is not None:
            note = notes.get(value, note)
        self.fields.append(Field(key, label, value, at, size, said, note, reference))
        return value

    def raw(
        self,
        size: int | None,
        key: str,
        label: str,
        *,
        text: str | Callable[[bytes], str] = "",
        note: str = "",
        reference: str = "",
        value: Value = None,
    ) -> bytes:
        """`size` bytes, or (None) all that are left, as they are; their text is their hex at first; raises Short."""
        at = self.at
        data = self.pull(self.end - at if size is None else size, label)
        said = text(data) if callable(text) else text or shown(data)
        self.fields.append(Field(key, label, data if value is None else value, at, len(data), said, note, reference))
        return data

    def vector(
        self,
        size: int,
        key: str,
        label: str,
        parse: Callable[[Cursor], object],
        *,
        length_key: str = "",
        text: str = "",
        note: str = "",
        reference: str = "",
    ) -> Field:
        """A vector behind its length of `size` bytes (RFC 8446 section 3.4); raises Short without a whole length.

        The field spans the length too; `length_key` makes the length a field of its own. A vector that is longer than
        what encloses it is cut there, and says so.
        """
        start = self.at
        length = int.from_bytes(self.pull(size, f"the length of {label}"))
        inside = Cursor(self.data, self.at, min(self.end, self.at + length), self.depth + 1)
        if length_key:
            inside.fields.append(Field(length_key, f"{label} Length", length, start, size, str(length)))
        missing = length - inside.left
        inside.guarded(parse)
        if missing:
            inside.add(malformed(inside.end, 0, f"{label} says {length} bytes; {missing} of them are not there"))
        self.at = inside.end
        return self.add(Field(key, label, None, start, inside.end - start, text, note, reference, tuple(inside.fields)))

    def group(
        self,
        size: int | None,
        key: str,
        label: str,
        parse: Callable[[Cursor], object],
        *,
        value: Value = None,
        text: str = "",
        note: str = "",
        reference: str = "",
    ) -> Field:
        """A structure of `size` bytes, or (None) as long as what `parse` reads of what is left; raises Short."""
        start = self.at
        if size is not None and self.left < size:
            raise Short(start, label)
        inside = Cursor(self.data, start, self.end if size is None else start + size, self.depth + 1)
        whole = inside.guarded(parse, to_end=size is not None)
        self.at = inside.at if size is None and whole else inside.end
        return self.add(Field(key, label, value, start, self.at - start, text, note, reference, tuple(inside.fields)))

    def guarded(self, parse: Callable[[Cursor], object], *, to_end: bool = True) -> bool:
        """Let `parse` read; what is malformed, or with `to_end` left over, becomes a field. Whether all was well."""
        if self.depth > DEPTH:
            self.add(malformed(self.at, self.left, f"nested deeper than {DEPTH}"))
            self.at = self.end
            return False
        try:
            parse(self)
        except Short as short:
            self.add(malformed(short.offset, self.end - short.offset, f"{short.what} ends early"))
            self.at = self.end
            return False
        if to_end and self.at < self.end:
            self.add(malformed(self.at, self.left, f"{self.left} bytes too many"))
            self.at = self.end
            return False
        return True

    def field(
        self, key: str, label: str, *, value: Value = None, text: str = "", note: str = "", reference: str = ""
    ) -> Field:
        """All that was read, as one field."""
        return Field(key, label, value, self.begin, self.at - self.begin, text, note, reference, tuple(self.fields))


def shown(data: bytes) -> str:
    """Bytes as hex, no more than SHOWN of them: the rest is where `start` and `length` point."""
    return data.hex() if len(data) <= SHOWN else f"{data[:SHOWN].hex()}… ({len(data)} bytes)"


SHOWN = 64
"""Bytes: a key, a hash or a random is shown whole."""


def named(names: type[IntEnum], value: int, size: int) -> str:
    """`name (0x..)`: the RFC's name with its number, `GREASE` for a reserved one, `unknown` for any other."""
    known = _NAMES.get((names, value))
    if known is None:
        known = name_of(names, value)
        known = known if known.startswith(("unknown ", "GREASE ")) else f"{known} (0x{value:0{2 * size}x})"
        if len(_NAMES) < MAX_NAMES:
            _NAMES[names, value] = known
    return known


_NAMES: dict[tuple[type[IntEnum], int], str] = {}
MAX_NAMES = 4096
"""Names kept: peers choose the numbers."""


def as_json(field: Field) -> dict[str, object]:
    """A tree as JSON knows it: bytes as hex, empty columns left out, nested as deep as DEPTH at the most."""
    made: dict[str, object] = {"key": field.key, "label": field.label}
    if field.value is not None:
        made["value"] = field.value.hex() if isinstance(field.value, bytes) else field.value
    made["start"], made["length"] = field.start, field.length
    for name in ("text", "note", "reference"):
        if said := getattr(field, name):
            made[name] = said
    if field.children:
        made["children"] = [as_json(child) for child in field.children]
    return made
