"""Media types as headers have them: `text/html; charset=utf-8` (RFC 9110 section 8.3.1), read tolerantly.

    parse("multipart/form-data; boundary=x") -> MediaType("multipart/form-data", {"boundary": "x"})

Also the header fields that look alike: Content-Disposition's type and parameters (RFC 6266), and its `filename*`
(RFC 8187).
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_HEADER = 4096
"""Characters of a header that are looked at: a media type is some 60."""
MAX_PARAMETERS = 32
"""Parameters kept."""

_PARAMETER = re.compile(r';[\s;]*([^\s=;"]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*)))?')


class MediaType(NamedTuple):
    """A type with its parameters."""

    type: str
    """In lower case, `application/json`; empty where there is none."""
    parameters: Mapping[str, str] = MappingProxyType({})
    """Names in lower case."""

    @property
    def suffix(self) -> str:
        """The structured syntax: `json` of `application/problem+json` (RFC 6838 section 4.2.8)."""
        return self.type.rpartition("+")[2] if "+" in self.type else ""

    @property
    def major(self) -> str:
        """What stands before the slash."""
        return self.type.partition("/")[0]


def parse(header: str) -> MediaType:
    """The type and parameters of a header's value; never raises."""
    header = header[:MAX_HEADER]
    kind, semicolon, _ = header.partition(";")
    found: dict[str, str] = {}
    if semicolon:
        for match in _PARAMETER.finditer(header, len(kind)):
            name, quoted, token = match.groups()
            value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else (token or "").strip()
            if len(found) < MAX_PARAMETERS:
                found.setdefault(name.lower(), value)
    return MediaType(kind.strip().lower(), MappingProxyType(found))


def file_name(parameters: Mapping[str, str]) -> str:
    """The file name that Content-Disposition gives: `filename*` before `filename` (RFC 6266 section 4.3)."""
    charset, quote, rest = parameters.get("filename*", "").partition("'")
    value = rest.partition("'")[2]
    if quote and value:
        codec = "utf-8" if charset.lower() in {"utf-8", "utf8"} else "latin-1"  # RFC 8187 section 3.2.1: these two
        return unquote_to_bytes(value).decode(codec, "replace")
    return parameters.get("filename", "")
