"""A certificate, taken apart (RFC 5280 section 4.1).

    Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }

Keys are Wireshark's, which calls the parts by their names in X.509: signedCertificate, algorithmIdentifier, encrypted.
"""

from __future__ import annotations

from functools import partial

from tlscope.wire.asn1 import der
from tlscope.wire.asn1.der_values import big_integer
from tlscope.wire.field import Cursor, Field, Value
from tlscope.wire.x509.extensions import extensions
from tlscope.wire.x509.keys import algorithm, public_key_info
from tlscope.wire.x509.names import distinguished_name

_SECTION = "RFC 5280 section 4.1"


def dissect(data: bytes) -> Field:
    """One DER certificate as a tree. Never raises; what follows the certificate is malformed."""
    cursor = Cursor(data)
    cursor.guarded(certificate)
    if len(cursor.fields) == 1 and cursor.fields[0].length == len(data):
        return cursor.fields[0]
    return cursor.field("x509af.Certificate_element", "Certificate")


def certificate(cursor: Cursor) -> None:
    """Read one certificate: a parse function for Cursor.vector and Cursor.group. May raise Short."""
    der.structure(cursor, "x509af.Certificate_element", "Certificate", _parts, reference=_SECTION, finish=_told)


def _told(field: Field) -> Field:
    subject = field.first("x509af.subject")
    field = field if subject is None else field._replace(text=subject.text)
    inner, outer = (field.first(f"x509af.{name}_element") for name in ("signature", "algorithmIdentifier"))
    if inner is None or outer is None or _said(inner) == _said(outer):
        return field
    note = f"{outer.note} It is not the same there: verifiers must refuse the certificate."
    children = (child._replace(note=note) if child is outer else child for child in field.children)
    return field._replace(children=tuple(children))


def _said(identifier: Field) -> list[tuple[Value, int]]:
    """What an AlgorithmIdentifier says, wherever it lies."""
    return [(field.value, field.length) for field in identifier.walk()]


def _parts(cursor: Cursor) -> None:
    der.structure(
        cursor,
        "x509af.signedCertificate_element",
        "signedCertificate",
        _signed,
        note="All that the issuer vouches for, and signs: the tbsCertificate.",
        reference=f"{_SECTION}.1.1",
    )
    algorithm(
        cursor,
        "x509af.algorithmIdentifier_element",
        "algorithmIdentifier",
        note="How the issuer signed; the same must stand inside what is signed.",
        reference=f"{_SECTION}.1.2",
    )
    der.primitive(
        cursor,
        "x509af.encrypted",
        "signature",
        der.BIT_STRING,
        note="The issuer's signature over the DER of the tbsCertificate, made with the issuer's private key.",
        reference=f"{_SECTION}.1.3",
    )


def _signed(cursor: Cursor) -> None:
    if der.next_tag(cursor) == der.context(0):
        der.explicit(cursor, 0, _version, "version")
    der.primitive(
        cursor,
        "x509af.serialNumber",
        "serialNumber",
        der.INTEGER,
        read=big_integer,
        notes=_serial_note,
        reference=f"{_SECTION}.2.2",
    )
    algorithm(
        cursor,
        "x509af.signature_element",
        "signature algorithm",
        note="The algorithm again, inside what is signed, so that nobody can exchange it.",
        reference=f"{_SECTION}.2.3",
    )
    distinguished_name(
        cursor, "x509af.issuer", "issuer", note="Who signed this certificate.", reference=f"{_SECTION}.2.4"
    )
    der.structure(
        cursor, "x509af.validity_element", "validity", _validity, reference=f"{_SECTION}.2.5", finish=_validity_told
    )
    distinguished_name(
        cursor,
        "x509af.subject",
        "subject",
        note="Whom the certificate is about; hosts are looked for in subjectAltName, no longer here (RFC 9525).",
        reference=f"{_SECTION}.2.6",
    )
    public_key_info(cursor)
    for number, name in ((1, "issuerUniqueIdentifier"), (2, "subjectUniqueIdentifier")):
        if der.next_tag(cursor) == der.implicit(number):
            note = "A relic of X.509v2: conforming CAs must not write it."
            kind, tag = der.BIT_STRING, der.implicit(number)
            der.primitive(cursor, f"x509af.{name}", name, kind, tag=tag, note=note, reference=f"{_SECTION}.2.8")
    if der.next_tag(cursor) == der.context(3):
        der.explicit(cursor, 3, extensions, "extensions")
    der.each(cursor)


def _version(cursor: Cursor) -> None:
    der.primitive(cursor, "x509af.version", "version", der.INTEGER, reference=f"{_SECTION}.2.1")
    field = cursor.fields[-1]
    if isinstance(field.value, int):
        known = field.value in {0, 1, 2}
        note = "" if field.value == 2 else "Only v3 has extensions, without which no TLS client accepts it today."
        if not known:
            note = "There is no such version."
        said = f"v{field.value + 1} ({field.value})" if known else str(field.value)
        cursor.fields[-1] = field._replace(text=said, note=f"{field.note} {note}".strip())


def _serial_note(value: Value) -> str:
    note = "The issuer's number for this certificate: revocation lists and OCSP name it by that."
    if isinstance(value, bytes):
        if not any(value):
            return f"{note} It is zero, which RFC 5280 section 4.1.2.2 forbids."
        if len(value) > 20:
            return f"{note} It has {len(value)} octets; 20 are allowed."
    return note


def _validity(cursor: Cursor) -> None:
    for name in ("notBefore", "notAfter"):
        moment(cursor, f"x509af.{name}", name)


def _validity_told(field: Field) -> Field:
    seconds = [child.value for child in field.children if isinstance(child.value, int)]
    if len(seconds) != 2:
        return field
    days = round((seconds[1] - seconds[0] + 1) / 86400, 1)
    return field._replace(text=f"{days:g} days" if days >= 0 else "ends before it begins")


def moment(cursor: Cursor, key: str, label: str) -> Field:
    """A Time: a UTCTime through 2049, a GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5); in seconds."""
    tag = der.next_tag(cursor)
    kind = tag if tag in {der.UTC_TIME, der.GENERALIZED_TIME} else der.UTC_TIME
    field = der.primitive(cursor, key, label, kind, notes=partial(_time_note, kind=kind), reference=f"{_SECTION}.2.5")
    if tag == kind and field.value is not None:
        name, form = (
            ("x509af.utcTime", "utcTime") if kind == der.UTC_TIME else ("x509af.generalizedTime", "generalizedTime")
        )
        begin = field.start + der.head_size(cursor.data, field.start)
        written = cursor.data[begin : field.end].decode("ascii", "replace")
        inside = Field(name, form, written, begin, field.end - begin, written)
        cursor.fields[-1] = field = field._replace(children=(inside,))
    return field


def _time_note(value: Value, kind: int) -> str:
    if kind == der.GENERALIZED_TIME and isinstance(value, int):
        if value == NO_END:
            return "The value that says: no well-defined end (RFC 5280 section 4.1.2.5)."
        if value < YEAR_2050:
            return "Through 2049 a time must be a UTCTime (RFC 5280 section 4.1.2.5)."
    return ""


YEAR_2050 = 2524608000
NO_END = 253402300799
"""99991231235959Z."""
