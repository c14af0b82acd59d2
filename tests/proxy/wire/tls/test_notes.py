"""The sentences."""

from __future__ import annotations

import pytest

from tlscope.wire.tls import notes
from tlscope.wire.tls.codes import (
    AlertDescription,
    ExtensionType,
    HandshakeType,
    NamedGroup,
    ProtocolVersion,
    SignatureScheme,
    is_grease,
)
from tlscope.wire.tls.suites import CipherSuite

DATAGRAMS_ALONE = {
    HandshakeType.HelloVerifyRequest,
    HandshakeType.RequestConnectionId,
    HandshakeType.NewConnectionId,
}


@pytest.mark.parametrize(
    ("known", "told", "but"),
    [
        (NamedGroup, notes.GROUPS, set()),
        (SignatureScheme, notes.SCHEMES, set()),
        (AlertDescription, notes.ALERTS, set()),
        (CipherSuite, notes.SUITES, set()),
        (ExtensionType, notes.EXTENSIONS, set()),
        (ExtensionType, notes.ANSWERS, set(ExtensionType) - set(notes.ANSWERS)),
        (HandshakeType, notes.MESSAGES, DATAGRAMS_ALONE),
        (ProtocolVersion, notes.VERSIONS, {ProtocolVersion.DTLSv1, ProtocolVersion.DTLSv1_2, ProtocolVersion.DTLSv1_3}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_all_that_has_a_name_has_a_note(known, told, but):
    """One sentence, with its full stop; references begin as all do."""
    for value in known:
        if value in but:
            continue
        said = told[value]
        note = said if isinstance(said, str) else said.note
        assert note[0].isupper() or note.startswith("null"), note
        assert note.endswith("."), note
        assert isinstance(said, str) or said.reference.startswith(("RFC ", "draft-")), said


def test_grease():
    """All sixteen, in each registry that has them; and the eight for bytes, as RFC 8701 section 2 lists them."""
    assert 16 == len(notes.GREASE)
    assert all(is_grease(value) for value in notes.GREASE)
    assert [0x0B, 0x2A, 0x49, 0x68, 0x87, 0xA6, 0xC5, 0xE4] == list(notes.GREASE_BYTES)
