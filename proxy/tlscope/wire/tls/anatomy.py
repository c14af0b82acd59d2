"""What a cipher suite's name says: how keys are agreed on, who proves what, what encrypts, and whether that is sound.

    TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        ECDHE            key exchange
              RSA        authentication
                       AES_128_GCM         cipher
                                   SHA256  hash: of the key derivation, and of the MAC unless the cipher has its own

    TLS_AES_128_GCM_SHA256, in TLS 1.3: cipher and hash; the rest is negotiated apart (RFC 8446 section 1.2)

The messages of the key exchange are laid out by these parts (key_exchange.py), and suites' notes are made of them.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from tlscope.wire.tls.codes import is_grease
from tlscope.wire.tls.suites import CipherSuite


class Anatomy(NamedTuple):
    """The parts of a suite's name; all empty for a signal or an unknown code point."""

    key_exchange: str = ""
    """`RSA`, `DHE`, `DH`, `ECDHE`, `ECDH`, `PSK`, `DHE_PSK`, `ECDHE_PSK`, `RSA_PSK`, `SRP`, `GOST`, `ECJPAKE`,
    `ECCPWD`, or `any` in TLS 1.3."""
    authentication: str = ""
    """`RSA`, `DSS`, `ECDSA`, `PSK`, `anon`, `password`, `GOST`, or `any` in TLS 1.3."""
    cipher: str = ""
    """For instance `AES_128_GCM`, `3DES_EDE_CBC`, `NULL`."""
    hash: str = ""
    """For instance `SHA256`; `SHA` and `MD5`, and GOST's `OMAC` and `IMIT`, are MACs only: the PRF is the version's."""

    @property
    def forward_secret(self) -> bool:
        """Whether yesterday's traffic stays secret when a long-term key leaks."""
        return self.key_exchange in EPHEMERAL

    @property
    def aead(self) -> bool:
        """Whether the cipher authenticates what it encrypts (RFC 5116)."""
        return any(mode in self.cipher for mode in ("GCM", "CCM", "POLY1305", "MGM"))


EPHEMERAL = frozenset({"DHE", "ECDHE", "DHE_PSK", "ECDHE_PSK", "ECJPAKE", "ECCPWD", "SRP", "any"})

_EXCHANGES = {
    "RSA": ("RSA", "RSA"),
    "DHE_RSA": ("DHE", "RSA"),
    "DHE_DSS": ("DHE", "DSS"),
    "DH_RSA": ("DH", "RSA"),
    "DH_DSS": ("DH", "DSS"),
    "DH_anon": ("DHE", "anon"),
    "ECDHE_RSA": ("ECDHE", "RSA"),
    "ECDHE_ECDSA": ("ECDHE", "ECDSA"),
    "ECDH_RSA": ("ECDH", "RSA"),
    "ECDH_ECDSA": ("ECDH", "ECDSA"),
    "ECDH_anon": ("ECDHE", "anon"),
    "PSK": ("PSK", "PSK"),
    "DHE_PSK": ("DHE_PSK", "PSK"),
    "PSK_DHE": ("DHE_PSK", "PSK"),  # RFC 6655 section 4 names its CCM_8 suites this way round
    "ECDHE_PSK": ("ECDHE_PSK", "PSK"),
    "RSA_PSK": ("RSA_PSK", "RSA"),
    "SRP_SHA": ("SRP", "password"),
    "SRP_SHA_RSA": ("SRP", "RSA"),
    "SRP_SHA_DSS": ("SRP", "DSS"),
    "ECJPAKE": ("ECJPAKE", "password"),
    "ECCPWD": ("ECCPWD", "password"),
    "GOSTR341112_256": ("GOST", "GOST"),
    "NULL": ("NULL", "anon"),
}
_HASHES = frozenset({"MD5", "SHA", "SHA256", "SHA384", "SM3", "OMAC", "IMIT", "NULL"})
_SIGNALS = {
    CipherSuite.TLS_EMPTY_RENEGOTIATION_INFO_SCSV: "Not a suite but a signal: the client supports secure "
    "renegotiation.",
    CipherSuite.TLS_FALLBACK_SCSV: "Not a suite but a signal: the client is retrying with a lower version than it "
    "supports, so a server that knows a higher one must refuse.",
}
GREASE_NOTE = "Means nothing: clients mix such values in so that servers keep ignoring what they do not know."


@cache
def anatomy(suite: int) -> Anatomy:
    """The parts of a suite's name. The cache is bounded by the 65536 code points."""
    try:
        name = CipherSuite(suite).name.removeprefix("TLS_")
    except ValueError:
        return Anatomy()
    if suite in _SIGNALS:
        return Anatomy()
    exchange, _, rest = name.rpartition("_WITH_")
    key_exchange, authentication = _EXCHANGES.get(exchange, ("any", "any")) if exchange else ("any", "any")
    cipher, _, tail = rest.rpartition("_")
    if tail not in _HASHES:  # AES_128_CCM_8, MGM_L: the name leaves the hash to RFC 6655 and RFC 9367
        cipher, tail = rest, "STREEBOG256" if "MGM" in rest else "SHA256"
    return Anatomy(key_exchange, authentication, cipher, tail)


@cache
def suite_note(suite: int) -> str:
    """A sentence on what a suite does and whether it is sound today; empty for an unknown one."""
    if suite in _SIGNALS:
        return _SIGNALS[CipherSuite(suite)]
    if is_grease(suite):
        return GREASE_NOTE
    parts = anatomy(suite)
    if not parts.cipher:
        return ""
    faults = _faults(parts)
    made = _made(parts)
    if not faults:
        return f"Sound: {made}."
    word = "Insecure" if any(grave for grave, _ in faults) else "Dated"
    return f"{word}: {made}; {', and '.join(why for _, why in faults)}."


def _made(parts: Anatomy) -> str:
    exchange = _EXCHANGE_WORDS[parts.key_exchange].format(who=_AUTHENTICATION_WORDS[parts.authentication])
    return f"{exchange}, {cipher_words(parts)}"


def cipher_words(parts: Anatomy) -> str:
    """The cipher and what protects its integrity, in words."""
    if parts.cipher == "NULL":
        return f"no encryption, HMAC-{_hash_words(parts.hash)}" if parts.hash not in {"", "NULL"} else "no encryption"
    name = parts.cipher.replace("_EDE", "").replace("_", "-")
    if parts.aead:
        return f"{name} encrypts and authenticates in one"
    return f"{name} with {_MACS.get(parts.hash) or f'HMAC-{_hash_words(parts.hash)}'}"


_MACS = {"OMAC": "OMAC", "IMIT": "IMIT"}


def _hash_words(name: str) -> str:
    return {"SHA": "SHA-1", "SHA256": "SHA-256", "SHA384": "SHA-384"}.get(name, name)


_EXCHANGE_WORDS = {
    "any": "a suite of TLS 1.3, where key exchange and authentication are agreed on apart",
    "RSA": "the client encrypts the secret to the server's RSA key",
    "DHE": "ephemeral Diffie-Hellman {who}",
    "DH": "Diffie-Hellman with the fixed key of the certificate",
    "ECDHE": "ephemeral elliptic-curve Diffie-Hellman {who}",
    "ECDH": "elliptic-curve Diffie-Hellman with the fixed key of the certificate",
    "PSK": "keys from a pre-shared key alone",
    "DHE_PSK": "ephemeral Diffie-Hellman {who}",
    "ECDHE_PSK": "ephemeral elliptic-curve Diffie-Hellman {who}",
    "RSA_PSK": "a pre-shared key and a secret encrypted to the server's RSA key",
    "SRP": "a password proven without showing it (SRP)",
    "ECJPAKE": "a password proven without showing it (J-PAKE)",
    "ECCPWD": "a password proven without showing it (dragonfly)",
    "GOST": "a key wrapped to the server's GOST key",
    "NULL": "no key exchange at all",
}
_AUTHENTICATION_WORDS = {
    "any": "signed as negotiated apart",
    "RSA": "signed with the server's RSA key",
    "DSS": "signed with the server's DSA key",
    "ECDSA": "signed with the server's elliptic-curve key",
    "PSK": "mixed with a pre-shared key",
    "anon": "that nobody signs",
    "password": "bound to a password",
    "GOST": "signed with the server's GOST key",
}


def _faults(parts: Anatomy) -> list[tuple[bool, str]]:
    """What speaks against a suite today: whether gravely, and why."""
    found = []
    if parts.authentication == "anon":
        found.append((True, "without authentication anybody can be in the middle"))
    if not parts.forward_secret:
        found.append((False, "who gets that key later reads all that was recorded"))
    if parts.key_exchange in {"DHE", "DHE_PSK"}:
        found.append((False, "the server alone chooses the group, often a small one (RFC 9325 advises against it)"))
    if parts.authentication == "DSS":
        found.append((False, "DSA is withdrawn"))
    found += [fault for name, fault in _CIPHER_FAULTS.items() if name in parts.cipher]
    if parts.hash == "MD5":
        found.append((True, "MD5 is broken"))
    return found


_CIPHER_FAULTS = {
    "NULL": (True, "everybody on the way can read it"),
    "RC4": (True, "RC4's biases reveal what repeats (RFC 7465 forbids it)"),
    "3DES": (True, "64-bit blocks repeat after some gigabytes (Sweet32)"),
    "DES_CBC": (True, "56-bit keys are found in a day"),
    "IDEA": (True, "64-bit blocks repeat after some gigabytes (Sweet32)"),
    "_CBC": (False, "CBC before its MAC has invited padding oracles (Lucky Thirteen) unless encrypt_then_mac is on"),
    "CCM_8": (False, "its 8-byte tag is meant for small devices only"),
    "28147": (False, "64-bit blocks repeat early"),
}
