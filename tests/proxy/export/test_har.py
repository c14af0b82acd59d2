import base64
import gzip
import json

import pytest
from haralyzer import HarParser
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import CLIENT, DOWN, NOON, SERVER, STORY, TICK, UP, capture
from tlscope.capture.index import Index
from tlscope.capture.inspector import catch_up
from tlscope.events import Action, Data, HandshakeDone, Opened, Outcome, OutcomeKind, Policy, VerdictGiven
from tlscope.export.har import entries, log, url_of
from tlscope.export.redact import MARK
from tlscope.wire.http.exchange import RequestHead

FORM = b"user=a&password=secret-1"
POST = (
    b"POST /in?next=%2F&token=secret-2 HTTP/1.1\r\nHost: a.example\r\nAuthorization: Bearer secret-3\r\n"
    b"Cookie: sid=secret-4; theme=dark\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 24\r\n\r\n"
)
PAGE = "<p>é</p>".encode() * 20
PACKED = gzip.compress(PAGE, mtime=0)
FOUND = (
    b"HTTP/1.1 302 Found\r\nLocation: /home?code=secret-5\r\nSet-Cookie: sid=secret-6; Path=/\r\n"
    b"Content-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (len(PACKED), PACKED)
)
GET = b"GET /pixel HTTP/1.1\r\nHost: a.example\r\n\r\n"
PIXEL = b"HTTP/1.1 200 OK\r\nContent-Type: image/gif\r\nContent-Length: 4\r\n\r\nGI\xff\0"
ODD = b"GET http://[ HTTP/1.1\r\nCookie: =;;\r\nSet-Cookie\r\n\r\n"
CUT = b"GET /cut HTTP/1.1\r\nHost: a.example\r\n\r\n"

BEGIN = [
    Opened("explicit", "127.0.0.1:50124", "127.0.0.1:8080"),
    Policy(Action.INTERCEPT, "192.0.2.1", 443, "connect"),
    HandshakeDone(SERVER, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519", "http/1.1", "a.example"),
    VerdictGiven("a.example", ("expired: it is over",), 2),
    HandshakeDone(CLIENT, "TLSv1.2", "TLS_RSA_WITH_AES_128_GCM_SHA256", "", "http/1.1", "a.example"),
]
SAID = [Data(UP, POST), Data(UP, FORM), Data(DOWN, FOUND), Data(UP, GET), Data(DOWN, PIXEL), Data(UP, CUT)]
END = [Outcome(OutcomeKind.INTERCEPTED, 0, 0)]


@pytest.fixture
def index(tmp_path):
    """The index of a capture with three exchanges, one of them unanswered, and a connection without any."""
    directory = capture(tmp_path / "c", BEGIN + SAID + END, STORY[:12])
    catch_up(directory)
    with Index(directory) as opened:
        yield opened


def written(index, **options):
    return "".join(log(index, [1, 2, 3], **options))


def test_har_readers_read_it(index):
    """With their requests, responses, times; haralyzer finds what a browser's file has."""
    parser = HarParser(json.loads(written(index)))
    assert ("1.2", "tlscope") == (parser.version, parser.creator["name"])
    first, second, third = (entry for page in parser.pages for entry in page.entries)
    assert ("POST", 302, "GET", 200) == (
        first.request.method, first.response.status, second.request.method, second.response.status,
    )  # fmt: skip
    assert "https://a.example/pixel" == second.url
    assert "192.0.2.1" == first.serverAddress
    assert "2025-11-20 12:00:00.007000+00:00" == str(first.startTime)
    assert 0 == third.response.status


def test_an_entry_has_what_har_asks_for(index):
    """Heads, contents decoded, sizes as they passed and as they are, times in milliseconds."""
    first, second, third = entries(index, 1, with_secrets=True)
    request, response = first["request"], first["response"]
    assert "https://a.example/in?next=%2F&token=secret-2" == request["url"]
    assert [{"name": "next", "value": "/"}, {"name": "token", "value": "secret-2"}] == request["queryString"]
    assert {"mimeType": "application/x-www-form-urlencoded", "params": [], "text": FORM.decode()} == request["postData"]
    assert (len(POST), 24, "HTTP/1.1") == (request["headersSize"], request["bodySize"], request["httpVersion"])
    assert [{"name": "sid", "value": "secret-4"}, {"name": "theme", "value": "dark"}] == request["cookies"]
    assert [{"name": "sid", "value": "secret-6"}] == response["cookies"]
    assert ("Found", "/home?code=secret-5", len(PACKED)) == (
        response["statusText"], response["redirectURL"], response["bodySize"],
    )  # fmt: skip
    saved = len(PAGE) - len(PACKED)
    assert {"size": len(PAGE), "mimeType": "text/html", "compression": saved, "text": PAGE.decode()} == response[
        "content"
    ]
    assert base64.b64encode(b"GI\xff\0").decode() == second["response"]["content"]["text"]
    assert "base64" == second["response"]["content"]["encoding"]
    assert "there is no response" == third["response"]["_error"]
    at = NOON + 5 * TICK
    assert 7 == at // 10**6 % 1000
    tick = TICK / 10**6
    assert [tick, tick, 0] == [first["timings"][name] for name in ("send", "wait", "receive")]
    assert 2 * tick == first["time"]


def test_an_entry_tells_of_both_legs(index):
    """In a member of our own."""
    tls = next(entries(index, 1))["_tls"]
    assert ("TLSv1.2", "TLSv1.3") == (tls["client"]["version"], tls["server"]["version"])
    assert "TLS_AES_128_GCM_SHA256" == tls["server"]["cipher"]
    assert ["expired"] == tls["certificate"]["faults"]
    assert "a.example" == tls["hello"]["sni"]


def test_secrets_are_redacted_unless_they_are_wanted(index):
    """In headers, cookies, URLs and forms; names and schemes stay."""
    shared, whole = written(index), written(index, with_secrets=True)
    assert "secret-" not in shared
    assert all(f"secret-{number}" in whole for number in range(1, 7))
    assert json.dumps(f"Bearer {MARK}") in shared
    assert f"token={MARK}" in shared
    assert f"password={MARK}" in shared


def test_connections_without_exchanges_have_no_entries(index):
    """Those that are not there neither; the file is one all the same."""
    assert [] == list(entries(index, 2)) == list(entries(index, 3))
    assert [] == json.loads("".join(log(index, [])))["log"]["entries"]


@pytest.mark.parametrize(
    ("target", "authority", "expected"),
    [
        ("/a?b", "x:1", "https://x:1/a?b"),
        ("http://y/a", "x", "http://y/a"),
        ("*", "x", "https://x/*"),
        ("/", "", "https://[::1]:443/"),
    ],
)
def test_urls_are_absolute(target, authority, expected):
    """Out of the target, or the authority, or the connection's host."""
    head = RequestHead(1, "GET", target, "https", authority, "HTTP/1.1", (), 0, 0)
    assert expected == url_of(head, {"host": "::1", "port": 443})


@settings(max_examples=20, deadline=None)
@given(data=st.lists(st.tuples(st.sampled_from([UP, DOWN]), st.binary(max_size=40) | st.sampled_from(
    [POST, FORM, FOUND, GET, PIXEL, ODD])), max_size=8))  # fmt: skip
def test_any_bytes_make_a_file(tmp_path_factory, data):
    """Nothing raises, and it is JSON."""
    directory = capture(tmp_path_factory.mktemp("any") / "c", BEGIN + [Data(*said) for said in data])
    catch_up(directory)
    with Index(directory) as opened:
        assert json.loads("".join(log(opened, [1])))["log"]
