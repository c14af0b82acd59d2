"""Clients that people use, through tlscope, to nginx: what they fetch, and what the capture holds of it."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from support import clients
from support.clients import client_context, curl, receive_all, run, tls, wget
from support.flights import tls12, tls13
from support.needs import needs
from support.servers import SIZES, answer, close_tls, server_context

SUPPORT = Path(clients.__file__).parent
BOTH12 = (tls12(), tls12())
BOTH13 = (tls13(tickets=2), tls13(tickets=2))
"""OpenSSL, here and in nginx, sends two tickets."""


def through(recorder):
    return ["-x", f"http://{recorder.address}", "--cacert", recorder.ca]


def directly(upstream_ca):
    return ["--cacert", upstream_ca.pem]


def legs(connection):
    return connection.messages("client"), connection.messages("server")


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_curl_bodies(recorder, nginx, upstream_ca, version, name):
    """A body of any size arrives as it does without tlscope, over HTTP/1.1 and HTTP/2."""
    url = f"{nginx.url}/{name}"
    direct = curl(version, *directly(upstream_ca), url)
    with recorder.catch() as caught:
        done = curl(version, *through(recorder), url)
    assert (0, b"") == (done.returncode, done.stderr)
    assert direct.stdout == done.stdout == nginx.files[name]
    assert "intercepted" == caught.one.outcome
    assert len(caught.one.data("down")) == caught.one.summary["down"] >= SIZES[name]


def test_curl_http1_to_the_byte(recorder, serve_python, issued):
    """The recorded bytes of both directions are what server and client sent and received, no more and no less."""
    server = serve_python(answer(bytes(range(256)) * 40), server_context(issued))
    with recorder.catch() as caught:
        done = curl("-i", "--suppress-connect-headers", *through(recorder), f"{server.url}/?bytes")
    connection = caught.one
    assert bytes(server.sent) == done.stdout == connection.data("down") == connection.shown("down")
    assert bytes(server.received) == connection.data("up") == connection.shown("up")
    assert connection.data("up").startswith(b"GET /?bytes HTTP/1.1\r\n")
    assert (len(server.received), len(server.sent)) == (connection.summary["up"], connection.summary["down"])


@pytest.mark.parametrize("alpn", ["http/1.1", "h2"])
def test_curl_both_handshakes(recorder, nginx, alpn):
    """Both legs' handshakes are complete and in order, with what was negotiated."""
    with recorder.catch() as caught:
        curl("--http2" if alpn == "h2" else "--http1.1", *through(recorder), f"{nginx.url}/one")
    connection = caught.one
    assert BOTH13 == legs(connection)
    expected = {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "alpn": alpn, "sni": "localhost"}
    for leg in ("client_leg", "server_leg"):
        assert expected == {name: connection.summary[leg][name] for name in expected}
    assert ("localhost", nginx.port, "explicit") == tuple(connection.summary[name] for name in ("host", "port", "mode"))
    assert [True] == [verdict["valid"] for verdict in connection.of("verdict")]
    assert ["authority"] == [leaf["issuer"] for leaf in connection.of("leaf")]
    assert connection.fault is None


def test_curl_tls12(recorder, nginx):
    """A client that knows TLS 1.2 at most gets TLS 1.2 on both legs."""
    with recorder.catch() as caught:
        done = curl("--tls-max", "1.2", *through(recorder), f"{nginx.url}/1M")
    assert nginx.files["1M"] == done.stdout
    assert BOTH12 == legs(caught.one)
    assert ("TLSv1.2", "TLSv1.2") == tuple(caught.one.summary[leg]["version"] for leg in ("client_leg", "server_leg"))


def test_curl_http2_body_is_in_the_frames(recorder, nginx):
    """The DATA frames of the recorded HTTP/2 stream (RFC 9113 section 6.1) hold the body."""
    with recorder.catch() as caught:
        done = curl("--http2", *through(recorder), f"{nginx.url}/1M")
    assert nginx.files["1M"] == done.stdout == b"".join(http2_data(caught.one.data("down")))
    assert caught.one.data("up").startswith(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")


def http2_data(stream):
    """The payloads of the DATA frames; nginx pads none."""
    at = 0
    while at < len(stream):
        size, kind, flags = int.from_bytes(stream[at : at + 3]), stream[at + 3], stream[at + 4]
        if kind == 0:
            assert not flags & 0x08
            yield stream[at + 9 : at + 9 + size]
        at += 9 + size
    assert at == len(stream)


@pytest.mark.parametrize("scheme", ["socks5", "socks5h", "socks4", "socks4a"])
def test_curl_socks(recorder, nginx, scheme):
    """SOCKS4, 4a and 5 lead to the server, with a name that the client resolves or leaves to us."""
    with recorder.catch() as caught:
        done = curl("-4", "-x", f"{scheme}://{recorder.address}", "--cacert", recorder.ca, f"{nginx.url}/16K")
    host = "localhost" if scheme in {"socks5h", "socks4a"} else "127.0.0.1"
    assert nginx.files["16K"] == done.stdout
    assert ("intercepted", host, nginx.port) == tuple(caught.one.summary[name] for name in ("outcome", "host", "port"))
    assert [scheme[:6].rstrip("ah")] == [policy["via"] for policy in caught.one.of("policy")]
    assert BOTH13 == legs(caught.one)


def test_curl_socks5_to_an_ipv6_address(recorder, nginx):
    """A SOCKS5 client can name its target by an IPv6 address."""
    with recorder.catch() as caught:
        done = curl("-x", f"socks5://{recorder.address}", "--cacert", recorder.ca, f"https://[::1]:{nginx.port}/one")
    assert nginx.files["one"] == done.stdout
    assert ("intercepted", "::1") == (caught.one.outcome, caught.one.summary["host"])


def test_curl_ipv6_listener_and_target(record, nginx):
    """A listener on [::1] takes clients and leads to a server on [::1]."""
    recording = record(listen=["[::1]:0"])
    with recording.catch() as caught:
        done = curl("-x", f"http://{recording.address}", "--cacert", recording.ca, f"https://[::1]:{nginx.port}/16K")
    assert nginx.files["16K"] == done.stdout
    assert ("intercepted", "::1") == (caught.one.outcome, caught.one.summary["host"])
    assert caught.one.summary["client"].startswith("[::1]:")
    assert None is caught.one.summary["client_leg"]["sni"]  # an address is no server name (RFC 6066 section 3)


def test_curl_several_listeners(record, nginx):
    """A recorder listens on as many addresses as it was given."""
    recording = record(listen=["127.0.0.1:0", "[::1]:0"])
    with recording.catch(2) as caught:
        bodies = [curl("-x", f"http://{address}", "--cacert", recording.ca, f"{nginx.url}/one").stdout
                  for address in recording.listening]  # fmt: skip
    assert [nginx.files["one"]] * 2 == bodies
    assert recording.listening == [connection.of("opened")[0]["listener"] for connection in caught]


def test_curl_absolute_form(recorder, nginx):
    """A plain http:// URL comes in absolute form, is forwarded in origin form and recorded as it passed, as not TLS."""
    with recorder.catch() as caught:
        done = curl("-x", f"http://{recorder.address}", f"http://127.0.0.1:{nginx.plain_port}/1M")
    connection = caught.one
    assert nginx.files["1M"] == done.stdout
    assert "not-tls" == connection.outcome
    assert connection.data("up").startswith(b"GET /1M HTTP/1.1\r\n")
    assert [len(connection.data(way)) for way in ("up", "down")] == [connection.summary[way] for way in ("up", "down")]
    assert connection.data("down").endswith(nginx.files["1M"])
    assert {False} == {data["encrypted"] for data in connection.of("data")}
    assert ["absolute-form"] == [policy["via"] for policy in connection.of("policy")]
    assert ([], []) == legs(connection)


def test_curl_upload(recorder, serve_python, issued, tmp_path):
    """What a client uploads is recorded towards the server, to the byte."""
    body = bytes(range(256)) * 4096
    (tmp_path / "body").write_bytes(body)

    def handle(connection, server):
        while not server.received.endswith(body):
            server.received += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        close_tls(connection)

    server = serve_python(handle, server_context(issued))
    with recorder.catch() as caught:
        done = curl("-H", "Expect:", "--data-binary", f"@{tmp_path}/body", *through(recorder), server.url)
    assert 0 == done.returncode, done.stderr
    assert bytes(server.received) == caught.one.data("up")
    assert len(server.received) == caught.one.summary["up"] > len(body)


def test_wget(recorder, nginx, upstream_ca):
    """wget, which is GnuTLS, fetches the same bytes; both handshakes are complete."""
    url = f"{nginx.url}/16K"
    direct = wget("--ca-certificate", upstream_ca.pem, url)
    with recorder.catch() as caught:
        done = wget("-e", f"https_proxy=http://{recorder.address}", "--ca-certificate", recorder.ca, url)
    assert direct.stdout == done.stdout == nginx.files["16K"]
    assert "intercepted" == caught.one.outcome
    assert BOTH13 == legs(caught.one)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_python_ssl(recorder, nginx, version):
    """Python's ssl module, with each version that it offers without a warning."""
    context = client_context(recorder.ca)
    context.maximum_version = ssl.TLSVersion[version.replace(".", "_")]
    with recorder.catch() as caught, tls(recorder.port, nginx.port, context) as connection:
        connection.sendall(b"GET /16K HTTP/1.0\r\n\r\n")
        response = receive_all(connection)
        assert version == connection.version()
    assert response.endswith(nginx.files["16K"])
    assert response == caught.one.data("down")
    assert b"GET /16K HTTP/1.0\r\n\r\n" == caught.one.data("up")
    assert (version, version) == tuple(caught.one.summary[leg]["version"] for leg in ("client_leg", "server_leg"))
    assert (BOTH13 if version == "TLSv1.3" else BOTH12) == legs(caught.one)


def test_requests(recorder, nginx):
    """requests, with keep-alive: two requests on one recorded connection."""
    with recorder.catch() as caught, requests.Session() as session:
        session.trust_env = False
        session.proxies = {"https": f"http://{recorder.address}"}
        session.verify = recorder.ca
        bodies = [session.get(f"{nginx.url}/{name}", timeout=20).content for name in ("one", "1M")]
    assert [nginx.files["one"], nginx.files["1M"]] == bodies
    assert "intercepted" == caught.one.outcome
    assert 2 == caught.one.data("up").count(b"GET /")
    assert BOTH13 == legs(caught.one)


def test_node(recorder, nginx):
    """Node, through CONNECT."""
    with recorder.catch() as caught:
        trust = {"NODE_EXTRA_CA_CERTS": recorder.ca}
        done = run(needs("node"), SUPPORT / "fetch.js", recorder.port, f"{nginx.url}/16K", env=trust)
    assert (0, b"") == (done.returncode, done.stderr)
    assert nginx.files["16K"] == done.stdout
    assert "intercepted" == caught.one.outcome
    assert BOTH13 == legs(caught.one)


def test_java(recorder, nginx, tmp_path):
    """Java, with tlscope's CA as its only trust."""
    root = x509.load_pem_x509_certificate(Path(recorder.ca).read_bytes())
    store = tmp_path / "trust.p12"
    encryption = BestAvailableEncryption(b"changeit")
    store.write_bytes(pkcs12.serialize_java_truststore([pkcs12.PKCS12Certificate(root, b"tlscope")], encryption))
    trust = [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit"]
    proxy = ["-Dhttps.proxyHost=127.0.0.1", f"-Dhttps.proxyPort={recorder.port}", "-Dhttp.nonProxyHosts="]
    with recorder.catch() as caught:
        done = run(
            needs("java"),
            *trust,
            *proxy,
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            SUPPORT / "Fetch.java",
            f"{nginx.url}/16K",
        )
    assert 0 == done.returncode, done.stderr
    assert nginx.files["16K"] == done.stdout
    assert "intercepted" == caught.one.outcome
    assert BOTH13 == legs(caught.one)


@pytest.mark.parametrize(("version", "alpn"), [("--h1", "http/1.1"), ("--npn-list=h2", "h2")])
def test_h2load(record, nginx, version, alpn):
    """Many connections at once, each with all its requests, none lost, none failed, all recorded."""
    recording = record("--mode", f"reverse:https://127.0.0.1:{nginx.port}")
    with recording.catch(40) as caught:
        done = run(needs("h2load"), version, "-n", 400, "-c", 40, f"https://127.0.0.1:{recording.port}/16K")
    assert b"400 total, 400 started, 400 done, 400 succeeded, 0 failed" in done.stdout, done.stdout
    summaries = list(recording.listed().values())
    assert {("intercepted", alpn, alpn)} == {
        (line["outcome"], line["client_leg"]["alpn"], line["server_leg"]["alpn"]) for line in summaries
    }
    assert 400 * SIZES["16K"] <= sum(line["down"] for line in summaries)
    assert BOTH13 == legs(caught[-1])
