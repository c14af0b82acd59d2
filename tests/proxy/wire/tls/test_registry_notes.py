"""The sentences on small registries."""

from __future__ import annotations

import pytest

from tlscope.wire.tls import registries, registry_notes
from tlscope.wire.tls.codes import KeyUpdateRequest


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (registries.CompressionMethod, registry_notes.RECORD_COMPRESSIONS),
        (registries.ECPointFormat, registry_notes.POINT_FORMATS),
        (registries.ECCurveType, registry_notes.CURVE_TYPES),
        (registries.MaxFragmentLength, registry_notes.FRAGMENT_LENGTHS),
        (registries.CertificateStatusType, registry_notes.STATUS_TYPES),
        (registries.CertificateType, registry_notes.CERTIFICATE_TYPES),
        (registries.ClientCertificateType, registry_notes.CLIENT_CERTIFICATE_TYPES),
        (registries.CertificateCompressionAlgorithm, registry_notes.COMPRESSIONS),
        (registries.HeartbeatMode, registry_notes.HEARTBEAT_MODES),
        (registries.HeartbeatMessageType, registry_notes.HEARTBEAT_TYPES),
        (registries.CertChainType, registry_notes.CHAIN_TYPES),
        (registries.IdentifierType, registry_notes.IDENTIFIERS),
        (registries.CachedInformationType, registry_notes.CACHED),
        (KeyUpdateRequest, registry_notes.KEY_UPDATES),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_all_that_has_a_name_has_a_note(known, told):
    """One sentence, with its full stop, for each code point, and for nothing else."""
    assert set(known) == set(told)
    for note in told.values():
        assert note[0].isupper()
        assert note.endswith(".")


def test_fragment_lengths_are_powers_of_two():
    """RFC 6066 section 4: 2^9 to 2^12."""
    assert [512, 1024, 2048, 4096] == [int(note.split()[3]) for note in registry_notes.FRAGMENT_LENGTHS.values()]
