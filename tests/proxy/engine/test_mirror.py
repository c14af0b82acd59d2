import contextlib
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL
from OpenSSL._util import lib as _lib

from tlscope.engine.mirror import MAX_KEY_SHARES, client_version, groups, key_type, signatures
from tlscope.wire.tls.codes import NamedGroup, SignatureScheme
from tlscope.wire.tls.hello import ClientHello, HelloCollector
from tlscope.wire.tls.suites import CipherSuite
from tlscope_ca.leaf import KeyType

TLS1, TLS1_1, TLS1_2, TLS1_3 = 0x0301, 0x0302, 0x0303, 0x0304
ECDSA, RSA, TLS13 = 0xC02B, 0xC02F, 0x1301
P256, P384, X25519, X448, HYBRID = 23, 24, 29, 30, 4588
GREASE = 0x0A0A
ECDSA_P256, PSS = 0x0403, 0x0804


def hello(legacy=TLS1_2, suites=(ECDSA, RSA), **fields):
    return ClientHello(legacy, suites, **fields)


# ------------------------------------------------------------------------------------------------------------- versions


@pytest.mark.parametrize(
    ("expected", "offered", "server"),
    [
        (TLS1_3, (GREASE, TLS1_3, TLS1_2), TLS1_3),
        (TLS1_2, (GREASE, TLS1_3, TLS1_2), TLS1_2),
        (TLS1_1, (TLS1_3, TLS1_2, TLS1_1, TLS1), TLS1_1),
        (TLS1_2, (TLS1_2,), TLS1_2),
        (TLS1_2, (TLS1_2, TLS1), TLS1_3),
        (TLS1, (TLS1_3, TLS1), TLS1_2),
        (TLS1_2, (TLS1_3,), TLS1_2),
        (TLS1_2, (0x7F1C,), TLS1_2),
        (TLS1_2, (0x0300, TLS1_3), TLS1_2),
    ],
)
def test_client_version(expected, offered, server):
    """The client's highest that the server's allows; where it has none, the server's, which it will refuse itself."""
    assert expected == client_version(hello(supported_versions=offered), server)


@pytest.mark.parametrize(
    ("expected", "legacy", "server"),
    [
        (TLS1_2, TLS1_2, TLS1_2),
        (TLS1_1, TLS1_2, TLS1_1),
        (TLS1, TLS1, TLS1),
        (TLS1_1, TLS1_1, TLS1_2),
        (TLS1, 0x0300, TLS1),
        (TLS1_2, 0xFFFF, TLS1_2),
    ],
)
def test_client_version_of_old(expected, legacy, server):
    """Without supported_versions the hello's own version is the highest (RFC 5246 appendix E.1)."""
    assert expected == client_version(hello(legacy), server)


@given(st.integers(0, 0xFFFF), st.lists(st.integers(0, 0xFFFF) | st.integers(0x02FF, 0x0305)).map(tuple))
def test_versions_are_always_ones_that_openssl_speaks(legacy, offered):
    """Whatever the client says, both ends of the range, and what is chosen in it, can be given to OpenSSL."""
    told = hello(legacy, supported_versions=offered)
    lowest, highest = told.versions
    assert TLS1 <= lowest <= highest <= TLS1_3
    for server in range(lowest, highest + 1):
        assert TLS1 <= client_version(told, server) <= server
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(lowest)
    context.set_max_proto_version(highest)


# --------------------------------------------------------------------------------------------------------------- groups

MODERN = {"supported_versions": (TLS1_3, TLS1_2)}


@pytest.mark.parametrize(
    ("expected", "offered", "shares"),
    [
        (b"?*x25519:?secp256r1", (X25519, P256), (X25519,)),
        (b"?*X25519MLKEM768:?*x25519:?secp384r1", (GREASE, HYBRID, X25519, P384), (GREASE, HYBRID, X25519)),
        (b"?x25519:?*secp256r1", (X25519, P256), (P256,)),
        (b"?x25519", (X25519,), ()),
        (b"?*x25519", (X25519, X25519), (X25519, X25519)),
        (b"?sect571r1:?*x25519", (14, X25519), (X25519, 14)),
        (b"", None, ()),
        (b"", (), ()),
        (b"", (GREASE, 0xFE00), (GREASE,)),
        (b"", (14,), (14,)),
    ],
)
def test_groups(expected, offered, shares):
    """The client's order, with a star where it sent a key; nothing where OpenSSL knows none of them."""
    assert expected == groups(hello(groups=offered, key_shares=shares, **MODERN))


def hello_of_openssl(wanted, highest=TLS1_3, *, signed=b"", lowest=0):
    """The ClientHello that OpenSSL sends when it is given lists of groups and signature algorithms.

    None where it refuses to begin.
    """
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(highest)
    if lowest:
        context.set_min_proto_version(lowest)
    if wanted:
        assert _lib.SSL_CTX_set1_curves_list(context._context, wanted), wanted
    if signed:
        assert _lib.SSL_CTX_set1_sigalgs_list(context._context, signed), signed
    connection = SSL.Connection(context, None)
    connection.set_connect_state()
    with pytest.raises(SSL.Error) as caught:
        connection.do_handshake()
    return HelloCollector(65536).feed(connection.bio_read(65536)) if caught.type is SSL.WantReadError else None


@pytest.mark.parametrize("group", NamedGroup)
@pytest.mark.parametrize("highest", [TLS1_2, TLS1_3])
def test_openssl_begins_with_any_group(group, highest):
    """Whatever single group a client knows, OpenSSL takes what we make of it and begins its handshake."""
    offered = {"supported_versions": (highest,), "groups": (group,), "key_shares": (group,)}
    sent = hello_of_openssl(groups(hello(**offered)), highest)
    assert sent is not None
    assert highest == TLS1_2 or group in sent.groups or not groups(hello(**offered))


@pytest.mark.parametrize(
    ("expected", "expected_shares", "offered", "shares"),
    [
        ((X25519, P256), (X25519,), (GREASE, X25519, P256), (GREASE, X25519)),
        ((P256, X25519), (X25519,), (P256, X25519), (X25519,)),
        ((HYBRID, X25519, P256), (HYBRID, X25519), (HYBRID, X25519, P256), (HYBRID, X25519)),
        ((X25519, P256), (X25519, P256), (14, X25519, P256), (14, X25519, P256)),
        ((P256, P384, X25519, X448, HYBRID), (P256, P384, X25519, X448), (P256, P384, X25519, X448, HYBRID),
         (P256, P384, X25519, X448, HYBRID)),
        ((X25519,), (X25519,), (X25519,) * 1000, (X25519,) * 1000),
    ],
)  # fmt: skip
def test_openssl_offers_what_the_client_offers(expected, expected_shares, offered, shares):
    """OpenSSL's own hello has the client's groups in their order, and keys for the same ones, as far as it can."""
    sent = hello_of_openssl(groups(hello(groups=offered, key_shares=shares, **MODERN)))
    assert expected == sent.groups
    assert expected_shares == sent.key_shares


# ------------------------------------------------------------------------------------------------- signature algorithms

PKCS1, SHA1, ED25519 = 0x0401, 0x0201, 0x0807
USUAL = (ECDSA_P256, PSS, PKCS1)


@pytest.mark.parametrize(
    ("expected", "offered", "highest"),
    [
        (b"?ecdsa_secp256r1_sha256:?rsa_pss_rsae_sha256:?rsa_pkcs1_sha256", USUAL, TLS1_3),
        (b"?rsa_pkcs1_sha256:?rsa_pss_rsae_sha256:?ecdsa_secp256r1_sha256", USUAL[::-1], TLS1_3),
        (b"?ecdsa_secp256r1_sha256:?rsa_pkcs1_sha256", (ECDSA_P256, PKCS1), TLS1_2),
        (b"", (ECDSA_P256, PKCS1), TLS1_3),
        (b"", (ECDSA_P256, PSS, ED25519), TLS1_3),
        (b"", (PKCS1,), TLS1_2),
        (b"", None, TLS1_2),
    ],
)
def test_signatures(expected, offered, highest):
    """The client's order; nothing where it leaves out what everybody must support."""
    assert expected == signatures(hello(signature_algorithms=offered, supported_versions=(highest,)))


def test_openssl_offers_the_clients_signature_algorithms():
    """No others, and SHA-1 only where the client does and old versions are spoken."""
    offered = (GREASE, ED25519, *USUAL, SHA1, ED25519, 0x0101)
    sent = hello_of_openssl(b"", signed=signatures(hello(signature_algorithms=offered, **MODERN)), lowest=TLS1_2)
    assert (ED25519, *USUAL) == sent.signature_algorithms


@given(
    st.lists(st.sampled_from([int(scheme) for scheme in SignatureScheme]) | st.integers(0, 0xFFFF), max_size=40),
    st.sampled_from([TLS1_2, TLS1_3]),
    st.sampled_from([TLS1_2, TLS1_3]),
)
def test_openssl_takes_any_list_of_signature_algorithms(offered, lowest, highest):
    """No list that a client can send is one with which OpenSSL does not begin."""
    theirs = hello(signature_algorithms=(*USUAL, *offered), supported_versions=(lowest, highest))
    assert hello_of_openssl(b"", highest, signed=signatures(theirs), lowest=min(lowest, highest)) is not None


@given(
    st.lists(st.sampled_from([int(group) for group in NamedGroup]) | st.integers(0, 0xFFFF), max_size=12).map(tuple),
    st.lists(st.sampled_from([int(group) for group in NamedGroup]), max_size=12).map(tuple),
    st.sampled_from([TLS1_2, TLS1_3]),
)
def test_openssl_takes_any_list(offered, shares, highest):
    """No list of groups that a client can send is one that OpenSSL refuses."""
    wanted = groups(hello(groups=offered, key_shares=shares, supported_versions=(highest,)))
    assert wanted.count(b"*") <= MAX_KEY_SHARES
    assert hello_of_openssl(wanted, highest) is not None


# ----------------------------------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize(
    ("expected", "version", "fields"),
    [
        (KeyType.P256, TLS1_3, {"suites": (TLS13,), "signature_algorithms": (PSS, ECDSA_P256)}),
        (KeyType.RSA2048, TLS1_3, {"suites": (TLS13, ECDSA), "signature_algorithms": (PSS,)}),
        (KeyType.RSA2048, TLS1_3, {"suites": (TLS13,), "signature_algorithms": (0x0503,)}),
        (KeyType.RSA2048, TLS1_3, {"suites": (TLS13,)}),
        (KeyType.P256, TLS1_3, {"suites": (TLS13,), "signature_algorithms": (ECDSA_P256,), "groups": (X25519,)}),
        (KeyType.P256, TLS1_2, {"signature_algorithms": (ECDSA_P256,), "groups": (P256,)}),
        (KeyType.P256, TLS1_2, {}),
        (KeyType.P256, TLS1, {"suites": (0xC009,)}),
        (KeyType.RSA2048, TLS1_2, {"suites": (RSA,)}),
        (KeyType.RSA2048, TLS1_2, {"suites": (TLS13,)}),
        (KeyType.RSA2048, TLS1_2, {"groups": (X25519, P384)}),
        (KeyType.RSA2048, TLS1_2, {"groups": ()}),
        (KeyType.RSA2048, TLS1_2, {"signature_algorithms": (0x0401, PSS)}),
    ],
)
def test_key_type(expected, version, fields):
    """P-256 wherever the client can use it: by its signature algorithms, before TLS 1.3 by suites and groups too."""
    assert expected is key_type(hello(**fields), version)


CLIENTS = list(product([b"ECDHE-ECDSA-AES128-GCM-SHA256", b"ECDHE-RSA-AES128-GCM-SHA256", b"ECDHE+AESGCM"],
                       [b"P-256", b"X25519", b"X25519:P-256", b"P-384"],
                       [TLS1_2, TLS1_3]))  # fmt: skip


@pytest.mark.parametrize(("suites", "curves", "highest"), CLIENTS)
def test_openssl_can_use_the_key(suites, curves, highest, leaves):
    """An OpenSSL client of any kind completes a handshake with the key that is chosen for it, where any key lets it."""
    outcomes = {kind: handshake(leaf, suites, curves, highest) for kind, leaf in leaves.items()}
    sent = hello_of(client(suites, curves, highest))
    chosen = key_type(sent, highest)
    assert outcomes[chosen] or not any(outcomes.values())
    assert chosen is KeyType.P256 or not outcomes[KeyType.P256]


@pytest.fixture(scope="module")
def leaves():

    made = {}
    for kind in KeyType:
        key = ec.generate_private_key(ec.SECP256R1()) if kind is KeyType.P256 else rsa.generate_private_key(65537, 2048)
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(x509.Name([]), x509.Name([]), key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now).not_valid_after(now + timedelta(1))
        made[kind] = (builder.sign(key, SHA256()), key)
    return made


def client(suites, curves, highest):
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_cipher_list(suites)
    context.set_max_proto_version(highest)
    context.set_min_proto_version(highest)
    _lib.SSL_CTX_set1_curves_list(context._context, curves)
    connection = SSL.Connection(context, None)
    connection.set_connect_state()
    return connection


def hello_of(connection):
    with pytest.raises(SSL.WantReadError):
        connection.do_handshake()
    return HelloCollector(65536).feed(connection.bio_read(65536))


def handshake(leaf, suites, curves, highest):
    """Whether a client gets through to a server with this leaf."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate(leaf[0])
    context.use_privatekey(leaf[1])
    server, peer = SSL.Connection(context, None), client(suites, curves, highest)
    server.set_accept_state()
    done = set()
    for _ in range(6):
        for one, other in ((peer, server), (server, peer)):
            try:
                one.do_handshake()
                done.add(one)
            except SSL.WantReadError:
                pass
            except SSL.Error:
                return False
            with contextlib.suppress(SSL.WantReadError):
                other.bio_write(one.bio_read(65536))
    return len(done) == 2


def test_the_tables_hold_what_the_rules_need():
    """The code points that the rules name are in the tables under these names."""
    assert (P256, ECDSA_P256) == (NamedGroup.secp256r1, SignatureScheme.ecdsa_secp256r1_sha256)
    assert CipherSuite(ECDSA).name.startswith("TLS_ECDHE_ECDSA_")
