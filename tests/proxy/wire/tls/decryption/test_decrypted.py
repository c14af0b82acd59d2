"""What a decryptor tells."""

from tlscope.events import Direction
from tlscope.wire.tls.decryption.decrypted import ApplicationData, Record


def test_a_record_that_was_not_opened_says_why():
    """It has no plaintext, then; one that was has no reason."""
    closed = Record(Direction.UP, 0, 10, 23, 0x0303, "application", 0, 23, None, reason="why")
    assert (None, "why", b"") == (closed.plaintext, closed.reason, closed.nonce)
    assert "" == Record(Direction.UP, 0, 10, 23, 0x0303, "application", 0, 23, b"").reason


def test_data_is_not_early_unless_said():
    """Early data may be a replay."""
    assert not ApplicationData(Direction.UP, 0, b"data").early
