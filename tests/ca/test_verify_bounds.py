"""What a verifier is sent by whoever pleases: anything at all, in any number, again and again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
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
    NOW,
    ROOT,
    SECOND,
    chain,
    corrupt,
    der,
    issue,
    name,
    pem,
    self_signed,
)
from ca.judging import codes
from tlscope_ca import verify as module
from tlscope_ca.checks import signed_by
from tlscope_ca.verify import (
    MAX_CHAIN,
    MAX_ISSUERS,
    MAX_KEPT_CHAIN,
    MAX_PATH,
    MAX_VERDICTS,
    Verifier,
    describe,
)


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
