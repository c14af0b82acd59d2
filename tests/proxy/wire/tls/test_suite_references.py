import pytest

from tlscope.wire.tls.suite_references import SUITE_REFERENCES
from tlscope.wire.tls.suites import CipherSuite


def test_every_suite_that_has_a_name_says_where_it_is_defined():
    """No suite is shown without the RFC to read about it."""
    assert [] == [suite.name for suite in CipherSuite if suite not in SUITE_REFERENCES]


@pytest.mark.parametrize(
    ("suite", "reference"),
    [
        (CipherSuite.TLS_AES_128_GCM_SHA256, "RFC 8446 appendix B.4"),
        (CipherSuite.TLS_RSA_WITH_AES_128_CBC_SHA, "RFC 5246 appendix A.5"),
        (CipherSuite.TLS_RSA_WITH_AES_256_CBC_SHA256, "RFC 5246 appendix A.5"),
        (CipherSuite.TLS_RSA_WITH_DES_CBC_SHA, "RFC 5469 section 2"),
        (CipherSuite.TLS_RSA_WITH_IDEA_CBC_SHA, "RFC 5469 section 3"),
        (CipherSuite.TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, "RFC 5288 section 3"),
        (CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, "RFC 8422 section 6"),
        (CipherSuite.TLS_ECDH_RSA_WITH_AES_128_CBC_SHA, "RFC 4492 section 6"),
        (CipherSuite.TLS_ECDHE_RSA_WITH_RC4_128_SHA, "RFC 4492 section 6"),
        (CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, "RFC 5289 section 3.1"),
        (CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "RFC 5289 section 3.2"),
        (CipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "RFC 7905 section 2"),
        (CipherSuite.TLS_RSA_WITH_AES_128_CCM, "RFC 6655 section 3"),
        (CipherSuite.TLS_PSK_WITH_AES_128_CCM, "RFC 6655 section 4"),
        (CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CCM, "RFC 7251 section 2"),
        (CipherSuite.TLS_RSA_PSK_WITH_AES_128_CBC_SHA, "RFC 4279 section 4"),
        (CipherSuite.TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256, "RFC 8442 section 3"),
        (CipherSuite.TLS_EMPTY_RENEGOTIATION_INFO_SCSV, "RFC 5746 section 3.3"),
        (CipherSuite.TLS_FALLBACK_SCSV, "RFC 7507 section 2"),
        (0x8A8A, "RFC 8701 section 2"),
    ],
)
def test_a_suite_cites_the_rfc_that_defines_it(suite, reference):
    """The RFC is the one in IANA's registry, or the one that had the suite before it was dropped."""
    assert reference == SUITE_REFERENCES[suite]


@pytest.mark.parametrize(
    ("words", "rfcs"),
    [
        ("CAMELLIA", {"5932", "6367"}),
        ("ARIA", {"6209"}),
        ("SEED", {"4162"}),
        ("SRP", {"5054"}),
        ("ECCPWD", {"8492"}),
        ("GOSTR", {"9189", "9367"}),
        ("CHACHA20", {"7905", "8446"}),
        ("CCM", {"6655", "7251", "8442", "8446", "8492", "8998"}),
        ("3DES", {"4279", "4492", "5054", "5246", "5489", "8422"}),
    ],
)
def test_a_cipher_is_cited_from_the_rfcs_that_bring_it(words, rfcs):
    """No suite of a cipher is under an RFC that does not have that cipher."""
    named = [suite for suite in CipherSuite if words in suite.name and "ECJPAKE" not in suite.name]
    assert rfcs == {SUITE_REFERENCES[suite].split()[1] for suite in named}
