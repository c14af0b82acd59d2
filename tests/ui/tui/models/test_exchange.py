import pytest

from journals import DOWN, UP
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.events import Closed, Data, HandshakeDone, How, Leg
from tlscope_ui.tui.models import exchange
from tlscope_ui.tui.models.exchange import read
from tlscope_ui.tui.models.rows import Selected

POST = b"POST /one?token=abc HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer s3cret\r\nContent-Length: 5\r\n\r\nhello"
OK = (
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nSet-Cookie: sid=s3cret; Path=/\r\nContent-Type: text/plain\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n"
)
GET = b"GET /two HTTP/1.1\r\nHost: here\r\n\r\n"
CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
SAID = [
    HandshakeDone(Leg.SERVER, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519", "http/1.1", "here"),
    *(Data(UP, POST[at : at + 7]) for at in range(0, len(POST), 7)),
    *(Data(DOWN, OK[at : at + 7]) for at in range(0, len(OK), 7)),
    Data(UP, GET),
    Data(DOWN, CUT),
    Closed(Leg.SERVER, How.RST),
]


def side(directory, connection=1, number=0, direction=UP):
    with Index(directory) as index:
        return read(index, directory, Selected(connection, number), direction)


def text(lines):
    return "\n".join("".join(part if isinstance(part, str) else part.text for part in line) for line in lines)


def test_a_connection_stands_for_its_first_exchange(tmp_path):
    """And it is said which of how many that is."""
    found = side(indexed(tmp_path, SAID))
    assert "exchange 1 of 2" in text(found.head(masked=True))
    assert "exchange 1 of 2" not in text(side(tmp_path, number=1).head(masked=True))
    assert b"hello" == found.coded.source.read(0, 99)


def test_secrets_are_masked_until_they_are_asked_for(tmp_path):
    """In targets, fields and cookies; everything else stays."""
    for direction in (UP, DOWN):
        found = side(indexed(tmp_path, SAID), direction=direction)
        assert "s3cret" not in text(found.head(masked=True))
        assert "s3cret" in text(found.head(masked=False))
    assert "/one?token=[redacted] HTTP/1.1" in text(side(tmp_path).head(masked=True))
    assert "Set-Cookie: sid=[redacted]; Path=/" in text(found.head(masked=True))


def test_a_response_has_all_its_parts(tmp_path):
    """What came before it, its content without the chunks, its trailers; the content in the journal, whole or not."""
    found = side(indexed(tmp_path, SAID), direction=DOWN)
    assert "▼ 103 Early Hints HTTP/1.1" in text(found.head(masked=True))
    assert "▼ 200 OK HTTP/1.1" in text(found.head(masked=True))
    assert (b"abcdefg", "text/plain", "/one", "") == (found.coded.source.read(0, 99), *found.coded[2:5])
    assert "trailers\n    X-Sum: 7" == text(found.tail(masked=True))
    assert found.over
    found = side(tmp_path, number=2, direction=DOWN)
    assert (b"half", "cut short") == (found.coded.source.read(0, 99), found.coded.problem)


def test_where_there_is_no_http_it_says_where_to_look(tmp_path):
    """Also for an exchange that does not exist, and for a request without content."""
    assert "Bytes shows what passed" in text(side(indexed(tmp_path, SAID, [Data(UP, b"\0\1")]), 2).head(masked=True))
    assert "no exchange 9 of HTTP" in text(side(tmp_path, number=9).head(masked=True))
    assert side(tmp_path, number=2).coded is None
    assert [] == side(tmp_path, 7).tail(masked=True)


@pytest.mark.parametrize("extra", [b"", b"X: y\r\n", b"Set-Cookie: a=b\r\n"])
def test_a_large_exchange_is_found_by_its_heads(tmp_path, monkeypatch, extra):
    """The same as if all of it had been read."""
    body = bytes(range(256)) * 5000
    head = b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n" % (extra, len(body))
    indexed(
        tmp_path,
        [SAID[0], Data(UP, GET), Data(DOWN, head), *(Data(DOWN, part) for part in (body[:640_000], body[640_000:]))],
    )
    monkeypatch.setattr(exchange, "LARGE", 1 << 30)
    slow = side(tmp_path, direction=DOWN)
    monkeypatch.setattr(exchange, "LARGE", 1 << 20)
    monkeypatch.setattr(exchange, "exchanges", None)
    quick = side(tmp_path, direction=DOWN)
    assert body == quick.coded.source.read(0, 1 << 30) == slow.coded.source.read(0, 1 << 30)
    assert slow.head(masked=False) == quick.head(masked=False)
    assert slow.coded[1:] == quick.coded[1:]
    assert slow.over == quick.over


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n138800\r\n%b\r\n0\r\n\r\n",
        b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1280000\r\n\r\n%b",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1290000\r\n\r\n%b",
        b"HTTP/1.1 200 OK\r\n\r\n%b",
    ],
)
def test_where_the_heads_do_not_say_enough_all_is_read(tmp_path, head):
    """Chunks, interim responses, what is cut short, what goes on to the end of the connection."""
    body = bytes(range(256)) * 5000
    indexed(tmp_path, [SAID[0], Data(UP, GET), Data(DOWN, head % body), Closed(Leg.SERVER, How.FIN)])
    assert body == side(tmp_path, direction=DOWN).coded.source.read(0, 1 << 30)
