from hypothesis import given, settings
from hypothesis import strategies as st

from journals import DOWN, UP
from support.dissecting import steps
from tlscope.capture import traffic as module
from tlscope.capture.traffic import MAX_ODDITIES, MAX_TEXT, Traffic
from tlscope.wire.http.exchange import Oddity, RequestHead, ResponseHead

COLUMNS = [name for name in module.Exchange.__slots__ if name != "over"]


def request(target=b"/", headers=b"", body=b""):
    return b"POST %s HTTP/1.1\r\nHost: h\r\n%sContent-Length: %d\r\n\r\n%s" % (target, headers, len(body), body)


def response(status=200, body=b"", headers=b""):
    return b"HTTP/1.1 %d X\r\n%sContent-Length: %d\r\n\r\n%s" % (status, headers, len(body), body)


def fed(*chunks, alpn="http/1.1", clear=False, finish=True):
    """The rows that chunks of (direction, bytes) make, and their Traffic."""
    traffic, at, rows = Traffic(alpn), [0, 0], {}
    for wall, (direction, data) in enumerate(chunks, 1):
        traffic.feed(direction, memoryview(data), at[direction], wall)
        at[direction] += len(data)
        if clear:
            rows.update(kept(traffic))
    if finish:
        traffic.finish(UP, 100)
        traffic.finish(DOWN, 101)
    rows.update(kept(traffic))
    return rows, traffic


def kept(traffic):
    rows = {number: {name: getattr(row, name) for name in COLUMNS} for number, row in traffic.fresh.items()}
    traffic.fresh.clear()
    return rows


TALK = [(UP, request(b"/a", body=b"12345") + request(b"/b")), (DOWN, response(200, b"abc")), (DOWN, response(404))]


def test_requests_meet_their_responses():
    """One row each, with sizes and times."""
    rows, traffic = fed(*TALK)
    assert ["/a", "/b"] == [row["target"] for row in rows.values()]
    assert [200, 404] == [row["status"] for row in rows.values()]
    assert [(5, 3), (0, 0)] == [(row["request_size"], row["response_size"]) for row in rows.values()]
    assert [(1, 2), (1, 3)] == [(row["started"], row["ended"]) for row in rows.values()]
    assert ("http/1.1", 2) == (traffic.protocol, traffic.count)


def test_raw_utf_8_in_a_target_is_read_as_such():
    """It is matched as people write it; what is none is ISO 8859-1."""
    rows, _ = fed((UP, request("/Łódź".encode()) + request(b"/\xe9")))
    assert ["/Łódź", "/é"] == [row["target"] for row in rows.values()]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([UP, DOWN]), st.binary(max_size=80)), max_size=8), st.sampled_from(["", "h2"])
)
def test_rows_do_not_depend_on_when_they_are_taken(chunks, alpn):
    """Whatever passes, with whichever protocol: nothing raises, and rows taken in between add up to the same."""
    mixed = [part for pair in zip(TALK, chunks, strict=False) for part in pair] + chunks
    at_once, whole = fed(*mixed, alpn=alpn)
    pieces, parts = fed(*mixed, alpn=alpn, clear=True)
    assert at_once == pieces
    assert (whole.protocol, whole.count, whole.oddities) == (parts.protocol, parts.count, parts.oddities)
    assert "" == whole.fault


def test_oddities_are_noted_with_their_exchange():
    """By their codes, each once; those of no exchange belong to the connection."""
    both = b"Transfer-Encoding: chunked\r\n"
    rows, _ = fed((UP, request(headers=both) + b"0\r\n\r\n"))
    assert any("transfer-encoding" in code for code in rows[1]["oddities"].split())
    _, traffic = fed((UP, request()), (DOWN, b"\0 this is no response\r\n\r\n"))
    assert traffic.oddities


class Scripted:
    """An observer that says what a test wants."""

    protocol = "scripted"

    def __init__(self, *events):
        self.events = list(events)

    def feed(self, *_):
        return [self.events.pop(0)] if self.events else []

    def finish(self, _):
        return []


def scripted(monkeypatch, *events):
    monkeypatch.setattr(module, "observe", lambda *_, **__: Scripted(*events))
    return fed(*[(UP, b"x")] * len(events))


def begin(number, target="/"):
    return RequestHead(number, "GET", target, "https", "h", "HTTP/2", (), 0, 10, stream=number)


def end(number, status=200):
    return ResponseHead(number, status, "", "HTTP/2", (), 0, 10, stream=number)


def test_open_exchanges_are_bounded(monkeypatch):
    """The oldest is let go of, its row stays as it was, and what comes of it later does not make another of it."""
    monkeypatch.setattr(module, "MAX_EXCHANGES", 3)
    rows, traffic = scripted(monkeypatch, *[begin(number) for number in range(1, 6)], end(1), end(5))
    assert {1, 2, 3, 4, 5} == set(rows)
    assert ("/", None) == (rows[1]["target"], rows[1]["status"])
    assert ("/", 200) == (rows[5]["target"], rows[5]["status"])
    assert 5 == traffic.count


def test_text_is_bounded(monkeypatch):
    """A peer may send a target of any length, and oddities of any kind."""
    odd = [Oddity(1, UP, f"code-{i}", "", 0) for i in range(2 * MAX_ODDITIES)]
    loose = [Oddity(None, UP, f"code-{i}", "x" * 5000, 0) for i in range(2 * MAX_ODDITIES)]
    rows, traffic = scripted(monkeypatch, begin(1, "/" + "x" * 10_000), *odd, *odd, *loose)
    assert MAX_TEXT == len(rows[1]["target"])
    assert MAX_ODDITIES == len(rows[1]["oddities"].split())
    assert MAX_ODDITIES == len(traffic.oddities)
    assert all(len(text) <= MAX_TEXT for _, text in traffic.oddities.values())


def test_an_observer_that_raises_is_dropped(monkeypatch):
    """Wherever it raises; what it said before stays, and nobody asks it again."""
    for where in ("observe", "feed", "finish", "protocol"):
        observer = Scripted(begin(1))

        def fail(*_, **__):
            raise ValueError("a bug")

        if where == "protocol":
            observer = type("Mute", (Scripted,), {"protocol": property(fail)})(begin(1))
        elif where != "observe":
            setattr(observer, where, fail)
        found = fail if where == "observe" else lambda *_, found=observer, **__: found
        monkeypatch.setattr(module, "observe", found)
        rows, traffic = fed((UP, b"x"), (UP, b"x"))
        traffic.settle()
        assert "ValueError: a bug" == traffic.fault
        assert (1 if where in {"finish", "protocol"} else 0) == len(rows)


def test_what_follows_an_end_is_not_looked_at():
    """A direction ends once."""
    _, traffic = fed((UP, request()))
    traffic.feed(UP, memoryview(request()), 1000, 5)
    traffic.finish(UP, 5)
    assert 1 == traffic.count
    assert {} == traffic.fresh


def test_what_nobody_understands_costs_nothing():
    """The observer is dropped once it knows neither direction."""
    _, traffic = fed((UP, b"\0\1\2"), (DOWN, b"\3\4"), finish=False)
    assert traffic._observer is None
    assert "raw" == traffic.protocol


def test_time_is_linear_in_the_chunks():
    """Twice the exchanges take twice the steps."""
    one, two = (steps(fed, *TALK * count) for count in (50, 100))
    assert two < 2.2 * one


def test_media_types_are_compared_without_parameters():
    """In lower case, as their registry has them."""
    kinds = [b"Text/HTML; charset=utf-8", b"application/json", b" IMAGE/png ;x"]
    chunks = [(UP, request(headers=b"Content-Type: %s\r\n" % kind)) for kind in kinds]
    rows, _ = fed(*chunks, finish=False)
    assert ["text/html", "application/json", "image/png"] == [row["request_type"] for row in rows.values()]
    assert [None] * 3 == [row["response_type"] for row in rows.values()]


def test_missing_bytes():
    """Cost the exchange that they were of, and those among them; the rows go on behind them."""
    traffic, up, down = Traffic("http/1.1"), request() * 2, response(200, b"12345")
    traffic.feed(UP, memoryview(up[: len(up) // 2]), 0, 1)
    traffic.feed(DOWN, memoryview(down[:-2]), 0, 2)
    traffic.missing(DOWN, 50, 3)
    traffic.feed(UP, memoryview(up[len(up) // 2 :]), len(up) // 2, 4)
    traffic.feed(DOWN, memoryview(b"lost" + response(404)), len(down) - 2, 5)
    rows = kept(traffic)
    assert {1: (200, 3, "gap", 3), 2: (404, 0, None, 5)} == {
        number: (row["status"], row["response_size"], row["oddities"], row["ended"]) for number, row in rows.items()
    }
    traffic.finish(UP, 6)
    traffic.missing(UP, 9, 7)
    traffic.finish(DOWN, 8)
    traffic.missing(DOWN, 9, 9)
    assert ("", {}) == (traffic.fault, kept(traffic))


def test_an_observer_that_cannot_do_without(monkeypatch):
    """Marks the connection, as where it cannot be fed."""
    traffic = Traffic("http/1.1")
    monkeypatch.setattr(traffic._observer, "missing", lambda *_: 1 / 0)
    traffic.missing(UP, 9, 1)
    assert "ZeroDivisionError" in traffic.fault
