"""ServerKeyExchange and ClientKeyExchange: the halves of the key exchange before TLS 1.3.

Neither says what it is: the suite of the ServerHello does. Both are, for most suites, rows of the same few parts:

    key exchange   ServerKeyExchange                        ClientKeyExchange
    RSA            (not sent)                               the secret, encrypted to the server's key
    DHE            p, g, Ys, signature                      Yc
    ECDHE          curve, point, signature                  point
    PSK            hint                                     identity
    DHE_PSK        hint, p, g, Ys                           identity, Yc
    ECDHE_PSK      hint, curve, point                       identity, point
    RSA_PSK        hint                                     identity, encrypted secret
    SRP            N, g, s, B, signature                    A

RFC 5246 section 7.4.3, RFC 8422 section 5.4, RFC 4279, RFC 5489, RFC 5054 section 2.8.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tlscope.wire.field import Cursor
from tlscope.wire.tls.anatomy import Anatomy, anatomy
from tlscope.wire.tls.codes import NamedGroup
from tlscope.wire.tls.context import Context
from tlscope.wire.tls.key_shares import parts_of
from tlscope.wire.tls.notes import GROUPS
from tlscope.wire.tls.parts import opaque, rest
from tlscope.wire.tls.registries import ECCurveType
from tlscope.wire.tls.signatures import digitally_signed

SSL_3 = 0x0300
_DH = "RFC 5246 section 7.4.3"
_EC = "RFC 8422 section 5.4"

Row = Callable[[Cursor, Context], None]


def server_key_exchange(cursor: Cursor, context: Context) -> None:
    """ServerKeyExchange, by the suite of the context."""
    parts = anatomy(context.cipher_suite)
    rows = SERVER.get(parts.key_exchange)
    if rows is None:
        _unknown(cursor, "ServerKeyExchange")
        return
    for row in rows:
        row(cursor, context)
    if _signed(parts):
        digitally_signed(
            cursor,
            context,
            "By the certificate's key, over both randoms and these parameters: nobody in between can put in its own.",
            _DH,
        )


def _signed(parts: Anatomy) -> bool:
    return parts.key_exchange in {"RSA", "DHE", "ECDHE", "SRP"} and parts.authentication in {"RSA", "DSS", "ECDSA"}


def client_key_exchange(cursor: Cursor, context: Context) -> None:
    """ClientKeyExchange, by the suite of the context."""
    rows = CLIENT.get(anatomy(context.cipher_suite).key_exchange)
    if rows is None:
        _unknown(cursor, "ClientKeyExchange")
        return
    for row in rows:
        row(cursor, context)


def _unknown(cursor: Cursor, what: str) -> None:
    rest(
        "tls.handshake.key_exchange",
        "Key Exchange",
        note=f"How a {what} is laid out depends on the cipher suite, which is not known here.",
        reference=_DH,
    )(cursor)


def _dh_params(cursor: Cursor, _context: Context) -> None:
    """ServerDHParams (RFC 5246 section 7.4.3)."""
    modulus = opaque(
        cursor,
        2,
        "tls.handshake.p",
        "p",
        length_key="tls.handshake.p_len",
        note="The prime, which the server chose: the client can only look at its size.",
        reference=_DH,
    )
    _note_size(cursor, modulus)
    opaque(cursor, 2, "tls.handshake.g", "g", length_key="tls.handshake.g_len", note="The generator.", reference=_DH)
    opaque(
        cursor,
        2,
        "tls.handshake.ys",
        "Pubkey",
        length_key="tls.handshake.ys_len",
        note="The server's half: g to a power that it keeps to itself.",
        reference=_DH,
    )


SMALL_PRIME, FAIR_PRIME = 1024, 2048
"""Bits: up to the first Logjam's authors break (2015); below the second RFC 9325 section 4.4 forbids."""


def _note_size(cursor: Cursor, modulus: bytes) -> None:
    if not modulus:
        return
    bits = int.from_bytes(modulus[:1]).bit_length() + 8 * (len(modulus) - 1)
    said = (
        "too small: within reach of an attacker (Logjam)" if bits <= SMALL_PRIME else "smaller than RFC 9325 asks for"
    )
    if bits < FAIR_PRIME:
        field = cursor.fields[-1]
        cursor.fields[-1] = field._replace(note=f"The prime, of {bits} bits: {said}.")


def _ec_params(cursor: Cursor, _context: Context) -> None:
    """ServerECDHParams (RFC 8422 section 5.4)."""
    kind = cursor.number(
        1,
        "tls.handshake.server_curve_type",
        "Curve Type",
        names=ECCurveType,
        note="named_curve; curves of a server's own making are forbidden (RFC 8422).",
        reference=_EC,
    )
    if kind != ECCurveType.named_curve:
        rest("tls.handshake.server_curve", "Curve", note="Of the server's own making.", reference=_EC)(cursor)
        return
    group = cursor.number(
        2, "tls.handshake.server_named_curve", "Named Curve", names=NamedGroup, notes=GROUPS, reference=_EC
    )
    _point(cursor, "server", group, "The server's half: a point that only it knows the factor of.")


def _point(cursor: Cursor, side: str, group: int, note: str) -> None:
    opaque(
        cursor,
        1,
        f"tls.handshake.{side}_point",
        "Pubkey",
        length_key=f"tls.handshake.{side}_point_len",
        inside=parts_of(group, client=side == "client") if group else None,
        note=note,
        reference=_EC,
    )


def _client_point(cursor: Cursor, _context: Context) -> None:
    """ECPoint (RFC 8422 section 5.7); empty where the client's certificate has the point."""
    if cursor.left:
        _point(cursor, "client", 0, "The client's half: a point that only it knows the factor of.")


def _client_dh(cursor: Cursor, _context: Context) -> None:
    """ClientDiffieHellmanPublic (RFC 5246 section 7.4.7.2); empty where the client's certificate has it."""
    if cursor.left:
        opaque(
            cursor,
            2,
            "tls.handshake.yc",
            "Pubkey",
            length_key="tls.handshake.yc_len",
            note="The client's half: g to a power that it keeps to itself.",
            reference="RFC 5246 section 7.4.7.2",
        )


def _encrypted_secret(cursor: Cursor, context: Context) -> None:
    """EncryptedPreMasterSecret (RFC 5246 section 7.4.7.1); SSL 3.0 has no length before it."""
    key, label, reference = "tls.handshake.epms", "Encrypted PreMaster", "RFC 5246 section 7.4.7.1"
    note = "The secret of all keys: whoever has the server's private key, now or later, can read it."
    if context.version == SSL_3:
        cursor.raw(None, key, label, note=note, reference=reference)
    else:
        opaque(cursor, 2, key, label, length_key=f"{key}_len", note=note, reference=reference)


def _export_key(cursor: Cursor, _context: Context) -> None:
    """ServerRSAParams, of export suites alone (RFC 2246 section 7.4.3)."""
    for name, label, note in (
        ("modulus", "Modulus", "A key of 512 bits that can be factored in hours (FREAK)."),
        ("exponent", "Exponent", "Its public exponent."),
    ):
        opaque(
            cursor,
            2,
            f"tls.handshake.{name}",
            label,
            length_key=f"tls.handshake.{name}_len",
            note=note,
            reference="RFC 2246 section 7.4.3",
        )


def _hint(cursor: Cursor, _context: Context) -> None:
    opaque(
        cursor,
        2,
        "tls.handshake.hint",
        "Hint",
        length_key="tls.handshake.hint_len",
        note="Helps the client to choose among its pre-shared keys.",
        reference="RFC 4279 section 2",
    )


def _identity(cursor: Cursor, _context: Context) -> None:
    opaque(
        cursor,
        2,
        "tls.handshake.identity",
        "Identity",
        length_key="tls.handshake.identity_len",
        note="Which pre-shared key it is, readable by all on the way.",
        reference="RFC 4279 section 2",
    )


def _srp(names: tuple[tuple[str, int, str], ...], cursor: Cursor, _context: Context) -> None:
    for name, size, note in names:
        key = f"tls.handshake.srp.{name.lower() if name != 'N' else 'modulus'}"
        opaque(cursor, size, key, name, length_key=f"{key}_len", note=note, reference="RFC 5054 section 2.8")


SRP_SERVER = (
    ("N", 2, "The prime."),
    ("g", 2, "The generator."),
    ("s", 1, "The salt of the password."),
    ("B", 2, "The server's half."),
)
SRP_CLIENT = (("A", 2, "The client's half."),)


def _jpake(side: str, cursor: Cursor, _context: Context) -> None:
    """ECJPAKEKeyKP of draft-cragie-tls-ecjpake: a curve before it from the server, then key, proof and answer."""
    reference = "draft-cragie-tls-ecjpake"
    if side == "s":
        cursor.number(1, "tls.handshake.server_curve_type", "Curve Type", names=ECCurveType, reference=reference)
        cursor.number(
            2, "tls.handshake.server_named_curve", "Named Curve", names=NamedGroup, notes=GROUPS, reference=reference
        )
    for letter, label in (("x", "Pubkey"), ("v", "Ephemeral Pubkey"), ("r", "Schnorr signature")):
        key = f"tls.handshake.{letter}{side}"
        opaque(cursor, 1, key, label, length_key=f"{key}_len", reference=reference)


SERVER: dict[str, tuple[Row, ...]] = {
    "RSA": (_export_key,),
    "DHE": (_dh_params,),
    "ECDHE": (_ec_params,),
    "PSK": (_hint,),
    "DHE_PSK": (_hint, _dh_params),
    "ECDHE_PSK": (_hint, _ec_params),
    "RSA_PSK": (_hint,),
    "SRP": (partial(_srp, SRP_SERVER),),
    "ECJPAKE": (partial(_jpake, "s"),),
}
CLIENT: dict[str, tuple[Row, ...]] = {
    "RSA": (_encrypted_secret,),
    "DHE": (_client_dh,),
    "DH": (_client_dh,),
    "ECDHE": (_client_point,),
    "ECDH": (_client_point,),
    "PSK": (_identity,),
    "DHE_PSK": (_identity, _client_dh),
    "ECDHE_PSK": (_identity, _client_point),
    "RSA_PSK": (_identity, _encrypted_secret),
    "SRP": (partial(_srp, SRP_CLIENT),),
    "ECJPAKE": (partial(_jpake, "c"),),
}
"""Rows of parts by Anatomy.key_exchange."""
