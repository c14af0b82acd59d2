import pytest

from journals import UP
from support.handshakes import HELLOS
from tlscope.capture.foreign import FROM_PACKETS
from tlscope.capture.foreign.alone import Alone
from tlscope.events import Action, Outcome, OutcomeKind, Policy
from tlscope.wire.tls.decryption.keylog import Secrets
from tlscope.wire.tls.meaning.gist import offered

HELLO = next(hello for hello in HELLOS.values() if offered(hello).sni)
RECORD = b"\x16\x03\x01" + len(HELLO).to_bytes(2) + HELLO


def alone(*said, secrets=None):
    """What a connection to an address tells, in which this was said up."""
    told = []
    made = Alone(lambda _, event: told.append(event), secrets or Secrets(), 443, late=False)
    made.name(1, "10.0.0.2")
    for data in said:
        made.stream.passed(UP, 2, data)
    made.stream.finish(3)
    made.over(3, "")
    return made, told


def test_a_hello_names_the_host():
    """Better than the packets' addresses do; once, where it says so twice."""
    _, told = alone(RECORD, RECORD)
    names = ["10.0.0.2", offered(HELLO).sni]
    assert [Policy(Action.PASS_THROUGH, name, 443, FROM_PACKETS) for name in names] == [
        event for event in told if isinstance(event, Policy)
    ]


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ([b"hello"], Outcome(OutcomeKind.NOT_TLS, 5, 0)),
        ([RECORD], Outcome(OutcomeKind.PASSED_THROUGH, 0, 0, "nothing that is encrypted passed")),
    ],
)
def test_how_it_ended(said, outcome):
    """Whether it was TLS, and what became of that."""
    made, told = alone(*said)
    assert outcome == told[-1]
    assert (outcome.outcome is OutcomeKind.PASSED_THROUGH, False, "") == (made.is_tls, made.opened, made.locked)


@pytest.mark.parametrize(("opened", "words"), [(False, "not decrypted"), (True, "decrypted in part")])
def test_why_it_is_not_decrypted(opened, words):
    """And how its packets ended, where that is worth a word."""
    made, told = alone(RECORD, secrets=Secrets(b"CLIENT_RANDOM " + b"00" * 32 + b" " + b"11" * 48))
    made.stream.opened, made.stream.locked = opened, "there is no key"
    made.over(4, "the file ends")
    assert f"{words}: there is no key; the file ends" == told[-1].detail


def test_where_there_are_no_keys_at_all_it_is_said_how_to_name_them():
    """Which of them is missing says nothing to who has none."""
    made, told = alone(RECORD)
    made.stream.locked = "the key log has no CLIENT_RANDOM"
    made.over(4, "")
    assert "not decrypted: there are no keys; --keylog FILE names them" == told[-1].detail


def test_what_is_counted_is_application_data():
    """As of every connection that is opened; where nothing of it could be, what passed on the wire."""
    made, told = alone(RECORD)
    made.stream.carried[:] = [3, 5]
    made.over(4, "")
    made.stream.locked = "there is no key"
    made.over(4, "")
    made.stream.carried[:] = [0, 0]
    made.over(4, "")
    counted = [(event.up, event.down) for event in told if isinstance(event, Outcome)]
    assert [(0, 0), (3, 5), (3, 5), (len(RECORD), 0)] == counted
