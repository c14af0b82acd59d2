"""`show N --exchanges`: HTTP as people read it."""

from __future__ import annotations

import gzip

import pytest

from hostile import HOSTILE, forbidden
from journals import DOWN, UP, capture
from support import carried
from tlscope.capture import exchanges as module
from tlscope.events import Data
from tlscope_ui.telling import exchanges as shown

PACKED = gzip.compress(b'{"hello": ["world", 1]}', mtime=0)
SAID = [
    Data(
        UP,
        b"POST /one HTTP/1.1\r\nHost: here\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\na=1&b=2",
    ),
    Data(
        DOWN,
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
        % len(PACKED),
    ),
    Data(DOWN, PACKED),
    Data(UP, b"GET /two HTTP/1.1\r\nHost: here\r\n\r\n"),
]


@pytest.fixture
def said(tmp_path):
    return capture(
        tmp_path / "capture",
        SAID,
        [Data(UP, b"\0\1\2")],
        [
            Data(
                UP,
                b"GET / HTTP/1.1\r\nHost: h\r\nX: "
                + "".join(HOSTILE).encode(errors="surrogatepass").replace(b"\n", b"").replace(b"\r", b"")
                + b"\r\n\r\n",
            )
        ],
    )


def test_heads_and_contents(tlscope, said):
    """Decoded and laid out; what was not answered, too."""
    ran = tlscope("show", 1, "--exchanges", "-c", said)
    assert (0, "") == (ran.code, ran.err)
    lines = ran.out.splitlines()
    assert lines[0].startswith("exchange 1, POST https://here/one → 200")
    for line in ("  ▲ POST /one HTTP/1.1", "    Host: here", "  ▼ 200 OK HTTP/1.1", '    │   "hello": ['):
        assert line in lines
    assert f"    JSON object, 1 key ({len(PACKED)} B, gzip undone)" in lines
    assert any(line.startswith("exchange 2, GET https://here/two → no response") for line in lines)


def test_no_more_than_asked_for(tlscope, said):
    """And how to see the rest."""
    ran = tlscope("show", 1, "--exchanges", "--max-data", "5", "-c", said)
    assert "    … and more: --all shows it" in ran.out.splitlines()
    assert "world" not in ran.out


def test_what_is_no_http(tlscope, said):
    """Is said, with what to do; as is a connection that does not exist."""
    ran = tlscope("show", 2, "--exchanges", "-c", said)
    next_ = f"Next: tlscope show -c {said} 2"
    assert (0, "", f"connection 2 has no exchange of HTTP\n{next_}\n") == (ran.code, ran.out, ran.err)
    assert 1 == tlscope("show", 9, "--exchanges", "-c", said).code


def test_hostile_headers(tlscope, said):
    """Reach no terminal."""
    ran = tlscope("show", 3, "--exchanges", "-c", said)
    assert (0, set()) == (ran.code, forbidden(ran.out))


def messages(tlscope, tmp_path, story, *options):
    """What is said of the messages of a connection."""
    tmp_path.mkdir(exist_ok=True)
    where = capture(tmp_path / "capture", story)
    ran = tlscope("show", 1, "--exchanges", *options, "-c", where)
    assert (0, "") == (ran.code, ran.err)
    lines = ran.out.splitlines()
    return lines[next(at for at, line in enumerate(lines) if " message 1, " in line) :]


def heads(lines):
    """The lines that messages begin with."""
    return [line for line in lines if line[2] in "▲▼"]


@pytest.mark.parametrize("deflate", [False, True])
@pytest.mark.parametrize(("story", "since"), [(carried.websocket, 3.0), (carried.websocket_over_http2, None)])
def test_messages_of_a_websocket(tlscope, tmp_path, story, since, deflate):
    """Both directions in order: which way, when, how long, and text or a dump; unmasked and inflated."""
    lines = messages(tlscope, tmp_path, story(deflate=deflate))
    note = ", deflate" if deflate else ""
    assert [
        ("▲ message 1", f"text, 12 B{note}"),
        ("▼ message 2", f"text, 22 B{note}"),
        ("▲ message 3", f"binary, 9 B{note}"),
    ] == [(line.strip().split(", +")[0], line.split(" ms, ")[1]) for line in heads(lines)]
    assert ["    │ hello needle", "    │ a needle, and a needle"] == [lines[1], lines[3]]
    assert lines[5].startswith("    │ 00000000  00 01 02 6e 65 65 64 6c  65 ")
    if since is not None:
        assert [f"+{since}", f"+{since + 3.0}", f"+{since + 4.5}"] == [line.split()[3] for line in lines[:5:2]]


@pytest.mark.parametrize("compressed", [False, True])
def test_messages_of_grpc(tlscope, tmp_path, compressed):
    """Instead of the content that they stand in, which is told in a line; what JSON and protobuf are is laid out."""
    lines = messages(tlscope, tmp_path, carried.grpc(compressed=compressed))
    assert [f"grpc, 16 B{', gzip' * compressed}", "grpc, 13 B"] == [
        line.split(" ms, ")[1].split(":")[0] for line in heads(lines)
    ]
    protobuf = [("content-type", "application/grpc")]
    call = carried.Http2([(":method", "POST"), (":path", "/a"), ("content-type", "application/grpc+json")], protobuf)
    call.send(UP, b'\0\0\0\0\x07{"a":1}')
    call.send(DOWN, b"\0\0\0\0\x07\x0a\x05hello")
    lines = messages(tlscope, tmp_path / "other", call.talk)
    assert '    │   "a": 1' in lines
    assert '    │ 1: "hello"' in lines


def test_events_of_a_server(tlscope, tmp_path):
    """Each with its name, and its data without what is around it."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    events = [Data(DOWN, b"event: tick\ndata: one\n\n"), Data(DOWN, b"data: two\ndata: lines\n\n")]
    lines = messages(tlscope, tmp_path, [Data(UP, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"), Data(DOWN, head), *events])
    assert [
        "  ▼ message 1, +3.0 ms, event, 3 B, tick",
        "    │ one",
        "  ▼ message 2, +4.5 ms, event, 9 B, message",
        "    │ two",
        "    │ lines",
    ] == lines


def test_no_more_of_messages_than_asked_for(tlscope, tmp_path, monkeypatch):
    """Of all of an exchange together, and how to see the rest; every one of them is listed."""
    lines = messages(tlscope, tmp_path, carried.websocket(), "--max-data", "15")
    assert ["    │ hello needle", "    │ a n"] == [line for line in lines if "│" in line]
    assert "    … and more of 2 messages: --all shows it" in lines
    assert 3 == len(heads(lines))
    monkeypatch.setattr(shown, "MAX_MESSAGE", 5)
    lines = messages(tlscope, tmp_path / "kept", carried.websocket(), "--all")
    assert ["    │ hello", "    … and 7 B more, not kept"] == lines[1:3]


def test_a_content_that_is_too_long_lacks_nothing_at_its_end(tlscope, tmp_path, monkeypatch):
    """It was not looked at so far; one that is whole and broken is told to be."""
    monkeypatch.setattr(shown, "BODY_LIMIT", 1000)
    monkeypatch.setattr(module.body, "__defaults__", (1000,))
    for length, is_broken in ((3000, False), (900, True)):
        content = b"[" + b"1," * (length // 2)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(content)
        said = [Data(UP, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"), Data(DOWN, head), Data(DOWN, content)]
        where = capture(tmp_path / str(length), said)
        assert is_broken == ("ends early" in tlscope("show", 1, "--exchanges", "-c", where).out)


@pytest.mark.parametrize(
    ("coding", "length", "extent"),
    [
        (b"", 3000, "text, 1 line (the first 1000 B of 2.9 KiB)"),
        (b"Content-Encoding: gzip\r\n", 38, "text, 1 line (the first 1000 B that come out of 38 B, gzip undone)"),
        (b"", 900, "text, 1 line (900 B)"),
        (b"", 1000, "text, 1 line (1000 B)"),
    ],
)
def test_a_content_that_is_too_long(tlscope, tmp_path, monkeypatch, coding, length, extent):
    """Says how much of it was looked at, and how to get the rest; what it seems to lack at its end is no fault."""
    monkeypatch.setattr(shown, "BODY_LIMIT", 1000)
    monkeypatch.setattr(module.body, "__defaults__", (1000,))
    content = gzip.compress(b"x" * 3000, mtime=0) if coding else b"x" * length
    assert length == len(content)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n%sContent-Length: %d\r\n\r\n" % (coding, length)
    said = [Data(UP, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"), Data(DOWN, head), Data(DOWN, content)]
    lines = tlscope("show", 1, "--exchanges", "-c", capture(tmp_path / "capture", said)).out.splitlines()
    assert f"    {extent}" in lines
    assert ("the first" in extent) == any("tlscope export -f raw -n 1 --direction down" in line for line in lines)


def test_on_a_screen_every_line_fits(tlscope, tmp_path, monkeypatch):
    """A dump is not broken at 80 columns; what is longer is folded."""
    monkeypatch.setenv("COLUMNS", "80")
    said = [(UP, carried.TextMessage(data="x" * 100)), (UP, carried.BytesMessage(data=bytes(16)))]
    lines = messages(tlscope, tmp_path, carried.websocket(said=said))
    assert [f"│ {'x' * 78}", f"│ {'x' * 22}"] == lines[1:3]
    assert (80, "|") == (len(lines[4]), lines[4][-1])


def test_interim_responses_and_trailers(tlscope, tmp_path):
    """Stand where they passed: before the response, and behind its content."""
    answer = (
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n0\r\nX-Sum: 6\r\n\r\n"
    )
    where = capture(tmp_path / "capture", [Data(UP, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"), Data(DOWN, answer)])
    lines = tlscope("show", 1, "--exchanges", "-c", where).out.splitlines()
    assert ["  ▼ 103 Early Hints HTTP/1.1", "    Link: </a.css>", "  ▼ 200 OK HTTP/1.1"] == lines[3:6]
    assert ["    │ abc", "    X-Sum: 6"] == lines[-2:]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--raw"], """    │ {"hello": ["world", 1]}"""),
        (["--hex"], '    │ 00000000  7b 22 68 65 6c 6c 6f 22  3a 20 5b 22 77 6f 72 6c  |{"hello": ["worl|'),
        (["--tree"], "    Object: 1 member"),
        (["--passed"], f"    gzip, {len(PACKED)} bytes ({len(PACKED)} B)"),
        (["--passed"], f"    │ 00000000  {PACKED[:8].hex(' ')}  {PACKED[8:16].hex(' ')}  |"),
        (["--passed"], "    │ a=1&b=2"),
        (["--bytes"], "        0  [23 B]            Object: 1 member"),
    ],
)
def test_a_content_has_views(tlscope, said, options, expected):
    """As it is, as a dump, field by field: of what the codings had packed; or as it passed, packed."""
    lines = tlscope("show", 1, "--exchanges", *options, "-c", said).out.splitlines()
    assert any(line == expected or (expected.endswith("|") and line.startswith(expected)) for line in lines)


@pytest.mark.parametrize("option", ["--raw", "--hex", "--tree"])
def test_a_message_has_views(tlscope, tmp_path, option):
    """As contents have; no more is shown than asked for."""
    where = capture(tmp_path / "capture", carried.websocket(said=carried.CHAT))
    lines = tlscope("show", 1, "--exchanges", option, "--max-data", 40, "--with-secrets", "-c", where).out.splitlines()
    expected = {
        "--raw": '    │ {"token": "s3cret", "n": 1}',
        "--hex": '    │ 00000010  74 22 2c 20 22 6e 22 3a  20 31 7d                 |t", "n": 1}|',
        "--tree": "      Member: n: 1",
    }
    assert expected[option] in lines
    assert (option != "--tree") == any(line.startswith("    … and more of 2 messages") for line in lines)


def test_what_is_no_text_is_a_dump_in_raw(tlscope, tmp_path):
    """As everywhere."""
    where = capture(tmp_path / "capture", carried.websocket(said=carried.SAID[3:4]))
    assert "00000000  00 01 02 6e" in tlscope("show", 1, "--exchanges", "--raw", "-c", where).out


SECRET = "s3cret"
LOGIN = b'{"user": "me", "password": "s3cret"}'
LOGGED_IN = (
    b"HTTP/1.1 103 Early Hints\r\nLink: </?token=s3cret>\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nSet-Cookie: sid=s3cret; Path=/\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"12\r\nname=a&pass=s3cret\r\n0\r\nX-Auth-Token: s3cret\r\n\r\n"
)


@pytest.fixture
def login(tmp_path):
    """Secrets wherever there may be some; and in a message."""
    asked = b"POST /a?token=s3cret HTTP/1.1\r\nHost: h\r\nCookie: sid=s3cret\r\nContent-Length: %d\r\n\r\n%b"
    http = [Data(UP, asked % (len(LOGIN), LOGIN)), Data(DOWN, LOGGED_IN)]
    return capture(tmp_path / "capture", http, carried.websocket(said=carried.CHAT))


@pytest.mark.parametrize("options", [[], ["--raw"], ["--hex"], ["--tree"], ["--passed"], ["--max-data", 25]])
@pytest.mark.parametrize("connection", [1, 2])
def test_secrets_are_masked_until_they_are_asked_for(tlscope, login, connection, options):
    """In URLs, heads, trailers, contents and messages, in every view of them; it is said, and how they are shown."""
    masked, bare = (
        tlscope("show", connection, "--exchanges", *options, *more, "-c", login).out
        for more in ([], ["--with-secrets"])
    )
    assert SECRET not in masked
    assert "73 33 63 72 65 74" not in masked
    assert shown.MASKED == masked.splitlines()[-1]
    assert shown.MASKED not in bare
    assert "[redacted]" not in bare
    for line in (
        "  ▲ POST /a?token=[redacted] HTTP/1.1",
        "    Set-Cookie: sid=[redacted]; Path=/",
        "    X-Auth-Token: [redacted]",
    ):
        assert (connection == 1) is (line in masked.splitlines())


def test_what_holds_no_secret_is_as_it_was(tlscope, said):
    """Nothing is said of what is not masked."""
    masked, bare = (tlscope("show", 1, "--exchanges", *more, "-c", said).out for more in ([], ["--with-secrets"]))
    assert masked == bare
