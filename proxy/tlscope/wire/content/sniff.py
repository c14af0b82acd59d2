"""What the first bytes look like: magic numbers, as a table, and a few that need a second look.

    sniff(data) -> "image/png"        empty where nothing is known; text is not guessed here but for markup and JSON

Magic is what `file`, browsers (WHATWG MIME Sniffing) and the formats' own specifications agree on.
"""

from __future__ import annotations

import re

LOOK = 512
"""Bytes that are looked at; a tar archive shows itself in the first 262."""

MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\0\0\1\0", "image/x-icon"),
    (b"\0\0\2\0", "image/x-icon"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\xff\x0a", "image/jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"%PDF-", "application/pdf"),
    (b"%!PS-Adobe-", "application/postscript"),
    (b"\0asm", "application/wasm"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"\x04\x22\x4d\x18", "application/x-lz4"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"PK\3\4", "application/zip"),
    (b"PK\5\6", "application/zip"),
    (b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
    (b"!<arch>\ndebian-binary", "application/vnd.debian.binary-package"),
    (b"\xed\xab\xee\xdb", "application/x-rpm"),
    (b"xar!", "application/x-xar"),
    (b"Cr24", "application/x-chrome-extension"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"\x7fELF", "application/x-elf"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xca\xfe\xba\xbe\0\0\0", "application/java-vm"),
    (b"dex\n03", "application/vnd.android.dex"),
    (b"bplist00", "application/x-bplist"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "application/ogg"),
    (b"MThd\0\0\0\6", "audio/midi"),
    (b"#!AMR", "audio/amr"),
    (b"caff\0\1", "audio/x-caf"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"FLV\1", "video/x-flv"),
    (b"\0\0\1\xba", "video/mpeg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (b"#EXTM3U", "application/vnd.apple.mpegurl"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"OTTO", "font/otf"),
    (b"ttcf", "font/collection"),
    (b"\0\1\0\0\0", "font/ttf"),
    (b"true\0", "font/ttf"),
    (b"-----BEGIN ", "application/x-pem-file"),
    (b"{\\rtf", "application/rtf"),
)
"""How formats begin."""

RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
FORM = {b"AIFF": "audio/aiff", b"AIFC": "audio/aiff"}
BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"hevc": "image/heic-sequence",
    b"mif1": "image/heif",
    b"msf1": "image/heif-sequence",
    b"crx ": "image/x-canon-cr3",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"3gp4": "video/3gpp",
    b"3gp5": "video/3gpp",
    b"3g2a": "video/3gpp2",
}
"""Major brands of the ISO base media file format (ISO/IEC 14496-12 section 4.3); any other is MP4."""

_HTML = re.compile(
    rb"(?:<!--.{0,300}?-->\s*)?<(?:!doctype\s+html|html|head|script|iframe|h1|div|font|table|style|title|body|br|p|a|!--)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_JSON = re.compile(
    rb'\{\s*(?:"[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*"?\s*(?::|$)|\}|$)'
    rb'|\[\s*(?:[\[{"\]]|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\s*[,\]]|(?:true|false|null)\s*[,\]]|$)'
)
"""How a JSON object or array begins."""


def sniff(data: bytes) -> str:
    """The media type that the first bytes look like; empty where they look like none."""
    for magic, found in MAGIC:
        if data.startswith(magic):
            return found
    return _second_look(data[:LOOK]) or _markup(data[:LOOK])


def _second_look(start: bytes) -> str:
    """What one number at the beginning does not tell."""
    if start[:4] == b"RIFF":
        return RIFF.get(start[8:12], "")
    if start[:4] == b"FORM":
        return FORM.get(start[8:12], "")
    if start[4:8] == b"ftyp":
        return BRANDS.get(start[8:12], "video/mp4")
    if start[4:8] in {b"moov", b"moof", b"mdat", b"styp"} and len(start) > 11:
        return "video/mp4"
    if start[:2] == b"BM" and len(start) >= 26 and start[6:10] == b"\0\0\0\0" and start[15:18] == b"\0\0\0":
        return "image/bmp"
    if start[:2] == b"MZ" and len(start) >= 64:
        return "application/vnd.microsoft.portable-executable"
    if start[257:262] == b"ustar":
        return "application/x-tar"
    return _frames(start)


def _frames(start: bytes) -> str:
    """Streams that begin with a frame, not with a name."""
    if len(start) > 376 and start[0] == start[188] == start[376] == 0x47:
        return "video/mp2t"
    if start[:1] == b"\xff" and len(start) > 3 and start[1] & 0xE6 == 0xE2 and start[2] & 0xF0 not in {0, 0xF0}:
        return "audio/mpeg"  # MPEG audio, layer III
    if start[:1] == b"\xff" and len(start) > 6 and start[1] & 0xF6 == 0xF0:
        return "audio/aac"  # ADTS
    return ""


def _markup(start: bytes) -> str:
    """Text that shows by its first characters what it is."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if text.startswith(b"<"):
        if text.startswith(b"<?xml"):
            return "image/svg+xml" if b"<svg" in text else "application/xml"
        if text[:4].lower() == b"<svg":
            return "image/svg+xml"
        return "text/html" if _HTML.match(text) else ""
    return "application/json" if _JSON.match(text) else ""
