"""What a server sends along with its certificate: timestamps of public logs, and the authority's word on revocation.

A certificate's signed certificate timestamps (SCTs) may stand in it, in the extension signed_certificate_timestamp, or
in the OCSP response that is stapled to the handshake (RFC 6962 section 3.3): a browser takes them from any of the
three. In TLS 1.2 the extension is the ServerHello's and the response a CertificateStatus message; in TLS 1.3 both are
extensions of the leaf's CertificateEntry (RFC 8446 sections 4.4.2 and 4.4.2.1). A server sends neither unasked.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from tlscope.wire.field import Cursor
from tlscope.wire.tls.meaning.gist import Reader
from tlscope.wire.x509 import ocsp

OCSP, OCSP_MULTI = 1, 2
"""CertificateStatusType (RFC 6066 section 8, RFC 6961 section 2.2)."""


class Staple(NamedTuple):
    """An OCSP response, about its first certificate."""

    status: str
    """`good`, `revoked` or `unknown`; empty where it says nothing, or cannot be read."""
    text: str
    """The same with its times."""
    timestamps: int
    """SCTs in it."""


def timestamps(listed: bytes) -> int:
    """How many SCTs a SignedCertificateTimestampList holds (RFC 6962 section 3.3), those that are whole."""
    reader, count = Reader(Reader(listed).vector(2)), 0
    while reader.left:
        found = reader.vector(2)
        count += bool(found) and reader.whole
    return count


def response_of(status: bytes) -> bytes:
    """The leaf's OCSPResponse (DER) of a CertificateStatus; empty where there is none."""
    reader = Reader(status)
    kind = reader.number(1)
    if kind == OCSP:
        return reader.vector(3)
    return Reader(reader.vector(3)).vector(3) if kind == OCSP_MULTI else b""


@lru_cache(maxsize=256)
def staple(response: bytes) -> Staple:
    """What an OCSPResponse (DER) says; a server staples the same to every handshake for days."""
    cursor = Cursor(response)
    cursor.guarded(ocsp.response)
    tree = cursor.field("ocsp", "OCSP")
    single = tree.first("ocsp.SingleResponse_element")  # the responder's own certificate has SCTs as well
    if single is None:
        return Staple("", tree.children[0].text if tree.children else "", 0)
    inside = sum(
        len(extension.all("tls.sct"))
        for extension in single.all("x509af.Extension_element")
        if extension.value == OCSP_TIMESTAMPS
    )
    return Staple(single.value if isinstance(single.value, str) else "", single.text, inside)


OCSP_TIMESTAMPS = "1.3.6.1.4.1.11129.2.4.5"
"""The extension of a SingleResponse (RFC 6962 section 3.3)."""
