import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import aead, algorithms
from hypothesis import given
from hypothesis import strategies as st

from tlscope.wire.tls.decryption.modes import Ccm, Gcm

KEYS = st.binary(min_size=16, max_size=16) | st.binary(min_size=32, max_size=32)
NONCES = st.binary(min_size=12, max_size=12)


def opened(mode, nonce, data, additional):
    try:
        return mode.decrypt(nonce, data, additional)
    except InvalidTag:
        return None


@given(KEYS, NONCES, st.binary(max_size=100), st.binary(max_size=40), st.integers(0, 99))
def test_gcm(key, nonce, text, additional, damaged):
    """As OpenSSL's over AES: it opens what that closed, and nothing that was changed."""
    data = aead.AESGCM(key).encrypt(nonce, text, additional)
    gcm = Gcm(algorithms.AES(key))
    assert text == opened(gcm, nonce, data, additional)
    wrong = bytearray(data)
    wrong[damaged % len(data)] ^= 1 + damaged
    assert opened(gcm, nonce, bytes(wrong), additional) is None
    assert opened(gcm, nonce, data, additional + b"\0") is None


@pytest.mark.parametrize("tag", [8, 16])
@given(
    key=KEYS, nonce=NONCES, text=st.binary(max_size=100), additional=st.binary(max_size=40), damaged=st.integers(0, 99)
)
def test_ccm(tag, key, nonce, text, additional, damaged):
    """The same, with tags of either length."""
    data = aead.AESCCM(key, tag_length=tag).encrypt(nonce, text, additional)
    ccm = Ccm(algorithms.AES(key), tag)
    assert text == opened(ccm, nonce, data, additional)
    wrong = bytearray(data)
    wrong[damaged % len(data)] ^= 1 + damaged
    assert opened(ccm, nonce, bytes(wrong), additional) is None
    assert opened(ccm, nonce, data, additional + b"\0") is None
