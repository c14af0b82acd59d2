from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from itertools import pairwise

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import crypto
from OpenSSL._util import lib

from ca.forge import (
    DAY,
    HOST,
    INTERMEDIATE,
    KEYS,
    LEAF,
    NO_AUTHORITY,
    NOW,
    ROOT,
    RSA,
    RSA_1024,
    chain,
    corrupt,
    der,
    general,
    issue,
    name,
    openssl_errors,
    pem,
    run,
    self_signed,
    usage,
)
from tlscope_ca import verify as module
from tlscope_ca.checks import signed_by
from tlscope_ca.verify import (
    MAX_CHAIN,
    MAX_ISSUERS,
    MAX_KEPT_CHAIN,
    MAX_PATH,
    MAX_VERDICTS,
    FaultCode,
    Verifier,
    describe,
)

SECOND = timedelta(seconds=1)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")


def only(*names):
    return x509.NameConstraints([general_or_network(text) for text in names], None)


def never(*names):
    return x509.NameConstraints(None, [general_or_network(text) for text in names])


def general_or_network(text):
    return x509.IPAddress(ip_network(text)) if "/" in text else x509.DNSName(text)


@pytest.fixture
def verifier(tmp_path):
    def trust(*certificates):
        path = tmp_path / "trusted.pem"
        path.write_bytes(pem(*certificates))
        return Verifier(ca_files=[path], system=False)

    return trust


def codes(verdict):
    return [(str(fault.code), fault.depth) for fault in verdict.faults]


def judge_by_cryptography(made, host):
    """The first fault that cryptography's own verifier finds, or None."""
    builder = PolicyBuilder().store(Store([made.root])).time(NOW)
    try:
        builder.build_server_verifier(general(host)).verify(made.leaf, [made.intermediate])
    except VerificationError as error:
        return error
    return None


ACCEPTED = {
    "the control": {},
    "exactly now the first second": {"leaf": {"not_before": NOW}},
    "exactly now the last but one second": {"leaf": {"not_after": NOW + SECOND}},
    "no extended key usage": {"leaf": {"purposes": None}},
    "no key usage": {"leaf": {"key_usage": None}},
    "wildcard for the left-most label": {"leaf": {"names": ("*.example.com",)}},
    "bad patterns beside a good name": {"leaf": {"names": ("*", "*.com", "*.*.example.com", HOST)}},
    "upper case": {"leaf": {"names": (HOST.upper(),)}},
    "a thousand names": {"leaf": {"names": (*(f"h{n}.example.com" for n in range(1000)), HOST)}},
    "a critical subjectAltName and no subject": {"leaf": {"subject": name("")}},
    "an unknown extension that is not critical": {"leaf": {"more": ((UNKNOWN, False),)}},
    "path length that suffices": {"root": {"constraints": x509.BasicConstraints(ca=True, path_length=1)}},
    "path length 0 above the leaf": {"intermediate": {"constraints": x509.BasicConstraints(ca=True, path_length=0)}},
    "permitted name": {"intermediate": {"more": ((only("example.com", "192.0.2.0/24", "2001:db8::/32"), True),)}},
    "other name excluded": {"intermediate": {"more": ((never("example.org"), True),)}},
    "serverAuth in the issuer": {"intermediate": {"purposes": (Purpose.SERVER_AUTH,)}},
    "RSA with 2048 bits": {
        "leaf": {"key": RSA},
    },
    "RSA for encryption alone": {
        "leaf": {
            "key": RSA,
            "key_usage": usage("key_encipherment"),
        },
    },
    "P-384 with SHA-384": {"leaf": {"key": ec.generate_private_key(ec.SECP384R1()), "hash": hashes.SHA384()}},
    "SHA-1 on the root": {"root": {"key": RSA, "weak_hash": hashes.SHA1()}},
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(tmp_path, verifier, case):
    """A chain without a fault has none, and OpenSSL agrees."""
    made = chain(**ACCEPTED[case])
    verdict = verifier(made.root).judge(made.sent, HOST, NOW)
    assert (True, ()) == (verdict.valid, verdict.faults)
    assert [] == openssl_errors(tmp_path, made.leaf, trusted=[made.root], untrusted=[made.intermediate])


def test_control_by_others(tmp_path):
    """The control is valid for cryptography's verifier and GnuTLS too, so a case shows its one difference."""
    made = chain()
    assert None is judge_by_cryptography(made, HOST)
    (tmp_path / "chain.pem").write_bytes(pem(made.leaf, made.intermediate))
    (tmp_path / "root.pem").write_bytes(pem(made.root))
    code, told = run(
        *("certtool", "--verify", "--verify-hostname", HOST, "--verify-purpose", "1.3.6.1.5.5.7.3.1"),
        *("--infile", tmp_path / "chain.pem", "--load-ca-certificate", tmp_path / "root.pem"),
    )
    assert 0 == code, told


# What is one defect, the faults of it, and the errors that `openssl verify` has for the same chain.
REFUSED = {
    # validity
    "V1 expired": ({"leaf": {"not_after": NOW - 30 * DAY, "not_before": NOW - 60 * DAY}}, [("expired", 0)], [10]),
    "V1 expired by a second": ({"leaf": {"not_after": NOW - SECOND}}, [("expired", 0)], [10]),
    "V2 not yet valid": ({"leaf": {"not_before": NOW + DAY}}, [("not-yet-valid", 0)], [9]),
    "V3 expired issuer": ({"intermediate": {"not_after": NOW - SECOND}}, [("expired", 1)], [10]),
    "V4 issuer not yet valid": ({"intermediate": {"not_before": NOW + DAY}}, [("not-yet-valid", 1)], [9]),
    "T21 expired root": ({"root": {"not_after": NOW - SECOND}}, [("expired", 2)], [10]),
    # name
    "N1 another name": ({"leaf": {"names": ("a.test",), "subject": name("a.test")}}, [("name-mismatch", 0)], [62]),
    "N2 right only in the subject": ({"leaf": {"names": ("a.test",)}}, [("name-mismatch", 0)], [62]),
    "N3 no subjectAltName": ({"leaf": {"names": None}}, [("no-subject-alt-name", 0)], None),
    "N4 parent domain": ({"leaf": {"names": ("example.com",)}}, [("name-mismatch", 0)], [62]),
    "N4 sub-domain": ({"leaf": {"names": (f"a.{HOST}",)}}, [("name-mismatch", 0)], [62]),
    "N7 wildcard over two labels": ({"leaf": {"names": ("*.com",)}}, [("name-mismatch", 0)], [62]),
    "N8 wildcard not left-most": ({"leaf": {"names": ("www.*.com",)}}, [("name-mismatch", 0)], [62]),
    "N8 partial wildcard": ({"leaf": {"names": ("w*.example.com",)}}, [("name-mismatch", 0)], None),
    "N9 bare wildcard": ({"leaf": {"names": ("*",)}}, [("name-mismatch", 0)], [62]),
    # CA bits
    "C1 issuer is no CA": ({"intermediate": {"constraints": NO_AUTHORITY}}, [("invalid-ca", 1)], [79, 26]),
    "C2 issuer without basicConstraints": ({"intermediate": {"constraints": None}}, [("invalid-ca", 1)], [79]),
    "C4 issuer without keyCertSign": (
        {"intermediate": {"key_usage": usage("crl_sign")}},
        [("invalid-ca", 1)],
        None,
    ),
    "C5 path length": (
        {"root": {"constraints": x509.BasicConstraints(ca=True, path_length=0)}},
        [("path-length", 2)],
        [25],
    ),
    "C7 name not permitted": (
        {"intermediate": {"more": ((only("example.org"), True),)}},
        [("name-constraint", 0)],
        [47],
    ),
    "C7 name excluded": ({"intermediate": {"more": ((never("example.com"), True),)}}, [("name-constraint", 0)], [48]),
    "C7 address not permitted": (
        {"intermediate": {"more": ((only("198.51.100.0/24"), True),)}},
        [("name-constraint", 0)],
        [47],
    ),
    "C7 address excluded": ({"intermediate": {"more": ((never("::/0"), True),)}}, [("name-constraint", 0)], [48]),
    # purpose
    "E1 code signing": ({"leaf": {"purposes": (Purpose.CODE_SIGNING,)}}, [("wrong-purpose", 0)], [26]),
    "E2 any purpose": ({"leaf": {"purposes": (Purpose.ANY_EXTENDED_KEY_USAGE,)}}, [("wrong-purpose", 0)], [26]),
    "E2 purpose of the issuer": (
        {"intermediate": {"purposes": (Purpose.CLIENT_AUTH,)}},
        [("wrong-purpose", 1)],
        [26],
    ),
    "E2 purpose of the root": ({"root": {"purposes": (Purpose.CLIENT_AUTH,)}}, [("wrong-purpose", 2)], [26]),
    "E3 client": ({"leaf": {"purposes": (Purpose.CLIENT_AUTH,)}}, [("wrong-purpose", 0)], [26]),
    "E4 key usage": ({"leaf": {"key_usage": usage("content_commitment")}}, [("wrong-purpose", 0)], [26]),
    "E4 EC key for agreement alone": ({"leaf": {"key_usage": usage("key_agreement")}}, [("wrong-purpose", 0)], None),
    # extensions
    "X1 critical in the leaf": (
        {"leaf": {"more": ((UNKNOWN, True),)}},
        [("unhandled-critical-extension", 0)],
        [34],
    ),
    "X1 critical in the issuer": (
        {"intermediate": {"more": ((UNKNOWN, True),)}},
        [("unhandled-critical-extension", 1)],
        [34],
    ),
    "X1 critical in the root": (
        {"root": {"more": ((UNKNOWN, True),)}},
        [("unhandled-critical-extension", 2)],
        [34],
    ),
    # strength, which `openssl verify` judges only when asked to
    "K1 MD5 in the leaf": (
        {"intermediate": {"key": RSA}, "leaf": {"weak_hash": hashes.MD5()}},
        [("weak-signature", 0)],
        None,
    ),
    "K2 SHA-1 in the leaf": (
        {"intermediate": {"key": RSA}, "leaf": {"weak_hash": hashes.SHA1()}},
        [("weak-signature", 0)],
        None,
    ),
    "K2 SHA-1 in the issuer": (
        {"root": {"key": RSA}, "intermediate": {"weak_hash": hashes.SHA1()}},
        [("weak-signature", 1)],
        None,
    ),
    "K3 short RSA": ({"leaf": {"key": RSA_1024}}, [("weak-key", 0)], None),
    "K4 P-192": ({"leaf": {"key": ec.generate_private_key(ec.SECP192R1())}}, [("weak-key", 0)], None),
    # signatures
    "T4 signed by another key": ({"leaf": {"signed_with": KEYS[3]}}, [("bad-signature", 0)], [7]),
    "T8 issuer signed by another key": ({"intermediate": {"signed_with": KEYS[3]}}, [("bad-signature", 1)], [7]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_one_defect(tmp_path, verifier, case):
    """One defect is one fault, at its place; and OpenSSL finds the same."""
    defect, expected, errors = REFUSED[case]
    made = chain(**defect)
    verdict = verifier(made.root).judge(made.sent, HOST, NOW)
    assert (expected, False) == (codes(verdict), verdict.valid)
    if errors is not None:
        found = openssl_errors(tmp_path, made.leaf, trusted=[made.root], untrusted=[made.intermediate])
        assert set(errors) == set(found)


# It believes its roots whatever they say, and leaves the leaf's key and its usage to TLS.
NOT_ITS_BUSINESS = ("T21", "X1 critical in the root", "E2 purpose of the root", "E4", "K3", "K4")


@pytest.mark.parametrize("case", [case for case in REFUSED if not case.startswith(NOT_ITS_BUSINESS)])
def test_one_defect_by_cryptography(case):
    """Another verifier, that of cryptography, refuses the defective chains as well."""
    assert judge_by_cryptography(chain(**REFUSED[case][0]), HOST) is not None


def test_self_signed(tmp_path, verifier):
    """T1: a certificate that its own key signed is `self-signed`, OpenSSL's error 18."""
    leaf = self_signed()
    verdict = verifier(chain().root).judge((der(leaf),), HOST, NOW)
    assert ([("self-signed", 0)], False) == (codes(verdict), verdict.carried_root)
    assert [18] == openssl_errors(tmp_path, leaf, trusted=[chain().root])


def test_self_signed_other_name(verifier):
    """T2: that it is for another host is a second fault."""
    verdict = verifier(chain().root).judge((der(self_signed(names=("a.test",))),), HOST, NOW)
    assert [("self-signed", 0), ("name-mismatch", 0)] == codes(verdict)


def test_clone(verifier):
    """T3: every field of the real leaf, issued to itself with another key."""
    made = chain()
    clone = issue(replace(LEAF, issuer=LEAF.subject, key=KEYS[3], signed_with=KEYS[3], identifiers=False), LEAF)
    assert [("self-signed", 0)] == codes(verifier(made.root).judge((der(clone),), HOST, NOW))


@pytest.mark.parametrize(("carried", "error"), [(True, 19), (False, 20)])
def test_unknown_issuer(tmp_path, verifier, carried, error):
    """T5, T6: a chain to a root that nobody trusts is of an unknown issuer, whether the root was sent or not."""
    made, other = chain(), self_signed(subject=name("Other Root"), key=KEYS[3], constraints=ROOT.constraints)
    verdict = verifier(other).judge(made.sent_with_root if carried else made.sent, HOST, NOW)
    assert ["unknown-issuer"] == [str(fault.code) for fault in verdict.faults]
    assert carried == verdict.carried_root
    untrusted = [made.intermediate, *([made.root] if carried else [])]
    assert error == openssl_errors(tmp_path, made.leaf, trusted=[other], untrusted=untrusted)[0]


def test_unknown_issuer_alone(verifier):
    """T16: without its intermediate a leaf leads nowhere, and the fault names the issuer that is missing."""
    made = chain()
    (fault,) = verifier(made.root).judge(made.sent[:1], HOST, NOW).faults
    assert (FaultCode.UNKNOWN_ISSUER, 0, "CN=Test Intermediate") == (fault.code, fault.depth, fault.found)


@pytest.mark.parametrize(("identifiers", "expected"), [(True, "unknown-issuer"), (False, "bad-signature")])
def test_same_name_other_key(verifier, identifiers, expected):
    """T7: an authority with a trusted one's name and another key is not that one."""
    trusted = issue(replace(ROOT, key=KEYS[3], identifiers=identifiers), replace(ROOT, key=KEYS[3]))
    made = chain(root={"identifiers": identifiers}, intermediate={"identifiers": identifiers})
    verdict = verifier(trusted).judge(made.sent, HOST, NOW)
    assert [(expected, 1)] == codes(verdict)


def test_corrupt_signature(verifier):
    """T4: one bit of the signature turned over."""
    made = chain()
    verdict = verifier(made.root).judge((corrupt(made.leaf), made.sent[1]), HOST, NOW)
    assert [("bad-signature", 0)] == codes(verdict)


def test_self_signed_intermediate(verifier):
    """T9: an intermediate that signed itself leads nowhere."""
    made = chain()
    loose = issue(INTERMEDIATE, INTERMEDIATE)
    verdict = verifier(made.root).judge((made.sent[0], der(loose)), HOST, NOW)
    assert [("unknown-issuer", 1)] == codes(verdict)


def test_leaf_as_issuer(verifier):
    """T11: a server's genuine certificate is no authority (CVE-2011-0228)."""
    made = chain(leaf={"names": ("other.test",)})
    victim = issue(replace(LEAF, key=KEYS[3]), replace(LEAF, subject=made.leaf.subject))
    verdict = verifier(made.root).judge((der(victim), *made.sent), HOST, NOW)
    assert ("invalid-ca", 1) in codes(verdict)


@pytest.mark.parametrize("order", [(0, 2, 1), (0, 1, 2, 1), (0, 1, 2, 0)])
def test_order_of_chain(verifier, order):
    """T17: what stands behind the leaf may come in any order, and twice (RFC 8446 section 4.4.2)."""
    made = chain()
    assert verifier(made.root).judge(tuple(made.sent_with_root[at] for at in order), HOST, NOW).valid


@pytest.mark.parametrize("bad", [{"not_after": NOW - DAY}, {"not_before": NOW + DAY}])
@pytest.mark.parametrize("first", [True, False])
def test_other_path(verifier, bad, first):
    """T18: of two issuers with one name and key, one out of date, the other is found."""
    made = chain()
    twin = issue(replace(INTERMEDIATE, **bad), ROOT)
    behind = (der(twin), made.sent[1]) if first else (made.sent[1], der(twin))
    assert verifier(made.root).judge((made.sent[0], *behind), HOST, NOW).valid


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("trusted", [True, False])
def test_other_path_explained(verifier, first, trusted):
    """T18: where the chain is refused for something else, an issuer that is out of date and not needed is no fault."""
    made = chain(leaf={"not_after": NOW - DAY})
    twin = der(issue(replace(INTERMEDIATE, not_after=NOW - DAY), ROOT))
    behind = (twin, made.sent[1]) if first else (made.sent[1], twin)
    verdict = verifier(made.root if trusted else self_signed()).judge((made.sent[0], *behind), HOST, NOW)
    assert ["expired"] == [str(fault.code) for fault in verdict.faults if fault.code == "expired"]


@pytest.mark.parametrize("first", [True, False])
def test_impostor_explained(verifier, first):
    """T7: nor is an issuer of the same name that did not sign, while the one that did is there too."""
    made = chain(leaf={"identifiers": False}, intermediate={"identifiers": False})
    impostor = der(issue(replace(INTERMEDIATE, key=KEYS[3], identifiers=False), ROOT))
    behind = (impostor, made.sent[1]) if first else (made.sent[1], impostor)
    verdict = verifier(self_signed()).judge((made.sent[0], *behind), HOST, NOW)
    assert ["unknown-issuer"] == [str(fault.code) for fault in verdict.faults]


def test_renewed_root(verifier):
    """T21: of two trusted roots with one name and key, one expired, the other one counts."""
    made, old = chain(), issue(replace(ROOT, not_after=NOW - DAY), ROOT)
    for trusted in ((old, made.root), (made.root, old)):
        assert verifier(*trusted).judge(made.sent, HOST, NOW).valid
        assert [("expired", 2)] == codes(verifier(old).judge(made.sent, HOST, NOW))


def test_loop(verifier):
    """T20: two authorities that vouch for each other are an unknown issuer, found in bounded time."""
    first, second = replace(INTERMEDIATE, subject=name("A")), replace(INTERMEDIATE, subject=name("B"), key=KEYS[3])
    sent = (der(issue(LEAF, first)), der(issue(first, second)), der(issue(second, first)))
    assert "unknown-issuer" in {code for code, _ in codes(verifier(chain().root).judge(sent, HOST, NOW))}


def test_trusted_self_signed(verifier):
    """A self-signed certificate that the user trusts by name is valid."""
    leaf = self_signed()
    assert verifier(leaf).judge((der(leaf),), HOST, NOW).valid


def test_trusted_intermediate(verifier):
    """An intermediate that the user trusts is enough: its root need not be known."""
    made = chain()
    assert verifier(made.intermediate).judge(made.sent, HOST, NOW).valid


COMBINED = {
    "expired and of another name": (
        {"leaf": {"not_after": NOW - DAY, "names": ("a.test",)}},
        [("expired", 0), ("name-mismatch", 0)],
    ),
    "expired, of another name and purpose, weak": (
        {"leaf": {"not_after": NOW - DAY, "names": ("a.test",), "purposes": (Purpose.CLIENT_AUTH,), "key": RSA_1024}},
        [("expired", 0), ("name-mismatch", 0), ("wrong-purpose", 0), ("weak-key", 0)],
    ),
    "all out of date": (
        {part: {"not_after": NOW - DAY} for part in ("leaf", "intermediate", "root")},
        [("expired", 0), ("expired", 1), ("expired", 2)],
    ),
    "no CA, too deep": (
        {
            "root": {"constraints": x509.BasicConstraints(ca=True, path_length=0)},
            "intermediate": {"constraints": NO_AUTHORITY},
            "leaf": {"not_before": NOW + DAY},
        },
        [("not-yet-valid", 0), ("invalid-ca", 1), ("path-length", 2)],
    ),
    "bad signatures all the way": (
        {"leaf": {"signed_with": KEYS[3]}, "intermediate": {"signed_with": KEYS[3]}},
        [("bad-signature", 0), ("bad-signature", 1)],
    ),
    "expired and not permitted": (
        {"leaf": {"not_after": NOW - DAY}, "intermediate": {"more": ((only("example.org"), True),)}},
        [("expired", 0), ("name-constraint", 0)],
    ),
    "critical and not permitted": (
        {"leaf": {"more": ((UNKNOWN, True),)}, "intermediate": {"more": ((only("example.org"), True),)}},
        [("name-constraint", 0), ("unhandled-critical-extension", 0)],
    ),
    "critical twice": (
        {"leaf": {"more": ((UNKNOWN, True),)}, "intermediate": {"more": ((UNKNOWN, True),)}},
        [("unhandled-critical-extension", 0), ("unhandled-critical-extension", 1)],
    ),
}


@pytest.mark.parametrize("case", COMBINED)
def test_combined(verifier, case):
    """Every fault is found, not the first one alone."""
    defects, expected = COMBINED[case]
    made = chain(**defects)
    assert expected == codes(verifier(made.root).judge(made.sent, HOST, NOW))


@pytest.mark.parametrize("case", COMBINED)
def test_combined_with_unknown_issuer(verifier, case):
    """A missing root does not hide what else is wrong."""
    defects, expected = COMBINED[case]
    defects = {part: changes for part, changes in defects.items() if part != "root"}
    made, other = chain(**defects), self_signed(subject=name("Other Root"), key=KEYS[3], constraints=ROOT.constraints)
    found = codes(verifier(other).judge(made.sent, HOST, NOW))
    assert "unknown-issuer" in {code for code, _ in found}
    # Of the topmost certificate nobody can tell whether the signature is good.
    below = [fault for fault in expected if fault[1] < 2 and fault != ("bad-signature", 1)]
    assert set(below) <= set(found)


def test_empty_chain(verifier):
    """X9: no certificate at all is a fault of its own."""
    verdict = verifier(chain().root).judge((), HOST, NOW)
    assert ([("empty-chain", 0)], 0) == (codes(verdict), verdict.chain_length)


@pytest.mark.parametrize("leaf", [b"", b"\x30", b"\x30\x80", b"\x30\x03\x02\x01\x00", b"\xff" * 300, b"\x30" * 300])
def test_malformed(verifier, leaf):
    """X8: bytes that are no certificate are malformed, at their place in the chain."""
    made = chain()
    trusting = verifier(made.root)
    assert ("malformed", 0) in codes(trusting.judge((leaf, made.sent[1]), HOST, NOW))
    assert [("malformed", 2)] == codes(trusting.judge((*made.sent, leaf), HOST, NOW))


def test_trailing_bytes(verifier):
    """X8: a certificate with bytes behind it is malformed."""
    made = chain()
    assert [("malformed", 0)] == codes(verifier(made.root).judge((made.sent[0] + b"\0", made.sent[1]), HOST, NOW))


def test_duplicate_extension(verifier):
    """X3: an extension that is there twice makes a certificate malformed (RFC 5280 section 4.2)."""
    twice = ((x509.UnrecognizedExtension(x509.ObjectIdentifier(f"1.2.3.{n}"), b"\5\0"), False) for n in (4, 5))
    made = chain(leaf={"more": tuple(twice)})
    doubled = made.sent[0].replace(b"\x06\x03\x2a\x03\x05", b"\x06\x03\x2a\x03\x04")
    assert doubled != made.sent[0]
    found = codes(verifier(made.root).judge((doubled, made.sent[1]), HOST, NOW))
    assert ("malformed", 0) in found


def test_nul_in_name(verifier):
    """N5, N6: a name with a NUL is not the name before the NUL; OpenSSL has been wrong there (CVE-2009-2408)."""
    signer = replace(INTERMEDIATE)
    made = chain(leaf={"names": ("www.example.comXevil.test",), "subject": name("www.example.comXevil.test")})
    signed = made.leaf.tbs_certificate_bytes.replace(b"comXevil", b"com\0evil")
    signature = signer.key.sign(signed, ec.ECDSA(hashes.SHA256()))
    bits = b"\x03" + bytes([len(signature) + 1]) + b"\0" + signature
    body = signed + bytes.fromhex("300a06082a8648ce3d040302") + bits
    nul = b"\x30\x82" + len(body).to_bytes(2, "big") + body
    assert [("name-mismatch", 0)] == codes(verifier(made.root).judge((nul, made.sent[1]), HOST, NOW))


def test_many_certificates(verifier):
    """A hundred certificates are looked at, more are a fault."""
    made = chain()
    at_limit = (*made.sent, *[made.sent[1]] * (MAX_CHAIN - 2))
    trusting = verifier(made.root)
    assert trusting.judge(at_limit, HOST, NOW).valid
    beyond = trusting.judge((*at_limit, made.sent[1]), HOST, NOW)
    assert ([("chain-too-long", MAX_CHAIN)], MAX_CHAIN + 1) == (codes(beyond), beyond.chain_length)
    assert [("chain-too-long", MAX_CHAIN)] == codes(trusting.judge((*at_limit, b"not looked at"), HOST, NOW))


@pytest.fixture
def signature_checks(monkeypatch):
    """How often a signature was checked to explain a refusal."""
    checks = []
    monkeypatch.setattr(module, "signed_by", lambda *pair: checks.append(pair) or signed_by(*pair))
    return checks


def test_many_issuers(verifier, signature_checks):
    """T20: of many issuers with one name only so many are tried."""
    root = chain().root
    leaf = issue(replace(LEAF, identifiers=False), INTERMEDIATE)
    twins = [replace(INTERMEDIATE, key=KEYS[3], identifiers=False, issuer=name("Nobody")) for _ in range(50)]
    verdict = verifier(root).judge((der(leaf), *(der(issue(twin, ROOT)) for twin in twins)), HOST, NOW)
    assert not verdict.valid
    assert MAX_ISSUERS == len(signature_checks)


def test_long_path(verifier, signature_checks):
    """T20: a path of a hundred authorities is walked as far as the limit."""
    specs = [replace(INTERMEDIATE, subject=name(f"CA {n}"), key=KEYS[n % 2]) for n in range(MAX_CHAIN)]
    issued = [der(issue(spec, above)) for spec, above in pairwise(specs)]
    verdict = verifier(chain().root).judge((der(issue(LEAF, specs[0])), *issued), HOST, NOW)
    assert not verdict.valid
    assert MAX_PATH - 1 == len(signature_checks)


def test_exact_instants(verifier):
    """V6: judged the second before and after each boundary, the verdict turns where it should, cached or not."""
    made = chain(leaf={"not_before": NOW - DAY, "not_after": NOW + DAY})
    trusting = verifier(made.root)
    for _ in range(2):
        for at, expected in [
            (NOW - DAY - SECOND, [("not-yet-valid", 0)]),
            (NOW - DAY, []),
            (NOW, []),
            (NOW + DAY - SECOND, []),
            (NOW + DAY, []),
            (NOW + DAY + SECOND, [("expired", 0)]),
            (NOW + 31 * DAY, [("expired", 0), ("expired", 1), ("expired", 2)]),
        ]:
            assert expected == codes(trusting.judge(made.sent, HOST, at)), at
            fresh = at + timedelta(microseconds=999_999)
            assert expected == codes(trusting.judge(made.sent, HOST, fresh)), fresh


def test_kept(verifier):
    """The same question is answered with the same object; another host or chain is another question."""
    made = chain()
    trusting = verifier(made.root)
    first = trusting.judge(made.sent, HOST, NOW)
    assert first is trusting.judge(tuple(bytes(bytearray(part)) for part in made.sent), HOST, NOW + SECOND)
    assert first is not trusting.judge(made.sent, "example.com", NOW)
    assert first is not trusting.judge(made.sent[:1], HOST, NOW)


def test_kept_verdicts_are_bounded(verifier):
    """No more than `MAX_VERDICTS` are kept, the latest used, and none of a chain that is very large."""
    made = chain()
    trusting = verifier(made.root)
    first = trusting.judge(made.sent, HOST, NOW)
    for number in range(MAX_VERDICTS + 10):
        trusting.judge((), f"h{number}.example.com", NOW)
        assert first is trusting.judge(made.sent, HOST, NOW)
    assert MAX_VERDICTS == len(trusting._verdicts)
    large = (*made.sent, b"\0" * MAX_KEPT_CHAIN)
    assert trusting.judge(large, HOST, NOW) is not trusting.judge(large, HOST, NOW)
    assert MAX_VERDICTS == len(trusting._verdicts)


def test_threads(verifier):
    """Any number of threads may ask at once, about different times, and each gets its own answer."""
    made = chain(leaf={"not_after": NOW + DAY}, intermediate={"not_after": NOW + 3 * DAY})
    trusting = verifier(made.root)
    questions = [(NOW, []), (NOW + 2 * DAY, [("expired", 0)]), (NOW + 4 * DAY, [("expired", 0), ("expired", 1)])]

    def ask(question):
        at, expected = questions[question % len(questions)]
        return expected == codes(trusting.judge(made.sent, HOST, at))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(600)))


def test_error_queue_stays_empty(verifier):
    """A refusal leaves nothing in OpenSSL's error queue, where another connection would take it for its own."""
    made = chain()
    trusting = verifier(made.root)
    for sent in ((corrupt(made.leaf), made.sent[1]), (der(self_signed()),), (b"x",), made.sent[:1], ()):
        assert not trusting.judge(sent, HOST, NOW).valid
        assert 0 == lib.ERR_peek_error()
    leaf, intermediate = (
        crypto.load_certificate(crypto.FILETYPE_ASN1, data) for data in (corrupt(made.leaf), made.sent[1])
    )
    assert 7 == module._ask(trusting._store, leaf, [intermediate]).number
    assert 0 == lib.ERR_peek_error()


def test_pardoned(verifier):
    """A pardoned verdict is valid, and still of the same host and chain."""
    verdict = verifier(chain().root).judge((der(self_signed()),), HOST, NOW).pardoned()
    assert (True, HOST, 1, "") == (verdict.valid, verdict.host, verdict.chain_length, verdict.kind)


CONTROL = chain()


@pytest.fixture(scope="module")
def trusting(tmp_path_factory):
    path = tmp_path_factory.mktemp("roots") / "root.pem"
    path.write_bytes(pem(CONTROL.root))
    return Verifier(ca_files=[path], system=False)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_mutated(trusting, data):
    """X11: bytes changed, cut or added anywhere never raise, and never make a chain valid that is not the original."""
    parts = list(CONTROL.sent)
    which = data.draw(st.integers(0, 1))
    original = parts[which]
    at = data.draw(st.integers(0, len(original)))
    cut = data.draw(st.integers(0, 4))
    parts[which] = original[:at] + data.draw(st.binary(max_size=4)) + original[at + cut :]
    verdict = trusting.judge(tuple(parts), HOST, NOW)
    assert verdict.valid == (parts[which] == original)
    assert all(describe(fault) for fault in verdict.faults)
    assert 0 == lib.ERR_peek_error()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=5), st.text(max_size=20))
def test_random(trusting, sent, host):
    """Any bytes, for any host, are judged and not valid."""
    assert not trusting.judge(tuple(sent), host, NOW).valid
