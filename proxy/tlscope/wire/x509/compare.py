"""Two certificates side by side: the server's own, and the one that stands in for it.

A certificate that is minted to mirror another repeats what a client judges by, and cannot repeat what only the real
issuer and the real key could make. So each row says whether it differs, and of what differs, whether it must.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.asn1.oids import oid_name
from tlscope.wire.x509.tree import dissect

if TYPE_CHECKING:
    from tlscope.wire.field import Field


class Kind(StrEnum):
    """How a part of two certificates compares."""

    SAME = "same"
    """Byte for byte."""
    CHANGED = "changed"
    ADDED = "added"
    """Only the other one has it."""
    REMOVED = "removed"
    """Only the real one has it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of both certificates."""

    name: str
    """`serialNumber`, `subjectAltName` ..."""
    key: str
    """The field's key; an extension's dotted OID."""
    kind: Kind
    real: str
    """What the real one says, for people; empty where it has no such part."""
    other: str
    meant: bool
    """Whether a faithful stand-in is like this; what is the same is always meant."""
    note: str
    """A sentence on why it differs, where that is known."""


def diff(real: bytes, other: bytes) -> tuple[Difference, ...]:
    """Every part of two DER certificates: those that are the same, too. Never raises.

    In the order of the certificate; extensions in the order of `real`, with those that only `other` has behind.
    """
    ours, theirs = _parts(real), _parts(other)
    rows = []
    for key in (*ours, *(key for key in theirs if key not in ours)):
        one, two = ours.get(key), theirs.get(key)
        rows.append(_row(one, two))
    # The signature is the last of a certificate, behind extensions that only one of the two has.
    return tuple(sorted(rows, key=lambda row: row.key == "x509af.encrypted"))


class _Part(NamedTuple):
    name: str
    key: str
    field: Field
    der: bytes
    text: str


def _parts(der: bytes) -> dict[tuple[str, int], _Part]:
    """What there is to compare, by key, and by how often that was there before."""
    tree = dissect(der)
    found: dict[tuple[str, int], _Part] = {}
    seen: dict[str, int] = {}
    for field in _compared(tree):
        is_extension = field.key == "x509af.Extension_element"
        key = str(field.value) if is_extension else field.key
        name = oid_name(key).removeprefix("id-ce-").removeprefix("id-pe-") if is_extension else field.label
        text = field.text.removeprefix(name).removeprefix(":").strip() if is_extension else field.text
        count = seen[key] = seen.get(key, -1) + 1
        found[key, count] = _Part(name, key, field, der[field.start : field.end], text)
    return found


def _compared(tree: Field) -> list[Field]:
    signed = tree.first("x509af.signedCertificate_element")
    found: list[Field] = []
    for child in signed.children if signed is not None else ():
        if child.key in {"x509af.validity_element", "x509af.extensions"}:
            found += child.children
        else:
            found.append(child)
    return [*found, *tree.all("x509af.encrypted")[:1]]


def _row(one: _Part | None, two: _Part | None) -> Difference:
    present = one or two
    # A key of either is a key of one of them: a part is there once at least.
    assert present is not None
    kind = Kind.ADDED if one is None else Kind.REMOVED if two is None else Kind.CHANGED
    if one is not None and two is not None and one.der == two.der:
        kind = Kind.SAME
    meant, note = _judged(present.key, kind, one, two)
    texts = (one.text if one is not None else "", two.text if two is not None else "")
    return Difference(present.name, present.key, kind, *texts, meant, note)


def _judged(key: str, kind: Kind, one: _Part | None, two: _Part | None) -> tuple[bool, str]:
    """Whether that is as it should be in a stand-in, and why."""
    if kind is Kind.SAME:
        return True, SAME.get(key, "")
    if one is not None and two is not None:
        if key in {"x509af.notBefore", "x509af.notAfter"}:
            return _of_validity(key, one.field, two.field)
        if key == "2.5.29.17":
            return _of_names(one.field, two.field)
    note = MEANT.get((key, kind), "")
    return bool(note), note


def _of_validity(key: str, one: Field, two: Field) -> tuple[bool, str]:
    if not isinstance(one.value, int) or not isinstance(two.value, int):
        return False, "One of the two is no time."
    if key == "x509af.notBefore":
        inside = two.value >= one.value
        return inside, "It begins when it was made." if inside else "It begins before the real one does."
    inside = two.value <= one.value
    return inside, "It is clipped to a short life." if inside else "It outlives the real one."


def _of_names(one: Field, two: Field) -> tuple[bool, str]:
    """Names gained or lost are what a client would notice first."""
    ours, theirs = _names(one), _names(two)
    lost = [name for name in ours if name not in theirs]
    gained = [name for name in theirs if name not in ours]
    said = [
        f"{verb}: {', '.join(names[:SOME])}{'…' * (len(names) > SOME)}."
        for verb, names in (("It lacks", lost), ("It has besides", gained))
        if names
    ]
    return not lost and not gained, " ".join(said) or "The same names, written or ordered in another way."


SOME = 8
"""Names that a note quotes."""


def _names(extension: Field) -> dict[str, None]:
    found = extension.first("x509ce.GeneralNames")
    return {} if found is None else dict.fromkeys(name.text for name in found.children)


SAME = {
    "x509af.subjectPublicKeyInfo_element": "The same key: who shows this certificate needs the server's private key.",
    "x509af.encrypted": "The same signature: it is the same certificate.",
}
"""What is said of parts that a stand-in cannot repeat, where it did."""

_REVOCATION = "It promises an answer on revocation that only the real issuer can give."
_HASH_OF_KEY = "It names the key, and the key is another one."

MEANT: dict[tuple[str, Kind], str] = {
    ("x509af.serialNumber", Kind.CHANGED): "The number of another issuer: two certificates of one may not share it.",
    ("x509af.signature_element", Kind.CHANGED): "Another issuer signs with the algorithm of its own key.",
    ("x509af.issuer", Kind.CHANGED): "The real issuer's key is not at hand: this is who signed instead.",
    ("x509af.subjectPublicKeyInfo_element", Kind.CHANGED): (
        "The server's private key is not at hand, and without it no handshake succeeds: here is a key of our own."
    ),
    ("x509af.encrypted", Kind.CHANGED): "Nobody but the real issuer can make its signature.",
    ("2.5.29.14", Kind.CHANGED): _HASH_OF_KEY,
    ("2.5.29.14", Kind.ADDED): _HASH_OF_KEY,
    ("2.5.29.35", Kind.CHANGED): "It names the key that signed, which is another one.",
    ("2.5.29.35", Kind.ADDED): "It names the key that signed.",
    ("2.5.29.35", Kind.REMOVED): "The real one named a key that did not sign this.",
    ("2.5.29.15", Kind.CHANGED): "What a key may do depends on its kind.",
    ("2.5.29.15", Kind.ADDED): "What a key may do depends on its kind.",
    ("2.5.29.15", Kind.REMOVED): "What a key may do depends on its kind.",
    ("2.5.29.19", Kind.ADDED): "It says that this is no CA, which clients want to read.",
    ("2.5.29.19", Kind.CHANGED): "It says that this is no CA, whatever the real one is.",
    ("2.5.29.31", Kind.REMOVED): _REVOCATION,
    ("2.5.29.46", Kind.REMOVED): _REVOCATION,
    ("1.3.6.1.5.5.7.1.1", Kind.REMOVED): _REVOCATION,
    (
        "1.3.6.1.5.5.7.1.24",
        Kind.REMOVED,
    ): "Must-staple promises a signed OCSP response, which only the real issuer can give.",
    ("1.3.6.1.4.1.11129.2.4.2", Kind.REMOVED): (
        "Public logs have not seen this certificate, and their timestamps hold for the real one only."
    ),
    ("2.5.29.32", Kind.REMOVED): "The rules of the real issuer are not those of this one.",
    ("1.3.6.1.5.5.7.1.3", Kind.REMOVED): "What the law has of a qualified certificate does not hold for this one.",
    ("2.23.140.3.1", Kind.REMOVED): "Only the real issuer checked the organization.",
}
"""What differs in every stand-in, and why."""
