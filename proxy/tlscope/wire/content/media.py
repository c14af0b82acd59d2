"""Audio, video, fonts, archives, documents, programs: a line on each, by what their heads say.

    read(body) -> Reading

Nothing is unpacked or played. What a head tells at a glance (length, size, entries, version) is told.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tlscope.wire.content.boxes import Facts, boxes
from tlscope.wire.content.reading import Kind, Reading, line, plural
from tlscope.wire.content.sniff import sniff
from tlscope.wire.content.textbody import dump
from tlscope.wire.field import MALFORMED, Cursor, Field, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.wire.content.reading import Body

HEX = 256
"""Bytes that the text shows: the head."""
TAIL = (1 << 16) + 22
"""Bytes from the end within which a ZIP archive's directory ends: its comment is 64 KiB at most (APPNOTE 4.3.16)."""
NAMES = {
    "application/pdf": "PDF", "application/wasm": "WebAssembly", "application/gzip": "gzip", "font/woff": "WOFF font",
    "application/zip": "ZIP archive", "application/x-tar": "tar archive", "application/x-7z-compressed": "7z archive",
    "application/vnd.rar": "RAR archive", "application/x-bzip2": "bzip2", "application/x-xz": "xz",
    "application/zstd": "zstd", "application/x-lz4": "LZ4", "font/woff2": "WOFF2 font", "font/otf": "OpenType font",
    "font/ttf": "TrueType font", "font/collection": "font collection", "audio/mpeg": "MPEG audio", "audio/wav": "WAV",
    "audio/flac": "FLAC", "application/ogg": "Ogg", "audio/aac": "AAC", "audio/midi": "MIDI", "audio/aiff": "AIFF",
    "video/webm": "WebM or Matroska", "video/mp4": "MP4", "audio/mp4": "MP4 audio", "video/quicktime": "QuickTime",
    "video/x-msvideo": "AVI", "video/mp2t": "MPEG transport stream", "video/x-flv": "Flash video",
    "application/vnd.sqlite3": "SQLite database", "application/x-elf": "ELF program",
    "application/java-vm": "Java class",
    "application/x-mach-binary": "Mach-O program", "application/vnd.android.dex": "Android program (DEX)",
    "application/vnd.microsoft.portable-executable": "Windows program (PE)", "application/x-bplist": "binary plist",
    "application/vnd.ms-cab-compressed": "cabinet", "application/x-rpm": "RPM package",
    "application/vnd.debian.binary-package": "Debian package", "application/x-chrome-extension": "Chrome extension",
}  # fmt: skip
WASM_SECTIONS = ("custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element",
                 "code", "data", "data count", "tag")  # fmt: skip
"""WebAssembly Core Specification section 5.5.2."""
ZIPPED = ((b"word/", "Word document"), (b"xl/", "Excel workbook"), (b"ppt/", "PowerPoint presentation"),
          (b"META-INF/MANIFEST.MF", "Java archive"), (b"AndroidManifest.xml", "Android package"),
          (b"Payload/", "iOS package"))  # fmt: skip
"""What a ZIP archive is when it holds such a name near its beginning."""


def read(body: Body, kind: Kind = Kind.BINARY) -> Reading:
    """A body that is shown as a line and its head."""
    seen = sniff(body.data)
    said, fields, bad = NAMES.get(seen) or body.media.type or "binary", list[Field](), ""
    if seen in HEADS:
        try:
            more = HEADS[seen](body.data)
        except (struct.error, IndexError, ValueError):
            more, bad = "", "its head ends early"
        said += f", {more}" if more else ""
    elif seen.startswith(("video/", "audio/")) and body.data[4:8] in BOXED:
        said, fields, bad = _boxed(body, said)
    said = f"{line(said, 200)}, {plural(len(body.data), 'byte')}"
    fields = fields or [Field("data.data", "Data", body.data, 0, len(body.data), shown(body.data))]
    tree = Field("media", "Media Type", None, 0, len(body.data), seen or body.media.type, "", "", tuple(fields))
    return Reading(kind, said, f"{said}\n\n{dump(body.data, HEX)}", tree, bad)


BOXED = frozenset({b"ftyp", b"styp", b"moov", b"moof", b"mdat"})


def _boxed(body: Body, name: str) -> tuple[str, list[Field], str]:
    facts, cursor = Facts(), Cursor(body.data)
    cursor.guarded(lambda inside: boxes(inside, body.room, facts))
    said = [name if not facts.brand or facts.brand in name else f"{name} ({facts.brand})"]
    said += [f"{width}x{height}" for width, height in sorted(facts.sizes)[-1:]]
    said += [f"{facts.seconds:.1f} s"] if facts.seconds else []
    said += [" ".join(facts.codecs)] if facts.codecs else []
    bad = next((found.text for field in cursor.fields for found in field.walk() if found.key == MALFORMED), "")
    return ", ".join(said), cursor.fields, bad


def _pdf(data: bytes) -> str:
    version = data[5:8].decode("latin-1")
    return f"version {version}" + (", encrypted" if b"/Encrypt" in data[-4096:] else "")


def _wasm(data: bytes) -> str:
    """The version, and which sections there are."""
    version, at, found = int.from_bytes(data[4:8], "little"), 8, list[str]()
    while at < len(data) and len(found) < 32:
        kind, size, shift = data[at], 0, 0
        at += 1
        while True:
            byte = data[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 or shift > 28:
                break
        at += size
        name = WASM_SECTIONS[kind] if kind < len(WASM_SECTIONS) else str(kind)
        found += [name] if name not in found else []
    return f"version {version}" + (f", sections: {', '.join(found)}" if found else "")


def _zip(data: bytes) -> str:
    """How many entries its directory counts; what it is by its names."""
    kind = next((name for part, name in ZIPPED if part in data[:8192]), "")
    if data[30:38] == b"mimetype":
        kind = data[38:100].partition(b"PK")[0].decode("latin-1")
    at = data.rfind(b"PK\5\6", max(0, len(data) - TAIL))
    count = plural(int.from_bytes(data[at + 10 : at + 12], "little"), "entry", "entries") if at >= 0 else "no directory"
    return ", ".join(part for part in (kind, count) if part)


def _gzip(data: bytes) -> str:
    """The name that the file had."""
    if not data[3] & 8 or data[3] & 4:
        return ""
    return data[10:266].partition(b"\0")[0].decode("latin-1")


def _tar(data: bytes) -> str:
    return "first " + data[:100].partition(b"\0")[0].decode("utf-8", "replace")


def _wav(data: bytes) -> str:
    at = data.find(b"fmt ", 12, 512)
    if at < 0:
        return ""
    _, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", data, at + 8)
    return f"{rate} Hz, {plural(channels, 'channel')}, {bits}-bit"


def _flac(data: bytes) -> str:
    bits = int.from_bytes(data[18:26])
    rate, channels, depth, samples = bits >> 44, (bits >> 41 & 7) + 1, (bits >> 36 & 31) + 1, bits & (1 << 36) - 1
    length = f", {samples / rate:.1f} s" if rate and samples else ""
    return f"{rate} Hz, {plural(channels, 'channel')}, {depth}-bit{length}"


def _ogg(data: bytes) -> str:
    start = data[28:40]
    codecs = ((b"OpusHead", "Opus"), (b"\x01vorbis", "Vorbis"), (b"\x80theora", "Theora"), (b"\x7fFLAC", "FLAC"))
    return next((name for magic, name in codecs if start.startswith(magic)), "")


def _webm(data: bytes) -> str:
    at = data.find(b"\x42\x82", 4, 64)  # EBML's DocType
    return data[at + 3 : at + 3 + (data[at + 2] & 0x7F)].decode("latin-1") if at >= 0 else ""


def _sfnt(data: bytes) -> str:
    return plural(struct.unpack_from(">H", data, 4)[0], "table")


def _woff(data: bytes) -> str:
    flavour, _, tables = struct.unpack_from(">4sIH", data, 4)
    return f"{'OpenType' if flavour == b'OTTO' else 'TrueType'}, {plural(tables, 'table')}"


def _elf(data: bytes) -> str:
    machines = {3: "x86", 40: "ARM", 62: "x86-64", 183: "AArch64", 243: "RISC-V"}
    machine = int.from_bytes(data[18:20], "little" if data[5] == 1 else "big")
    return f"{64 if data[4] == 2 else 32}-bit, {machines.get(machine, f'machine {machine}')}"


def _sqlite(data: bytes) -> str:
    size, pages = int.from_bytes(data[16:18]), int.from_bytes(data[28:32])
    return f"{plural(pages, 'page')} of {65536 if size == 1 else size} bytes"


HEADS: dict[str, Callable[[bytes], str]] = {
    "application/pdf": _pdf, "application/wasm": _wasm, "application/zip": _zip, "application/gzip": _gzip,
    "application/x-tar": _tar, "audio/wav": _wav, "audio/flac": _flac, "application/ogg": _ogg, "video/webm": _webm,
    "font/ttf": _sfnt, "font/otf": _sfnt, "font/woff": _woff, "font/woff2": _woff, "application/x-elf": _elf,
    "application/vnd.sqlite3": _sqlite,
}  # fmt: skip
