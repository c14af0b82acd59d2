"""Bytes as text: which charset, why that one, and the text, bounded.

The order is the one browsers have (WHATWG Encoding, HTML section 13.2.3): a byte order mark, the header, what the
document says of itself (`<meta charset>`, `<?xml encoding?>`, `@charset`), and then UTF-8 where it fits, windows-1252
where it does not. Names stand for what browsers take them for: `iso-8859-1` is windows-1252.

Only charsets named here are decoded: Python knows codecs that are none (rot13), and some that take quadratic time
(punycode).
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.content.reading import TEXT

if TYPE_CHECKING:
    from tlscope.wire.content.mediatype import MediaType

BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32-le"),
    (b"\0\0\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
"""Byte order marks; the longer one first where one begins with the other."""
PRESCAN = 1024
"""Bytes within which a document must name its own charset (HTML section 13.2.3.2)."""
SAMPLE = 1 << 20
"""Bytes that are tried as UTF-8 before anything else is believed."""

CODECS = {
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "utf8": "utf-8",
    "utf-8": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "utf-16": "utf-16-le",
    "ucs-2": "utf-16-le",
    "unicode": "utf-16-le",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "utf-32": "utf-32-le",
    "utf-32le": "utf-32-le",
    "utf-32be": "utf-32-be",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "windows-31j": "cp932",
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "koi8-r": "koi8_r",
    "koi8-u": "koi8_u",
    "ibm866": "cp866",
    "cp866": "cp866",
    "macintosh": "mac_roman",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "iso-8859-9": "cp1254",
    **{f"iso-8859-{part}": f"iso8859_{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **{f"windows-125{page}": f"cp125{page}" for page in range(9)},
    **{f"cp125{page}": f"cp125{page}" for page in range(9)},
}
"""Labels that are in use, and Python's codec for each."""

_META = re.compile(rb"""<meta[^>]{0,200}?charset\s{0,20}=\s{0,20}["']?\s{0,20}([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_XML = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s{0,20}=\s{0,20}["']([A-Za-z0-9_:.-]{1,40})""")
_CSS = re.compile(rb"""@charset "([A-Za-z0-9_:.-]{1,40})";""")


class Charset(NamedTuple):
    """How a body's bytes become text."""

    name: str
    """As it was named, in lower case."""
    codec: str
    """Python's."""
    mark: int = 0
    """Bytes of the byte order mark."""
    problem: str = ""

    @property
    def ascii(self) -> bool:
        """Whether ASCII's bytes mean ASCII, so that markup can be read without decoding all."""
        return not self.codec.startswith(("utf-16", "utf-32", "iso2022"))


def of(media: MediaType, data: bytes) -> Charset:
    """The charset of a body."""
    for mark, codec in BOMS:
        if data.startswith(mark):
            return Charset(codec, codec, len(mark))
    problem = ""
    said = media.parameters.get("charset", "").strip("\"' \t").lower()
    for name in (said, _own(data)):
        if not name:
            continue
        if name not in CODECS:
            problem = problem or f"unknown charset {name[:40]!r}"
            continue
        codec = CODECS[name]
        if name is said or not codec.startswith(("utf-16", "utf-32")):  # it was read as ASCII: it cannot be these
            return Charset(name, codec, problem=problem)
    return Charset(*_guess(data), problem=problem)


def _own(data: bytes) -> str:
    """What the document says of itself."""
    start = data[:PRESCAN]
    match = _META.search(start) or _XML.match(start.lstrip()) or _CSS.match(start)
    return match[1].decode("ascii").lower() if match else ""


def _guess(data: bytes) -> tuple[str, str]:
    start = data[:64]
    if len(start) >= 4 and start[1::2].count(0) > len(start) * 0.4 and 0 not in start[::2]:
        return "utf-16-le", "utf-16-le"
    if len(start) >= 4 and start[::2].count(0) > len(start) * 0.4 and 0 not in start[1::2]:
        return "utf-16-be", "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data[:SAMPLE], final=len(data) <= SAMPLE)
    except UnicodeDecodeError:
        return ("windows-1252", "cp1252") if not _cut(data) else ("utf-8", "utf-8")
    return "utf-8", "utf-8"


def _cut(data: bytes) -> bool:
    """Whether only the last character is not whole: a body cut short, or a part of one."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data[:SAMPLE])
    except UnicodeDecodeError:
        return False
    return True


def text(data: bytes, charset: Charset, limit: int = TEXT) -> tuple[str, int]:
    """The first characters of a body, `limit` at the most, and how many bytes are left."""
    most = min(len(data), charset.mark + 4 * limit)
    decoder = codecs.getincrementaldecoder(charset.codec)("replace")
    letters = decoder.decode(data[charset.mark : most], final=most == len(data))
    if len(letters) <= limit:
        return letters, len(data) - most
    letters = letters[:limit]
    return letters, max(0, len(data) - charset.mark - len(letters.encode(charset.codec, "replace")))
