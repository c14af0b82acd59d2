"""Records opened: what each kind of cipher does to them, undone.

    protection = protect13(cipher, key, iv)                              TLS 1.3
    protection = protect12(version, cipher, keys, encrypt_then_mac=...)  TLS 1.0 to 1.2
    protection.open(sequence, header, body) -> Opened | str, which says why it could not be opened

    AEAD, TLS 1.3       AEAD(content + type + zeros); nonce = IV XOR sequence; additional data = header
                                                                                     RFC 8446 section 5.2
    AEAD, TLS 1.2       nonce of record + AEAD(content); nonce = salt + nonce of record, for ChaCha20-Poly1305 as in
                        TLS 1.3; additional data = sequence + header, whose length is the content's
                                                                                     RFC 5246 section 6.2.3.3, RFC 7905
    CBC                 [IV +] E(content + MAC + padding); the IV of TLS 1.0 is the last block of the record before
                                                                                     RFC 5246 section 6.2.3.2, RFC 2246
    CBC, EtM            [IV +] E(content + padding) + MAC of all before it           RFC 7366 section 3
    stream and NULL     E(content + MAC)                                             RFC 5246 section 6.2.3.1

A MAC is over sequence + header + content; truncated_hmac keeps ten bytes of it (RFC 6066 section 7). The stream ciphers
and TLS 1.0's CBC carry state from record to record: a record that is lost takes all behind it along (for CBC: only the
next). An endpoint must not tell why a record fails (padding oracles); an inspector should: the reason names the step.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, NamedTuple, Protocol

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm

from tlscope.wire.tls.decryption.ciphers import AEAD, CBC, NULL, STREAM, Cipher
from tlscope.wire.tls.decryption.prf import TLS1_2, digest_size

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, CipherContext

TLS1_1 = 0x0302
TRUNCATED = 10
"""Bytes of a MAC that truncated_hmac leaves (RFC 6066 section 7)."""
NOT_AUTHENTIC = "it does not authenticate: the secret is another connection's, or the record was damaged"


class Opened(NamedTuple):
    """A record's content."""

    content_type: int
    plaintext: bytes
    padding: int = 0
    """Bytes of padding: TLS 1.3's zeros; of CBC, with the byte that counts them."""
    nonce: bytes = b""
    """The nonce of an AEAD cipher, the IV of a CBC cipher."""
    additional: bytes = b""
    """What was authenticated besides the content."""


class Protection(Protocol):
    """One direction's records under one key."""

    def open(self, sequence: int, header: bytes, body: bytes) -> Opened | str:
        """The content, or why there is none. Never raises."""


class Keys(NamedTuple):
    """One direction's part of a key block (RFC 5246 section 6.3)."""

    mac: bytes
    key: bytes
    iv: bytes


def protect13(cipher: Cipher, key: bytes, iv: bytes) -> Protection | str:
    """The protection of a TLS 1.3 epoch, or why there is none."""
    aead = _aead(cipher, key)
    return aead if isinstance(aead, str) else _Aead13(aead, iv, cipher.tag)


def protect12(
    version: int, cipher: Cipher, keys: Keys, *, encrypt_then_mac: bool, truncated_hmac: bool = False
) -> Protection | str:
    """The protection between two ChangeCipherSpecs of TLS 1.0 to 1.2, or why there is none."""
    if cipher.obstacle:
        return cipher.obstacle
    if cipher.kind == AEAD:
        aead = _aead(cipher, keys.key)
        return aead if isinstance(aead, str) else _Aead12(aead, keys.iv, cipher.tag)
    mac = _Mac(keys.mac, cipher.mac, truncated=truncated_hmac)
    if cipher.kind == NULL:
        return _Stream(None, mac)
    try:
        if cipher.kind == STREAM:
            return _Stream(_rc4(keys.key), mac)
        return _Cbc(version, cipher, keys, mac, encrypt_then_mac=encrypt_then_mac)
    except UnsupportedAlgorithm:
        return f"the library that decrypts has no {cipher.algorithm}"


class _Aead(Protocol):
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


def _aead(cipher: Cipher, key: bytes) -> _Aead | str:
    from cryptography.hazmat.primitives.ciphers import aead  # noqa: PLC0415 (imported where used: start-up time)

    if cipher.obstacle:
        return cipher.obstacle
    try:
        if cipher.algorithm == "AES-GCM":
            return aead.AESGCM(key)
        if cipher.algorithm == "AES-CCM":
            return aead.AESCCM(key, tag_length=cipher.tag)
        if cipher.algorithm == "ChaCha20-Poly1305":
            return aead.ChaCha20Poly1305(key)
        if cipher.algorithm == "SM4-GCM":
            return _Sm4Gcm(key)
        if cipher.algorithm in {"Camellia-GCM", "SM4-CCM"}:
            return _composed(cipher, key)
    except UnsupportedAlgorithm:
        pass
    return f"the library that decrypts has no {cipher.algorithm}"


def _composed(cipher: Cipher, key: bytes) -> _Aead:
    from cryptography.hazmat.primitives.ciphers import algorithms  # noqa: PLC0415 (imported where used)

    from tlscope.wire.tls.decryption.modes import Ccm, Gcm  # noqa: PLC0415 - loaded where it is used

    if cipher.algorithm == "SM4-CCM":
        return Ccm(algorithms.SM4(key), cipher.tag)
    return Gcm(_block_cipher("Camellia", key))


class _Sm4Gcm:
    """SM4 in GCM mode, which `cryptography` has among its ciphers, not among its AEADs."""

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers import algorithms  # noqa: PLC0415 (imported where used)

        self._cipher = algorithms.SM4(key)
        self.decrypt(bytes(12), bytes(16), b"", probe=True)

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None, *, probe: bool = False) -> bytes:
        from cryptography.hazmat.primitives.ciphers import Cipher as Ciphering  # noqa: PLC0415 (imported where used)
        from cryptography.hazmat.primitives.ciphers import modes  # noqa: PLC0415 - loaded where it is used

        opening = Ciphering(self._cipher, modes.GCM(nonce, data[-16:])).decryptor()
        if probe:
            return b""
        opening.authenticate_additional_data(associated_data or b"")
        return opening.update(data[:-16]) + opening.finalize()


def nonce_of(iv: bytes, sequence: int) -> bytes:
    """The IV XORed with the sequence number, as long as the IV (RFC 8446 section 5.3)."""
    return (int.from_bytes(iv) ^ sequence).to_bytes(len(iv))


class _Aead13:
    def __init__(self, aead: _Aead, iv: bytes, tag: int) -> None:
        self._aead, self._iv, self._tag = aead, iv, tag

    def open(self, sequence: int, header: bytes, body: bytes) -> Opened | str:
        if len(body) <= self._tag:
            return f"its {len(body)} bytes cannot hold a content type and a tag of {self._tag}"
        nonce = nonce_of(self._iv, sequence)
        try:
            inner = self._aead.decrypt(nonce, body, header)
        except InvalidTag:
            return NOT_AUTHENTIC
        content = inner.rstrip(b"\0")
        if not content:
            return "it is all padding, without a content type"
        return Opened(content[-1], content[:-1], len(inner) - len(content), nonce, header)


class _Aead12:
    def __init__(self, aead: _Aead, iv: bytes, tag: int) -> None:
        self._aead, self._iv, self._tag = aead, iv, tag
        self._explicit = 8 if len(iv) == 4 else 0

    def open(self, sequence: int, header: bytes, body: bytes) -> Opened | str:
        length = len(body) - self._explicit - self._tag
        if length < 0:
            return f"its {len(body)} bytes cannot hold a nonce of {self._explicit} and a tag of {self._tag}"
        nonce = self._iv + body[:8] if self._explicit else nonce_of(self._iv, sequence)
        additional = sequence.to_bytes(8) + header[:3] + length.to_bytes(2)
        try:
            content = self._aead.decrypt(nonce, body[self._explicit :], additional)
        except InvalidTag:
            return NOT_AUTHENTIC
        return Opened(header[0], content, 0, nonce, additional)


class _Mac:
    """HMAC over sequence, header and content (RFC 5246 section 6.2.3.1)."""

    def __init__(self, key: bytes, hash_name: str, *, truncated: bool) -> None:
        self._key, self._hash = key, hash_name
        self.size = TRUNCATED if truncated else digest_size(hash_name)

    def fails(self, sequence: int, header: bytes, content: bytes, mac: bytes) -> bool:
        data = sequence.to_bytes(8) + header[:3] + len(content).to_bytes(2) + content
        return not hmac.compare_digest(hmac.digest(self._key, data, self._hash)[: self.size], mac)


class _Stream:
    """RC4, and NULL, which authenticates only."""

    def __init__(self, cipher: CipherContext | None, mac: _Mac) -> None:
        self._cipher, self._mac = cipher, mac

    def open(self, sequence: int, header: bytes, body: bytes) -> Opened | str:
        data = self._cipher.update(body) if self._cipher else body
        split = len(data) - self._mac.size
        if split < 0:
            return f"its {len(body)} bytes cannot hold a MAC of {self._mac.size}"
        if self._mac.fails(sequence, header, data[:split], data[split:]):
            return f"its MAC is wrong; {NOT_AUTHENTIC}"
        return Opened(header[0], data[:split])


class _Cbc:
    def __init__(self, version: int, cipher: Cipher, keys: Keys, mac: _Mac, *, encrypt_then_mac: bool) -> None:
        self._algorithm = _block_cipher(cipher.algorithm, keys.key)
        self._block = cipher.block
        self._mac = mac
        self._then_mac = encrypt_then_mac
        self._before = keys.iv if version < TLS1_1 else None
        """The last block of the record before, which is TLS 1.0's IV; None where every record brings its own, empty
        where it is not known: with encrypt_then_mac nothing but the MAC before says that it is right."""
        self._decrypt(bytes(cipher.block), bytes(cipher.block))  # raises UnsupportedAlgorithm here, not later

    def open(self, sequence: int, header: bytes, body: bytes) -> Opened | str:
        mac = b""
        if self._then_mac:
            split = max(0, len(body) - self._mac.size)
            body, mac = body[:split], body[split:]
        iv, data = (body[: self._block], body[self._block :]) if self._before is None else (self._before, body)
        if not data or len(data) % self._block or (self._before is None and len(iv) != self._block):
            return f"its {len(data)} encrypted bytes are not whole blocks of {self._block}"
        if self._before is not None:
            self._before = data[-self._block :]
        if self._then_mac and self._mac.fails(sequence, header, body, mac):
            if self._before is not None:
                self._before = b""
            return f"its MAC is wrong; {NOT_AUTHENTIC}"
        if not iv:
            return "its IV, the last block of the record before, is not known: that was damaged"
        return self._unpadded(sequence, header, self._decrypt(iv, data), iv)

    def _unpadded(self, sequence: int, header: bytes, plain: bytes, iv: bytes) -> Opened | str:
        padding = plain[-1] + 1
        if padding > len(plain) or plain[-padding:] != bytes((padding - 1,)) * padding:
            return f"its padding is wrong; {NOT_AUTHENTIC}"
        content = plain[:-padding]
        if not self._then_mac:
            split = len(content) - self._mac.size
            if split < 0:
                return f"its {len(content)} bytes cannot hold a MAC of {self._mac.size}"
            content, mac = content[:split], content[split:]
            if self._mac.fails(sequence, header, content, mac):
                return f"its MAC is wrong; {NOT_AUTHENTIC}"
        return Opened(header[0], content, padding, iv)

    def _decrypt(self, iv: bytes, data: bytes) -> bytes:
        from cryptography.hazmat.primitives.ciphers import Cipher as Ciphering  # noqa: PLC0415 (imported where used)
        from cryptography.hazmat.primitives.ciphers import modes  # noqa: PLC0415 - loaded where it is used

        opening = Ciphering(self._algorithm, modes.CBC(iv)).decryptor()
        return opening.update(data) + opening.finalize()


def _block_cipher(name: str, key: bytes) -> BlockCipherAlgorithm:
    from cryptography.hazmat.decrepit.ciphers import algorithms as old  # noqa: PLC0415 (imported where used)
    from cryptography.hazmat.primitives.ciphers import algorithms  # noqa: PLC0415 - loaded where it is used

    if name == "AES":
        return algorithms.AES(key)
    if name == "DES":
        return old.TripleDES(key * 3)  # EDE under one key three times is DES
    if name == "3DES":
        return old.TripleDES(key)
    known: dict[str, type] = {"IDEA": old.IDEA, "SEED": old.SEED, "Camellia": old.Camellia}
    made: BlockCipherAlgorithm = known[name](key)
    return made


def _rc4(key: bytes) -> CipherContext:
    from cryptography.hazmat.decrepit.ciphers import algorithms as old  # noqa: PLC0415 (imported where used)
    from cryptography.hazmat.primitives.ciphers import Cipher as Ciphering  # noqa: PLC0415 - loaded where it is used

    return Ciphering(old.ARC4(key), None).decryptor()


__all__ = ["AEAD", "CBC", "NULL", "STREAM", "TLS1_2", "Keys", "Opened", "Protection", "protect12", "protect13"]
