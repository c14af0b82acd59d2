"""Key logs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tlscope.wire.tls.decryption import keylog
from tlscope.wire.tls.decryption.keylog import LABELS, Secrets

RANDOM = bytes(range(32))
LINE = b"CLIENT_RANDOM " + RANDOM.hex().encode() + b" " + b"ab" * 48


def test_a_secret_is_found_by_label_and_random():
    """Lines in both ends' line ends and cases, with comments and empty lines between them."""
    secrets = Secrets(
        b"# a comment\r\n\r\n" + LINE + b"\r\n" + LINE.replace(b"CLIENT_RANDOM", b"EXPORTER_SECRET").upper()
    )
    assert b"\xab" * 48 == secrets.find("CLIENT_RANDOM", RANDOM)
    assert b"\xab" * 48 == secrets.find("EXPORTER_SECRET", RANDOM)
    assert None is secrets.find("CLIENT_RANDOM", bytes(32))
    assert (2, 0) == (len(secrets), secrets.unread)


def test_labels_of_the_rfc():
    """All of RFC 9850 section 2, and two that are older."""
    expected = {
        "CLIENT_RANDOM", "CLIENT_EARLY_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "EXPORTER_SECRET",
        "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0",
        "EARLY_EXPORTER_SECRET", "ECH_SECRET", "ECH_CONFIG", "RSA", "PMS_CLIENT_RANDOM",
    }  # fmt: skip
    assert expected == LABELS


def test_rsa_lines():
    """Their second word is the first eight bytes of the encrypted premaster secret."""
    secrets = Secrets(b"RSA 0102030405060708 " + b"0303" * 24)
    assert b"\3" * 48 == secrets.find("RSA", bytes(range(1, 9)))


def test_what_is_no_secret_is_counted():
    """Other labels, other lengths, no hex, too few words, a secret longer than any: none is refused loudly."""
    lines = [
        LINE.replace(b"CLIENT_RANDOM", b"SOMETHING_ELSE"),
        LINE[:-1],
        LINE.replace(b"00", b"", 1),
        LINE + b" more",
        b"CLIENT_RANDOM",
        b"CLIENT_RANDOM " + RANDOM.hex().encode() + b" \xff\xfe",
        LINE + b"ab" * keylog.MAX_SECRET,
    ]
    secrets = Secrets(b"\n".join(lines))
    assert (0, len(lines)) == (len(secrets), secrets.unread)
    assert 1 == secrets.learn(LINE)


def test_what_is_kept_is_bounded(monkeypatch):
    """Of secrets and of sessions; what is known may still be learned again."""
    monkeypatch.setattr(keylog, "MAX_SECRETS", 2)
    monkeypatch.setattr(keylog, "MAX_SESSIONS", 1)
    secrets = Secrets(b"\n".join(LINE.replace(b"0001", b"%04x" % number) for number in range(5)))
    assert (2, 3) == (len(secrets), secrets.dropped)
    secrets.learn(LINE.replace(b"0001", b"0000"))
    assert 3 == secrets.dropped
    secrets.remember(b"one", b"1")
    secrets.remember(b"two", b"2")
    assert (b"1", None) == (secrets.session(b"one"), secrets.session(b"two"))


def test_sessions_have_names():
    """An empty session ID is no session."""
    secrets = Secrets()
    secrets.remember(b"", b"secret")
    assert None is secrets.session(b"")


@given(st.binary(max_size=300))
def test_any_bytes(lines):
    """Never raise."""
    Secrets(lines + b"\n" + LINE)
