"""Algorithms, public keys and their sizes (RFC 3279, 4055, 5480, 8410, 9881, 9909, 9935).

`algorithm` reads an AlgorithmIdentifier, `public_key_info` a SubjectPublicKeyInfo with the key itself taken apart.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.asn1 import der
from tlscope.wire.asn1.der_values import big_integer
from tlscope.wire.asn1.oids import oid_name
from tlscope.wire.field import Cursor, Field, Value, malformed
from tlscope.wire.x509.signatures import signature_algorithm

if TYPE_CHECKING:
    from collections.abc import Callable

RSA, DSA, EC, DH, DH_PKCS3 = (
    "1.2.840.113549.1.1.1",
    "1.2.840.10040.4.1",
    "1.2.840.10045.2.1",
    "1.2.840.10046.2.1",
    "1.2.840.113549.1.3.1",
)
PSS, OAEP, MGF1 = "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.7", "1.2.840.113549.1.1.8"
EC_KINDS = frozenset({EC, "1.3.132.1.12", "1.3.132.1.13"})
"""id-ecPublicKey, and the two that restrict it to ECDH and ECMQV (RFC 5480 section 2.1.2)."""

CURVES = {
    "1.2.840.10045.3.1.1": ("P-192", 192),
    "1.3.132.0.33": ("P-224", 224),
    "1.2.840.10045.3.1.7": ("P-256", 256),
    "1.3.132.0.34": ("P-384", 384),
    "1.3.132.0.35": ("P-521", 521),
    "1.3.132.0.10": ("secp256k1", 256),
    "1.3.132.0.1": ("K-163", 163),
    "1.3.132.0.15": ("B-163", 163),
    "1.3.132.0.26": ("K-233", 233),
    "1.3.132.0.27": ("B-233", 233),
    "1.3.132.0.16": ("K-283", 283),
    "1.3.132.0.17": ("B-283", 283),
    "1.3.132.0.36": ("K-409", 409),
    "1.3.132.0.37": ("B-409", 409),
    "1.3.132.0.38": ("K-571", 571),
    "1.3.132.0.39": ("B-571", 571),
    **{
        f"1.3.36.3.3.2.8.1.1.{arc + twisted}": (f"brainpoolP{bits}{'rt'[twisted]}1", bits)
        for arc, bits in ((1, 160), (3, 192), (5, 224), (7, 256), (9, 320), (11, 384), (13, 512))
        for twisted in (0, 1)
    },
    "1.2.156.10197.1.301": ("SM2", 256),
}
"""Named curves: what NIST calls them (SP 800-186), and the bits of their field."""

FIXED = {
    "1.3.101.110": ("X25519", 32),
    "1.3.101.111": ("X448", 56),
    "1.3.101.112": ("Ed25519", 32),
    "1.3.101.113": ("Ed448", 57),
    "2.16.840.1.101.3.4.3.17": ("ML-DSA-44", 1312),
    "2.16.840.1.101.3.4.3.18": ("ML-DSA-65", 1952),
    "2.16.840.1.101.3.4.3.19": ("ML-DSA-87", 2592),
    "2.16.840.1.101.3.4.4.1": ("ML-KEM-512", 800),
    "2.16.840.1.101.3.4.4.2": ("ML-KEM-768", 1184),
    "2.16.840.1.101.3.4.4.3": ("ML-KEM-1024", 1568),
    **{
        f"2.16.840.1.101.3.4.3.{20 + number}": (f"SLH-DSA-{family}-{size}", octets)
        for number, (family, size, octets) in enumerate(
            (family, f"{level}{speed}", level // 4)
            for family in ("SHA2", "SHAKE")
            for level in (128, 192, 256)
            for speed in "sf"
        )
    },
}
"""Keys that are a string of fixed length: name and octets (RFC 8410; FIPS 203, 204 and 205)."""


class Key(NamedTuple):
    """A public key in two words."""

    name: str
    """`RSA 2048`, `EC P-256`, `Ed25519`, `ML-DSA-65`."""
    bits: int
    """Of the modulus, the prime or the field; else of the key's octets. 0 where that cannot be told."""


def key_of(info: Field) -> Key:
    """What key a dissected SubjectPublicKeyInfo holds."""
    oid = _value(info, "x509af.algorithm.id")
    if oid in {RSA, PSS, OAEP}:
        bits = _bits(info, "pkcs1.modulus")
        return Key(f"{'RSA-PSS' if oid == PSS else 'RSA'} {bits}", bits)
    if oid in EC_KINDS:
        curve = str(_value(info, "pkcs1.namedCurve") or "explicit curve")
        name, bits = CURVES.get(curve, (oid_name(curve), _bits(info, "pkcs1.Prime_p")))
        return Key(f"EC {name}", bits)
    if isinstance(oid, str) and oid in FIXED:
        name, octets = FIXED[oid]
        return Key(name, 8 * octets)
    if oid in {DSA, DH, DH_PKCS3}:
        bits = _bits(info, "x509af.p" if oid == DSA else "pkix1explicit.p")
        return Key(f"{'DSA' if oid == DSA else 'DH'} {bits}", bits)
    return Key(oid_name(oid) if isinstance(oid, str) else "unknown", 0)


def _value(field: Field, key: str) -> Value:
    found = field.first(key)
    return None if found is None else found.value


def _bits(field: Field, key: str) -> int:
    value = _value(field, key)
    return int.from_bytes(value).bit_length() if isinstance(value, bytes) else 0


def algorithm(cursor: Cursor, key: str, label: str, *, note: str = "", reference: str = "") -> Field:
    """An AlgorithmIdentifier; its value is the OID, its text the name (RFC 5280 section 4.1.1.2)."""
    return der.structure(cursor, key, label, _algorithm, note=note, reference=reference, finish=_algorithm_told)


def _algorithm(cursor: Cursor) -> None:
    oid = der.primitive(cursor, "x509af.algorithm.id", "Algorithm Id", der.OID).value
    if not cursor.left:
        return
    if oid == PSS and der.next_tag(cursor) == der.SEQUENCE:
        der.structure(
            cursor, "pkcs1.RSASSA_PSS_params_element", "RSASSA-PSS-params", _pss, reference="RFC 8017 appendix A.2.3"
        )
    elif oid in EC_KINDS:
        _curve(cursor)
    elif oid == DSA and der.next_tag(cursor) == der.SEQUENCE:
        _numbers(cursor, "x509af.DSS_Params_element", "DSS-Params", ("x509af.p", "x509af.q", "x509af.g"))
    elif oid == DH and der.next_tag(cursor) == der.SEQUENCE:
        names = ("pkix1explicit.p", "pkix1explicit.g", "pkix1explicit.q", "pkix1explicit.j")
        _numbers(cursor, "pkix1explicit.DomainParameters_element", "DomainParameters", names)
    elif oid == DH_PKCS3 and der.next_tag(cursor) == der.SEQUENCE:
        _numbers(
            cursor, "pkix1explicit.DomainParameters_element", "DHParameter", ("pkix1explicit.p", "pkix1explicit.g")
        )
    elif oid == MGF1:
        algorithm(cursor, "pkcs1.hashAlgorithm_element", "hashAlgorithm")
    else:
        der.anything(cursor, "x509af.parameters_element", "parameters")


def _algorithm_told(field: Field) -> Field:
    oid = field.children[0].value if field.children else None
    if not isinstance(oid, str):
        return field
    known = signature_algorithm(oid, field)
    notes = (field.note, known.note, _parameters_note(oid, field.children[1:]))
    return field._replace(value=oid, text=known.name, note=" ".join(filter(None, notes)))


def _parameters_note(oid: str, parameters: tuple[Field, ...]) -> str:
    """Where the RFCs leave no choice: verifiers compare these bytes (CA/Browser Forum BR section 7.1.3)."""
    if oid in NULLED and [field.text for field in parameters] != ["NULL"]:
        return "Its parameters must be NULL (RFC 4055 sections 1.2 and 5)."
    if parameters and oid in BARE:
        return f"It must have no parameters ({BARE[oid]})."
    return ""


NULLED = frozenset(f"1.2.840.113549.1.1.{arc}" for arc in (1, 2, 4, 5, 11, 12, 13, 14))
"""rsaEncryption, and the signatures of PKCS #1 v1.5 (RFC 3279 section 2.2.1, RFC 4055)."""
BARE = {
    "1.2.840.10045.4.1": "RFC 3279 section 2.2.3",
    **{f"1.2.840.10045.4.3.{arc}": "RFC 5758 section 3.2" for arc in (1, 2, 3, 4)},
    **{f"1.3.101.{arc}": "RFC 8410 section 3" for arc in (110, 111, 112, 113)},
    **{f"2.16.840.1.101.3.4.3.{arc}": "RFC 9881 section 2" for arc in (17, 18, 19)},
    **{f"2.16.840.1.101.3.4.3.{arc}": "RFC 9909 section 3" for arc in range(20, 32)},
    **{f"2.16.840.1.101.3.4.4.{arc}": "RFC 9935 section 3" for arc in (1, 2, 3)},
}
"""Identifiers that say all alone."""


def _numbers(cursor: Cursor, key: str, label: str, names: tuple[str, ...]) -> None:
    def parse(inside: Cursor) -> None:
        for name in names:
            if inside.left and der.next_tag(inside) == der.INTEGER:
                der.primitive(inside, name, name.rpartition(".")[2], der.INTEGER, read=big_integer)
        der.each(inside)

    der.structure(cursor, key, label, parse)


def _pss(cursor: Cursor) -> None:
    """All four have defaults: SHA-1, MGF1 with SHA-1, 20 octets of salt, trailer 1."""
    for number, (key, label) in enumerate(
        (
            ("pkcs1.hashAlgorithm_element", "hashAlgorithm"),
            ("pkcs1.maskGenAlgorithm_element", "maskGenAlgorithm"),
        )
    ):
        if der.next_tag(cursor) == der.context(number):
            der.explicit(cursor, number, partial(algorithm, key=key, label=label), label)
    for number, (key, label) in enumerate(
        (("pkcs1.saltLength", "saltLength"), ("pkcs1.trailerField", "trailerField")), 2
    ):
        if der.next_tag(cursor) == der.context(number):
            der.explicit(cursor, number, partial(der.primitive, key=key, label=label, kind=der.INTEGER), label)


def _curve(cursor: Cursor) -> None:
    """ECParameters (RFC 5480 section 2.1.1): PKIX allows named curves only."""
    tag = der.next_tag(cursor)
    if tag == der.OID:
        der.primitive(cursor, "pkcs1.namedCurve", "namedCurve", der.OID, reference="RFC 5480 section 2.1.1.1")
    elif tag == der.SEQUENCE:
        note = (
            "The curve is spelled out instead of named, which RFC 5480 section 2.1.1 forbids: who only compares the"
            " public point accepts a curve of the forger's making (CVE-2020-0601)."
        )
        der.structure(cursor, "pkcs1.specifiedCurve_element", "specifiedCurve", _specified, note=note)
    else:
        der.anything(cursor, "pkcs1.ECParameters", "ECParameters")


def _specified(cursor: Cursor) -> None:
    der.primitive(cursor, "pkcs1.version", "version", der.INTEGER)
    der.structure(cursor, "pkcs1.fieldID_element", "fieldID", _field_id)
    der.structure(cursor, "pkcs1.curve_element", "curve", _coefficients)
    der.primitive(cursor, "pkcs1.base", "base", der.OCTET_STRING)
    der.primitive(cursor, "pkcs1.order", "order", der.INTEGER, read=big_integer)
    if der.next_tag(cursor) == der.INTEGER:
        der.primitive(cursor, "pkcs1.cofactor", "cofactor", der.INTEGER)
    der.each(cursor)


def _field_id(cursor: Cursor) -> None:
    der.primitive(cursor, "pkcs1.fieldType", "fieldType", der.OID)
    if der.next_tag(cursor) == der.INTEGER:
        der.primitive(cursor, "pkcs1.Prime_p", "Prime-p", der.INTEGER, read=big_integer)
    der.each(cursor)


def _coefficients(cursor: Cursor) -> None:
    der.primitive(cursor, "pkcs1.a", "a", der.OCTET_STRING)
    der.primitive(cursor, "pkcs1.b", "b", der.OCTET_STRING)
    if cursor.left:
        der.primitive(cursor, "pkcs1.seed", "seed", der.BIT_STRING)


def public_key_info(
    cursor: Cursor, key: str = "x509af.subjectPublicKeyInfo_element", label: str = "subjectPublicKeyInfo"
) -> Field:
    """A SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7); its text names the key: `EC P-256`."""
    note = "The key that the certificate vouches for: whoever has the private half of it is the subject."
    return der.structure(
        cursor, key, label, _public_key_info, note=note, reference="RFC 5280 section 4.1.2.7", finish=_info_told
    )


def _info_told(field: Field) -> Field:
    named = key_of(field)
    return field._replace(value=named.name, text=named.name)


def _public_key_info(cursor: Cursor) -> None:
    identifier = algorithm(cursor, "x509af.algorithm_element", "algorithm")
    oid = identifier.value if isinstance(identifier.value, str) else ""
    parse = _KEYS.get(oid, _raw_key)
    if oid in FIXED:
        parse = partial(_fixed, named=FIXED[oid])
    elif oid in EC_KINDS:
        _name, bits = CURVES.get(str(_value(identifier, "pkcs1.namedCurve")), ("", 0))
        parse = partial(_point, size=(bits + 7) // 8)
    der.structure(
        cursor,
        "x509af.subjectPublicKey",
        "subjectPublicKey",
        partial(_bits_of, parse=parse),
        tag=der.BIT_STRING,
    )


def _bits_of(cursor: Cursor, parse: Callable[[Cursor], object]) -> None:
    cursor.number(1, "ber.bitstring.padding", "Padding")
    parse(cursor)


def _raw_key(cursor: Cursor) -> None:
    cursor.raw(None, "x509af.subjectPublicKey.octets", "Key")


def _fixed(cursor: Cursor, named: tuple[str, int]) -> None:
    name, octets = named
    if cursor.left > octets:
        cursor.add(malformed(cursor.at, 0, f"a key of {name} has {octets} octets, not {cursor.left}"))
    cursor.raw(max(octets, cursor.left), "x509af.subjectPublicKey.octets", f"{name} public key")


def _rsa(cursor: Cursor) -> None:
    der.structure(
        cursor, "pkcs1.RSAPublicKey_element", "RSAPublicKey", _rsa_numbers, reference="RFC 8017 appendix A.1.1"
    )


def _rsa_numbers(cursor: Cursor) -> None:
    der.primitive(cursor, "pkcs1.modulus", "modulus", der.INTEGER, read=big_integer)
    modulus = cursor.fields[-1]
    if isinstance(modulus.value, bytes):
        bits = int.from_bytes(modulus.value).bit_length()
        cursor.fields[-1] = modulus._replace(note=f"{modulus.note} {bits} bits; {_strength(bits)}.".strip())
    der.primitive(cursor, "pkcs1.publicExponent", "publicExponent", der.INTEGER, notes=_exponent)


def _strength(bits: int) -> str:
    if bits < 1024:
        return "anybody can factor that"
    return "too few for today's CAs, who must ask for 2048" if bits < 2048 else "factoring it is what keeps it safe"


def _exponent(value: Value) -> str:
    if isinstance(value, int) and (value < 3 or value % 2 == 0):
        return "No RSA exponent: it must be odd, and at least 3 (RFC 8017 section 3.1)."
    return "" if value == 65537 else "Nearly all keys have 65537."


def _point(cursor: Cursor, size: int) -> None:
    """An ECPoint (SEC 1 section 2.3.3): how it is written, then its coordinates of `size` octets, 0 where unknown."""
    form = cursor.number(1, "x509af.ecPoint.form", "Point form", text=lambda value: _FORMS.get(value, f"0x{value:02x}"))
    if not size or form not in {2, 3, 4, 6, 7}:
        cursor.raw(None, "x509af.ecPoint.octets", "Coordinates")
        return
    cursor.raw(size, "x509af.ecPoint.x", "x")
    if form not in {2, 3}:
        cursor.raw(size, "x509af.ecPoint.y", "y")


_FORMS = {
    0: "infinity",
    2: "compressed, y is even",
    3: "compressed, y is odd",
    4: "uncompressed",
    6: "hybrid",
    7: "hybrid",
}


def _public_number(cursor: Cursor) -> None:
    der.primitive(cursor, "x509af.subjectPublicKey.y", "y", der.INTEGER, read=big_integer)


_KEYS: dict[str, Callable[[Cursor], object]] = {
    RSA: _rsa,
    PSS: _rsa,
    OAEP: _rsa,
    DSA: _public_number,
    DH: _public_number,
    DH_PKCS3: _public_number,
}
"""How the bits of a public key are read, by its algorithm."""
