"""Fingerprints of TLS stacks: JA3, JA3N, JA3S and JA4.

A stack fills its hello in its own way: which suites, which extensions, in which order. A fingerprint is that choice,
hashed. It names the software, not the person, and anybody can imitate it: it is a hint, never a proof.

JA3 (Salesforce, 2017) takes the extensions in the order in which they came, which Chrome has shuffled since 2023; JA3N
is the same with the extensions sorted. JA4 (FoxIO, BSD licence) sorts both suites and extensions, and its first part
can be read by people. GREASE (RFC 8701) is left out everywhere: it is random on purpose.

Sources: github.com/salesforce/ja3, github.com/FoxIO-LLC/ja4, technical_details/JA4.md.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.tls.codes import ExtensionType, is_grease
from tlscope.wire.tls.meaning.gist import chosen, offered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tlscope.wire.tls.meaning.gist import Offered

GREASE = frozenset(value for value in range(0x0A0A, 0x10000, 0x1010) if is_grease(value))
"""The sixteen reserved code points: a set is quicker to ask than a function."""

NOTHING = "0" * 12
"""JA4 says so in the place of the hash of an empty list."""
MAX_COUNT = 99
"""JA4 has two digits for a count."""

_NAMED_ELSEWHERE = frozenset({ExtensionType.server_name, ExtensionType.application_layer_protocol_negotiation})
"""What JA4's first part says already: left out of its third, so that it stays the same from host to host."""

_VERSIONS = {
    0x0304: "13",
    0x0303: "12",
    0x0302: "11",
    0x0301: "10",
    0x0300: "s3",
    0x0002: "s2",
    0xFEFF: "d1",
    0xFEFD: "d2",
    0xFEFC: "d3",
}


class Ja3(NamedTuple):
    """The text and its MD5, by which databases know it."""

    text: str
    digest: str


class Ja4(NamedTuple):
    """JA4, and its raw (r) and original-order (o) forms."""

    ja4: str
    ja4_r: str
    ja4_o: str
    ja4_ro: str


class Fingerprints(NamedTuple):
    """All of one ClientHello."""

    ja3: Ja3
    ja3n: Ja3
    ja4: Ja4


def fingerprints(hello: bytes, transport: str = "t") -> Fingerprints | None:
    """All at once, for one parse; None for what is no ClientHello."""
    found = offered(hello)
    return found and Fingerprints(_ja3(found), _ja3(found, ordered=True), _ja4(found, transport))


def ja3(hello: bytes) -> Ja3 | None:
    """`version,suites,extensions,groups,point formats` in decimal; of a cut hello as far as it goes."""
    found = offered(hello)
    return found and _ja3(found)


def ja3n(hello: bytes) -> Ja3 | None:
    """JA3 with the extensions sorted, which a stack that shuffles them keeps."""
    found = offered(hello)
    return found and _ja3(found, ordered=True)


def ja3s(server_hello: bytes) -> Ja3 | None:
    """`version,suite,extensions` of a ServerHello: how this server answers this client."""
    found = chosen(server_hello)
    if not found:
        return None
    return _digested(f"{found.legacy_version},{found.suite},{_decimal(found.extensions.order)}")


def ja4(hello: bytes, transport: str = "t") -> Ja4 | None:
    """JA4 of a ClientHello; `transport` is `t` (TCP), `q` (QUIC) or `d` (DTLS)."""
    found = offered(hello)
    return found and _ja4(found, transport)


def _ja3(hello: Offered, *, ordered: bool = False) -> Ja3:
    extensions = sorted(hello.extensions.order) if ordered else hello.extensions.order
    lists = (hello.suites, extensions, hello.groups, hello.point_formats)
    return _digested(",".join([str(hello.legacy_version), *map(_decimal, lists)]))


def _decimal(values: Iterable[int]) -> str:
    return "-".join(map(str, _real(values)))


def _digested(text: str) -> Ja3:
    # MD5 is what JA3 is made of; nothing is protected by it.
    return Ja3(text, hashlib.md5(text.encode(), usedforsecurity=False).hexdigest())


def _ja4(hello: Offered, transport: str) -> Ja4:
    suites = _real(hello.suites)
    extensions = _real(hello.extensions.order)
    lasting = sorted([kind for kind in extensions if kind not in _NAMED_ELSEWHERE])
    schemes = _hex(_real(hello.schemes))
    head = (
        transport
        + _VERSIONS.get(_version(hello, transport), "00")
        + ("d" if hello.has(ExtensionType.server_name) else "i")
        + f"{min(len(suites), MAX_COUNT):02}{min(len(extensions), MAX_COUNT):02}"
        + _protocol(hello.alpn)
    )
    ordered = _hex(sorted(suites)), _third(lasting, schemes)
    original = _hex(suites), _third(extensions, schemes)
    return Ja4(
        "_".join([head, *map(_hash, ordered)]),
        "_".join([head, *ordered]),
        "_".join([head, *map(_hash, original)]),
        "_".join([head, *original]),
    )


def _real(values: Iterable[int]) -> list[int]:
    return [value for value in values if value not in GREASE]


def _hex(values: list[int]) -> str:
    """`1301,1302`: at once, which is quicker than one by one."""
    return struct.pack(f">{len(values)}H", *values).hex(",", 2) if values else ""


def _version(hello: Offered, transport: str) -> int:
    """The highest one offered; DTLS counts downwards, from 0xFEFF (RFC 9147 section 5.3)."""
    return (min if transport == "d" else max)(_real(hello.versions), default=0)


def _protocol(alpn: tuple[bytes, ...]) -> str:
    """The first and the last character of the first protocol, or of its hex where they are no letters or digits."""
    first = next((name for name in alpn if len(name) != 2 or int.from_bytes(name) not in GREASE), b"")
    if not first:
        return "00"
    if first[:1].isalnum() and first[-1:].isalnum():
        return chr(first[0]) + chr(first[-1])
    return first.hex()[0] + first.hex()[-1]


def _third(extensions: list[int], schemes: str) -> str:
    # Without signature algorithms there is no underscore either; without extensions there is nothing at all.
    return _hex(extensions) + (f"_{schemes}" if schemes else "")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else NOTHING
