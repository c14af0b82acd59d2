"""What of the client's offer and the server's choice is repeated on the other leg. No I/O."""

from __future__ import annotations

from tlscope.wire.tls.codes import NamedGroup, SignatureScheme
from tlscope.wire.tls.hello import ClientHello
from tlscope.wire.tls.suites import CipherSuite
from tlscope_ca.leaf import KeyType

TLS1_3 = 0x0304

_GROUPS = frozenset(NamedGroup)
_ECDSA_SUITES = frozenset(suite for suite in CipherSuite if suite.name.startswith("TLS_ECDHE_ECDSA_"))


def client_version(hello: ClientHello, server: int) -> int:
    """The version of the client leg: the client's highest that is not above the server leg's.

    Where the client offers only higher ones, that is the server's version, and the client will refuse it itself.
    """
    lowest, highest = hello.versions
    offered = [version for version in hello.supported_versions if version <= server] or [server]
    return max(lowest, min(server, highest, max(offered)))


def groups(hello: ClientHello) -> bytes:
    """The client's groups in its order as OpenSSL's list, `*` on those that it sent a key for; empty for OpenSSL's own.

    With them the server chooses as it would have chosen for the client, and a client without post-quantum groups does not
    pay for their keys. `?` lets OpenSSL skip what it does not know.
    """
    known = [NamedGroup(code) for code in hello.groups or () if code in _GROUPS]
    names = (("?*" if group in hello.key_shares else "?") + group.name for group in known)
    return ":".join(names).encode()


def key_type(hello: ClientHello, version: int) -> KeyType:
    """The key of the forged leaf: P-256 wherever the client can use it, else RSA-2048.

    In TLS 1.3 the signature algorithms alone decide (RFC 8446 section 4.2.3). Before it the suites must allow ECDSA too,
    and the groups P-256 (RFC 8422 section 5.1); a client that says nothing of either accepts any.
    """
    signatures, groups = hello.signature_algorithms, hello.groups
    if version >= TLS1_3:
        return KeyType.P256 if SignatureScheme.ecdsa_secp256r1_sha256 in (signatures or ()) else KeyType.RSA2048
    can = (
        not _ECDSA_SUITES.isdisjoint(hello.cipher_suites)
        and (groups is None or NamedGroup.secp256r1 in groups)
        and (signatures is None or SignatureScheme.ecdsa_secp256r1_sha256 in signatures)
    )
    return KeyType.P256 if can else KeyType.RSA2048
