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
    J-PAKE         curve, point with proof                  point with proof
    GOST           (not sent)                               the secret, wrapped to the server's key, in DER

RFC 5246 section 7.4.3, RFC 8422 section 5.4, RFC 4279, RFC 5489, RFC 5054 section 2.8, RFC 9189 section 4.2.4.
"""

from __future__ import annotations

from collections.abc import Callable

from tlscope.wire.asn1 import der
from tlscope.wire.field import Cursor
from tlscope.wire.tls import curves, passwords
from tlscope.wire.tls.anatomy import Anatomy, anatomy
from tlscope.wire.tls.context import Context
from tlscope.wire.tls.parts import Parse, blob, opaque, readable, rest, several
from tlscope.wire.tls.signatures import digitally_signed

SSL_3 = 0x0300
_DH = "RFC 5246 section 7.4.3"

Body = Callable[[Cursor, Context], None]


def server_key_exchange(cursor: Cursor, context: Context) -> None:
    """ServerKeyExchange, by the suite of the context."""
    parts = anatomy(context.cipher_suite)
    parse = SERVER.get(parts.key_exchange)
    if parse is None:
        _unknown(cursor, "ServerKeyExchange")
        return
    parse(cursor)
    if _signed(parts):
        digitally_signed(
            cursor,
            context,
            "By the certificate's key, over both randoms and these parameters: nobody in between can put in its own.",
            "RFC 8422 section 5.4" if parts.key_exchange == "ECDHE" else _DH,
        )


def _signed(parts: Anatomy) -> bool:
    return parts.key_exchange in {"RSA", "DHE", "ECDHE", "SRP"} and parts.authentication in {"RSA", "DSS", "ECDSA"}


def client_key_exchange(cursor: Cursor, context: Context) -> None:
    """ClientKeyExchange, by the suite of the context."""
    parse = CLIENT.get(anatomy(context.cipher_suite).key_exchange)
    if parse is None:
        _unknown(cursor, "ClientKeyExchange")
    else:
        parse(cursor, context)


def _unknown(cursor: Cursor, what: str) -> None:
    rest(
        "tls.handshake.key_exchange",
        "Key Exchange",
        note=f"How a {what} is laid out depends on the cipher suite, which is not known here.",
        reference=_DH,
    )(cursor)


_modulus = blob(
    2,
    "tls.handshake.p",
    "p",
    length="_len",
    note="The prime, which the server chose: the client can only look at its size.",
    reference=_DH,
)


def _prime(cursor: Cursor) -> None:
    """dh_p, and what its size is worth."""
    _modulus(cursor)
    field = cursor.fields[-1]
    if not isinstance(field.value, bytes) or not field.value:
        return
    bits = int.from_bytes(field.value[:1]).bit_length() + 8 * (len(field.value) - 1)
    if bits < FAIR_PRIME:
        said = next(said for most, said in PRIMES if bits <= most)
        cursor.fields[-1] = field._replace(note=f"The prime, of {bits} bits: {said}.")


FAIR_PRIME = 2048
"""Bits: smaller ones are forbidden by RFC 9325 section 4.5."""
PRIMES = (
    (768, "broken in practice (Logjam)"),
    (1024, "within reach of a state, which then reads all that use the same prime (Logjam)"),
    (FAIR_PRIME - 1, "smaller than RFC 9325 section 4.5 asks for"),
)
"""How little primes up to so many bits are worth: 512 bits took the authors of Logjam (2015) minutes, 768 bits, they
reckoned, an academic team, and 1024 bits a state."""

_dh_params = several(
    _prime,
    blob(2, "tls.handshake.g", "g", length="_len", note="The generator.", reference=_DH),
    blob(
        2,
        "tls.handshake.ys",
        "Pubkey",
        length="_len",
        note="The server's half: g to a power that it keeps to itself.",
        reference=_DH,
    ),
)
"""ServerDHParams (RFC 5246 section 7.4.3)."""


def _ec_params(cursor: Cursor) -> None:
    """ServerECDHParams (RFC 8422 section 5.4)."""
    curves.point(cursor, "server", curves.parameters(cursor))


_export_key = several(
    blob(
        2,
        "tls.handshake.modulus",
        "Modulus",
        length="_len",
        note="A key of 512 bits that can be factored in hours (FREAK).",
        reference="RFC 2246 section 7.4.3",
    ),
    blob(
        2,
        "tls.handshake.exponent",
        "Exponent",
        length="_len",
        note="Its public exponent.",
        reference="RFC 2246 section 7.4.3",
    ),
)
"""ServerRSAParams, of export suites alone (RFC 2246 section 7.4.3)."""

_hint = blob(
    2,
    "tls.handshake.hint",
    "Hint",
    length="_len",
    say=readable,
    note="Helps the client to choose among its pre-shared keys.",
    reference="RFC 4279 section 2",
)

SERVER: dict[str, Parse] = {
    "RSA": _export_key,
    "DHE": _dh_params,
    "ECDHE": _ec_params,
    "PSK": _hint,
    "DHE_PSK": several(_hint, _dh_params),
    "ECDHE_PSK": several(_hint, _ec_params),
    "RSA_PSK": _hint,
    "SRP": passwords.srp_server,
    "ECJPAKE": passwords.server_jpake,
    "ECCPWD": passwords.server_pwd,
}
"""What a server sends, by Anatomy.key_exchange."""


def _encrypted_secret(cursor: Cursor, context: Context) -> None:
    """EncryptedPreMasterSecret (RFC 5246 section 7.4.7.1); SSL 3.0 has no length before it."""
    key, label, reference = "tls.handshake.epms", "Encrypted PreMaster", "RFC 5246 section 7.4.7.1"
    note = "The secret of all keys: whoever has the server's private key, now or later, can read it."
    if context.version == SSL_3:
        cursor.raw(None, key, label, note=note, reference=reference)
    else:
        opaque(cursor, 2, key, label, length_key=f"{key}_len", note=note, reference=reference)


_identity = blob(
    2,
    "tls.handshake.identity",
    "Identity",
    length="_len",
    say=readable,
    note="Which pre-shared key it is, readable by all on the way.",
    reference="RFC 4279 section 2",
)

_dh_public = blob(
    2,
    "tls.handshake.yc",
    "Pubkey",
    length="_len",
    note="The client's half: g to a power that it keeps to itself.",
    reference="RFC 5246 section 7.4.7.2",
)


def _dh(cursor: Cursor, _context: Context) -> None:
    """ClientDiffieHellmanPublic (RFC 5246 section 7.4.7.2); empty where the client's certificate has it."""
    if cursor.left:
        _dh_public(cursor)


def _ecdh(cursor: Cursor, context: Context) -> None:
    """ECPoint (RFC 8422 section 5.7); empty where the client's certificate has the point."""
    if cursor.left:
        curves.point(cursor, "client", context.group)


def _gost(cursor: Cursor, _context: Context) -> None:
    """GostKeyTransport and PSKeyTransport (RFC 9189 section 4.2.4)."""
    cursor.group(
        None,
        "tls.handshake.gost",
        "GOST Key Transport",
        der.anything,
        note="The secret of all keys, wrapped to the server's key, and the client's half of what it was wrapped with.",
        reference="RFC 9189 section 4.2.4",
    )


def _behind_identity(parse: Body) -> Body:
    def both(cursor: Cursor, context: Context) -> None:
        _identity(cursor)
        parse(cursor, context)

    return both


def _alone(parse: Parse) -> Body:
    return lambda cursor, _context: parse(cursor)


CLIENT: dict[str, Body] = {
    "RSA": _encrypted_secret,
    "DHE": _dh,
    "DH": _dh,
    "ECDHE": _ecdh,
    "ECDH": _ecdh,
    "PSK": _alone(_identity),
    "DHE_PSK": _behind_identity(_dh),
    "ECDHE_PSK": _behind_identity(_ecdh),
    "RSA_PSK": _behind_identity(_encrypted_secret),
    "SRP": _alone(passwords.srp_client),
    "ECJPAKE": _alone(passwords.client_jpake),
    "ECCPWD": _alone(passwords.client_pwd),
    "GOST": _gost,
}
"""What a client sends, by Anatomy.key_exchange."""
