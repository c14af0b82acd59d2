import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import TICK
from support.connections import BEGUN, intercepted, refused
from support.handshakes import DOWN, UP, handshake13
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.events import Data, Leg, Message, Outcome, OutcomeKind, Reached
from tlscope_ui.telling.handshake import Handshake
from tlscope_ui.telling.timing import Phase, bar, duration, phases, timed, timing, timing_json
from tlscope_ui.text import columns

GET = [b"GET /a?token=s3cret HTTP/1.1\r\n", b"Host: www.example.com\r\n\r\n"]
OK = [b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", b"do", b"ne"]


def of(directory, events, exchange=0):
    with Index(indexed(directory, events)) as index:
        return timed(index, Handshake(1).read(index.lookup), exchange)


def text(line):
    return "".join(part if isinstance(part, str) else part.text for part in line)


def test_phases_follow_one_another(tmp_path):
    """Each begins where the one before ended, and all together are the connection's time."""
    story = intercepted()
    found = of(tmp_path / "c", story)
    listed = [*found.setup, *found.traffic]
    assert [0, *(phase.end for phase in listed[:-1])] == [phase.start for phase in listed]
    assert (len(story) - 1) * TICK == listed[-1].end
    names = [phase.name for phase in found.setup]
    assert ["server's handshake", "verification", "forging"] == names[2:5]
    kinds = [type(event).__name__ for event in story]
    assert (kinds.index("HandshakeDone") - 2) * TICK == found.setup[2].end - found.setup[2].start


@pytest.mark.parametrize("before", [True, False])
def test_dialling_is_a_phase_of_its_own(tmp_path, before):
    """Behind a proxy request it is over before the client's hello, else after it; all else stays as it is."""
    server, client = handshake13(), handshake13(leg=Leg.CLIENT)
    hello = next(i for i, event in enumerate(client) if isinstance(event, Message)) + 1
    reached = Reached("127.0.0.1:443")
    began = [reached, *client[:hello]] if before else [*client[:hello], reached]
    found = of(tmp_path / "c", [*BEGUN, *began, *server, *client[hello:]])
    names = ["dial", "client's hello"] if before else ["client's hello", "dial"]
    assert ["accept, and whereto", *names, "our hello", "server's handshake"] == [phase.name for phase in found.setup][
        :5
    ]
    assert [0, *(phase.end for phase in found.setup[:-1])] == [phase.start for phase in found.setup]


def test_what_did_not_happen_is_left_out(tmp_path):
    """A client that refused has no handshake's end, and no data."""
    found = of(tmp_path / "c", refused())
    assert "client's handshake" not in [phase.name for phase in found.setup]
    assert ["until the end"] == [phase.name for phase in found.traffic]


def test_an_exchange_is_request_waiting_response(tmp_path):
    """By the records that hold the first and the last byte of each."""
    data = [*(Data(UP, piece) for piece in GET), *(Data(DOWN, piece) for piece in OK)]
    story = [*BEGUN, *handshake13(leg=Leg.CLIENT), *data, Outcome(OutcomeKind.INTERCEPTED, 1, 1)]
    found = of(tmp_path / "c", story, 1)
    assert [
        ("request", 0, TICK),
        ("waiting for the first byte", TICK, 2 * TICK),
        ("response", 2 * TICK, 4 * TICK),
    ] == [(phase.name, phase.start, phase.end) for phase in found.chosen]
    assert ["1 GET /a?token="] == [phase.name[:15] for phase in found.exchanges]
    assert "s3cret" not in found.exchanges[0].name
    flow = timing(found)
    flow.fit(80)
    assert ["This exchange", "Until both ha", "After that  ", "Exchanges  6"][0] in text(flow.line(0, 80))
    assert (0, False) == (found.more, "Nothing" in text(flow.line(0, 80)))
    assert () == of(tmp_path / "d", story, 9).chosen


def test_nothing_is_no_trouble(tmp_path):
    """A connection that has only begun."""
    flow = timing(of(tmp_path / "c", BEGUN[:1]))
    flow.fit(80)
    assert "Nothing was recorded that took time." == text(flow.line(0, 80))
    assert ((), ()) == phases(Handshake(1))


def test_a_bar_lies_where_the_time_was():
    """To an eighth of a column; the number beside it is exact."""
    lines = [
        text(bar(Phase("x", start * 10**6, end * 10**6), 0, 400 * 10**6, 84)) for start, end in ((0, 100), (200, 400))
    ]
    drawn = [line.partition(" ms  ")[2] for line in lines]
    assert ["█" * 10, " " * 20 + "█" * 20] == drawn
    assert "▏" == text(bar(Phase("x", 0, 0), 0, 400, 84)).rstrip()[-1]


@given(st.integers(0, 10**13), st.integers(0, 10**13), st.integers(10, 200))
@settings(max_examples=100)
def test_any_bar_fits(one, two, width):
    """Whatever the times are, and however narrow the view."""
    start, end = sorted((one, two))
    assert columns(text(bar(Phase("中" * 40, start, end), 0, 10**13, width))) <= max(width, 52)


def test_durations_have_a_unit_that_suits_them():
    """From microseconds to seconds."""
    assert ["0 µs", "250 µs", "1.5 ms", "9999.0 ms", "10.0 s"] == [
        duration(value) for value in (0, 250_000, 1_500_000, 9_999 * 10**6, 10**10)
    ]


def test_an_object_has_the_same_phases(tmp_path):
    """In microseconds, by name."""
    found = of(tmp_path / "c", intercepted())
    told = timing_json(found)
    assert [(phase.name, phase.start // 1000, phase.end // 1000) for phase in found.setup] == [
        tuple(phase.values()) for phase in told["setup"]
    ]
    assert {"exchange", "setup", "traffic", "exchanges", "more"} == told.keys()
    assert TICK // 1000 == told["setup"][0]["end_us"] - told["setup"][0]["start_us"]
