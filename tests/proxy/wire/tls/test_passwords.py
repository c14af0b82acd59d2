"""Key exchanges by password; J-PAKE is held against Wireshark in test_wireshark.py, SRP in test_messages.py."""

from __future__ import annotations

import pytest

from support.dissecting import dissect, malformed_in, torture
from tlscope.wire.tls import passwords


@pytest.mark.parametrize(
    ("parse", "data", "keys"),
    [
        ("srp_server", "0001 17 0001 02 01 05 0001 08", "srp.modulus srp.g srp.s srp.b"),
        ("srp_client", "0001 17", "srp.a"),
        ("server_jpake", "03 0017 01 78 01 76 01 72", "server_named_curve xs vs rs"),
        ("client_jpake", "01 78 01 76 01 72", "xc vc rc"),
        ("client_jpake_pair", "01 78 01 76 01 72 01 78 01 76 01 72", "xc vc rc xc vc rc"),
        ("server_jpake_pair", "01 78 01 76 01 72 01 78 01 76 01 72", "xs vs rs xs vs rs"),
        ("server_pwd", "01 05 03 0017 01 65 01 73", "pwd.salt server_named_curve pwd.element pwd.scalar"),
        ("client_pwd", "01 65 01 73", "pwd.element pwd.scalar"),
    ],
)
def test_halves(parse, data, keys):
    """Their parts, in order."""
    data = bytes.fromhex(data)
    tree = torture(lambda data: dissect(getattr(passwords, parse), data), data, flips=60)
    assert [] == malformed_in(tree)
    found = [field.key.removeprefix("tls.handshake.") for field in tree.walk()]
    assert keys.split() == [key for key in found if key in keys.split()]
