import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlscope.capture.foreign.exported import PASSED, Beginning, Place, beginning, ended, identity, whom
from tlscope.events import Leg, OutcomeKind


@pytest.mark.parametrize("place", [Place.CLIENT_LEG, Place.SERVER_LEG, Place.DECRYPTED])
@pytest.mark.parametrize("host", ["a.example", "::1", "", "a:1, client leg", "\n"])
def test_what_is_said_is_understood(place, host):
    """Of each conversation, whatever the host is called."""
    said = whom(7, host, 443, place, "all that passed; it was not TLS")
    assert Beginning(9, host, 443, passed=False, outcome=None, detail="") == beginning(9, [said])


@pytest.mark.parametrize(("outcome", "detail"), [(OutcomeKind.INTERCEPTED, ""), (OutcomeKind.REFUSED, "by a rule, 7")])
def test_how_it_ended(outcome, detail):
    """In a comment of its own, behind the first; notes of people stand behind that."""
    said = whom(7, "a", 443, Place.CLIENT_LEG, f"{PASSED}; there are no keys to it")
    found = beginning(1, [said, ended(outcome, detail), "outcome: aborted"])
    assert found is not None
    assert (outcome, detail, True) == (found.outcome, found.detail, found.passed)
    noted = beginning(1, [said, "outcome: unheard of"])
    assert noted is not None
    assert (None, "") == (noted.outcome, noted.detail)


def test_what_says_nothing():
    """A packet that is not the first, and one that is not known to be the same as any other."""
    said = whom(7, "a", 443, Place.CLIENT_LEG, "")
    assert beginning(0, [said]) is None
    assert beginning(1, []) is None
    assert beginning(1, ["somebody's comment"]) is None


def test_identities():
    """Differ between connections, and between captures of different times."""
    made = {identity(number, second * 10**9) for number in (1, 2, 1 << 31) for second in (0, 1, 1_763_640_000)}
    assert 9 == len(made)
    assert all(0 <= each < 1 << 64 for each in made)


def test_the_first_places_are_the_legs():
    """An interface's number is a Leg's, so that what is written on it is read as it."""
    assert [Leg.CLIENT, Leg.SERVER] == [Leg(int(place)) for place in (Place.CLIENT_LEG, Place.SERVER_LEG)]


@given(st.lists(st.text(max_size=30) | st.text(":0123456789, legclirtn").map("connection 1 to ".__add__), max_size=3))
def test_any_comments(comments):
    """Are understood or are not; nothing is raised."""
    found = beginning(1, comments)
    assert found is None or 0 <= found.port < 1 << 16
