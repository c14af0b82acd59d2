"""The transcript."""

from __future__ import annotations

import hashlib

from tlscope.wire.tls.decryption import transcript
from tlscope.wire.tls.decryption.transcript import Transcript

HELLO, ANSWER = b"\1\0\0\1a", b"\2\0\0\1b"


def test_a_hash_goes_on():
    """Asked for at any time, by any name, it is of all messages so far."""
    made = Transcript()
    made.add(HELLO)
    assert hashlib.sha256(HELLO).digest() == made.digest("sha256")
    made.add(ANSWER)
    for name in ("sha256", "sha384", "sha512", "sha224", "sha3_256", "sha1"):
        assert hashlib.new(name, HELLO + ANSWER).digest() == made.digest(name)
    both = hashlib.md5(HELLO + ANSWER).digest() + hashlib.sha1(HELLO + ANSWER).digest()
    assert both == made.digest("md5+sha1")
    assert HELLO + ANSWER == made.data()


def test_a_retry_replaces_the_first_hello():
    """By a message_hash (RFC 8446 section 4.4.1)."""
    made = Transcript()
    made.add(HELLO)
    made.digest("sha256")
    made.retry("sha256")
    made.add(ANSWER)
    expected = b"\xfe\0\0\x20" + hashlib.sha256(HELLO).digest() + ANSWER
    assert expected == made.data()
    assert hashlib.sha256(expected).digest() == made.digest("sha256")


def test_a_copy_goes_its_own_way():
    """What is added to it is not added to the first."""
    made = Transcript()
    made.add(HELLO)
    made.digest("sha256")
    copy = made.copy()
    copy.add(ANSWER)
    assert hashlib.sha256(HELLO).digest() == made.digest("sha256")
    assert hashlib.sha256(HELLO + ANSWER).digest() == copy.digest("sha256")


def test_it_is_bounded(monkeypatch):
    """What is longer leaves a gap, which says so; nothing more is kept."""
    monkeypatch.setattr(transcript, "MAX_TRANSCRIPT", 7)
    made = Transcript()
    made.add(HELLO)
    assert "" == made.gap
    made.add(ANSWER)
    made.add(b"!")
    assert HELLO == made.data()
    assert "7 bytes" in made.gap
