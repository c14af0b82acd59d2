"""Key exchanges by a password that nobody shows: SRP, J-PAKE and dragonfly (PWD).

The first is old and met with GnuTLS and OpenSSL, the second with devices of Thread, the third with nobody.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tlscope.wire.tls import curves
from tlscope.wire.tls.parts import opaque

if TYPE_CHECKING:
    from tlscope.wire.field import Cursor

SRP_SERVER = (
    ("modulus", "N", 2, "The prime."),
    ("g", "g", 2, "The generator."),
    ("s", "s", 1, "The salt of the password."),
    ("b", "B", 2, "The server's half."),
)
SRP_CLIENT = (("a", "A", 2, "The client's half."),)
JPAKE = (
    ("x", "Pubkey", "A half of the exchange."),
    ("v", "Ephemeral Pubkey", "The commitment of the proof that the sender knows what belongs to it (RFC 8235)."),
    ("r", "Schnorr signature", "The response of that proof."),
)


def srp(parts: tuple[tuple[str, str, int, str], ...], cursor: Cursor) -> None:
    """ServerSRPParams and ClientSRPPublic (RFC 5054 section 2.8)."""
    for name, label, size, note in parts:
        key = f"tls.handshake.srp.{name}"
        opaque(cursor, size, key, label, length_key=f"{key}_len", note=note, reference="RFC 5054 section 2.8")


def jpake(side: str, cursor: Cursor) -> None:
    """ECJPAKEKeyKP (draft-cragie-tls-ecjpake-01 section 7): of the server, `s`, or the client, `c`."""
    for letter, label, note in JPAKE:
        key = f"tls.handshake.{letter}{side}"
        opaque(
            cursor,
            1,
            key,
            label,
            length_key=f"{key}_len",
            note=note,
            reference="draft-cragie-tls-ecjpake-01 section 7",
        )


def server_jpake(cursor: Cursor) -> None:
    """ServerECJPAKEParams: the second round, as the first was in the hellos."""
    curves.parameters(cursor)
    jpake("s", cursor)


def jpake_pair(side: str, cursor: Cursor) -> None:
    """ECJPAKEKeyKPPairList, of a hello: two halves, each with its proof, to the first round."""
    jpake(side, cursor)
    jpake(side, cursor)


def server_pwd(cursor: Cursor) -> None:
    """ServerECCPWDParams (RFC 8492 section 4)."""
    _pwd_part("salt", "Salt", "The salt of the password.", cursor)
    curves.parameters(cursor)
    client_pwd(cursor)


def client_pwd(cursor: Cursor) -> None:
    """ClientECCPWDParams (RFC 8492 section 4)."""
    _pwd_part("element", "Element", "The sender's commitment: a point.", cursor)
    _pwd_part("scalar", "Scalar", "The sender's commitment: a number.", cursor)


def _pwd_part(name: str, label: str, note: str, cursor: Cursor) -> None:
    key = f"tls.handshake.pwd.{name}"
    opaque(cursor, 1, key, label, length_key=f"{key}_len", note=note, reference="RFC 8492 section 4")


srp_server, srp_client = partial(srp, SRP_SERVER), partial(srp, SRP_CLIENT)
client_jpake = partial(jpake, "c")
client_jpake_pair, server_jpake_pair = partial(jpake_pair, "c"), partial(jpake_pair, "s")
