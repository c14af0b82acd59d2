"""OpenSSL contexts by policy.

One costs 100 us and may not change after its first connection, so each is made once and kept.

What differs from connection to connection (the certificate, SNI, the ALPN offer) is set on the connection instead.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from OpenSSL import SSL

from tlscope.engine.openssl import new_context, set_groups, set_signatures
from tlscope.faults import OurFault

if TYPE_CHECKING:
    from pathlib import Path

TLS1, TLS1_2 = 0x0301, 0x0303

ANY_SUITE = b"DEFAULT:@SECLEVEL=0"
"""TLS 1.0 and 1.1 sign with SHA-1, which OpenSSL allows at security level 0 only."""

CACHED = 128
"""Contexts of each kind; a connection holds on to its own."""


@lru_cache(CACHED)
def to_clients(version: int, alpn: bytes, *, ask: bool, chain: tuple[bytes, ...]) -> SSL.Context:
    """For client legs: one `version`; the server's ALPN choice, empty for none.

    `ask`: whether to ask for a certificate, because the server did; of any CA.
    `chain`: certificates (DER) to send after the leaf.
    """
    made = new_context(SSL.TLS_SERVER_METHOD)
    made.set_min_proto_version(version)
    made.set_max_proto_version(version)
    made.set_cipher_list(ANY_SUITE)
    if alpn:
        made.set_alpn_select_callback(lambda _, offered: alpn if alpn in offered else SSL.NO_OVERLAPPING_PROTOCOLS)
    for der in chain:
        made.add_extra_chain_cert(x509.load_der_x509_certificate(der))
    if ask:
        # Whether the client's certificate is good is for the server to say. OpenSSL must not.
        made.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        made.set_session_id(b"tlscope")
    return made


@lru_cache(CACHED)
def to_servers(
    lowest: int, highest: int, groups: bytes, certificate: Path | None, signatures: bytes = b""
) -> SSL.Context:
    """For server legs: the client's version range, groups and signature algorithms, and `certificate` to answer with.

    OpenSSL does not verify here: `tlscope_ca.verify` does, after the handshake, and finds more than the first fault.
    Raises OurFault where the certificate cannot be used.
    """
    made = new_context(SSL.TLS_CLIENT_METHOD)
    made.set_min_proto_version(lowest)
    made.set_max_proto_version(highest)
    if lowest < TLS1_2:
        made.set_cipher_list(ANY_SUITE)
    if groups:
        set_groups(made, groups)
    # OpenSSL takes the same list for what we sign with: there our own certificate's key counts, not the client's.
    if signatures and certificate is None:
        set_signatures(made, signatures)
    made.set_options(SSL.OP_LEGACY_SERVER_CONNECT)
    if certificate is not None:
        use_certificate(made, certificate)
    return made


def use_certificate(context: SSL.Context, path: Path) -> None:
    """Load a PEM that holds a chain, leaf first, and its key; raises OurFault where it cannot be used."""
    try:
        pem = path.read_bytes()
        certificates = x509.load_pem_x509_certificates(pem)
        context.use_certificate(certificates[0])
        for extra in certificates[1:]:
            context.add_extra_chain_cert(extra)
        context.use_privatekey(serialization.load_pem_private_key(pem, None))  # type: ignore[arg-type]
        context.check_privatekey()
    except (OSError, TypeError, ValueError, UnsupportedAlgorithm, SSL.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else "no usable certificate and key in it"
        raise OurFault(
            "client-certificate",
            f"--client-cert {path}: {reason}",
            "give a PEM with the certificate, its chain and its unencrypted key",
        ) from None
