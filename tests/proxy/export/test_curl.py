import socket
import subprocess
import threading
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.needs import needs
from tlscope.capture.exchanges import Body
from tlscope.export.curl import command
from tlscope.wire.http.exchange import Header, RequestHead


def request(method="GET", target="/", headers=(), version="HTTP/1.1", authority="a.example"):
    made = tuple(Header(name.encode("latin-1"), value, 0, 0) for name, value in headers)
    return RequestHead(1, method, target, "http", authority, version, made, 0, 0)


def content(data=b"", codings=()):
    return Body(data, len(data), codings, "")


def heard(head, body, target, **options):
    """What a server hears when the shell runs the command: the request line, the headers and the body."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        got = bytearray()

        def answer():
            connection, _ = server.accept()
            with connection:
                while b"\r\n\r\n" not in got or len(got) < wanted(got):
                    got.extend(connection.recv(1 << 16))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        needs("curl")
        line = command(head, body, f"http://127.0.0.1:{server.getsockname()[1]}{target}", **options)
        script = f"{line} --noproxy '*' -s\n".encode()  # no argument, which has to be short: as who pastes it
        subprocess.run([needs("bash")], input=script, check=True, capture_output=True, timeout=20)
        thread.join()
    first, _, rest = bytes(got).partition(b"\r\n")
    headers, _, data = rest.partition(b"\r\n\r\n")
    return first, sorted(headers.split(b"\r\n")), data


def wanted(got):
    head, _, _ = bytes(got).partition(b"\r\n\r\n")
    lengths = [int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return len(head) + 4 + sum(lengths)


PLAIN = [("Host", b"a.example"), ("User-Agent", b"it's me/1"), ("Accept", b"*/*")]


@pytest.mark.parametrize(
    ("head", "body", "target"),
    [
        (request(headers=PLAIN), b"", "/a?b=c&d[]={e}"),
        (request("POST", headers=[*PLAIN, ("Content-Type", b"text/plain")]), b"it's $HOME\n!`\\", "/"),
        (request("PUT", headers=PLAIN), b"@file", "/../x"),
        (request("PATCH", headers=[*PLAIN, ("X-Odd", b"\xe9\x1b[31m'\\"), ("X-Empty", b"")]), bytes(range(256)), "/"),
        (request(headers=[*PLAIN, ("X-Name", "Jörg Łuk".encode())]), b"", "/"),
        (request("DELETE", headers=PLAIN, version="HTTP/1.0"), b"", "/"),
        (request("HEAD", headers=PLAIN), b"", "/"),
        (request("GET", headers=PLAIN), b"with a body", "/"),
        (request("POST", headers=[]), b"no headers", "/"),
        (request(headers=[*PLAIN, ("Connection", b"close")]), b"", "/"),
        (request(headers=[*PLAIN, ("Connection", b"Keep-Alive, x-a"), ("Keep-Alive", b"timeout=5")]), b"", "/"),
        (request("POST", headers=PLAIN), b"nul\0", "/"),
        (request("POST", headers=PLAIN), b"long " * 60_000, "/"),
    ],
)
def test_curl_sends_the_request_again(head, body, target):
    """Byte for byte: method, target, headers and body; nothing of its own but Host and the length."""
    first, headers, data = heard(head, content(body), target, with_secrets=True)
    assert f"{head.method} {target} {head.version}".encode() == first
    expected = [header.name + b": " + header.value for header in head.headers if header.key != "host"]
    own = [line for line in headers if line.startswith((b"Host: ", b"Content-Length: "))]
    assert sorted(line.rstrip() for line in expected) == sorted(line.rstrip() for line in headers if line not in own)
    assert body == data


def test_raw_bytes_of_a_target_mean_the_same():
    """Curl encodes some of them; they are the bytes that were sent."""
    sent = "/é?q=ß".encode()
    first, _, _ = heard(request(headers=PLAIN), content(), sent.decode("latin-1"))
    assert b"GET " + sent + b" HTTP/1.1" == unquote_to_bytes(first)


def test_another_host_than_the_urls_is_kept():
    """It is what the client sent."""
    assert "-H 'Host: b.example'" in command(request(headers=[("Host", b"b.example")]), content(), "http://x/")
    assert "Host" not in command(request(headers=[("Host", b"a.example")]), content(), "http://x/")


def test_what_curl_works_out_itself_is_left_out():
    """Lengths, pseudo-header fields, connections of HTTP/2; and the coding of a body that was decoded."""
    headers = [(":method", b"POST"), ("content-length", b"3"), ("Connection", b"close"), ("content-encoding", b"gzip")]
    made = command(request("POST", headers=headers, version="HTTP/2"), content(b"abc", ("gzip",)), "https://x/")
    assert "curl https://x/ --http2 -X POST -H Accept: -H User-Agent: -H Content-Type: --data-raw abc" == made
    kept = command(request("POST", headers=headers[-1:]), content(b"abc"), "https://x/")
    assert "-H 'content-encoding: gzip'" in kept


def test_an_upgrade_is_asked_for_again():
    """As browsers copy it: of WebSocket, not to HTTP/2, which curl would have to speak then."""
    asked = [("Connection", b"Upgrade"), ("Upgrade", b"websocket")]
    made = command(request(headers=asked), content(), "http://x/")
    assert "-H 'Connection: Upgrade' -H 'Upgrade: websocket'" in made
    asked = [("Connection", b"Upgrade, HTTP2-Settings"), ("Upgrade", b"h2c"), ("HTTP2-Settings", b"AAMA")]
    made = command(request(headers=asked), content(), "http://x/")
    assert "curl http://x/ --http1.1 -H Accept: -H User-Agent:" == made


def test_an_empty_body_is_one():
    """Where the client said that its length is 0, so does curl; HEAD has none."""
    head = request("POST", headers=[("Content-Length", b"0"), *PLAIN])
    _, headers, data = heard(head, content(), "/", with_secrets=True)
    assert b"Content-Length: 0" in headers
    assert not any(line.startswith(b"Content-Type") for line in headers)
    assert b"" == data
    assert "--data-raw" not in command(request("HEAD", headers=[("Content-Length", b"0")]), content(), "http://x/")


def test_answers_are_decoded_where_they_may_be_compressed():
    """Else they would not be readable."""
    assert command(request(headers=[("Accept-Encoding", b"br")]), content(), "http://x/").endswith("--compressed")


def test_secrets_are_redacted_unless_they_are_wanted():
    """In headers, the URL and the body."""
    head = request("POST", headers=[("Authorization", b"Basic s3cret"), ("content-type", b"application/json")])
    body, url = content(b'{"password": "s3cret"}'), "https://x/?token=s3cret"
    assert "s3cret" not in command(head, body, url)
    assert 3 == command(head, body, url, with_secrets=True).count("s3cret")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20), st.binary(max_size=20), st.binary(max_size=20), st.text(max_size=20))
def test_any_request_is_one_line_of_printable_ascii(method, value, body, url):
    """So that nothing in it reaches a terminal or a shell but as text."""
    head = request(method, headers=[("x-any", value)])
    made = command(head, content(body), url, with_secrets=True)
    assert made.isascii()
    assert made.isprintable()
