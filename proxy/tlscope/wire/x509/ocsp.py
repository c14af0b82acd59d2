"""OCSP: whether a certificate is revoked, asked and answered (RFC 6960).

    response(cursor)    an OCSPResponse, as a server staples it to its handshake (RFC 6066 section 8)
    request(cursor)     an OCSPRequest, as a client posts it to the CA's responder

The CA signs the answer, or a responder whose certificate the CA signed for that alone, and which comes along.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tlscope.wire import x509
from tlscope.wire.asn1 import der
from tlscope.wire.asn1.der_values import Said, big_integer, integer, utc_text
from tlscope.wire.x509.extensions import extensions
from tlscope.wire.x509.keys import algorithm
from tlscope.wire.x509.names import distinguished_name, general_name
from tlscope.wire.x509.revocation import reason

if TYPE_CHECKING:
    from tlscope.wire.field import Cursor, Field

BASIC = "1.3.6.1.5.5.7.48.1.1"
"""id-pkix-ocsp-basic: the only type of response there is (RFC 6960 section 4.2.1)."""

STATUSES = {
    0: ("successful", ""),
    1: ("malformedRequest", "The responder did not understand the request."),
    2: ("internalError", "The responder is broken."),
    3: ("tryLater", "The responder cannot answer now."),
    5: ("sigRequired", "The responder answers signed requests only."),
    6: ("unauthorized", "The responder does not answer for this certificate, or not to this client."),
}
"""OCSPResponseStatus; none but `successful` is signed, so anybody on the path can say it (RFC 6960 section 2.3)."""

_SECTION = "RFC 6960 section 4."


def response(cursor: Cursor) -> None:
    """Read one OCSPResponse: a parse function for Cursor.vector and Cursor.group. May raise Short."""
    der.structure(
        cursor, "ocsp.OCSPResponse_element", "OCSPResponse", _response, reference=f"{_SECTION}2.1", finish=_told
    )


def _told(field: Field) -> Field:
    """The status, or what is said of each certificate."""
    said = [single.text for single in field.all("ocsp.SingleResponse_element")[:SOME] if single.text]
    status = field.first("ocsp.responseStatus")
    return field._replace(text=", ".join(said) or (status.text if status is not None else ""))


SOME = 4
"""Certificates whose status stands in the text of a response: a stapled one has one."""


def _response(cursor: Cursor) -> None:
    der.primitive(cursor, "ocsp.responseStatus", "responseStatus", der.ENUMERATED, read=_status)
    if der.next_tag(cursor) == der.context(0):
        der.explicit(cursor, 0, _bytes, "responseBytes")


def _status(content: bytes, at: int) -> Said:
    said = integer(content, at)
    if not isinstance(said.value, int):
        return said
    name, odd = STATUSES.get(said.value, ("unknown", ""))
    return said._replace(text=f"{name} ({said.value})", odd=f"{said.odd} {odd}".strip())


def _bytes(cursor: Cursor) -> None:
    der.structure(cursor, "ocsp.responseBytes_element", "responseBytes", _response_bytes)


def _response_bytes(cursor: Cursor) -> None:
    kind = der.primitive(cursor, "ocsp.responseType", "responseType", der.OID).value
    parse = _basic if kind == BASIC else der.inside_octets
    der.structure(cursor, "ocsp.response", "response", parse, tag=der.OCTET_STRING)


def _basic(cursor: Cursor) -> None:
    der.structure(
        cursor, "ocsp.BasicOCSPResponse_element", "BasicOCSPResponse", _basic_parts, reference=f"{_SECTION}2.1"
    )


def _basic_parts(cursor: Cursor) -> None:
    note = "All that the responder vouches for, and signs."
    der.structure(cursor, "ocsp.tbsResponseData_element", "tbsResponseData", _data, note=note)
    algorithm(cursor, "ocsp.signatureAlgorithm_element", "signatureAlgorithm")
    note = "The responder's signature over the tbsResponseData."
    der.primitive(cursor, "ocsp.signature", "signature", der.BIT_STRING, note=note)
    if der.next_tag(cursor) == der.context(0):
        der.explicit(cursor, 0, _certificates, "certs")


def _certificates(cursor: Cursor) -> None:
    note = "The responder's own certificate, where the CA does not answer itself: it needs the purpose OCSPSigning."
    der.listed(cursor, "ocsp.certs", "certs", x509.certificate, note=note, reference=f"{_SECTION}2.2.2")


def _data(cursor: Cursor) -> None:
    _version(cursor)
    if der.next_tag(cursor) == der.context(1):
        der.explicit(
            cursor, 1, partial(distinguished_name, key="ocsp.byName", label="responderID byName"), "responderID"
        )
    else:
        der.explicit(cursor, 2, _by_key, "responderID")
    _time(cursor, "producedAt", "When the responder signed.")
    der.listed(cursor, "ocsp.responses", "responses", _single)
    if der.next_tag(cursor) == der.context(1):
        der.explicit(cursor, 1, extensions, "responseExtensions")


def _version(cursor: Cursor) -> None:
    if der.next_tag(cursor) == der.context(0):
        parse = partial(der.primitive, key="ocsp.version", label="version", kind=der.INTEGER)
        der.explicit(cursor, 0, parse, "version")


def _by_key(cursor: Cursor) -> None:
    note = "SHA-1 of the responder's public key."
    der.primitive(cursor, "ocsp.byKey", "responderID byKey", der.OCTET_STRING, note=note, reference=f"{_SECTION}2.1")


def _time(cursor: Cursor, name: str, note: str) -> None:
    reference = f"{_SECTION}2.2.1"
    der.primitive(cursor, f"ocsp.{name}", name, der.GENERALIZED_TIME, note=note, reference=reference)


def _single(cursor: Cursor) -> None:
    der.structure(cursor, "ocsp.SingleResponse_element", "SingleResponse", _single_parts, finish=_single_told)


def _single_told(field: Field) -> Field:
    """`good until 2026-01-31 12:00:00 UTC`."""
    status = next((child for child in field.children if child.key in STATUS_KEYS), None)
    if status is None:
        return field
    until = next((child.value for child in field.children if child.key == "ocsp.nextUpdate"), None)
    text = f"{status.text} until {utc_text(until)}" if isinstance(until, int) else status.text
    return field._replace(value=status.label, text=text)


STATUS_KEYS = ("ocsp.good_element", "ocsp.revoked_element", "ocsp.unknown_element")


def _single_parts(cursor: Cursor) -> None:
    _certificate_id(cursor, "ocsp.certID_element", "certID")
    _certificate_status(cursor)
    _time(cursor, "thisUpdate", "When the status was known to be right.")
    if der.next_tag(cursor) == der.context(0):
        note = "When there will be news at the latest: until then a client may keep this answer."
        der.explicit(cursor, 0, partial(_time, name="nextUpdate", note=note), "nextUpdate")
    if der.next_tag(cursor) == der.context(1):
        der.explicit(cursor, 1, extensions, "singleExtensions")


def _certificate_status(cursor: Cursor) -> None:
    tag, reference = der.next_tag(cursor), f"{_SECTION}2.1"
    if tag == der.context(1):
        note = "The CA has taken the certificate back: it must not be accepted."
        key, name = "ocsp.revoked_element", "revoked"
        der.structure(cursor, key, name, _revoked, tag=tag, note=note, reference=reference, finish=_revoked_told)
    elif tag == der.implicit(2):
        note = "The responder does not know the certificate."
        _told_as(cursor, "unknown", tag, note)
    else:
        note = "Not revoked, as far as the responder knows; that is not to say that it was ever issued, or is valid."
        _told_as(cursor, "good", der.implicit(0), note)


def _told_as(cursor: Cursor, name: str, tag: int, note: str) -> None:
    field = der.primitive(
        cursor, f"ocsp.{name}_element", name, der.NULL, tag=tag, note=note, reference=f"{_SECTION}2.1"
    )
    cursor.fields[-1] = field._replace(text=name)


def _revoked(cursor: Cursor) -> None:
    _time(cursor, "revocationTime", "Since when the certificate is revoked.")
    if der.next_tag(cursor) == der.context(0):
        der.explicit(
            cursor, 0, partial(reason, key="ocsp.revocationReason", label="revocationReason"), "revocationReason"
        )


def _revoked_told(field: Field) -> Field:
    return field._replace(text=" ".join(("revoked", *(child.text for child in field.children))))


def _certificate_id(cursor: Cursor, key: str, label: str) -> None:
    note = "Which certificate: its issuer by two hashes, and its serial number."
    der.structure(cursor, key, label, _id_parts, note=note, reference=f"{_SECTION}1.1")


def _id_parts(cursor: Cursor) -> None:
    algorithm(cursor, "ocsp.hashAlgorithm_element", "hashAlgorithm")
    der.primitive(cursor, "ocsp.issuerNameHash", "issuerNameHash", der.OCTET_STRING)
    der.primitive(cursor, "ocsp.issuerKeyHash", "issuerKeyHash", der.OCTET_STRING)
    der.primitive(cursor, "ocsp.serialNumber", "serialNumber", der.INTEGER, read=big_integer)


def request(cursor: Cursor) -> None:
    """Read one OCSPRequest: a parse function for Cursor.vector and Cursor.group. May raise Short."""
    der.structure(cursor, "ocsp.OCSPRequest_element", "OCSPRequest", _request, reference=f"{_SECTION}1.1")


def _request(cursor: Cursor) -> None:
    der.structure(cursor, "ocsp.tbsRequest_element", "tbsRequest", _request_data)
    if der.next_tag(cursor) == der.context(0):
        der.explicit(cursor, 0, _optional_signature, "optionalSignature")


def _optional_signature(cursor: Cursor) -> None:
    der.structure(cursor, "ocsp.optionalSignature_element", "optionalSignature", _signature)


def _signature(cursor: Cursor) -> None:
    algorithm(cursor, "ocsp.signatureAlgorithm_element", "signatureAlgorithm")
    der.primitive(cursor, "ocsp.signature", "signature", der.BIT_STRING)
    if der.next_tag(cursor) == der.context(0):
        der.explicit(cursor, 0, _certificates, "certs")


def _request_data(cursor: Cursor) -> None:
    _version(cursor)
    if der.next_tag(cursor) == der.context(1):
        der.explicit(cursor, 1, general_name, "requestorName")
    der.listed(cursor, "ocsp.requestList", "requestList", _single_request)
    if der.next_tag(cursor) == der.context(2):
        der.explicit(cursor, 2, extensions, "requestExtensions")


def _single_request(cursor: Cursor) -> None:
    der.structure(cursor, "ocsp.Request_element", "Request", _single_request_parts)


def _single_request_parts(cursor: Cursor) -> None:
    _certificate_id(cursor, "ocsp.reqCert_element", "reqCert")
    if der.next_tag(cursor) == der.context(0):
        der.explicit(cursor, 0, extensions, "singleRequestExtensions")
