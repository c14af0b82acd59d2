import pytest

from tlscope.events import Faulted, Who
from tlscope.faults import ClientFault, Fault, NetworkFault, OurFault, UpstreamFault

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
