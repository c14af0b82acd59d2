"""From a leaf to a root: which certificates make the path, and which is at fault where none does."""

from dataclasses import replace

import pytest

from ca.forge import (
    DAY,
    HOST,
    INTERMEDIATE,
    KEYS,
    LEAF,
    NOW,
    ROOT,
    chain,
    corrupt,
    der,
    issue,
    name,
    openssl_errors,
    self_signed,
)
from ca.judging import codes
from tlscope_ca.verify import (
    FaultCode,
)


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
