from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from ca.forge import (
    DAY,
    HOST,
    KEYS,
    NO_AUTHORITY,
    NOW,
    ROOT,
    RSA,
    RSA_1024,
    SECOND,
    chain,
    der,
    general,
    name,
    openssl_errors,
    pem,
    run,
    self_signed,
    usage,
)
from ca.judging import UNKNOWN, codes, never, only


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


def test_pardoned(verifier):
    """A pardoned verdict is valid, and still of the same host and chain."""
    verdict = verifier(chain().root).judge((der(self_signed()),), HOST, NOW).pardoned()
    assert (True, HOST, 1, "") == (verdict.valid, verdict.host, verdict.chain_length, verdict.kind)
