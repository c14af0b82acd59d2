from tlscope.wire.tls.suites import CipherSuite
from tools import openssl_suites, tshark_values


def test_openssl_speaks_no_suite_without_a_name():
    """Every suite that OpenSSL can negotiate has the name that OpenSSL calls its standard name."""
    assert {value: CipherSuite(value).name for value in openssl_suites()} == openssl_suites()


def test_names_are_those_of_wireshark():
    """Every suite is called what Wireshark calls it."""
    theirs = tshark_values("tls.handshake.ciphersuite")
    assert {suite.value: {suite.name} for suite in CipherSuite} == {suite.value: theirs[suite] for suite in CipherSuite}
