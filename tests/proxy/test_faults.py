import pytest

from tlscope.events import Faulted, Who
from tlscope.faults import UNTRUSTED, ClientFault, Fault, NetworkFault, OurFault, UpstreamFault, mending
from tlscope_ca.faults import FaultCode

KINDS = {ClientFault: Who.CLIENT, UpstreamFault: Who.UPSTREAM, NetworkFault: Who.NETWORK, OurFault: Who.US}


@pytest.mark.parametrize(("kind", "who"), KINDS.items())
def test_who_is_at_fault_is_in_the_type(kind, who):
    """Each kind says in its event whose fault it is, what happened and what to do next."""
    fault = kind("some-code", "it happened", "do this", alert=40, reset=True)
    assert Faulted(who, "some-code", "it happened", "do this") == fault.event()
    assert "it happened" == str(fault)
    assert (40, True) == (fault.alert, fault.reset)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_known_is_left_out(kind):
    """Advice, an alert and a reset are for faults that have them."""
    fault = kind("some-code", "it happened")
    assert (None, False) == (fault.alert, fault.reset)
    assert not fault.event().next


def test_every_party_has_its_fault():
    """No fault is without a party, and no party without a fault."""
    assert set(KINDS) == set(Fault.__subclasses__())
    assert set(Who) == set(KINDS.values())


@pytest.mark.parametrize(
    ("codes", "said", "unsaid"),
    [
        (["unknown-issuer"], "name the server's CA with --ca-file", "mend the server's certificate"),
        (["self-signed"], "name the server's CA with --ca-file", "mend the server's certificate"),
        (["expired"], "mend the server's certificate;", "--ca-file"),
        (["self-signed", "expired"], "mend the server's certificate, and name its CA with --ca-file", "its chain"),
    ],
)
def test_what_to_do_about_a_server_s_certificate_depends_on_what_is_wrong(codes, said, unsaid):
    """To name its CA helps where that is not known, and nowhere else; to accept it always does."""
    found = mending([FaultCode(code) for code in codes], "a.example")
    assert said in found
    assert unsaid not in found
    assert "in the client, or with -k a.example, " in found
    assert "for the test: with -k a.example, " in mending(codes, "a.example", mirrored=False)
    assert "with -k HOST, " in mending(codes)


def test_the_codes_are_the_verdict_s():
    """Of what verification finds."""
    assert set(FaultCode) >= UNTRUSTED
