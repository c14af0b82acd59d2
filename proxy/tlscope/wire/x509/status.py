"""The extensions of OCSP's requests and responses (RFC 6960 section 4.4)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tlscope.wire.asn1 import der
from tlscope.wire.x509.keys import algorithm
from tlscope.wire.x509.known import Known
from tlscope.wire.x509.names import distinguished_name
from tlscope.wire.x509.revocation import access_descriptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tlscope.wire.field import Cursor, Value


def _nonce(cursor: Cursor) -> None:
    """An OCTET STRING within the extension's own; old responders wrote the bytes right there."""
    if der.looks_like_der(cursor) and der.next_tag(cursor) == der.OCTET_STRING:
        der.primitive(cursor, "ocsp.ReOcspNonce", "ReOcspNonce", der.OCTET_STRING)
    else:
        cursor.raw(None, "ocsp.ReOcspNonce", "ReOcspNonce", note="Bare, without the OCTET STRING that RFC 9654 wants.")


def _crl(cursor: Cursor) -> None:
    der.structure(cursor, "ocsp.CrlID_element", "CrlID", _crl_parts)


def _crl_parts(cursor: Cursor) -> None:
    kinds = (("crlUrl", der.IA5_STRING), ("crlNum", der.INTEGER), ("crlTime", der.GENERALIZED_TIME))
    for number, (name, kind) in enumerate(kinds):
        if der.next_tag(cursor) == der.context(number):
            der.explicit(cursor, number, partial(der.primitive, key=f"ocsp.{name}", label=name, kind=kind), name)


def _acceptable(cursor: Cursor) -> None:
    item = partial(der.primitive, key="ocsp.AcceptableResponses_item", label="AcceptableResponses item", kind=der.OID)
    der.listed(cursor, "ocsp.AcceptableResponses", "AcceptableResponses", item)


def _null(cursor: Cursor) -> None:
    der.primitive(cursor, "ocsp.NULL_element", "NULL", der.NULL)


def _cutoff(cursor: Cursor) -> None:
    der.primitive(cursor, "ocsp.ArchiveCutoff", "ArchiveCutoff", der.GENERALIZED_TIME)


def _locator(cursor: Cursor) -> None:
    der.structure(cursor, "ocsp.ServiceLocator_element", "ServiceLocator", _locator_parts)


def _locator_parts(cursor: Cursor) -> None:
    distinguished_name(cursor, "ocsp.issuer", "issuer")
    if cursor.left:
        access_descriptions(cursor)


def _preferred(cursor: Cursor) -> None:
    der.listed(cursor, "ocsp.PreferredSignatureAlgorithms", "PreferredSignatureAlgorithms", _preferred_one)


def _preferred_one(cursor: Cursor) -> None:
    key, name = "ocsp.PreferredSignatureAlgorithm_element", "PreferredSignatureAlgorithm"
    der.structure(cursor, key, name, _preferred_parts)


def _preferred_parts(cursor: Cursor) -> None:
    algorithm(cursor, "ocsp.sigIdentifier_element", "sigIdentifier")
    if cursor.left:
        algorithm(cursor, "ocsp.certIdentifier_element", "certIdentifier")


_SECTION = "RFC 6960 section 4.4."

STATUS: Mapping[Value, Known] = {
    "1.3.6.1.5.5.7.48.1.2": Known(
        _nonce, "Binds a response to its request, so that an old one cannot be played again.", "RFC 9654 section 2.1"
    ),
    "1.3.6.1.5.5.7.48.1.3": Known(_crl, "The list in which the certificate is revoked or on hold.", f"{_SECTION}2"),
    "1.3.6.1.5.5.7.48.1.4": Known(_acceptable, "The kinds of response that the client understands.", f"{_SECTION}3"),
    "1.3.6.1.5.5.7.48.1.5": Known(
        _null, "Nobody need ask whether this OCSP responder's own certificate is revoked.", "RFC 6960 section 4.2.2.2.1"
    ),
    "1.3.6.1.5.5.7.48.1.6": Known(_cutoff, "How far back the responder remembers revocations.", f"{_SECTION}4"),
    "1.3.6.1.5.5.7.48.1.7": Known(_locator, "Where a request should be passed on to.", f"{_SECTION}6"),
    "1.3.6.1.5.5.7.48.1.8": Known(_preferred, "How the client would have the response signed.", f"{_SECTION}7"),
    "1.3.6.1.5.5.7.48.1.9": Known(_null, "`revoked` here also means: never issued.", f"{_SECTION}8"),
}
"""By OID, with what each is for."""
