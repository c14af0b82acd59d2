import pytest
from OpenSSL._util import lib

from ca.forge import HOST
from tlscope_ca.faults import FROM_OPENSSL, ORDER, Fault, FaultCode, describe


@pytest.mark.parametrize("code", FaultCode)
def test_descriptions(code):
    """Every fault can be put into a sentence, with what was found."""
    told = describe(Fault(code, 1, "CN=x", "found", "wanted"))
    assert told[0].isupper()
    assert "{" not in told


def test_description():
    """The sentence names the certificate, what it says and what was asked for."""
    fault = Fault(FaultCode.NAME_MISMATCH, 0, "CN=a.test", "a.test", HOST)
    assert "The server's certificate (CN=a.test) is not for www.example.com but for a.test" == describe(fault)


def test_description_with_braces():
    """Braces in a certificate's text are text."""
    fault = Fault(FaultCode.NAME_MISMATCH, 0, "CN={it.__class__}", "{wanted}", HOST)
    expected = "The server's certificate (CN={it.__class__}) is not for www.example.com but for {wanted}"
    assert expected == describe(fault)


def test_order():
    """Every fault has its place in the order of telling."""
    assert list(FaultCode) == sorted(FaultCode, key=ORDER.__getitem__)


@pytest.mark.parametrize(
    ("expected", "name"),
    [
        ("bad-signature", "CERT_SIGNATURE_FAILURE"),
        ("bad-signature", "UNABLE_TO_DECRYPT_CERT_SIGNATURE"),
        ("not-yet-valid", "CERT_NOT_YET_VALID"),
        ("expired", "CERT_HAS_EXPIRED"),
        ("malformed", "ERROR_IN_CERT_NOT_BEFORE_FIELD"),
        ("malformed", "ERROR_IN_CERT_NOT_AFTER_FIELD"),
        ("malformed", "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY"),
        ("malformed", "INVALID_EXTENSION"),
        ("self-signed", "DEPTH_ZERO_SELF_SIGNED_CERT"),
        ("unknown-issuer", "UNABLE_TO_GET_ISSUER_CERT"),
        ("unknown-issuer", "SELF_SIGNED_CERT_IN_CHAIN"),
        ("unknown-issuer", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
        ("unknown-issuer", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
        ("unknown-issuer", "CERT_UNTRUSTED"),
        ("chain-too-long", "CERT_CHAIN_TOO_LONG"),
        ("revoked", "CERT_REVOKED"),
        ("path-length", "PATH_LENGTH_EXCEEDED"),
        ("wrong-purpose", "INVALID_PURPOSE"),
        ("invalid-ca", "KEYUSAGE_NO_CERTSIGN"),
        ("invalid-ca", "INVALID_CA"),
        ("unhandled-critical-extension", "UNHANDLED_CRITICAL_EXTENSION"),
        ("name-constraint", "UNNESTED_RESOURCE"),
        ("name-constraint", "PERMITTED_VIOLATION"),
        ("name-constraint", "EXCLUDED_VIOLATION"),
        ("name-constraint", "SUBTREE_MINMAX"),
        ("name-constraint", "UNSUPPORTED_CONSTRAINT_TYPE"),
        ("name-constraint", "UNSUPPORTED_CONSTRAINT_SYNTAX"),
        ("name-constraint", "UNSUPPORTED_NAME_SYNTAX"),
    ],
)
def test_openssl_numbers(expected, name):
    """OpenSSL's errors have the numbers that the binding gives them."""
    assert expected == FROM_OPENSSL[getattr(lib, f"X509_V_ERR_{name}")]
