"""Hellos, as a decryptor reads them, and what is known of a handshake."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from support import traces
from tlscope.wire.tls.decryption.negotiation import Negotiation, read_hello


def test_hellos_of_rfc_8448():
    """Version, random, session ID, suites and extensions of both sides."""
    client, server = traces.read("compatibility-mode").hellos()
    hello = read_hello(client, server=False)
    assert (0x0303, (0x1301, 0x1303, 0x1302), client[6:38]) == (hello.version, hello.suites, hello.random)
    answer = read_hello(server, server=True)
    assert (0x0304, (0x1301,), hello.session_id) == (answer.version, answer.suites, answer.session_id)
    assert [51, 43] == list(answer.extensions)
    assert not answer.retry


def test_a_retry():
    """Is a ServerHello with a certain random."""
    assert read_hello(traces.read("hello-retry-request").hellos()[1], server=True).retry


def test_a_negotiation():
    """Knows version and suite from the ServerHello on, and is complete when both have said Finished."""
    client, server = traces.read("resumed-0rtt").hellos()
    made = Negotiation(read_hello(client, server=False))
    assert (0, None, True, False) == (made.version, made.cipher, made.early_data, made.agreed(41))
    made.server = read_hello(server, server=True)
    assert (0x0304, "TLS_AES_128_GCM_SHA256", True) == (made.version, made.cipher.name, made.agreed(41))
    made.client_finished = True
    assert not made.complete
    made.server_finished = True
    assert made.complete


@given(st.sampled_from(traces.NAMES), st.integers(0, 600), st.binary(max_size=4), st.booleans())
def test_any_bytes(name, at, change, server):
    """Are a hello, or none."""
    for hello in traces.read(name).hellos():
        read_hello(hello[:at] + change, server=server)
        read_hello(hello[:at] + change + hello[at + len(change) :], server=server)
