"""Certificates, OCSP and other DER that travels as a body: ACME answers with chains, stapling servers ask responders.

    read(body)          DER by its media type; what is not DER is shown as hex
    read_pem(body)      PEM (RFC 7468): each block where it lies, and what is in it

The dissectors are those of the TLS handshake (tlscope.wire.x509). What is within a PEM block has no bytes of its own in
the body: its fields have the block's place and no length.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING

from tlscope.wire import x509
from tlscope.wire.asn1 import der
from tlscope.wire.content import textbody
from tlscope.wire.content.reading import TEXT, Kind, Reading, clipped, concluded, line, omitted, plural
from tlscope.wire.field import MALFORMED, Cursor, Field, malformed
from tlscope.wire.x509 import ocsp

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.wire.content.reading import Body, Room

MAX_DER = 64 << 10
"""Bytes that are taken apart: a certificate has 2 KiB, and two may be a field. Revocation lists have megabytes."""
LEVELS = 6
"""Levels of a tree that the text shows: a certificate's extensions are at the fifth."""

READERS: dict[str, tuple[Kind, str, Callable[[Cursor], object]]] = {
    "application/ocsp-request": (Kind.OCSP, "OCSP request", ocsp.request),
    "application/ocsp-response": (Kind.OCSP, "OCSP response", ocsp.response),
    "application/pkix-cert": (Kind.CERTIFICATE, "certificate", x509.certificate),
    "application/x-x509-ca-cert": (Kind.CERTIFICATE, "certificate", x509.certificate),
    "application/x-x509-user-cert": (Kind.CERTIFICATE, "certificate", x509.certificate),
    "application/pkix-crl": (Kind.ASN1, "certificate revocation list", der.each),
    "application/x-pkcs7-crl": (Kind.ASN1, "certificate revocation list", der.each),
    "application/pkcs7-mime": (Kind.ASN1, "PKCS #7", der.each),
    "application/pkcs7-signature": (Kind.ASN1, "PKCS #7 signature", der.each),
    "application/x-pkcs7-certificates": (Kind.ASN1, "PKCS #7 certificates", der.each),
    "application/pkcs8": (Kind.ASN1, "PKCS #8 private key", der.each),
    "application/pkcs10": (Kind.ASN1, "PKCS #10 request", der.each),
    "application/x-pkcs12": (Kind.ASN1, "PKCS #12", der.each),
    "application/timestamp-query": (Kind.ASN1, "time-stamp request", der.each),
    "application/timestamp-reply": (Kind.ASN1, "time-stamp response", der.each),
}
"""Media types (RFC 6960 appendix C, RFC 2585 section 4, RFC 8551, RFC 3161), each with its reader."""
PEM = frozenset({"application/pem-certificate-chain", "application/x-pem-file"})
"""RFC 8555 section 9.1, and what such files are called."""
BLOCKS: dict[str, Callable[[Cursor], object]] = {"CERTIFICATE": x509.certificate, "X509 CERTIFICATE": x509.certificate}
"""Labels of PEM blocks that are read; all others are DER without names. Private keys stay closed."""

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 #]{1,60})-----([^-]*+)(?:-----END \1-----|\Z)")


def read(body: Body) -> Reading:
    """DER, or PEM where that stands in its place, as servers often have it."""
    kind, name, parse = READERS.get(body.media.type, (Kind.ASN1, "DER", der.each))
    data = body.data
    if body.media.type in PEM or data.lstrip()[:11] == b"-----BEGIN ":
        return read_pem(body)
    if data[:1] != b"\x30":
        return textbody.binary(body, kind, f"{name}, {plural(len(data), 'byte')}", "no DER: it begins otherwise")
    if len(data) > MAX_DER:
        return textbody.binary(body, kind, f"{name}, {plural(len(data), 'byte')}")
    cursor = Cursor(data)
    cursor.guarded(parse)
    tree = cursor.field("asn1", name[:1].upper() + name[1:], text=_first_text(cursor.fields))
    body.room.fields -= sum(1 for _ in tree.walk())
    bad = next((f"at byte {field.start}: {field.text}" for field in tree.walk() if field.key == MALFORMED), "")
    return Reading(kind, line(f"{name}, {tree.text}", 200) if tree.text else name, said(tree), tree, bad)


def _first_text(fields: list[Field]) -> str:
    return next((field.text for field in fields if field.text and field.key != MALFORMED), "")


def read_pem(body: Body) -> Reading:
    """Blocks of PEM with what stands between them; the text is the body's own."""
    data, problem = body.data, ""
    fields: list[Field] = []
    names: list[str] = []
    at = 0
    for match in _BLOCK.finditer(data):
        if match.start() > at and data[at : match.start()].strip():
            fields.append(_between(data, at, match.start()))
        at = match.end()
        if not body.room.take():
            fields.append(omitted(match.start(), len(data) - match.start()))
            at = len(data)
            break
        field, wrong = _block(match, body.room)
        fields.append(field)
        names.append(field.text)
        problem = problem or wrong
    if data[at:].strip():
        fields.append(_between(data, at, len(data)))
    tree = Field("pem", "PEM", None, 0, len(data), plural(len(names), "block"), "", "RFC 7468", tuple(fields))
    summary = f"PEM, {plural(len(names), 'block')}" + (f": {line('; '.join(names), 160)}" if names else "")
    text = data[: 4 * TEXT].decode("utf-8", "replace")
    kind = Kind.CERTIFICATE if b"CERTIFICATE-----" in data[:MAX_DER] else Kind.TEXT
    text = clipped(text, max(0, len(data) - 4 * TEXT))
    return Reading(kind, summary, text, tree, problem or ("" if names else "no PEM block is whole"), "utf-8")


def _between(data: bytes, start: int, end: int) -> Field:
    text = data[start:end].decode("utf-8", "replace")
    return Field("pem.text", "Text", text, start, end - start, line(text.strip(), 120))


def _block(match: re.Match[bytes], room: Room) -> tuple[Field, str]:
    """A block as a field, and what is wrong with it."""
    label, start, size = match[1].decode("ascii"), match.start(), match.end() - match.start()
    children: tuple[Field, ...] = ()
    text, problem = label.lower(), ""
    if not match[0].endswith(b"-----"):
        problem = f"at byte {start}: the block {label} ends early"
    elif "PRIVATE KEY" not in label:
        try:
            inner = binascii.a2b_base64(match[2])
        except binascii.Error as error:
            problem = f"at byte {start}: {error}"
        else:
            tree = _inside(label, inner[:MAX_DER])
            room.fields -= sum(1 for _ in tree.walk())
            children, text = (concluded(tree, start),), f"{text} {tree.text}".strip()
            bad = next((field.text for field in tree.walk() if field.key == MALFORMED), "")
            problem = f"at byte {start}: {bad}" if bad else ""
    if problem and not children:
        children = (malformed(start, size, problem.partition(": ")[2]),)
    return Field("pem.block", "Block", label, start, size, text, "", "", children), problem


def _inside(label: str, data: bytes) -> Field:
    cursor = Cursor(data)
    cursor.guarded(BLOCKS.get(label, der.each))
    return cursor.field("pem.der", label.capitalize(), text=_first_text(cursor.fields) if label in BLOCKS else "")


def said(tree: Field) -> str:
    """A tree as lines, LEVELS deep."""
    made: list[str] = []
    size, stack = 0, [(child, 0) for child in reversed(tree.children)]
    while stack and size <= TEXT:
        field, level = stack.pop()
        made.append(f"{'  ' * level}{field.label}{': ' if field.text else ''}{line(field.text, 200)}")
        size += len(made[-1])
        if level < LEVELS:
            stack.extend((child, level + 1) for child in reversed(field.children))
    return clipped("\n".join(made))
