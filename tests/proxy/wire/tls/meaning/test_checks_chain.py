"""Certificates: each finding shown, and not shown where nothing is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from support import handshakes as made
from support.certificates import key_of
from support.vectors import file
from tlscope.events import LeafForged, Leg, VerdictGiven
from tlscope.wire.tls.meaning.checks_chain import chain, looks_public, names_match
from tlscope.wire.tls.meaning.facts import leg_facts
from tlscope.wire.x509 import facts as read

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOST = "www.example.com"
PUBLIC = ObjectIdentifier("2.23.140.1.2.1")


def general_name(text):
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


@cache
def key(kind):
    return rsa.generate_private_key(65537, 1024) if kind == "short" else key_of(kind)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(
    subject=HOST,
    *,
    issuer="Intermediate",
    names=(HOST,),
    begin=NOW - 30 * DAY,
    days=90,
    kind="ec",
    ca=False,
    purposes=(ExtendedKeyUsageOID.SERVER_AUTH,),
    public=False,
    signer="ec",
    extensions=(),
):
    """A certificate (DER) with at most one thing wrong."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject) if isinstance(subject, str) else subject)
        .issuer_name(name(issuer))
        .public_key(key(kind).public_key())
        .serial_number(7)
        .not_valid_before(begin)
        .not_valid_after(begin + days * DAY - timedelta(seconds=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        general = [general_name(name) if isinstance(name, str) else name for name in names]
        builder = builder.add_extension(x509.SubjectAlternativeName(general), critical=False)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if public:
        policy = x509.CertificatePolicies([x509.PolicyInformation(PUBLIC, None)])
        builder = builder.add_extension(policy, critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    signed = builder.sign(key(signer), hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


SHA256_RSA, SHA1_RSA, MD5_RSA = (bytes.fromhex(f"06092a864886f70d0101{last}") for last in ("0b", "05", "04"))


def signed_over(oid, **options):
    """A certificate with another signature algorithm: cryptography signs over MD5 and SHA-1 no longer."""
    return certificate(signer="rsa", **options).replace(SHA256_RSA, oid)


def sct_list():
    """An SCT of nobody (RFC 6962 section 3.3)."""
    sct = b"\0" + bytes(32) + bytes(8) + b"\0\0" + b"\4\3" + made.block(2, bytes(70))
    listed = made.block(2, made.block(2, sct))
    octets = b"\x04" + bytes([len(listed)]) + listed if len(listed) < 128 else b"\x04\x81" + made.block(1, listed)
    return x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), octets)


CA = {"names": (), "ca": True, "purposes": ()}
INTERMEDIATE = certificate("Intermediate", issuer="Root", days=3000, **CA)
ROOT = certificate("Root", issuer="Root", days=8000, **CA)
OLD_INTERMEDIATE = certificate("Intermediate", issuer="Root", begin=NOW - 400 * DAY, days=399, **CA)
GOOD = certificate()
PUBLIC_GOOD = certificate(public=True, extensions=(sct_list(),))


def leg(*shown, leg=Leg.SERVER, host=HOST, events=(), asks=(), beside=()):
    """A leg on which the client `asks` by extensions for what stands `beside` the leaf."""
    extensions = [(kind, b"") for kind in asks]
    hello = made.client_hello(*([made.server_name(host)] if host else []), *extensions)
    passed = made.handshake13(*shown, hello=hello, leg=leg)
    passed[4] = made.events((made.DOWN, made.certificate(*shown, beside=beside)), leg=leg)[0]
    return leg_facts([*passed, *events], leg)


def stapled(name):
    """Certificate and status of cryptography's vectors, as the extension has it."""
    return 5, b"\1" + made.block(3, file(f"x509/ocsp/{name}"))


SCTS, STATUS, VALID = 18, 5, [VerdictGiven(HOST, (), 1)]
MUST_STAPLE = x509.TLSFeature([x509.TLSFeatureType.status_request])


def found(facts, now=NOW):
    return {item.code: item.what for item in chain(facts, now.timestamp())}


SHOWN = {
    "expired": leg(certificate(begin=NOW - 100 * DAY)),
    "expiring-soon": leg(certificate(begin=NOW - 80 * DAY)),
    "not-yet-valid": leg(certificate(begin=NOW + DAY)),
    "no-san": leg(certificate(names=())),
    "name-mismatch": leg(certificate(names=("example.com", "*.example.org"))),
    "self-signed": leg(certificate(issuer=HOST)),
    "invalid-chain": leg(GOOD, events=[VerdictGiven(HOST, ("unknown-issuer: nobody knows it",), 1)]),
    "chain-order": leg(GOOD, ROOT, INTERMEDIATE),
    "root-sent": leg(GOOD, INTERMEDIATE, ROOT),
    "short-key": leg(certificate(kind="short")),
    "md5-certificate": leg(signed_over(MD5_RSA)),
    "sha1-certificate": leg(GOOD, signed_over(SHA1_RSA, subject="Intermediate", issuer="Root", **CA)),
    "ca-as-server": leg(certificate(ca=True)),
    "wrong-purpose": leg(certificate(purposes=(ExtendedKeyUsageOID.CLIENT_AUTH,))),
    "no-sct": leg(certificate(public=True), asks=(SCTS, STATUS)),
    "no-embedded-sct": leg(certificate(public=True), asks=(SCTS,)),
    "expired-in-chain": leg(GOOD, OLD_INTERMEDIATE, events=VALID),
    "revoked": leg(GOOD, beside=[stapled("resp-revoked-reason.der")]),
    "must-staple": leg(certificate(extensions=(MUST_STAPLE,)), asks=(STATUS,)),
    "lifetime-over-limit": leg(certificate(public=True, days=201)),
    "long-lifetime": leg(certificate(days=826)),
    "unreadable-certificate": leg(b"no certificate"),
}
NOT_SHOWN = {
    "expired": leg(certificate(begin=NOW - 89 * DAY)),
    "expiring-soon": leg(certificate(begin=NOW - 75 * DAY)),
    "not-yet-valid": leg(certificate(begin=NOW)),
    "no-san": leg(GOOD),
    "name-mismatch": leg(certificate(names=("other", "*.EXAMPLE.com"))),
    "self-signed": leg(certificate(issuer=f"{HOST} CA")),
    "invalid-chain": leg(GOOD, events=[VerdictGiven(HOST, (), 1)]),
    "chain-order": leg(GOOD, INTERMEDIATE, ROOT),
    "root-sent": leg(GOOD, INTERMEDIATE),
    "short-key": leg(certificate(kind="rsa")),
    "md5-certificate": leg(signed_over(SHA1_RSA)),
    "sha1-certificate": leg(GOOD, INTERMEDIATE, signed_over(SHA1_RSA, subject="Root", issuer="Root", **CA)),
    "ca-as-server": leg(GOOD, INTERMEDIATE),
    "wrong-purpose": leg(certificate(purposes=())),
    "no-sct": leg(PUBLIC_GOOD, asks=(SCTS, STATUS)),
    "no-embedded-sct": leg(certificate(public=True), asks=(SCTS, STATUS)),
    "expired-in-chain": leg(GOOD, OLD_INTERMEDIATE),
    "revoked": leg(GOOD, beside=[stapled("resp-sct-extension.der")]),
    "must-staple": leg(certificate(extensions=(MUST_STAPLE,))),
    "lifetime-over-limit": leg(certificate(public=True, days=200)),
    "long-lifetime": leg(certificate(days=825)),
    "unreadable-certificate": leg(GOOD),
}


@pytest.mark.parametrize("code", SHOWN)
def test_shown(code):
    """A finding of each kind, where there is something to find."""
    assert code in found(SHOWN[code])


@pytest.mark.parametrize("code", NOT_SHOWN)
def test_not_shown(code):
    """And none where there is not."""
    assert code not in found(NOT_SHOWN[code])


def test_both_tables_are_whole():
    """Each kind is shown and not shown; good chains show none, public or private."""
    assert set(SHOWN) == set(NOT_SHOWN)
    assert {} == found(leg(GOOD, INTERMEDIATE))
    assert {} == found(leg(PUBLIC_GOOD, INTERMEDIATE))


SCT = (SCTS, made.block(2, made.block(2, b"sct")))


@pytest.mark.parametrize("beside", [SCT, stapled("resp-sct-extension.der")])
@pytest.mark.parametrize("asks", [(), (SCTS, STATUS)])
def test_timestamps_beside_the_certificate_count(beside, asks):
    """In a TLS extension or in an OCSP response, as well as in the certificate (RFC 6962 section 3.3)."""
    assert {} == found(leg(certificate(public=True), asks=asks, beside=[beside]))
    empty = (beside[0], beside[1][:1])
    assert {"no-sct", "no-embedded-sct"} & set(found(leg(certificate(public=True), asks=asks, beside=[empty])))


def test_timestamps_in_the_server_hello_count():
    """Where TLS 1.2 has them."""
    for scts, expected in ((SCT[1], set()), (b"\0\0", {"no-embedded-sct"})):
        answer = made.server_hello((SCTS, scts), suite=0xC02F)
        shown = made.handshake12(
            certificate(public=True), hello=made.client_hello(made.server_name(HOST)), answer=answer
        )
        assert expected == set(found(leg_facts(shown, Leg.SERVER)))


def test_a_response_where_it_must_be():
    """A good one, or a bad one: it is there."""
    demanding = certificate(extensions=(MUST_STAPLE,))
    for name in ("resp-sct-extension.der", "resp-revoked-reason.der", "resp-unauthorized.der"):
        codes = found(leg(demanding, asks=(STATUS,), beside=[stapled(name)]))
        assert ("unauthorized" in name) == ("must-staple" in codes)


def test_what_is_trusted_is_not_called_untrusted():
    """A self-signed certificate that we were told to trust is one; an expired intermediate that is not needed, too."""
    for shown in ((certificate(issuer=HOST),), (GOOD, OLD_INTERMEDIATE)):
        assert not {"self-signed", "expired"} & set(found(leg(*shown, events=VALID)))
        assert {"self-signed", "expired"} & set(found(leg(*shown)))
    assert "expired" in found(leg(certificate(begin=NOW - 100 * DAY), events=VALID))


def test_a_name_that_is_no_host():
    """In subjectAltName, but of no use to a client."""
    mail = x509.SubjectAlternativeName([x509.RFC822Name("a@b.example")])
    said = found(leg(certificate(names=(), extensions=(mail,))))["no-san"]
    assert "the server's certificate has no host name or address in subjectAltName; its common name is" in said


def test_the_sentences_have_the_values():
    """Names, dates, numbers."""
    expected = {
        "expired": "the server's certificate (CN=www.example.com) expired on 2026-05-21, 10.0 days ago",
        "expiring-soon": "the server's certificate (CN=www.example.com) expires on 2026-06-10, in 10.0 days",
        "name-mismatch": "the certificate is for example.com, *.example.org, and www.example.com was asked for",
        "no-san": "the server's certificate has no subjectAltName; its common name is www.example.com",
        "short-key": "the server's certificate (CN=www.example.com) has the key RSA 1024",
        "lifetime-over-limit": "the server's certificate lives 201 days; issued on 2026-05-02 it may live 200",
        "invalid-chain": "the server's chain for www.example.com is not valid: nobody knows it (unknown-issuer)",
        "chain-order": "certificate 2 of the chain is CN=Root, where CN=Intermediate should stand",
        "wrong-purpose": "the server's certificate is for clientAuth",
    }
    assert expected == {code: found(SHOWN[code])[code] for code in expected}


@pytest.mark.parametrize(
    ("issued", "days", "over"),
    [
        (datetime(2019, 1, 1, tzinfo=UTC), 825, False),
        (datetime(2021, 1, 1, tzinfo=UTC), 398, False),
        (datetime(2021, 1, 1, tzinfo=UTC), 399, True),
        (datetime(2027, 3, 15, tzinfo=UTC), 101, True),
        (datetime(2029, 3, 15, tzinfo=UTC), 47, False),
        (datetime(2029, 3, 15, tzinfo=UTC), 48, True),
    ],
)
def test_the_limit_is_that_of_the_day_of_issue(issued, days, over):
    """Of public certificates (Baseline Requirements section 6.3.2)."""
    facts = leg(certificate(public=True, begin=issued, days=days))
    assert over == ("lifetime-over-limit" in found(facts, issued + DAY))


def test_one_that_lives_a_week_expires_soon_in_its_last_third():
    """It is renewed late on purpose."""
    facts = leg(certificate(begin=NOW, days=6))
    assert "expiring-soon" not in found(facts, NOW + 3 * DAY)
    assert "expiring-soon" in found(facts, NOW + 5 * DAY)


def test_the_clients_certificate():
    """It is looked at on its leg, for what holds for any certificate."""
    events = made.events(
        (made.UP, made.certificate(certificate("me", begin=NOW - 100 * DAY, names=()))), leg=Leg.CLIENT
    )
    events = [*made.handshake13(b"", leg=Leg.CLIENT)[:-3], *events]
    facts = leg_facts(events, Leg.CLIENT)
    assert {"expired"} == set(found(facts))
    assert found(facts)["expired"].startswith("the client's certificate (CN=me)")


def test_the_forged_certificate_is_not_judged_again():
    """On the client leg it mirrors the server's; what else is shown there is looked at."""
    bad = certificate(begin=NOW - 100 * DAY)
    forged = [LeafForged("authority", "P-256", bad)]
    assert {} == found(leg(bad, leg=Leg.CLIENT, events=forged))
    assert "expired" in found(leg(bad, leg=Leg.CLIENT))


@pytest.mark.parametrize(
    ("expected", "host", "names"),
    [
        (True, "a.example", ("A.EXAMPLE",)),
        (True, "a.example.", ("a.example",)),
        (True, "a.b.example", ("*.b.example",)),
        (False, "a.b.example", ("*.example",)),
        (False, "b.example", ("*.b.example",)),
        (False, "a.example", ("a*.example", "*a.example")),
        (False, "example", ("*",)),
        (False, "a.example", ("*.example",)),
        (True, "192.0.2.1", ("192.0.2.1",)),
        (True, "[2001:db8::1]", ("2001:DB8:0::1",)),
        (False, "192.0.2.1", ("*.0.2.1",)),
        (False, "a.example", ()),
    ],
)
def test_names(expected, host, names):
    """RFC 9525 section 6: the whole of the first label or nothing; no wildcard right under the root; addresses."""
    assert expected == names_match(host, read(certificate(names=names)))


@pytest.mark.parametrize(("host", "expected"), [("192.0.2.1", False), ("192.0.2.2", True)])
def test_an_address_that_is_written_as_a_name_is_none(host, expected):
    """RFC 9525 section 6.5: a client that is asked for an address looks for one."""
    written = read(certificate(names=(x509.DNSName("192.0.2.1"), "192.0.2.2")))
    assert ("192.0.2.1", "192.0.2.2") == written.names
    assert expected is names_match(host, written)
    facts = leg(certificate(names=(x509.DNSName("192.0.2.1"), "192.0.2.2")), host=host)
    assert ("name-mismatch" not in found(facts)) is expected


def test_names_of_any_length_leave_room_for_the_rest():
    """A certificate may hold names of 60 KiB, and thousands of purposes: sentences tell their beginning."""
    long = "x" * 60_000
    purposes = tuple(ObjectIdentifier(f"1.2.3.{number}") for number in range(1000))
    owner = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, long)])
    shown = certificate(owner, names=(f"{long}.example",), begin=NOW - 100 * DAY, purposes=purposes)
    judged = VerdictGiven(HOST, ("unknown-issuer: nobody knows it",), 1)
    said = found(leg(shown, shown, events=[judged]))
    assert {"expired", "name-mismatch", "wrong-purpose", "chain-order", "invalid-chain"} <= said.keys()
    assert max(map(len, said.values())) < 800
    assert said["expired"].endswith("x…) expired on 2026-05-21, 10.0 days ago")
    assert said["name-mismatch"].endswith(f"x…, and {HOST} was asked for")
    assert said["wrong-purpose"].endswith(" and 995 more")


def test_what_looks_public():
    """The policies that all public authorities write, and a name that can be public."""
    assert looks_public(read(PUBLIC_GOOD))
    assert not looks_public(read(GOOD))
    assert not looks_public(read(certificate(public=True, names=("printer.local", "intranet"))))
    assert not looks_public(read(certificate(public=True, issuer=HOST)))


def test_dates_of_any_year():
    """Some certificates never expire."""
    endless = certificate(begin=NOW, days=2_900_000)
    assert "long-lifetime" in found(leg(endless))
    assert "not-yet-valid" in found(leg(endless), NOW - DAY)
