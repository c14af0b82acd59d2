"""What of the client's offer and the server's choice is repeated on the other leg. No I/O."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tlscope.wire.tls.codes import NamedGroup, SignatureScheme
from tlscope.wire.tls.suites import CipherSuite
from tlscope_ca.leaf import KeyType

if TYPE_CHECKING:
    from tlscope.wire.tls.hello import ClientHello

TLS1_3 = 0x0304
MAX_KEY_SHARES = 4
"""OpenSSL refuses a list that marks more (OPENSSL_CLIENT_MAX_KEY_SHARES)."""

_GROUPS = frozenset(NamedGroup)
_GROUPS_1_3 = frozenset(
    group
    for group in NamedGroup
    if group.name.startswith(("ffdhe", "x25519", "x448", "MLKEM"))
    or group.name.endswith(("tls13", "MLKEM512", "MLKEM768", "MLKEM1024"))
    or group in {NamedGroup.secp256r1, NamedGroup.secp384r1, NamedGroup.secp521r1, NamedGroup.curveSM2}
)
"""What OpenSSL can use in TLS 1.3; with none of these in its list, it refuses to begin."""
_SCHEMES = frozenset(SignatureScheme)
_REQUIRED = frozenset({SignatureScheme.rsa_pkcs1_sha256, SignatureScheme.ecdsa_secp256r1_sha256})
_REQUIRED_1_3 = _REQUIRED | {SignatureScheme.rsa_pss_rsae_sha256}
"""What every implementation of TLS 1.3 must support (RFC 8446 section 9.1); PSS is not of TLS 1.2."""
_ECDSA_SUITES = frozenset(suite for suite in CipherSuite if suite.name.startswith("TLS_ECDHE_ECDSA_"))


def client_version(hello: ClientHello, server: int) -> int:
    """The version of the client leg: the client's highest that is not above the server leg's.

    Where the client offers only higher ones, that is the server's version, and the client will refuse it itself.
    """
    lowest, highest = hello.versions
    offered = hello.supported_versions or range(lowest, highest + 1)
    return max((version for version in offered if lowest <= version <= server), default=server)


def groups(hello: ClientHello) -> bytes:
    """The client's groups in its order as OpenSSL's list, `*` on those that it sent a key for; empty for OpenSSL's own.

    With them the server chooses as it would have chosen for the client, and a client without post-quantum groups
    does not pay for their keys. `?` lets OpenSSL skip what it does not know.
    """
    return _groups(hello.groups or (), hello.key_shares, hello.versions[1] >= TLS1_3)


@lru_cache(256)
def _groups(groups: tuple[int, ...], key_shares: tuple[int, ...], tls13: bool) -> bytes:  # noqa: FBT001 (a key)
    """`groups`, of which a client's every hello has the same."""
    known = [NamedGroup(code) for code in dict.fromkeys(groups) if code in _GROUPS]
    if tls13 and _GROUPS_1_3.isdisjoint(known):
        return b""
    keyed = [group for group in known if group in key_shares and group in _GROUPS_1_3][:MAX_KEY_SHARES]
    return ":".join(("?*" if group in keyed else "?") + group.name for group in known).encode()


def signatures(hello: ClientHello) -> bytes:
    """The client's signature algorithms in its order as OpenSSL's list; empty for OpenSSL's own.

    With them the server proves its key only in ways that the client would have accepted. A client that leaves out what
    everybody must support is not repeated: OpenSSL would drop suites that need no signature along with it.
    """
    return _signatures(hello.signature_algorithms or (), hello.versions[1] >= TLS1_3)


@lru_cache(256)
def _signatures(schemes: tuple[int, ...], tls13: bool) -> bytes:  # noqa: FBT001 (a key)
    """`signatures`, of which a client's every hello has the same."""
    if not (_REQUIRED_1_3 if tls13 else _REQUIRED).issubset(schemes):
        return b""
    return ":".join(f"?{SignatureScheme(code).name}" for code in dict.fromkeys(schemes) if code in _SCHEMES).encode()


def key_type(hello: ClientHello, version: int) -> KeyType:
    """The key of the forged leaf: P-256 wherever the client can use it, else RSA-2048.

    In TLS 1.3 the signature algorithms alone decide (RFC 8446 section 4.2.3). Before it the suites must allow ECDSA
    too, and the groups P-256 (RFC 8422 section 5.1); a client that says nothing of either accepts any.
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
