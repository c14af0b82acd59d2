"""tlscope.engine.contexts, judged by Python's own `ssl`."""

import ssl
import warnings

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from conversation import server_context, upstream
from support.certificates import key_of
from tlscope.engine import contexts
from tlscope.engine.contexts import to_clients, to_servers
from tlscope.engine.openssl import HANDSHAKE, State, Tls, address_of, native
from tlscope.faults import OurFault
from tlscope.wire.tls.meaning import gist

VERSIONS = list(ssl.TLSVersion)[2:-1]
TLS1_2, TLS1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def shake(ours, theirs, *, server):
    """A handshake in memory with a context of Python's; the peer's endpoint and ours, or the peer's error."""
    tls = Tls(ours, server=server)
    inner, outer = ssl.MemoryBIO(), ssl.MemoryBIO()
    if server:
        tls.use(*native(upstream().issue("localhost").certificate, key_of("ec")))
        peer = theirs.wrap_bio(inner, outer, server_hostname="localhost")
    else:
        peer = theirs.wrap_bio(inner, outer, server_side=True)
    target, complete = bytearray(1 << 16), [False, False]
    try:
        while not all(complete):
            if data := outer.read():
                tls.feed(address_of(data), len(data))
            complete[0] = complete[0] or tls.handshake()
            inner.write(target[: tls.drain(address_of(target), len(target))])
            try:
                complete[1] = complete[1] or peer.do_handshake() is None
            except ssl.SSLWantReadError:
                assert State.FAILED is not tls.state, tls.reasons
    finally:
        tls.close()
    return peer, tls


def client(lowest=TLS1_2, highest=TLS1_3):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(upstream().pem)
    return between(context, lowest, highest)


def between(context, lowest, highest):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of TLS 1.0 and 1.1, which are meant
        context.minimum_version, context.maximum_version = lowest, highest
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def test_a_context_is_made_once_for_each_policy():
    """The same for the same arguments, another one for each that differs."""
    first = to_clients(TLS1_3, b"h2", ask=False, chain=())
    assert first is to_clients(TLS1_3, b"h2", ask=False, chain=())
    der = ssl.PEM_cert_to_DER_cert(upstream().pem.read_text())
    others = [
        to_clients(TLS1_2, b"h2", ask=False, chain=()),
        to_clients(TLS1_3, b"http/1.1", ask=False, chain=()),
        to_clients(TLS1_3, b"h2", ask=True, chain=()),
        to_clients(TLS1_3, b"h2", ask=False, chain=(der,)),
    ]
    assert 5 == len({id(context) for context in [first, *others]})
    assert to_servers(TLS1_2, TLS1_3, b"", None) is to_servers(TLS1_2, TLS1_3, b"", None)
    assert to_servers(TLS1_2, TLS1_3, b"", None) is not to_servers(TLS1_2, TLS1_2, b"", None)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_a_client_gets_the_version_that_was_chosen(version):
    """Though it offers all of them."""
    peer, _ = shake(to_clients(version, b"", ask=False, chain=()), client(VERSIONS[0], TLS1_3), server=True)
    assert version.name.replace("TLSv1_", "TLSv1.") == peer.version()


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_a_server_is_offered_the_clients_versions(version):
    """The highest of them is taken by a server that has all."""
    theirs = between(server_context(), VERSIONS[0], TLS1_3)
    peer, _ = shake(to_servers(VERSIONS[0], version, b"", None), theirs, server=False)
    assert version.name.replace("TLSv1_", "TLSv1.") == peer.version()


@pytest.mark.parametrize(("lowest", "older"), [(TLS1_3, TLS1_2), (TLS1_2, VERSIONS[1]), (VERSIONS[1], VERSIONS[0])])
def test_nothing_below_the_lowest_version_is_spoken(lowest, older):
    """Neither to a server nor to a client that has only an older one."""
    with pytest.raises(ssl.SSLError, match=r"(?i)unsupported.protocol"):
        shake(to_servers(lowest, TLS1_3, b"", None), between(server_context(), VERSIONS[0], older), server=False)
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"):
        shake(to_clients(lowest, b"", ask=False, chain=()), client(VERSIONS[0], older), server=True)


@pytest.mark.parametrize(("expected", "chosen"), [("http/1.1", b"http/1.1"), ("h2", b"h2"), (None, b"")])
def test_a_client_gets_the_servers_alpn_choice(expected, chosen):
    """Whatever it would rather have; none where the server chose none."""
    theirs = client()
    theirs.set_alpn_protocols(["h2", "http/1.1"])
    peer, _ = shake(to_clients(TLS1_3, chosen, ask=False, chain=()), theirs, server=True)
    assert expected == peer.selected_alpn_protocol()


def test_a_client_that_does_not_offer_the_choice_gets_none():
    """ALPN without overlap is not the end of a handshake."""
    theirs = client()
    theirs.set_alpn_protocols(["spdy/3"])
    peer, _ = shake(to_clients(TLS1_3, b"h2", ask=False, chain=()), theirs, server=True)
    assert peer.selected_alpn_protocol() is None


@pytest.mark.parametrize("version", [TLS1_2, TLS1_3], ids=lambda version: version.name)
@pytest.mark.parametrize("ask", [False, True])
def test_any_client_certificate_is_taken_where_one_is_asked_for(version, ask, tmp_path):
    """Of an unknown CA, or none at all; where none is asked for none is sent."""
    theirs = client()
    mine = self_signed(tmp_path)
    theirs.load_cert_chain(mine.pem)
    _, tls = shake(to_clients(version, b"", ask=ask, chain=()), theirs, server=True)
    sent = tls.connection.get_peer_certificate(as_cryptography=True)
    assert (mine.certificate if ask else None) == sent
    _, tls = shake(to_clients(version, b"", ask=ask, chain=()), client(), server=True)
    assert tls.connection.get_peer_certificate(as_cryptography=True) is None


def self_signed(tmp_path):
    """A client's certificate that nobody vouches for."""
    made = upstream().self_signed("client")
    target = tmp_path / "client.pem"
    target.write_bytes(made.pem.read_bytes())
    return type(made)(target, made.certificate)


def test_the_chain_is_sent_behind_the_leaf():
    """In its order, as it was given."""
    der = ssl.PEM_cert_to_DER_cert(upstream().pem.read_text())
    peer, _ = shake(to_clients(TLS1_3, b"", ask=False, chain=(der,)), client(), server=True)
    assert [der] == [link.public_bytes(ssl._ssl.ENCODING_DER) for link in peer._sslobj.get_unverified_chain()[1:]]


@pytest.mark.parametrize("version", [TLS1_2, TLS1_3], ids=lambda version: version.name)
def test_a_server_that_asks_gets_the_certificate(version):
    """With its chain: the server verifies it up to the root."""
    theirs = between(server_context(), version, version)
    theirs.load_verify_locations(upstream().pem)
    theirs.verify_mode = ssl.CERT_REQUIRED
    mine = upstream().issue("client", client=True, send_root=True)
    peer, _ = shake(to_servers(TLS1_2, TLS1_3, b"", mine.pem), theirs, server=False)
    assert mine.der == peer.getpeercert(binary_form=True)
    root = ssl.PEM_cert_to_DER_cert(upstream().pem.read_text())
    assert root in [link.public_bytes(ssl._ssl.ENCODING_DER) for link in peer._sslobj.get_unverified_chain()]


def keyless(issued):
    return issued.pem.read_bytes().partition(b"-----BEGIN PRIVATE KEY")[0]


def private(key, encryption=None):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


@pytest.mark.parametrize(
    "make",
    [
        lambda _: b"",
        lambda _: b"no PEM",
        keyless,
        lambda _: private(key_of("ec")),
        lambda issued: keyless(issued) + private(ec.generate_private_key(ec.SECP256R1())),
        lambda issued: keyless(issued) + private(key_of("ec"), BestAvailableEncryption(b"password")),
        lambda issued: issued.pem.read_bytes().replace(b"MI", b"AA"),
        lambda issued: b"\xff\x00" + issued.pem.read_bytes()[:300],
    ],
    ids=["empty", "no PEM", "no key", "no certificate", "another's key", "encrypted key", "damaged", "cut"],
)
def test_a_client_certificate_that_cannot_be_used_is_told(make, tmp_path):
    """The fault is ours to mend; it names the file and what should be in it."""
    path = tmp_path / "client.pem"
    path.write_bytes(make(upstream().issue("client", client=True)))
    with pytest.raises(OurFault) as raised:
        to_servers(TLS1_2, TLS1_3, b"", path)
    assert "client-certificate" == raised.value.code
    assert f"--client-cert {path}: no usable certificate and key in it" == raised.value.what
    assert "unencrypted key" in raised.value.next


def test_a_client_certificate_that_is_not_there_is_told(tmp_path):
    """In the system's words."""
    with pytest.raises(OurFault, match=r"missing\.pem: No such file or directory"):
        to_servers(TLS1_2, TLS1_3, b"", tmp_path / "missing.pem")


def test_a_fault_is_not_kept(tmp_path):
    """When the file has been mended it is read again."""
    path = tmp_path / "client.pem"
    with pytest.raises(OurFault):
        to_servers(TLS1_2, TLS1_3, b"", path)
    path.write_bytes(upstream().issue("client", client=True).pem.read_bytes())
    assert to_servers(TLS1_2, TLS1_3, b"", path)


def test_groups_are_the_clients():
    """The server sees what it would have seen of the client."""
    _, tls = shake(to_servers(TLS1_3, TLS1_3, b"P-384", None), server_context(), server=False)
    assert "secp384r1" == tls.connection.get_group_name()


def test_signature_algorithms_are_the_clients(tmp_path):
    """But for those that our own certificate is proved with, which has a key of its own."""
    path = tmp_path / "client.pem"
    path.write_bytes(upstream().issue("client", client=True).pem.read_bytes())
    offered = []
    for certificate in (None, path):
        tls = Tls(to_servers(TLS1_2, TLS1_3, b"", certificate, b"?ed25519:?rsa_pss_rsae_sha256"), server=False)
        tls.handshake()
        [sent] = [heard[3] for heard in tls.heard if heard[2] == HANDSHAKE]
        offered.append(gist.offered(sent).schemes)
        tls.close()
    assert (0x0807, 0x0804) == offered[0]
    assert {0x0807, 0x0804, 0x0401, 0x0403} <= set(offered[1])


def test_a_context_is_forgotten_when_there_are_many():
    """What is kept is bounded."""
    assert contexts.CACHED == to_clients.cache_info().maxsize == to_servers.cache_info().maxsize
