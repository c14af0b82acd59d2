"""The traces of RFC 8448, out of tests/data/rfc8448, and the key log that their private keys give."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, x25519

from tlscope.events import Direction
from tlscope.wire.tls.decryption import schedule13
from tlscope.wire.tls.decryption.negotiation import read_hello
from tlscope.wire.tls.decryption.prf import digest

FOLDER = Path(__file__).parent.parent / "data" / "rfc8448"
NAMES = ("simple-1rtt", "resumed-0rtt", "hello-retry-request", "client-authentication", "compatibility-mode")
HASH = "sha256"
KEY_SHARE = 51


class Trace(NamedTuple):
    wire: list[tuple[Direction, bytes]]
    client_private: bytes
    psk: bytes
    secrets: dict[str, bytes]

    def hellos(self):
        """The ClientHellos and ServerHellos, which are all that is in plaintext, without record headers."""
        return [data[5:] for _, data in self.wire if data[0] == 22]


def read(name):
    """A trace by its name."""
    wire, values, secrets = [], {}, {}
    for line in (FOLDER / f"{name}.txt").read_text().splitlines():
        kind, *rest = line.split()
        if kind in {"up", "down"}:
            wire.append((Direction.UP if kind == "up" else Direction.DOWN, bytes.fromhex(rest[0])))
        elif kind == "secret":
            secrets[" ".join(rest[1:])] = bytes.fromhex(rest[0])
        else:
            values[kind] = bytes.fromhex(rest[0])
    return Trace(wire, values["client_private"], values.get("psk", b""), secrets)


def shared(trace):
    """The shared secret, of the client's private key and the share in the last ServerHello."""
    share = read_hello(trace.hellos()[-1], server=True).extensions[KEY_SHARE]
    group, theirs = int.from_bytes(share[:2]), share[4:]
    if group == 0x1D:
        ours = x25519.X25519PrivateKey.from_private_bytes(trace.client_private)
        return ours.exchange(x25519.X25519PublicKey.from_public_bytes(theirs))
    ours = ec.derive_private_key(int.from_bytes(trace.client_private), ec.SECP256R1())
    return ours.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))


def transcript(messages):
    """Their hash, the first ClientHello of three or four replaced where there was a HelloRetryRequest."""
    if len(messages) > 2 and messages[2][0] == 1:
        messages = [b"\xfe\0\0\x20" + digest(HASH, messages[0]), *messages[1:]]
    return digest(HASH, b"".join(messages))


def trunk(trace):
    """Early Secret, Handshake Secret and Master Secret, and the salts between them, as steps by name."""
    early = schedule13.early_secret(HASH, trace.psk)
    salt, handshake = schedule13.handshake_secret(HASH, early.output, shared(trace))
    salt2, master = schedule13.master_secret(HASH, handshake.output)
    return {step.name: step for step in (early, salt, handshake, salt2, master)}
