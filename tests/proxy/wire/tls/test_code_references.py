import pytest

from tlscope.wire.tls.code_references import GROUP_REFERENCES, SCHEME_REFERENCES
from tlscope.wire.tls.codes import NamedGroup, SignatureScheme
from tlscope.wire.tls.messages import dissect

FROM_8446 = {"secp256r1", "secp384r1", "secp521r1", "x25519", "x448"}
"""Of the curves; RFC 8446 section 4.2.7 lists the ffdhe groups, too, but RFC 7919 defines them."""
SCHEMES_FROM_8446 = (
    {f"rsa_pkcs1_{digest}" for digest in ("sha1", "sha256", "sha384", "sha512")}
    | {"ecdsa_sha1", "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512", "ed25519", "ed448"}
    | {f"rsa_pss_{key}_sha{bits}" for key in ("rsae", "pss") for bits in (256, 384, 512)}
)


def test_what_rfc_8446_defines_needs_no_other():
    """All that is in its own lists, and nothing else, is left to it."""
    assert FROM_8446 == {group.name for group in NamedGroup if group not in GROUP_REFERENCES}
    assert SCHEMES_FROM_8446 == {scheme.name for scheme in SignatureScheme if scheme not in SCHEME_REFERENCES}


@pytest.mark.parametrize(
    ("word", "reference"),
    [
        ("sect", "RFC 4492 section 5.1.1"),
        ("secp1", "RFC 4492 section 5.1.1"),
        ("tls13", "RFC 8734 section 3"),
        ("GC", "RFC 9189 section 6"),
        ("ffdhe", "RFC 7919 section 2"),
        ("arbitrary", "RFC 4492 section 5.1.1"),
    ],
)
def test_groups_of_a_kind_have_one_source(word, reference):
    """The one that gave them their numbers."""
    assert {reference} == {GROUP_REFERENCES[group] for group in NamedGroup if word in group.name}


@pytest.mark.parametrize(
    ("word", "reference"),
    [
        ("dsa_sha224", "RFC 5246 section 7.4.1.4.1"),
        ("legacy", "RFC 9963 section 3"),
        ("gost", "RFC 9367 section 5"),
        ("brainpool", "RFC 8734 section 4"),
        ("sm2", "RFC 8998 section 3.2.1"),
    ],
)
def test_schemes_of_a_kind_have_one_source(word, reference):
    """The one that gave them their numbers."""
    assert {reference} == {SCHEME_REFERENCES[scheme] for scheme in SignatureScheme if word in scheme.name}


def test_each_value_of_a_hello_refers_to_its_own():
    """In the lists of groups and schemes, and in a key share."""
    groups = bytes.fromhex("000a 000a 0008 001d 001a 0100 0a0a")
    schemes = bytes.fromhex("000d 0008 0006 0403 081a 0202")
    share = bytes.fromhex("0033 000d 000b 1a1a 0001 00 001f 0002 0400")
    extensions = groups + schemes + share
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\1" + b"\1\0" + len(extensions).to_bytes(2) + extensions
    tree = dissect(22, b"\1" + len(body).to_bytes(3) + body)
    cited = {
        key: [field.reference for field in tree.all(f"tls.handshake.{key}")]
        for key in ("extensions_supported_group", "sig_hash_alg", "extensions_key_share_group")
    }
    assert {
        "extensions_supported_group": [
            "RFC 8446 section 4.2.7", "RFC 7027 section 2", "RFC 7919 section 2", "RFC 8701 section 2",
        ],
        "sig_hash_alg": ["RFC 8446 section 4.2.3", "RFC 8734 section 4", "RFC 5246 section 7.4.1.4.1"],
        "extensions_key_share_group": ["RFC 8701 section 2", "RFC 8734 section 3"],
    } == cited  # fmt: skip
