"""tlscope.engine.openssl, against Python's own `ssl` in memory."""

import ctypes
import gc
import ssl
import weakref
from itertools import pairwise
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

from conversation import server_context, upstream
from support.certificates import key_of
from tlscope.engine import openssl
from tlscope.engine.openssl import RECORD, State, Tls, address_of, native, new_context
from tlscope.faults import OurFault
from tlscope.wire.tls.codes import message_name

TLS1_2, TLS1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(autouse=True)
def _forget():
    """Others ask whether an endpoint is left."""
    yield
    for tls in list(openssl._endpoints.values()):
        tls.close()


class Pair:
    """An endpoint of ours and one of Python's, with nothing but their buffers between them."""

    def __init__(self, version=TLS1_3, *, server=False):
        context = new_context(SSL.TLS_METHOD)
        context.set_min_proto_version(version)
        context.set_max_proto_version(version)
        self.tls = Tls(context, server=server)
        self.inner, self.outer = ssl.MemoryBIO(), ssl.MemoryBIO()
        if server:
            self.tls.use(*native(upstream().issue("localhost").certificate, key_of("ec")))
            theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            theirs.load_verify_locations(upstream().pem)
            self.peer = theirs.wrap_bio(self.inner, self.outer, server_hostname="localhost")
        else:
            self.peer = server_context(version).wrap_bio(self.inner, self.outer, server_side=True)
        self.target = bytearray(1 << 20)

    def shake(self):
        """Both handshakes, to their end."""
        ours = theirs = False
        while not (ours and theirs):
            self.feed(self.outer.read())
            ours = ours or self.tls.handshake()
            assert State.FAILED is not self.tls.state
            self.deliver()
            if not theirs:
                try:
                    self.peer.do_handshake()
                    theirs = True
                except ssl.SSLWantReadError:
                    pass
        return self

    def feed(self, data):
        self.tls.feed(address_of(data), len(data)) if data else None

    def lend(self, data):
        self.tls.lend(address_of(data), len(data))

    def read(self, room=1 << 20):
        return bytes(self.target[: self.tls.read(address_of(self.target), room)])

    def drain(self, room=1 << 20):
        target = bytearray(room)
        return bytes(target[: self.tls.drain(address_of(target), room)])

    def deliver(self):
        """Give the peer what waits for it."""
        self.inner.write(self.drain())

    def write(self, data):
        return self.tls.write(address_of(data), len(data))

    def quiet(self):
        """After its handshake, and with the tickets read."""
        self.shake()
        self.feed(self.outer.read())
        self.read()
        self.deliver()
        self.tls.heard.clear()
        return self


def named(heard):
    """Messages as `sent ClientHello`; secrets left out."""
    messages = [item for item in heard if not isinstance(item, bytes)]
    return [f"{'sent' if sent else 'got'} {message_name(kind, data)}" for sent, _, kind, data in messages]


def without(missing):
    """The binding as a future pyOpenSSL may have it."""
    kept = {name: getattr(SSL._lib, name) for name in openssl._NEEDED if name not in missing}
    return SimpleNamespace(_lib=SimpleNamespace(**kept), _ffi=SSL._ffi)


def test_the_binding_that_is_needed_is_there():
    """Of the pyOpenSSL that is installed."""
    assert (SSL._lib, SSL._ffi) == openssl._bind()


@pytest.mark.parametrize("missing", [("SSL_read",), ("BIO_new_mem_buf", "SSL_set_bio"), openssl._NEEDED])
def test_a_name_that_the_binding_lost_is_told(monkeypatch, missing):
    """A fault of ours names what is missing, and what to install."""
    monkeypatch.setattr(openssl, "SSL", without(missing))
    with pytest.raises(OurFault) as raised:
        openssl._bind()
    assert "binding-missing" == raised.value.code
    assert all(name in raised.value.what for name in missing)
    assert "requirements/runtime.txt" in raised.value.next


def test_a_pyopenssl_without_a_binding_is_told(monkeypatch):
    """One that names its parts differently is a fault of ours, too."""
    monkeypatch.setattr(openssl, "SSL", SimpleNamespace())
    with pytest.raises(OurFault, match=r"_lib, _ffi"):
        openssl._bind()


CLIENT_TLS12 = [
    "sent ClientHello", "got ServerHello", "got Certificate", "got ServerKeyExchange", "got ServerHelloDone",
    "sent ClientKeyExchange", "sent ChangeCipherSpec", "sent Finished", "got ChangeCipherSpec", "got Finished",
]  # fmt: skip
CLIENT_TLS13 = [
    "sent ClientHello", "got ServerHello", "got ChangeCipherSpec", "got EncryptedExtensions", "got Certificate",
    "got CertificateVerify", "got Finished", "sent ChangeCipherSpec", "sent Finished",
]  # fmt: skip


@pytest.mark.parametrize("server", [False, True], ids=["client", "server"])
@pytest.mark.parametrize(("version", "expected"), [(TLS1_2, CLIENT_TLS12), (TLS1_3, CLIENT_TLS13)], ids=["1.2", "1.3"])
def test_each_message_is_heard_in_its_order(version, expected, server):
    """As client and as server, sent and received, with change_cipher_spec both ways and the version of the leg."""
    pair = Pair(version, server=server).shake()
    if server:
        swap = {"sent": "got", "got": "sent"}
        expected = [f"{swap[way]} {name}" for way, name in map(str.split, expected)]
    assert expected == [name for name in named(pair.tls.heard) if "Ticket" not in name]
    messages = [item for item in pair.tls.heard if not isinstance(item, bytes)]
    handshake = [version for _, version, kind, _ in messages if kind != openssl.CHANGE_CIPHER_SPEC]
    assert {version} == set(handshake[1:])


def test_secrets_are_heard_where_they_are_made():
    """The key-log lines stand among the messages, behind the hello that they come from."""
    heard = Pair().shake().tls.heard
    secrets = [item.split()[0] for item in heard if isinstance(item, bytes)]
    assert {b"CLIENT_HANDSHAKE_TRAFFIC_SECRET", b"SERVER_TRAFFIC_SECRET_0"} < set(secrets)
    assert not isinstance(heard[0], bytes)


def test_a_read_stops_at_a_message_and_sets_aside_what_came_behind_it():
    """Tickets and two records in one feed: HEARD with the first record in `late`, then the second."""
    pair = Pair().shake()
    pair.tls.heard.clear()
    pair.peer.write(b"first")
    pair.peer.write(b"second")
    pair.feed(pair.outer.read())
    assert b"" == pair.read()
    assert (State.HEARD, b"first") == (pair.tls.state, pair.tls.late)
    assert ["got NewSessionTicket"] * 2 == named(pair.tls.heard)
    pair.tls.heard.clear()
    assert b"second" == pair.read()
    assert State.EMPTY is pair.tls.state


def test_a_full_target_is_told():
    """A target for one record takes one, and the rest stays to be read."""
    pair = Pair().quiet()
    sent = bytes(range(256)) * (3 * RECORD // 256)
    for at in range(0, len(sent), RECORD):
        pair.peer.write(sent[at : at + RECORD])
    pair.feed(pair.outer.read())
    got = b""
    for _ in range(3):
        got += pair.read(RECORD)
        assert State.FULL is pair.tls.state
    assert sent == got
    assert b"" == pair.read(RECORD)
    assert State.EMPTY is pair.tls.state


def read_all(pair, give, stream, cuts):
    """Read a stream that is given in pieces: the bytes, and the names of the messages."""
    got, heard = b"", []
    edges = [0, *sorted(cut % len(stream) for cut in cuts), len(stream)]
    for begin, end in pairwise(edges):
        piece = stream[begin:end]
        if not piece:
            continue
        give(piece)
        while True:
            got += pair.read()
            heard += named(pair.tls.heard)
            pair.tls.heard.clear()
            if pair.tls.state is not State.HEARD:
                break
            got, pair.tls.late = got + pair.tls.late, b""
    assert State.CLOSED is pair.tls.state
    return got, heard


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(st.binary(min_size=1, max_size=20_000), max_size=4),
    cuts=st.lists(st.integers(0, 1 << 20), max_size=6),
    version=st.sampled_from([TLS1_2, TLS1_3]),
)
def test_lent_ciphertext_reads_as_fed(parts, cuts, version):
    """Tickets, data and close_notify, cut anywhere: both ways give the same bytes and messages."""
    results = []
    for way in ("feed", "lend"):
        pair = Pair(version).shake()
        pair.tls.heard.clear()
        for part in parts:
            pair.peer.write(part)
        with pytest.raises(ssl.SSLWantReadError):
            pair.peer.unwrap()
        results.append(read_all(pair, getattr(pair, way), pair.outer.read(), cuts))
        pair.tls.close()
    assert results[0] == results[1]
    assert (b"".join(parts), "got Alert") == (results[1][0], results[1][1][-1])


def test_drain_takes_no_more_than_there_is_room_for():
    """The rest waits, and comes in order."""
    pair = Pair().quiet()
    assert pair.write(b"x" * 1000)
    taken = [pair.drain(600), pair.drain(600), pair.drain(600)]
    assert [True, True, False] == [bool(part) for part in taken]
    assert 600 == len(taken[0])
    pair.inner.write(b"".join(taken))
    assert b"x" * 1000 == pair.peer.read(1 << 16)


def test_peek_leaves_data_where_it_is():
    """It hears the tickets before the data, and the data is read afterwards."""
    pair = Pair().shake()
    pair.tls.heard.clear()
    pair.feed(pair.outer.read())
    pair.tls.peek()
    assert State.EMPTY is pair.tls.state
    assert ["got NewSessionTicket"] * 2 == named(pair.tls.heard)
    pair.tls.heard.clear()
    pair.peer.write(b"data")
    pair.feed(pair.outer.read())
    pair.tls.peek()
    assert State.FULL is pair.tls.state
    assert b"data" == pair.read()


class Mallinfo(ctypes.Structure):
    """glibc's `struct mallinfo2`."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in [
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        ]
    ]


def allocated():
    """Bytes that malloc has given out and not got back; what the process occupies may lag behind."""
    ask = getattr(ctypes.CDLL(None), "mallinfo2", None) or pytest.skip("missing tool: glibc's mallinfo2")
    ask.restype = Mallinfo
    told = ask()
    return told.uordblks + told.hblkhd


def test_shrink_gives_the_memory_back():
    """The outer BIO, which never shrinks by itself, is freed, and the connection goes on in both directions."""
    pair = Pair().quiet()
    data, target = bytes(24 << 20), bytearray(25 << 20)
    assert pair.write(data)
    sent = pair.tls.drain(address_of(target), len(target))
    pair.inner.write(target[:sent])
    while pair.inner.pending:
        pair.peer.read(1 << 16)
    grown = allocated()
    pair.tls.shrink()
    assert allocated() < grown - len(data) // 2
    assert pair.write(b"a question")
    pair.deliver()
    assert b"a question" == pair.peer.read(100)
    pair.peer.write(b"an answer")
    pair.lend(answer := pair.outer.read())
    assert answer
    assert b"an answer" == pair.read()


def test_close_forgets_the_endpoint():
    """It lives as long as it is not closed, and not longer."""
    pair = Pair().shake()
    left = weakref.ref(pair.tls.connection)
    address = pair.tls._address
    assert openssl._endpoints[address] is pair.tls
    pair.tls.close()
    pair.tls.close()
    assert address not in openssl._endpoints
    del pair
    gc.collect()
    assert left() is None


@pytest.mark.parametrize(
    ("garbage", "reason"),
    [(b"GET / HTTP/1.1\r\n\r\n", "http request"), (b"SSH-2.0-server\r\n", "wrong version number")],
)
def test_what_is_no_tls_fails_with_openssls_reason(garbage, reason):
    """In the handshake; and the error queue is empty for whoever comes next."""
    pair = Pair(server=True)
    pair.feed(garbage)
    assert not pair.tls.handshake()
    assert State.FAILED is pair.tls.state
    assert reason in [reason.lower() for reason in pair.tls.reasons]
    Pair().shake()


def test_a_broken_record_fails_with_a_reason_and_an_alert():
    """After the handshake: what came before it is read, the peer is told bad_record_mac, nothing more is written."""
    pair = Pair().quiet()
    pair.peer.write(b"good")
    good = pair.outer.read()
    pair.peer.write(b"bad")
    bad = bytearray(pair.outer.read())
    bad[-1] ^= 1
    pair.lend(stream := good + bytes(bad))
    assert stream
    assert b"good" == pair.read()
    assert State.FAILED is pair.tls.state
    assert "decryption failed or bad record mac" == pair.tls.reasons[0]
    assert not pair.write(b"more")
    pair.tls.close_notify()  # raises nothing
    pair.deliver()
    with pytest.raises(ssl.SSLError, match=r"(?i)bad.record.mac"):
        pair.peer.read(100)


def test_close_notify_closes_one_direction():
    """The peer reads an end in good order and can still send; its own close_notify says CLOSED."""
    pair = Pair().quiet()
    pair.tls.close_notify()
    assert ["sent Alert"] == named(pair.tls.heard)
    pair.tls.heard.clear()
    pair.deliver()
    assert b"" == pair.peer.read(100)
    pair.peer.write(b"late")
    pair.peer.unwrap()
    pair.feed(pair.outer.read())
    assert b"late" == pair.read()
    assert State.CLOSED is pair.tls.state
    assert ["got Alert"] == named(pair.tls.heard)


def test_a_certificate_that_is_not_the_keys_is_a_fault_of_ours():
    """OpenSSL's refusal is typed."""
    pair = Pair()
    with pytest.raises(OurFault) as raised:
        pair.tls.use(*native(upstream().issue("localhost").certificate, ec.generate_private_key(ec.SECP256R1())))
    assert "leaf-unusable" == raised.value.code


@pytest.mark.parametrize(("expected", "groups"), [("secp384r1", b"P-384"), ("X25519", b"no-such-group")])
def test_groups_are_offered_where_openssl_knows_them(expected, groups):
    """A list that it does not know leaves its own, X25519 among them."""
    pair = Pair()
    context = new_context(SSL.TLS_METHOD)
    openssl.set_groups(context, groups)
    pair.tls = Tls(context, server=False)
    assert expected.lower() in pair.shake().tls.connection.get_group_name().lower()
