"""Signature algorithms by their identifiers."""

from __future__ import annotations

import pytest
from cryptography.x509.oid import SignatureAlgorithmOID

from support.vectors import vector
from tlscope.wire.x509 import dissect, facts
from tlscope.wire.x509.signatures import Signature, signature_algorithm


@pytest.mark.parametrize("name", [name for name in vars(SignatureAlgorithmOID) if name.isupper()])
def test_hashes_are_those_that_the_name_has(name):
    """Of every algorithm that cryptography names."""
    found = signature_algorithm(getattr(SignatureAlgorithmOID, name).dotted_string)
    wanted = name.lower().rpartition("with_")[2].replace("sha3_", "sha3-").replace("_", "")
    if wanted.startswith(("ed", "ml", "slh", "gost", "rsassapss")) or not wanted.startswith(("sha", "md")):
        assert found.hash == "" or "GOST" in name
    else:
        assert wanted == found.hash.lower().replace("sha-", "sha").replace("/", "")


def test_pss_says_its_hash_in_the_parameters():
    """SHA-1 where they leave it out; none where there are no parameters."""
    assert "SHA-256" == facts(vector("custom/rsa_pss_cert.pem")).signature_hash
    identifier = dissect(vector("ee-pss-sha1-cert.pem")).first("x509af.algorithmIdentifier_element")
    assert "SHA-1" == signature_algorithm("1.2.840.113549.1.1.10", identifier).hash
    assert Signature("RSASSA-PSS") == signature_algorithm("1.2.840.113549.1.1.10")


def test_broken_hashes_are_called_so():
    """MD2, MD5 and SHA-1 collide."""
    tree = dissect(vector("verisign_md2_root.pem"))
    assert "MD2 is broken" in tree.first("x509af.algorithmIdentifier_element").note
    assert "" == signature_algorithm("1.2.840.113549.1.1.11").note


def test_an_unknown_one_is_its_numbers():
    """No error."""
    assert Signature("1.2.3") == signature_algorithm("1.2.3")
