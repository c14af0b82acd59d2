"""The halves of a key exchange, taken apart: points of curves, and hybrids of a classical half and a post-quantum one.

A hybrid's share is its parts, one behind the other, without lengths: their sizes follow from the group and the sender
(draft-ietf-tls-ecdhe-mlkem section 4.1). A client sends an ML-KEM encapsulation key, a server the ciphertext.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.field import Cursor, named
from tlscope.wire.tls.code_references import GROUP_REFERENCES
from tlscope.wire.tls.codes import NamedGroup
from tlscope.wire.tls.notes import GROUPS
from tlscope.wire.tls.parts import opaque

if TYPE_CHECKING:
    from tlscope.wire.tls.parts import Parse

KEY = "tls.handshake.extensions_key_share_key_exchange"


class Part(NamedTuple):
    """A part of a key share: how many bytes a client sends, and how many a server answers."""

    name: str
    client: int
    server: int
    point: bool = False
    """Whether it is a point with two coordinates."""

    def size(self, *, client: bool) -> int:
        """Bytes, by the side that sends."""
        return self.client if client else self.server


X25519 = Part("X25519", 32, 32)
X448 = Part("X448", 56, 56)
P256 = Part("P-256", 65, 65, point=True)
P384 = Part("P-384", 97, 97, point=True)
P521 = Part("P-521", 133, 133, point=True)
BRAINPOOL256 = Part("brainpoolP256r1", 65, 65, point=True)
BRAINPOOL384 = Part("brainpoolP384r1", 97, 97, point=True)
BRAINPOOL512 = Part("brainpoolP512r1", 129, 129, point=True)
SM2 = Part("SM2", 65, 65, point=True)
MLKEM512 = Part("ML-KEM-512", 800, 768)
MLKEM768 = Part("ML-KEM-768", 1184, 1088)
MLKEM1024 = Part("ML-KEM-1024", 1568, 1568)
KYBER768 = Part("Kyber768", 1184, 1088)

PARTS: dict[int, tuple[Part, ...]] = {
    NamedGroup.secp256r1: (P256,),
    NamedGroup.secp384r1: (P384,),
    NamedGroup.secp521r1: (P521,),
    NamedGroup.x25519: (X25519,),
    NamedGroup.x448: (X448,),
    NamedGroup.curveSM2: (SM2,),
    NamedGroup.secp192r1: (Part("P-192", 49, 49, point=True),),
    NamedGroup.secp224r1: (Part("P-224", 57, 57, point=True),),
    NamedGroup.secp256k1: (Part("secp256k1", 65, 65, point=True),),
    **dict.fromkeys((NamedGroup.brainpoolP256r1, NamedGroup.brainpoolP256r1tls13), (BRAINPOOL256,)),
    **dict.fromkeys((NamedGroup.brainpoolP384r1, NamedGroup.brainpoolP384r1tls13), (BRAINPOOL384,)),
    **dict.fromkeys((NamedGroup.brainpoolP512r1, NamedGroup.brainpoolP512r1tls13), (BRAINPOOL512,)),
    **{
        group: (Part(f"{bits}-bit prime", bits // 8, bits // 8),)
        for group, bits in (
            (NamedGroup.ffdhe2048, 2048),
            (NamedGroup.ffdhe3072, 3072),
            (NamedGroup.ffdhe4096, 4096),
            (NamedGroup.ffdhe6144, 6144),
            (NamedGroup.ffdhe8192, 8192),
        )
    },
    NamedGroup.MLKEM512: (MLKEM512,),
    NamedGroup.MLKEM768: (MLKEM768,),
    NamedGroup.MLKEM1024: (MLKEM1024,),
    NamedGroup.X25519MLKEM768: (MLKEM768, X25519),  # the post-quantum half first: FIPS wants it so
    NamedGroup.SecP256r1MLKEM768: (P256, MLKEM768),
    NamedGroup.SecP384r1MLKEM1024: (P384, MLKEM1024),
    NamedGroup.curveSM2MLKEM768: (SM2, MLKEM768),
    NamedGroup.X25519Kyber768Draft00: (X25519, KYBER768),
    NamedGroup.SecP256r1Kyber768Draft00: (P256, KYBER768),
}
"""What a key share of each group is made of."""


def client_shares(cursor: Cursor) -> None:
    """KeyShareClientHello (RFC 8446 section 4.2.8)."""
    cursor.vector(
        2,
        "tls.handshake.extensions_key_shares",
        "Key Shares",
        _entries,
        length_key="tls.handshake.extensions_key_share_client_length",
        note="One for each group that the client bets on; empty asks the server to name one.",
        reference="RFC 8446 section 4.2.8",
    )


def _entries(cursor: Cursor) -> None:
    while cursor.left:
        client_share(cursor)


def client_share(cursor: Cursor) -> None:
    """KeyShareEntry of a client (RFC 8446 section 4.2.8)."""
    _entry(cursor, client=True)


def server_share(cursor: Cursor) -> None:
    """KeyShareServerHello (RFC 8446 section 4.2.8)."""
    _entry(cursor, client=False)


def selected_group(cursor: Cursor) -> None:
    """KeyShareHelloRetryRequest (RFC 8446 section 4.2.8)."""
    cursor.number(
        2,
        "tls.handshake.extensions_key_share_selected_group",
        "Selected Group",
        names=NamedGroup,
        notes=GROUPS,
        reference="RFC 8446 section 4.2.8",
    )


def _entry(cursor: Cursor, *, client: bool) -> None:
    cursor.group(
        None,
        "tls.handshake.extensions_key_share_entry",
        "Key Share Entry",
        partial(_share, client=client),
        text=named(NamedGroup, cursor.peek(2, "Group"), 2),
        note="One side's public half for one group.",
        reference="RFC 8446 section 4.2.8",
    )


def _share(cursor: Cursor, *, client: bool) -> None:
    group = cursor.number(
        2,
        "tls.handshake.extensions_key_share_group",
        "Group",
        names=NamedGroup,
        notes=GROUPS,
        reference=GROUP_REFERENCES.get(cursor.peek(2, "Group"), "RFC 8446 section 4.2.7"),
    )
    opaque(
        cursor,
        2,
        KEY,
        "Key Exchange",
        length_key=f"{KEY}_length",
        inside=parts_of(group, client=client),
        note="The public half of a key that lives for this connection only.",
        reference="RFC 8446 section 4.2.8",
    )


def parts_of(group: int, *, client: bool) -> Parse:
    """A parser of what is inside a key share: nothing where it is one number, for the bytes stand in its parent."""
    return partial(_parts, PARTS.get(group, ()), client=client)


def _parts(parts: tuple[Part, ...], cursor: Cursor, *, client: bool) -> None:
    if not parts:
        cursor.at = cursor.end
    elif len(parts) > 1:
        for part in parts:
            _half(cursor, part, client=client)
    elif parts[0].point:
        point(cursor, parts[0].size(client=client) // 2)
    else:
        cursor.pull(parts[0].size(client=client), f"{parts[0].name} key")


def _half(cursor: Cursor, part: Part, *, client: bool) -> None:
    quantum = part.name.startswith(("ML-KEM", "Kyber"))
    kind = ("Encapsulation Key" if client else "Ciphertext") if quantum else "Public Key"
    note = (
        "The post-quantum half: a key to encapsulate a secret to, and in the answer that secret, encapsulated."
        if quantum
        else "The classical half: it protects the connection should the post-quantum one fall."
    )
    cursor.raw(
        part.size(client=client),
        f"{KEY}.{'kem' if quantum else 'ecdh'}",
        f"{part.name} {kind}",
        note=note,
        reference="draft-ietf-tls-ecdhe-mlkem section 4.1",
    )


FORMS = {2: "compressed, Y even (0x02)", 3: "compressed, Y odd (0x03)", 4: "uncompressed (0x04)"}
"""The first byte of a point (SEC 1 section 2.3.3). TLS 1.3 has the last alone."""


def point(cursor: Cursor, size: int) -> None:
    """A point whose coordinates have `size` bytes (RFC 8446 section 4.2.8.2, RFC 8422 section 5.4)."""
    reference = "RFC 8446 section 4.2.8.2"
    form = cursor.number(
        1,
        "tls.handshake.ec_point.form",
        "Form",
        text=lambda value: FORMS.get(value, f"unknown 0x{value:02X}"),
        note="How the point is written: uncompressed, which is all that is left, both its coordinates follow.",
        reference=reference,
    )
    cursor.raw(size, "tls.handshake.ec_point.x", "X", note="The point's first coordinate.", reference=reference)
    if form not in {2, 3}:
        cursor.raw(size, "tls.handshake.ec_point.y", "Y", note="The point's second coordinate.", reference=reference)
