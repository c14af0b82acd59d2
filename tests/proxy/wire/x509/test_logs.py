"""Logs of Certificate Transparency."""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256

import pytest

from tlscope.wire.x509.logs import LOGS, log_name, operator_of

KEYS = {
    "Google Argon2026h2": "Kjpni/66DIYrSlGK6Rf+e6F2c/28ZUvDJ79N81+gyimAESAyeNZ++TRgjHWg9TVQnKHTSU0T1TtqDupFnSQTIg==",
    "Let's Encrypt Sycamore2026h2": (
        "wR1FtiiMbpvxR+sIeiZ5JSCIDIdTAPh7OrpdchcrCcyNVDvNUq358pqJx2qdyrOI+EjGxZ7UiPcN3bL3Q99FqA=="
    ),
    "IPng Networks Gouda2027h1": (
        "Oh11B2aRT9BiTqo+6kvQ7cSGf819Ait+jGc6AuHlGUXxWCX1YCQ9OFNnr6MUKStyw4sVin5FCvtbke1mctl3gQ=="
    ),
}
"""Public keys of three logs, as Chromium's list has them: points of P-256, without what all begin with."""
BEGINNING = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"


@pytest.mark.parametrize("name", list(KEYS))
def test_an_id_is_the_hash_of_the_logs_key(name):
    """RFC 6962 section 3.2; and so the table can be held against any list of keys."""
    log_id = sha256(b64decode(BEGINNING + KEYS[name])).digest()
    assert name == log_name(log_id)
    assert name.startswith(operator_of(log_id))


def test_the_table_is_whole():
    """Every ID is a SHA-256 hash, no name is there twice, and a log that is not there has none."""
    assert {32} == {len(b64decode(each)) for each in LOGS}
    assert len(LOGS) == len(set(LOGS.values())) > 50
    assert ("", "") == (log_name(bytes(32)), operator_of(b""))
