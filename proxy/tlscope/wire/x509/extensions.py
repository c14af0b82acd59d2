"""Extensions: the list, each with its OID, whether it is critical, and what is in it (RFC 5280 section 4.2).

What is known is in the tables of standard.py (RFC 5280), status.py (OCSP), resources.py (RFC 3779) and other.py; the
rest is shown as DER where it is that, and raw where not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.asn1 import der
from tlscope.wire.asn1.oids import oid_name
from tlscope.wire.x509.other import OTHER
from tlscope.wire.x509.resources import RESOURCES
from tlscope.wire.x509.standard import STANDARD
from tlscope.wire.x509.status import STATUS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tlscope.wire.field import Cursor, Field, Value
    from tlscope.wire.x509.known import Known

KNOWN: Mapping[Value, Known] = {**STANDARD, **OTHER, **STATUS, **RESOURCES}
"""All that can be read, by OID."""


def extensions(cursor: Cursor) -> None:
    """Extensions: what stands in [3] of a certificate, in [1] of OCSP's data. May raise Short."""
    der.listed(
        cursor,
        "x509af.extensions",
        "extensions",
        extension,
        reference="RFC 5280 section 4.2",
        note="What a v3 certificate says beyond name and key; a verifier must refuse a critical one it does not know.",
        finish=_listed,
    )


def _listed(field: Field) -> Field:
    """Notes on an extension that comes twice (RFC 5280 section 4.2: no more than one instance of each)."""
    seen: set[Value] = set()
    children = []
    for child in field.children:
        twice = child.key == "x509af.Extension_element" and child.value in seen
        note = f"It is there twice, which RFC 5280 section 4.2 forbids. {child.note}" if twice else child.note
        children.append(child._replace(note=note))
        seen.add(child.value)
    return der.counted(field._replace(children=tuple(children)))


def extension(cursor: Cursor) -> Field:
    """One Extension; its value is the OID."""
    return der.structure(cursor, "x509af.Extension_element", "Extension", _extension, finish=_told)


def _extension(cursor: Cursor) -> None:
    oid = der.primitive(cursor, "x509af.extension.id", "Extension Id", der.OID).value
    if der.next_tag(cursor) == der.BOOLEAN:
        der.primitive(cursor, "x509af.critical", "critical", der.BOOLEAN, notes=_critical_note)
    der.structure(
        cursor,
        "x509af.extnValue",
        "extnValue",
        KNOWN[oid].parse if oid in KNOWN else der.inside_octets,
        tag=der.OCTET_STRING,
    )


def _critical_note(value: Value) -> str:
    if value:
        return "Who does not understand this extension must refuse the certificate."
    return "Not DER: FALSE is the default, and a default is left out (X.690 section 11.5)."


def _told(field: Field) -> Field:
    oid = next((child.value for child in field.children if child.key == "x509af.extension.id"), None)
    critical = any(child.key == "x509af.critical" and child.value for child in field.children)
    inside = next((child for child in field.children if child.key == "x509af.extnValue"), None)
    name = oid_name(oid) if isinstance(oid, str) else "unknown"
    name = name.removeprefix("id-ce-").removeprefix("id-pe-")
    said = inside.children[0].text if inside is not None and inside.children else ""
    text = f"{name}{' (critical)' if critical else ''}{f': {said}' if said else ''}"
    known = KNOWN.get(oid)
    if known is None:
        return field._replace(value=oid, text=text)
    note = known.note
    if known.critical is not None and known.critical != critical:
        should = "must be critical" if known.critical else "must not be critical"
        note = f"{note} By {known.reference} it {should}."
    return field._replace(value=oid, text=text, note=note, reference=known.reference)
