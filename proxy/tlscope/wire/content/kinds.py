"""Which kind of body a media type means, and whether to believe it.

choose(media, data, name) -> (MediaType to read it as, problem)
"""

from __future__ import annotations

from tlscope.wire.content import jwt, pki
from tlscope.wire.content.jsonbody import SEQUENCES
from tlscope.wire.content.mediatype import MediaType
from tlscope.wire.content.reading import Kind
from tlscope.wire.content.sniff import sniff
from tlscope.wire.content.textbody import is_binary, is_text

VAGUE = frozenset({
    "", "application/octet-stream", "binary/octet-stream", "application/binary", "application/unknown",
    "unknown/unknown", "application/force-download", "application/download", "*/*", "content/unknown",
})  # fmt: skip
"""Types that say nothing."""

TYPES: dict[str, Kind] = {
    "application/json": Kind.JSON,
    "text/json": Kind.JSON,
    "application/manifest+json": Kind.JSON,
    "application/csp-report": Kind.JSON,
    "application/json5": Kind.JSON,
    **dict.fromkeys(SEQUENCES, Kind.JSON),
    "application/x-www-form-urlencoded": Kind.FORM,
    "text/html": Kind.HTML,
    "application/xhtml+xml": Kind.HTML,
    "application/xml": Kind.XML,
    "text/xml": Kind.XML,
    "application/xml-dtd": Kind.TEXT,
    "image/svg+xml": Kind.IMAGE,
    "text/css": Kind.CSS,
    "text/javascript": Kind.JAVASCRIPT,
    "application/javascript": Kind.JAVASCRIPT,
    "application/x-javascript": Kind.JAVASCRIPT,
    "application/ecmascript": Kind.JAVASCRIPT,
    "text/ecmascript": Kind.JAVASCRIPT,
    "application/typescript": Kind.JAVASCRIPT,
    "application/graphql": Kind.TEXT,
    "application/yaml": Kind.TEXT,
    "application/x-yaml": Kind.TEXT,
    "application/toml": Kind.TEXT,
    "application/sql": Kind.TEXT,
    "application/x-sh": Kind.TEXT,
    "application/x-pem-file": Kind.CERTIFICATE,
    "application/pem-certificate-chain": Kind.CERTIFICATE,
    **{media_type: kind for media_type, (kind, _name, _parse) in pki.READERS.items()},
    "application/vnd.apple.mpegurl": Kind.TEXT,
    "application/x-mpegurl": Kind.TEXT,
    "application/rtf": Kind.TEXT,
    "application/postscript": Kind.TEXT,
    "message/http": Kind.TEXT,
    "message/rfc822": Kind.TEXT,
    "application/http": Kind.TEXT,
    "application/pdf": Kind.PDF,
    "application/wasm": Kind.WASM,
    "application/protobuf": Kind.PROTOBUF,
    "application/x-protobuf": Kind.PROTOBUF,
    "application/x-google-protobuf": Kind.PROTOBUF,
    "application/vnd.google.protobuf": Kind.PROTOBUF,
    "application/proto": Kind.PROTOBUF,
    "application/x-protobuffer": Kind.PROTOBUF,
    "application/grpc": Kind.GRPC,
    "application/grpc+proto": Kind.GRPC,
    "application/grpc-web": Kind.GRPC,
    "application/grpc-web+proto": Kind.GRPC,
    "application/connect+proto": Kind.GRPC,
    "application/msgpack": Kind.MSGPACK,
    "application/x-msgpack": Kind.MSGPACK,
    "application/vnd.msgpack": Kind.MSGPACK,
    "application/cbor": Kind.CBOR,
    "application/cose": Kind.CBOR,
    "application/cwt": Kind.CBOR,
    "application/cbor-seq": Kind.CBOR,
    "application/dns-message": Kind.DNS,
    "application/jwt": Kind.JWT,
    "application/jose": Kind.JWT,
    "video/vnd.mpeg.dash.mpd": Kind.XML,
    "application/ogg": Kind.AUDIO,
    "application/zip": Kind.ARCHIVE,
    "application/x-zip-compressed": Kind.ARCHIVE,
    "application/gzip": Kind.ARCHIVE,
    "application/x-gzip": Kind.ARCHIVE,
    "application/x-tar": Kind.ARCHIVE,
    "application/x-bzip2": Kind.ARCHIVE,
    "application/x-xz": Kind.ARCHIVE,
    "application/zstd": Kind.ARCHIVE,
    "application/x-lz4": Kind.ARCHIVE,
    "application/x-7z-compressed": Kind.ARCHIVE,
    "application/vnd.rar": Kind.ARCHIVE,
    "application/x-rar-compressed": Kind.ARCHIVE,
    "application/vnd.ms-cab-compressed": Kind.ARCHIVE,
    "application/vnd.debian.binary-package": Kind.ARCHIVE,
    "application/x-rpm": Kind.ARCHIVE,
    "application/x-xar": Kind.ARCHIVE,
    "application/x-chrome-extension": Kind.ARCHIVE,
    "application/font-woff": Kind.FONT,
    "application/font-woff2": Kind.FONT,
    "application/x-font-woff": Kind.FONT,
    "application/x-font-ttf": Kind.FONT,
    "application/x-font-otf": Kind.FONT,
    "application/x-font-opentype": Kind.FONT,
    "application/vnd.ms-fontobject": Kind.FONT,
}
"""Media types, each with its kind."""

SUFFIXES = {"json": Kind.JSON, "xml": Kind.XML, "cbor": Kind.CBOR, "proto": Kind.PROTOBUF, "zip": Kind.ARCHIVE,
            "json-seq": Kind.JSON, "gzip": Kind.ARCHIVE, "msgpack": Kind.MSGPACK, "yaml": Kind.TEXT,
            "jwt": Kind.JWT, "der": Kind.ASN1}  # fmt: skip
"""Structured syntaxes (RFC 6838 section 4.2.8)."""
MAJORS = {"text": Kind.TEXT, "image": Kind.IMAGE, "audio": Kind.AUDIO, "video": Kind.VIDEO, "font": Kind.FONT,
          "multipart": Kind.MULTIPART}  # fmt: skip
"""What the type before the slash means where the rest is not known."""
EXTENSIONS = {
    "json": "application/json", "ndjson": "application/x-ndjson", "html": "text/html", "htm": "text/html",
    "xml": "application/xml", "css": "text/css", "js": "text/javascript", "mjs": "text/javascript",
    "svg": "image/svg+xml", "csv": "text/csv", "txt": "text/plain", "pb": "application/protobuf",
    "msgpack": "application/msgpack", "cbor": "application/cbor", "map": "application/json",
}  # fmt: skip
"""What a file's name says where nothing else does. Formats with a magic number need none."""

LOOSE = frozenset({
    Kind.PROTOBUF, Kind.GRPC, Kind.MSGPACK, Kind.CBOR, Kind.DNS, Kind.MULTIPART, Kind.JWT, Kind.CERTIFICATE, Kind.OCSP,
    Kind.ASN1,
})  # fmt: skip
"""Kinds that may begin with any bytes at all: no magic number speaks against them, but for text through and through,
which is what a proxy answers in place of a server (an error page for a gRPC call)."""
STRUCTURED = frozenset({Kind.JSON, Kind.HTML, Kind.XML})
TEXTUAL = frozenset({Kind.JSON, Kind.FORM, Kind.HTML, Kind.XML, Kind.CSS, Kind.JAVASCRIPT, Kind.TEXT})
PLAIN = frozenset({Kind.CSS, Kind.JAVASCRIPT, Kind.TEXT})
"""Text of which no reader makes sense: if it is none, its bytes are what there is to see."""
STREAMS = frozenset({Kind.AUDIO, Kind.VIDEO})
"""Their containers are the same (MP4, WebM, Ogg): the name decides."""
CORRECTED: dict[Kind, frozenset[Kind]] = {
    Kind.JSON: frozenset({Kind.HTML, Kind.XML}),
    Kind.HTML: frozenset({Kind.JSON}),
    Kind.XML: frozenset({Kind.JSON}),
    Kind.TEXT: frozenset({Kind.JSON}),
    Kind.FORM: frozenset({Kind.JSON, Kind.HTML, Kind.XML}),
    **dict.fromkeys((Kind.IMAGE, Kind.AUDIO, Kind.VIDEO, Kind.FONT, Kind.ARCHIVE, Kind.PDF, Kind.WASM), STRUCTURED),
}
"""Text that is often called something else: a kind, and what is believed against it."""


def kind_of(media_type: str) -> Kind | None:
    """The kind that a media type means; None where that is not known."""
    media = MediaType(media_type)
    return TYPES.get(media_type) or SUFFIXES.get(media.suffix) or MAJORS.get(media.major)


def choose(media: MediaType, data: bytes, name: str = "") -> tuple[MediaType, str]:
    """What to read a body as, and what is wrong with what it was called."""
    called, seen = kind_of(media.type), sniff(data)
    if called is None:
        return (_guessed(media, data, seen, name) if media.type in VAGUE else media), ""
    if not seen:
        return _unseen(media, data, called)
    found = kind_of(seen)
    if called in LOOSE:
        wrong = found in STRUCTURED and is_text(data)
    elif found == called or {found, called} <= STREAMS:
        wrong = called is Kind.IMAGE and seen != media.type and media.type not in SAME.get(seen, ())
    elif called in TEXTUAL or found in TEXTUAL:
        wrong = found in CORRECTED.get(called, ()) or (called in TEXTUAL and found not in TEXTUAL)
        wrong = wrong and not (called is Kind.XML and found is Kind.IMAGE)
    else:
        wrong = True
    if not wrong:
        return media, ""
    return MediaType(seen, media.parameters), f"called {media.type}, but begins like {seen}"


def _guessed(media: MediaType, data: bytes, seen: str, name: str) -> MediaType:
    """For a label that says nothing: magic, the name's ending, or that it is text."""
    guess = seen or EXTENSIONS.get(name.partition("?")[0].rpartition(".")[2].lower(), "")
    if not guess and is_text(data):
        guess = "application/jwt" if jwt.is_token(data) else "text/plain"
    return MediaType(guess or media.type, media.parameters)


def _unseen(media: MediaType, data: bytes, called: Kind) -> tuple[MediaType, str]:
    """For a label that no magic speaks against: whether text is text, and perhaps a token."""
    if called in PLAIN and is_binary(media, data):
        return MediaType("application/octet-stream", media.parameters), f"called {media.type}, but is binary"
    if called is Kind.TEXT and jwt.is_token(data):
        return MediaType("application/jwt", media.parameters), ""
    return media, ""


SAME = {
    "image/jpeg": ("image/jpg", "image/pjpeg"),
    "image/x-icon": ("image/vnd.microsoft.icon", "image/ico"),
    "image/bmp": ("image/x-ms-bmp", "image/x-bmp"),
    "image/heif": ("image/heic", "image/avif"),
    "image/svg+xml": ("image/svg",),
}
"""Other names of an image's type."""
