import base64
import gzip
import json
from contextlib import contextmanager
from datetime import datetime

import pytest
from haralyzer import HarParser
from hypothesis import given, settings
from hypothesis import strategies as st
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, Ping, Request, TextMessage
from wsproto.extensions import PerMessageDeflate

from journals import CLIENT, DOWN, NOON, SERVER, STORY, TICK, UP, capture
from tlscope.capture.index import Index
from tlscope.capture.inspector import catch_up
from tlscope.capture.notes import Note
from tlscope.events import (
    Action,
    Data,
    HandshakeDone,
    Message,
    Opened,
    Outcome,
    OutcomeKind,
    Policy,
    Reached,
    VerdictGiven,
)
from tlscope.export import har
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


STRING, NUMBER, BOOLEAN = str, (int, float), bool
NAMED = {"name": STRING, "value": STRING}
COOKIE = NAMED | {"path?": STRING, "domain?": STRING, "expires?": "time", "httpOnly?": BOOLEAN, "secure?": BOOLEAN,
                  "sameSite?": STRING}  # fmt: skip
CONTENT = {"text?": STRING, "comment?": STRING}
HEAD = {"httpVersion": STRING, "cookies": [COOKIE], "headers": [NAMED], "headersSize": int, "bodySize": int}
FILE = {
    "log": {
        "version": STRING,
        "creator": {"name": STRING, "version": STRING},
        "entries": [{
            "startedDateTime": "time",
            "time": NUMBER,
            "request": {
                "method": STRING, "url": STRING, **HEAD, "queryString": [NAMED],
                "postData?": {"mimeType": STRING, "params": [NAMED], **CONTENT},
            },
            "response": {
                "status": int, "statusText": STRING, **HEAD, "redirectURL": STRING,
                "content": {"size": int, "mimeType": STRING, "compression?": int, "encoding?": STRING, **CONTENT},
            },
            "cache": {},
            "timings": {"blocked?": NUMBER, "dns?": NUMBER, "connect?": NUMBER, "ssl?": NUMBER, "send": "known",
                        "wait": "known", "receive": "known"},
            "serverIPAddress?": STRING,
            "connection?": STRING,
        }],
    },
}  # fmt: skip
"""HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/); `?` marks what may be missing. Chrome adds `sameSite`."""


def check(found, wanted):
    """Whether a value is what HAR asks for."""
    match wanted:
        case dict():
            assert {name for name in wanted if not name.endswith("?")} <= found.keys()
            for name, value in found.items():
                if not name.startswith("_"):
                    check(value, wanted[name] if name in wanted else wanted[f"{name}?"])
            if "timings" in found:
                assert found["time"] == pytest.approx(
                    sum(time for time in found["timings"].values() if time > 0), abs=0.01
                )
        case [item]:
            for each in found:
                check(each, item)
        case "time":
            datetime.fromisoformat(found)
        case "known":
            assert found >= 0
        case _:
            assert isinstance(found, wanted), (found, wanted)


@contextmanager
def recorded(directory, *parts):
    """The index of a capture with one connection."""
    made = capture(directory / "c", [event for part in parts for event in part] + END)
    catch_up(made)
    with Index(made) as opened:
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


def test_raw_bytes_in_a_url_are_percent_encoded(tmp_path):
    """As a browser has them in its files: readers find the characters that were meant, in the query, too."""
    asked = "GET /é?q=Zoë &token=ö HTTP/1.1\r\nHost: a.example\r\n\r\n".replace("ë ", "ë\x7f").encode()
    moved = "HTTP/1.1 302 Found\r\nLocation: /ß\r\nContent-Length: 0\r\n\r\n".encode()
    directory = capture(tmp_path / "c", [*BEGIN, Data(UP, asked), Data(DOWN, moved), *END])
    catch_up(directory)
    with Index(directory) as index:
        parser = HarParser(json.loads("".join(log(index, [1], with_secrets=True))))
        [masked] = entries(index, 1)
    [entry] = (entry for page in parser.pages for entry in page.entries)
    assert "https://a.example/%C3%A9?q=Zo%C3%AB%7F&token=%C3%B6" == entry.url
    assert ["Zoë\x7f", "ö"] == [pair["value"] for pair in entry.request.queryString]
    assert "/%C3%9F" == entry.raw_entry["response"]["redirectURL"]
    assert f"https://a.example/%C3%A9?q=Zo%C3%AB%7F&token={MARK}" == masked["request"]["url"]


def test_a_header_is_text_and_its_url_is_bytes(tmp_path):
    """What is UTF-8 is shown as such, and what is not as ISO 8859-1; in URLs, each byte is encoded as it was sent."""
    asked = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
    told = [
        b"HTTP/1.1 302 Found\r\nLocation: /%b\r\nContent-Length: 0\r\n\r\n" % end for end in ("Ł".encode(), b"\xe9")
    ]
    directory = capture(
        tmp_path / "c", [*BEGIN, *(Data(*said) for answer in told for said in ((UP, asked), (DOWN, answer))), *END]
    )
    catch_up(directory)
    with Index(directory) as index:
        responses = [entry["response"] for entry in entries(index, 1)]
    assert ["/Ł", "/é"] == [response["headers"][0]["value"] for response in responses]
    assert ["/%C5%81", "/%E9"] == [response["redirectURL"] for response in responses]


def test_an_entry_has_what_har_asks_for(index):
    """Heads, contents decoded, sizes as they passed and as they are, times in milliseconds."""
    first, second, third = entries(index, 1, with_secrets=True)
    request, response = first["request"], first["response"]
    assert "https://a.example/in?next=%2F&token=secret-2" == request["url"]
    assert [{"name": "next", "value": "/"}, {"name": "token", "value": "secret-2"}] == request["queryString"]
    assert {"mimeType": "application/x-www-form-urlencoded", "params": [], "text": FORM.decode()} == request["postData"]
    assert (len(POST), 24, "HTTP/1.1") == (request["headersSize"], request["bodySize"], request["httpVersion"])
    assert [{"name": "sid", "value": "secret-4"}, {"name": "theme", "value": "dark"}] == request["cookies"]
    assert [{"name": "sid", "value": "secret-6", "path": "/"}] == response["cookies"]
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


def test_the_first_entry_tells_how_its_server_was_reached(tmp_path):
    """As browsers tell it: TLS is a part of the connecting, which the entry begins with; later ones had it done."""
    reached = [*BEGIN[:2], Reached("192.0.2.7:443"), Message(SERVER, UP, 0x0303, 22, b"\x01\0\0\0"), *BEGIN[2:]]
    directory = capture(tmp_path / "c", reached + SAID + END)
    catch_up(directory)
    with Index(directory) as opened:
        first, second, _ = entries(opened, 1)
    tick = TICK / 10**6
    assert (2 * tick, tick) == (first["timings"]["connect"], first["timings"]["ssl"])
    assert [first["time"], second["time"]] == [
        sum(each["timings"][name] for name in ("connect", "send", "wait", "receive") if each["timings"][name] > 0)
        for each in (first, second)
    ]
    assert (-1, -1) == (second["timings"]["connect"], second["timings"]["ssl"])
    began = datetime.fromisoformat(first["startedDateTime"]).timestamp() * 10**9
    assert 10**6 > abs(NOON + (len(reached) - 2) * TICK - began)
    assert "192.0.2.7" == first["serverIPAddress"] == second["serverIPAddress"]


def test_every_member_that_har_asks_for_is_there(index):
    """And of the right type; what is not of HAR 1.2 begins with an underscore."""
    for options in ({}, {"with_secrets": True}):
        file = json.loads(written(index, **options))
        check(file, FILE)
        assert 3 == len(file["log"]["entries"])
    assert [-1, -1, -1, -1] == [
        file["log"]["entries"][2]["timings"][name] for name in ("blocked", "dns", "connect", "ssl")
    ]
    assert -1 == file["log"]["entries"][2]["response"]["bodySize"]


def test_long_contents_are_cut(index, monkeypatch):
    """Which is said, and how long they were where that is known."""
    monkeypatch.setattr(har, "MAX_CONTENT", 3)
    first, second, _ = entries(index, 1)
    assert (4, 4) == (second["response"]["content"]["size"], second["response"]["bodySize"])
    assert "GI\xff".encode("latin-1") == base64.b64decode(second["response"]["content"]["text"])
    assert all("3 bytes" in entry["response"]["content"]["comment"] for entry in (first, second))


def test_attributes_of_cookies(tmp_path):
    """Those that HAR has members for; a date that is none is left out."""
    cookie = b"Set-Cookie: a=b=c; Path=/x; Domain=a.example; secure; HttpOnly; SameSite=Lax; Expires=%s; Max-Age=1\r\n"
    told = b"HTTP/1.1 204 No Content\r\n" + cookie % b"Wed, 21 Oct 2026 07:28:00 GMT" + cookie % b"never" + b"\r\n"
    with recorded(tmp_path, BEGIN, [Data(UP, GET), Data(DOWN, told)]) as index:
        (entry,) = entries(index, 1, with_secrets=True)
    plain = {"path": "/x", "domain": "a.example", "secure": True, "httpOnly": True, "sameSite": "Lax"}
    first, second = entry["response"]["cookies"]
    assert {"name": "a", "value": "b=c", **plain} == second
    assert second | {"expires": "2026-10-21T07:28:00.000Z"} == first


def websocket(*, deflate):
    """A conversation of a client and a server of wsproto's, as data."""
    extensions = [PerMessageDeflate()] if deflate else []
    client, server = WSConnection(ConnectionType.CLIENT), WSConnection(ConnectionType.SERVER)
    said = [Data(UP, client.send(Request(host="a.example", target="/ws?token=secret-0", extensions=extensions)))]
    server.receive_data(said[-1].data)
    assert [Request] == [type(event) for event in server.events()]
    said.append(Data(DOWN, server.send(AcceptConnection(extensions=[PerMessageDeflate()] if deflate else []))))
    client.receive_data(said[-1].data)
    list(client.events())
    said += [
        Data(UP, client.send(TextMessage(data='{"password": "secret-1", "n": "é"}'))),
        Data(DOWN, server.send(BytesMessage(data=b"\xff\0"))),
        Data(UP, client.send(Ping())),
        Data(DOWN, server.send(TextMessage(data="x" * 3, message_finished=False))),
        Data(DOWN, server.send(TextMessage(data="y", message_finished=True))),
    ]
    return said


@pytest.mark.parametrize("deflate", [False, True])
def test_websocket_messages_are_told_as_chrome_tells_them(tmp_path, deflate):
    """Unmasked, joined and inflated, in their order, with their times; and without their secrets."""
    with recorded(tmp_path, BEGIN, websocket(deflate=deflate)) as index:
        (shared,) = entries(index, 1)
        (whole,) = entries(index, 1, with_secrets=True)
        check(json.loads(written(index)), FILE)
    assert ("wss://a.example/ws?token=secret-0", 101, "websocket") == (
        whole["request"]["url"], whole["response"]["status"], whole["_resourceType"],
    )  # fmt: skip
    found = [(each["type"], each["opcode"], each["data"]) for each in whole["_webSocketMessages"]]
    assert [("send", 1, '{"password": "secret-1", "n": "é"}'), ("receive", 2, "/wA="), ("receive", 1, "xxxy")] == found
    begun = (NOON + len(BEGIN) * TICK) / 10**9
    assert [round(begun + n * TICK / 10**9, 6) for n in (2, 3, 6)] == [
        each["time"] for each in whole["_webSocketMessages"]
    ]
    assert "secret-" not in json.dumps(shared)
    assert f'{{"password": "{MARK}", "n": "é"}}' == shared["_webSocketMessages"][0]["data"]


def test_a_socket_on_which_nothing_was_said(tmp_path):
    """Is one all the same."""
    with recorded(tmp_path, BEGIN, websocket(deflate=False)[:2]) as index:
        assert [[]] == [entry["_webSocketMessages"] for entry in entries(index, 1)]


def test_server_sent_events(tmp_path):
    """Each with its name, its data and its time."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    said = [
        Data(UP, GET),
        Data(DOWN, head + b"event: tick\ndata: 1\n\n"),
        Data(DOWN, b'data: {"token": "secret-1"}\n\n'),
    ]
    with recorded(tmp_path, BEGIN, said) as index:
        (entry,) = entries(index, 1)
    found = [(each["type"], each["event"], each["data"]) for each in entry["_eventSourceMessages"]]
    assert [("receive", "tick", "1"), ("receive", "message", f'{{"token": "{MARK}"}}')] == found
    assert entry["_eventSourceMessages"][0]["time"] < entry["_eventSourceMessages"][1]["time"]


def test_grpc_messages(tmp_path):
    """Of both directions, in base64, with their sizes."""
    head = b"Content-Type: application/grpc\r\nContent-Length: 10\r\n\r\n"
    frames = b"\0\0\0\0\5hello", b"\0\0\0\0\5world"
    said = [
        Data(UP, b"POST /a.B/C HTTP/1.1\r\nHost: a.example\r\n" + head + frames[0]),
        Data(DOWN, b"HTTP/1.1 200 OK\r\n" + head + frames[1]),
    ]
    with recorded(tmp_path, BEGIN, said) as index:
        (entry,) = entries(index, 1)
    found = [(each["type"], each["kind"], each["size"], each["data"]) for each in entry["_grpcMessages"]]
    assert [("send", "grpc", 5, "aGVsbG8="), ("receive", "grpc", 5, "d29ybGQ=")] == found


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


def test_notes_are_comments(index):
    """On each entry of a connection what was noted of it, and of the exchange."""
    noted = {1: [Note(1, 0, "", marked=True), Note(1, 2, "here")], 2: [Note(2, 0, "", marked=True)]}
    made = json.loads("".join(log(index, [1, 2], notes=noted)))["log"]["entries"]
    assert ["★ marked", "★ marked\nhere", "★ marked"] == [entry.get("comment") for entry in made]
    assert [None] * 3 == [entry.get("comment") for entry in json.loads("".join(log(index, [1])))["log"]["entries"]]
