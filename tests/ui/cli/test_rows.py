import json

import pytest

import hostile
from journals import DOWN, STORY, UP, capture
from tlscope.capture import notes
from tlscope.capture.notes import Note
from tlscope.events import Action, Data, Opened, Outcome, OutcomeKind, Policy
from tlscope_ui.cli import rows
from tlscope_ui.text import columns

GET = b"GET /a?token=s3cret HTTP/1.1\r\nHost: one.example\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: 4\r\n\r\ndone"
GONE = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

TABLE = """\
#  exch  started       status  version   type       up  down    took  oddities     host         request
1     1  12:00:00.003  ✓ 200   HTTP/1.1  text/css  0 B   4 B  1.5 ms               one.example  GET /a?token=[redacted]
1     2  12:00:00.006  ✗ 404   HTTP/1.1            0 B   0 B  1.5 ms               one.example  GET /b?token=[redacted]
3     1  12:00:00.018  …       HTTP/1.1            0 B   0 B          no-response  two.example  GET /a?token=[redacted]
"""


def to(host, *data, outcome=OutcomeKind.INTERCEPTED):
    begun = [Opened("explicit", "127.0.0.1:1", "127.0.0.1:8080"), Policy(Action.INTERCEPT, host, 443, "connect")]
    return [*begun, *data, Outcome(outcome, 1, 1)]


@pytest.fixture
def said(tmp_path):
    """Two exchanges with one host, a failure with it, one exchange with another, and one without a name."""
    both = [Data(UP, GET), Data(DOWN, OK), Data(UP, GET.replace(b"/a", b"/b")), Data(DOWN, GONE)]
    return capture(
        tmp_path / "c",
        to("one.example", *both),
        to("one.example", outcome=OutcomeKind.CLIENT_REJECTED),
        to("two.example", Data(UP, GET.replace(b"one", b"two"))),
        STORY[:1],
    )


def told(ran):
    return [json.loads(line) for line in ran.out.splitlines()]


def test_exchanges_one_line_each(tlscope, said):
    """What was asked of whom, what was answered; secrets masked unless asked for."""
    assert TABLE == tlscope("list", "--exchanges", "-c", said).out
    assert "GET /a?token=s3cret\n" in tlscope("list", "--exchanges", "--with-secrets", "-c", said).out


def test_exchanges_that_a_filter_selects(tlscope, said):
    """Of exchanges, not of their connections alone; what is not there is said."""
    assert [(1, 2)] == [
        (row["connection"], row["exchange"])
        for row in told(tlscope("list", "--exchanges", "--jsonl", "http.response.code >= 400", "-c", said))
    ]
    ran = tlscope("list", "--exchanges", "nonesuch", "-c", said)
    assert (0, "") == (ran.code, ran.out)
    assert ran.err.startswith(f"{said} holds no exchange of HTTP that the filter selects\n")


def test_many_exchanges_are_several_tables(tlscope, said, monkeypatch):
    """Each with its headings; none is left out."""
    monkeypatch.setattr(rows, "PAGE", 2)
    assert ["#", "1", "1", "#", "3"] == [
        line.split()[0] for line in tlscope("list", "--exchanges", "-c", said).out.splitlines()
    ]
    assert 3 == len(told(tlscope("list", "--exchanges", "--jsonl", "-c", said)))


def test_exchanges_as_objects(tlscope, said):
    """The row of the index, with times as people have them; masked, too."""
    first, *_ = told(tlscope("list", "--exchanges", "--jsonl", "-c", said))
    names = ("connection", "exchange", "started", "method", "target", "status", "response_type")
    expected = (1, 1, "2025-11-20T12:00:00.003000Z", "GET", "/a?token=[redacted]", 200, "text/css")
    assert expected == tuple(first[name] for name in names)
    assert "s3cret" in tlscope("list", "--exchanges", "--jsonl", "--with-secrets", "-c", said).out


def test_hosts_one_line_each(tlscope, said):
    """Those with the most connections first; the same as objects."""
    lines = [line.split() for line in tlscope("list", "--hosts", "-c", said).out.splitlines()]
    assert ["host", "conns", "exchs", "failed", "up", "down", "last", "found"] == lines[0]
    assert ["one.example", "2", "2", "✗", "1"] == lines[1][:5]
    found = told(tlscope("list", "--hosts", "--jsonl", "-c", said))
    assert [("one.example", 2, 2, 1), ("two.example", 1, 1, 0), (None, 1, 0, 0)] == sorted(
        ((row["host"], row["connections"], row["exchanges"], row["failed"]) for row in found), key=str
    )
    assert ["two.example"] == [
        row["host"] for row in told(tlscope("list", "--hosts", "--jsonl", "host == two.example", "-c", said))
    ]


def test_what_was_noted_is_in_a_column(tlscope, said):
    """Of connections and of exchanges, each in its list; in objects, too."""
    notes.write(said, [Note(1, 0, "look\x1b[2J", marked=True), Note(1, 2, "here")])
    lines = tlscope("list", "-c", said).out.splitlines()
    assert lines[0].endswith("  noted")
    assert lines[1].endswith("  ★ look\\x1b[2J")
    assert [["host", "noted", "request"], ["one.example", "here", "GET", "/b?token=[redacted]"]] == [
        tlscope("list", "--exchanges", "-c", said).out.splitlines()[line].split()[-count:]
        for line, count in ((0, 3), (2, 4))
    ]
    objects = [told(tlscope("list", *how, "--jsonl", "-c", said)) for how in ([], ["--exchanges"])]
    assert [(1, True, "look\x1b[2J")] == [
        (row["connection"], row["mark"], row["comment"]) for row in objects[0] if "mark" in row
    ]
    assert [(2, False, "here")] == [
        (row["exchange"], row["mark"], row["comment"]) for row in objects[1] if "mark" in row
    ]


def test_they_are_two_lists(tlscope, said):
    """One at a time."""
    assert 2 == tlscope("list", "--hosts", "--exchanges", "-c", said).code


@pytest.mark.parametrize("how", ["--exchanges", "--hosts"])
@pytest.mark.parametrize("width", [44, 80, 120])
def test_a_table_fits_the_terminal(tlscope, tmp_path, monkeypatch, how, width):
    """Whatever peers are called, and nothing drives it."""
    name = "".join(hostile.HOSTILE)
    head = f"GET /{name} HTTP/1.1\r\nHost: h\r\n\r\n".replace("\n\r", "").encode(errors="surrogatepass")
    monkeypatch.setenv("COLUMNS", str(width))
    directory = capture(tmp_path / "c", to("x" * 300, Data(UP, head)), to(name, Data(UP, GET), Data(DOWN, OK)))
    ran = tlscope("list", how, "-c", directory)
    assert set() == hostile.forbidden(ran.out)
    assert max(columns(line) for line in ran.out.splitlines()) <= width
