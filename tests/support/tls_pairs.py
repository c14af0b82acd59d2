"""Two OpenSSL endpoints in memory, what passes between them on the wire, and what each of them heard: an oracle.

    pair = Pair(TLS1_2, cipher="AES128-SHA", kind="rsa").shake()
    pair.say("client", b"ping")
    pair.wire -> [(Direction.UP, bytes), ...]
    pair.lines -> the key log
    pair.messages["client"] -> (content type, bytes) of all that it sent, as OpenSSL's message callback tells

`opened` decrypts the wire, and `agrees` compares what it finds with what OpenSSL said.
"""

from __future__ import annotations

import datetime as dt
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, mldsa, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from OpenSSL import SSL, crypto

from tlscope.engine import openssl
from tlscope.engine.openssl import State, Tls, address_of, native, new_context, set_groups
from tlscope.events import Direction
from tlscope.wire.tls.decryption import schedule13
from tlscope.wire.tls.decryption.ciphers import cipher_of
from tlscope.wire.tls.decryption.decrypt import Decryptor
from tlscope.wire.tls.decryption.decrypted import ApplicationData, Confirmation, Message, Record, Trouble
from tlscope.wire.tls.decryption.keylog import Secrets
from tlscope.wire.tls.decryption.protection import nonce_of

TLS1, TLS1_1, TLS1_2, TLS1_3 = VERSIONS = (0x0301, 0x0302, 0x0303, 0x0304)
NO_ENCRYPT_THEN_MAC, NO_EXTENDED_MASTER_SECRET = 1 << 19, 1 << 0
ROOM = 1 << 20
UP, DOWN = Direction.UP, Direction.DOWN


@cache
def key(kind="ec"):
    """One key of each kind."""
    made = {
        "ec": lambda: ec.generate_private_key(ec.SECP256R1()),
        "ec384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "ec521": lambda: ec.generate_private_key(ec.SECP521R1()),
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
        "dsa": lambda: dsa.generate_private_key(2048),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "ed448": ed448.Ed448PrivateKey.generate,
        "mldsa65": mldsa.MLDSA65PrivateKey.generate,
    }
    return made[kind]()


@cache
def certificate(kind="ec"):
    """A certificate of its own key."""
    now = dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    day = dt.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key(kind).public_key())
        .serial_number(7)
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .sign(key(kind), None if kind.startswith(("ed", "mldsa")) else hashes.SHA256())
    )


def credentials(kind):
    """Certificate and key as OpenSSL takes them; ML-DSA's by way of PEM, which pyOpenSSL has no other way for."""
    if not kind.startswith("mldsa"):
        return native(certificate(kind), key(kind))
    pem = key(kind).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return crypto.X509.from_cryptography(certificate(kind)), crypto.load_privatekey(crypto.FILETYPE_PEM, pem)


def context(*versions, cipher=None, suites=None, groups=None, options=0, sessions=False):
    """A context of these versions; with `sessions` one that resumes."""
    if sessions:
        made = SSL.Context(SSL.TLS_METHOD)  # as new_context, which forbids tickets and keeps no sessions
        made.set_keylog_callback(openssl._on_secret)
        openssl._lib.SSL_CTX_set_msg_callback(made._context, openssl._ON_MESSAGE)
        made.set_session_cache_mode(SSL.SESS_CACHE_SERVER)
        made.set_session_id(b"test")
    else:
        made = new_context(SSL.TLS_METHOD)
    made.set_min_proto_version(min(versions))
    made.set_max_proto_version(max(versions))
    made.set_cipher_list(f"{cipher or 'ALL:COMPLEMENTOFALL'}:@SECLEVEL=0".encode())
    made.set_options(options)
    if suites:
        made.set_tls13_ciphersuites(suites.encode())
    if groups:
        set_groups(made, groups)
    return made


class Pair:
    """A client and a server; `configure(client_context, server_context)` may change both first."""

    def __init__(
        self, *versions, kind="ec", client_kind=None, configure=None, groups=(None, None), contexts=None, **options
    ):
        self.contexts = contexts or tuple(context(*versions, groups=group, **options) for group in groups)
        client, server = self.contexts
        if client_kind:
            server.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        if configure:
            configure(client, server)
        self.ends = {"client": Tls(client, server=False), "server": Tls(server, server=True)}
        if kind:
            self.ends["server"].use(*credentials(kind))
        if client_kind:
            self.ends["client"].use(*credentials(client_kind))
        self.wire = []
        self.said = {"client": b"", "server": b""}
        self.read = {"client": b"", "server": b""}
        """What each was given by OpenSSL."""
        self.messages = {"client": [], "server": []}
        self.lines = b""
        self.target = bytearray(ROOM)

    def close(self):
        """Forget both."""
        for end in self.ends.values():
            end.close()

    def move(self):
        """Carry what waits, once each way; how many bytes it was."""
        moved = 0
        for name, other in (("client", "server"), ("server", "client")):
            target = bytearray(ROOM)
            data = bytes(target[: self.ends[name].drain(address_of(target), ROOM)])
            if data:
                self.wire.append((Direction.UP if name == "client" else Direction.DOWN, data))
                self.ends[other].feed(address_of(data), len(data))
                moved += len(data)
            self._collect()
        return moved

    def shake(self):
        """Both handshakes to their end, and the tickets read."""
        done = {"client": False, "server": False}
        for _ in range(20):
            for name, end in self.ends.items():
                done[name] = done[name] or end.handshake()
                assert end.state is not State.FAILED, (name, end.reasons)
            if not self.move() and all(done.values()):
                break
        assert all(done.values())
        return self.settle()

    def settle(self):
        """Read and carry until nothing moves."""
        while True:
            for name, end in self.ends.items():
                while True:
                    size = end.read(address_of(self.target), ROOM)
                    self.read[name] += bytes(self.target[:size]) + end.late
                    end.late = b""
                    self._collect()
                    if end.state is not State.HEARD:
                        break
            if not self.move():
                return self

    def say(self, name, data):
        """Application data."""
        assert self.ends[name].write(address_of(data), len(data))
        self.said[name] += data
        return self.settle()

    def bye(self):
        """Both close_notify."""
        for end in self.ends.values():
            end.close_notify()
        return self.settle()

    def _collect(self):
        for name, end in self.ends.items():
            for item in end.heard:
                if isinstance(item, bytes):
                    self.lines += item + b"\n" if name == "client" else b""
                elif item[0]:
                    self.messages[name].append(item[2:])
            end.heard.clear()


def talk(*versions, **options):
    """A whole connection: data of one record, of many, and of none, both ways."""
    pair = Pair(*versions, **options).shake()
    return pair.say("client", b"ping").say("server", bytes(range(256)) * 200).say("client", b"again").bye()


class Opened:
    """What a decryptor makes of a wire, by kind."""

    def __init__(self, decryptor, events):
        self.decryptor, self.events = decryptor, events

    def of(self, kind, direction=None):
        return [event for event in self.events if isinstance(event, kind) and direction in {None, event.direction}]

    def messages(self, direction):
        return [(int(event.content_type), event.data) for event in self.of(Message, direction)]

    def data(self, direction):
        return b"".join(event.data for event in self.of(ApplicationData, direction))

    def proofs(self):
        return {event.what: event.ok for event in self.of(Confirmation)}

    def reasons(self):
        return [event.reason for event in (*self.of(Record), *self.of(Trouble)) if event.reason]


def opened(wire, lines, *, cut=None, **options):
    """Decrypt what passed; `cut` feeds it in pieces of so many bytes."""
    secrets = lines if isinstance(lines, Secrets) else Secrets(lines)
    decryptor = Decryptor(secrets, **options)
    events = []
    for direction, data in wire:
        size = cut or len(data) or 1
        for at in range(0, len(data), size):
            events += decryptor.feed(direction, data[at : at + size])
    return Opened(decryptor, events + decryptor.finish())


def agrees(pair, found, *, besides=()):
    """Every message and every byte of data is what OpenSSL said, and every proof holds.

    `besides` are content types not to compare: a ChangeCipherSpec outside `handshake` is not heard.
    """
    for name, direction in (("client", UP), ("server", DOWN)):
        expected = [message for message in pair.messages[name] if message[0] not in besides]
        assert expected == [message for message in found.messages(direction) if message[0] not in besides]
        assert pair.said[name] == found.data(direction)
    assert [] == found.reasons()
    assert {True} == set(found.proofs().values())
    assert {"client Finished", "server Finished"} <= set(found.proofs())


def seal13(line_secret, sequence, kind, data, *, padding=0, suite=0x1301):
    """A record of TLS 1.3 as its sender would make it, of AES-GCM."""
    key_step, iv = schedule13.traffic_keys(cipher_of(suite), "x", line_secret)
    inner = data + bytes((kind,)) + bytes(padding)
    header = b"\x17\3\3" + (len(inner) + 16).to_bytes(2)
    return header + AESGCM(key_step.output).encrypt(nonce_of(iv.output, sequence), inner, header)
