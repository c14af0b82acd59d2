"""Every shape of handshake, between OpenSSL's and GnuTLS's own client and server, on both legs."""

from __future__ import annotations

from contextlib import closing

import pytest
from OpenSSL import SSL

from support.clients import client_context, connect, curl, s_client, tls
from support.flights import tls12, tls13
from support.messages import messages
from support.needs import needs
from support.servers import Program, close_tls, server_context
from support.waiting import PATIENCE, until

OLD = ["-cipher", "DEFAULT:@SECLEVEL=0"]
VERSIONS = {
    "TLSv1": ["-tls1", *OLD],
    "TLSv1.1": ["-tls1_1", *OLD],
    "TLSv1.2": ["-tls1_2"],
    "TLSv1.3": ["-tls1_3"],
}
SAID, ANSWERED = b"hello tlscope\nCLOSE\n", b"epocslt olleh\n"
"""To `s_server -rev`, and what it says: each line reversed. CLOSE makes it close."""


def flight(version, **what):
    """A whole handshake of a version; OpenSSL sends two tickets in TLS 1.3."""
    return tls13(tickets=2, **what) if version == "TLSv1.3" else tls12(**what)


def talk(recording, server, *options):
    """s_client says `SAID` through tlscope; it must be answered, and believe our certificate."""
    trust = ["-CAfile", recording.ca, "-verify_return_error", "-verify_hostname", "localhost"]
    with recording.catch() as caught:
        done = s_client(server.port, "-quiet", *trust, *options, proxy=recording.port, input_=SAID)
    assert ANSWERED == done.stdout, done.stderr
    assert "intercepted" == caught.one.outcome
    assert (SAID, ANSWERED) == (caught.one.data("up"), caught.one.data("down"))
    return caught.one


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("key", ["ec", "rsa"])
def test_every_version(recorder, serve_openssl, issued, issued_rsa, version, key):
    """TLS 1.0 to 1.3, with an ECDSA or RSA server: both handshakes complete, in that version on both legs."""
    server = serve_openssl("-rev", *VERSIONS[version], certificate=issued if key == "ec" else issued_rsa)
    connection = talk(recorder, server, *VERSIONS[version])
    assert flight(version) == connection.messages("client")
    assert flight(version) == connection.messages("server")
    assert [(version, "localhost")] * 2 == [
        (connection.summary[leg]["version"], connection.summary[leg]["sni"]) for leg in ("client_leg", "server_leg")
    ]


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1.1", "TLSv1.2"])
def test_a_client_is_not_above_its_server(recorder, serve_openssl, version):
    """A client that offers everything gets the version that its server chose."""
    connection = talk(recorder, serve_openssl("-rev", *VERSIONS[version]), *OLD, "-min_protocol", "TLSv1")
    assert (version, version) == tuple(connection.summary[leg]["version"] for leg in ("client_leg", "server_leg"))


@pytest.mark.parametrize("version", VERSIONS)
def test_openssl_saw_the_same_messages(recorder, serve_openssl, version):
    """The recorded messages are those that s_client and s_server report themselves: same order, same bytes."""
    server = serve_openssl("-rev", "-msg", *VERSIONS[version])
    trust = ["-CAfile", recorder.ca]
    with recorder.catch() as caught:
        done = s_client(server.port, "-msg", "-ign_eof", *trust, *VERSIONS[version], proxy=recorder.port, input_=SAID)
    recorded = {
        leg: [(event["direction"], event["hex"]) for event in caught.one.of("message")
              if event["leg"] == leg and event["name"] != "Alert"]
        for leg in ("client", "server")
    }  # fmt: skip
    assert messages(done.stdout.decode(errors="replace"), sent="up") == recorded["client"]
    assert messages(server.output, sent="down") == recorded["server"]
    assert len(flight(version)) == len(recorded["client"]) == len(recorded["server"])


def test_rsa_key_exchange_with_the_client(recorder, serve_openssl):
    """A client that knows RSA key exchange only: its leg has no ServerKeyExchange, the server's has."""
    connection = talk(recorder, serve_openssl("-rev"), "-tls1_2", "-cipher", "AES128-GCM-SHA256")
    assert tls12(exchange="RSA") == connection.messages("client")
    assert tls12() == connection.messages("server")
    assert "TLS_RSA_WITH_AES_128_GCM_SHA256" == connection.summary["client_leg"]["cipher"]
    assert ["RSA-2048"] == [leaf["key"] for leaf in connection.of("leaf")]


def test_rsa_key_exchange_with_the_server(recorder, serve_openssl, issued_rsa):
    """A server that knows RSA key exchange only is reached all the same."""
    server = serve_openssl("-rev", "-tls1_2", "-cipher", "AES256-GCM-SHA384", certificate=issued_rsa)
    connection = talk(recorder, server)
    assert tls12(exchange="RSA") == connection.messages("server")
    assert "TLS_RSA_WITH_AES_256_GCM_SHA384" == connection.summary["server_leg"]["cipher"]


def test_hello_retry_on_the_server_leg(recorder, serve_openssl):
    """A server that wants another group than the one with a key share asks again, and both hellos are recorded."""
    server = serve_openssl("-rev", "-groups", "P-384")
    connection = talk(recorder, server, "-groups", "X25519:P-384")
    assert tls13(tickets=2, retry=True, late=True) == connection.messages("server")
    assert "secp384r1" == connection.summary["server_leg"]["group"].lower()


def test_hello_retry_on_the_client_leg(recorder, serve_openssl):
    """A client whose key share is of a group that we do not know is asked again."""
    connection = talk(recorder, serve_openssl("-rev"), "-groups", "ffdhe6144:P-256")
    assert tls13(tickets=2, retry=True) == connection.messages("client")


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1.2", "TLSv1.3"])
def test_both_show_certificates(record, upstream_ca, serve_openssl, version):
    """A server that asks for a certificate makes us ask the client; `--client-cert` answers the server."""
    trusting = ["-CAfile", upstream_ca.pem, "-verify_return_error"]
    ours, theirs = (upstream_ca.issue(name, client=True) for name in ("ours", "theirs"))
    server = serve_openssl("-rev", "-Verify", "1", *trusting, *VERSIONS[version])
    recording = record("--client-cert", f"local*={ours.pem}")
    connection = talk(recording, server, "-cert", theirs.pem, "-key", theirs.pem, *VERSIONS[version])
    expected = flight(version, asked=True, answered=True)
    assert (expected, expected) == (connection.messages("client"), connection.messages("server"))
    shown = {
        event["leg"]: event["hex"]
        for event in connection.of("message")
        if (event["name"], event["direction"]) == ("Certificate", "up")
    }
    assert theirs.der.hex() in shown["client"]
    assert ours.der.hex() in shown["server"]


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_nobody_shows_a_certificate(recorder, serve_openssl, version):
    """A server that asks and does not insist gets an empty Certificate from us, and we one from the client."""
    connection = talk(recorder, serve_openssl("-rev", "-verify", "1", *VERSIONS[version]), *VERSIONS[version])
    expected = flight(version, asked=True)
    assert (expected, expected) == (connection.messages("client"), connection.messages("server"))


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3"])
def test_gnutls_server(recorder, serve_gnutls, version):
    """GnuTLS's server, in every version."""
    server = serve_gnutls("--http", "--priority", f"NORMAL:-VERS-ALL:+VERS-TLS{version}")
    direct = curl("-k", "--ciphers", "DEFAULT@SECLEVEL=0", "--tlsv1.0", server.url)
    with recorder.catch() as caught:
        done = curl("-x", f"http://{recorder.address}", "--cacert", recorder.ca,
                    "--ciphers", "DEFAULT@SECLEVEL=0", "--tlsv1.0", server.url)  # fmt: skip
    assert 0 == done.returncode, done.stderr
    assert b"GnuTLS" in direct.stdout
    assert done.stdout in caught.one.data("down")
    name = "TLSv1" if version == "1.0" else f"TLSv{version}"
    assert ("intercepted", name, name) == (
        caught.one.outcome, caught.one.summary["client_leg"]["version"], caught.one.summary["server_leg"]["version"]
    )  # fmt: skip
    assert flight(name) == caught.one.messages("client")
    found = [message for message in caught.one.messages("server") if message != "down NewSessionTicket"]
    assert (tls13() if version == "1.3" else tls12()) == found


@pytest.mark.parametrize(
    ("client", "server", "expected"),
    [
        (("h2", "http/1.1"), ("http/1.1",), "http/1.1"),
        (("x-unheard-of",), ("x-unheard-of", "h2"), "x-unheard-of"),
        (("h2",), (), None),
        ((), ("h2",), None),
    ],
)
def test_alpn(recorder, serve_python, issued, client, server, expected):
    """The client's ALPN offer reaches the server, and the server's choice the client."""
    chosen = []

    def handle(connection, _):
        chosen.append(connection.selected_alpn_protocol())
        connection.sendall(b"done")
        close_tls(connection)

    upstream = serve_python(handle, server_context(issued, alpn=server))
    with recorder.catch() as caught, tls(recorder.port, upstream.port, client_context(recorder.ca, alpn=client)) as own:
        assert b"done" == own.recv(10)
        assert expected == own.selected_alpn_protocol()
        own.unwrap().close()
    assert [expected] == chosen
    assert (expected, expected) == tuple(caught.one.summary[leg]["alpn"] for leg in ("client_leg", "server_leg"))


def test_python_server(recorder, serve_python, issued_rsa):
    """A Python server with an RSA certificate, and a client without SNI."""

    def handle(connection, server):
        server.received += connection.recv(100)
        connection.sendall(b"pong")
        close_tls(connection)

    server = serve_python(handle, server_context(issued_rsa))
    with recorder.catch() as caught:
        done = s_client(server.port, "-quiet", "-CAfile", recorder.ca, proxy=recorder.port, input_=b"ping", name=None)
    assert (b"ping", b"pong") == (bytes(server.received), done.stdout)
    assert None is caught.one.summary["server_leg"]["sni"]
    assert "127.0.0.1" == caught.one.summary["host"]


def test_post_quantum(recorder, nginx):
    """A hello with a post-quantum key share, larger than a packet, is understood, and its group agreed on."""
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)  # the newest OpenSSL at hand: the one that tlscope itself stands on
    context.load_verify_locations(recorder.ca)
    context.set_verify(SSL.VERIFY_PEER)
    with recorder.catch() as caught, connect(recorder.port, f"localhost:{nginx.port}") as sock:
        sock.setblocking(True)  # noqa: FBT003 (the library's signature)
        own = SSL.Connection(context, sock)
        own.set_tlsext_host_name(b"localhost")
        own.set_connect_state()
        own.do_handshake()
        own.sendall(b"GET /one HTTP/1.0\r\n\r\n")
        response = b"".join(iter(lambda: receive(own), b""))
        own.shutdown()
    assert response.endswith(nginx.files["one"])
    hello = next(event for event in caught.one.of("message") if event["leg"] == "client")
    assert hello["length"] > 1300
    assert ("X25519MLKEM768", "x25519") == tuple(
        caught.one.summary[leg]["group"] for leg in ("client_leg", "server_leg")
    )  # fmt: skip
    assert tls13(tickets=2) == caught.one.messages("client") == caught.one.messages("server")


def receive(connection):
    try:
        return connection.recv(65536)
    except SSL.ZeroReturnError:
        return b""


@pytest.mark.parametrize(("command", "count"), [(b"k", 1), (b"K", 2)], ids=["told", "asked"])
def test_key_update(recorder, serve_openssl, tmp_path, stack, command, count):
    """A client's KeyUpdate is recorded, answered where it asks for one (RFC 8446 section 4.6.3), and data goes on."""
    server = serve_openssl("-rev")
    way = ["-connect", f"127.0.0.1:{server.port}", "-proxy", f"127.0.0.1:{recorder.port}", "-servername", "localhost"]
    with recorder.catch() as caught:
        own = stack.enter_context(
            closing(Program(tmp_path, needs("openssl"), "s_client", "-CAfile", recorder.ca, *way))
        )
        own.wait_for("Verify return code: 0")
        own.process.stdin.write(command + b"\n")
        own.process.stdin.flush()
        own.wait_for("KEYUPDATE")
        own.process.stdin.write(SAID)
        own.process.stdin.flush()
        own.wait_for(ANSWERED.decode())
        own.process.wait(PATIENCE)
    expected = ["up KeyUpdate", "down KeyUpdate"][:count]
    assert tls13(tickets=2) + expected == caught.one.messages("client")
    assert tls13(tickets=2) == caught.one.messages("server")
    assert (SAID, ANSWERED) == (caught.one.data("up"), caught.one.data("down"))


@pytest.fixture
def own_client(recorder, tmp_path, stack):
    """Start an `openssl s_client` that is talked to, through tlscope or, without it, straight to a server."""

    def start(server, *options, straight=False):
        way = [] if straight else ["-proxy", f"127.0.0.1:{recorder.port}"]
        to = ["-connect", f"127.0.0.1:{server.port}", "-servername", "localhost", *way, *options]
        return stack.enter_context(closing(Program(tmp_path, needs("openssl"), "s_client", *to)))

    return start


@pytest.mark.parametrize("size", [1000, 40_000])
def test_early_data(recorder, serve_openssl, own_client, tmp_path, size):
    """Early data for the real server is refused, and read past; more than OpenSSL reads past is the client's fault."""
    server, session, early = (
        serve_openssl("-early_data", "-max_early_data", "50000"),
        tmp_path / "session",
        tmp_path / "early",
    )
    early.write_bytes(bytes(size))
    with closing(own_client(server, "-sess_out", session, straight=True)):
        until(lambda: session.exists() and session.read_bytes().endswith(b"-----\n"), "a ticket")
    with recorder.catch() as caught:
        s_client(server.port, "-sess_in", session, "-early_data", early, proxy=recorder.port, input_=b"and then\n")
    if size < 16384:
        assert ("intercepted", b"and then\n") == (caught.one.outcome, caught.one.data("up"))
        assert tls13(tickets=2) == caught.one.messages("client")
    else:
        assert ("aborted", "early-data") == (caught.one.outcome, caught.one.fault)
        assert "16 KiB" in caught.one.summary["fault"]["next"]


def test_a_client_that_renegotiates(recorder, serve_openssl, own_client):
    """It is told that we do not, and what it makes of that is no refusal of our certificate."""
    with recorder.catch() as caught:
        own = own_client(serve_openssl(), "-tls1_2")
        own.wait_for("Verify return code")
        own.process.stdin.write(b"R\n")
        own.process.stdin.flush()
        own.process.wait(PATIENCE)
    assert "up ClientHello" == caught.one.messages("client")[-1]
    assert ["down 1 100", "up 2 40"] == caught.one.alerts("client")  # no_renegotiation, handshake_failure
    assert ("intercepted", "renegotiation") == (caught.one.outcome, caught.one.fault)
    assert "client" == caught.one.summary["fault"]["who"]


def test_a_server_that_renegotiates(recorder, serve_openssl, own_client):
    """The same the other way, and the fault says what helps."""
    server = serve_openssl("-tls1_2")
    with recorder.catch() as caught:
        own_client(server).wait_for("Verify return code")
        server.process.stdin.write(b"R\n")
        server.process.stdin.flush()
    assert "down HelloRequest" == caught.one.messages("server")[-1]
    assert ("upstream-failed", "renegotiation") == (caught.one.outcome, caught.one.fault)
    assert "--passthrough" in caught.one.summary["fault"]["next"]


def test_nothing_is_resumed(recorder, serve_openssl, tmp_path):
    """A client that comes back with its ticket gets a whole handshake again, to be seen."""
    server, session = serve_openssl("-rev"), tmp_path / "session"
    talk(recorder, server, "-sess_out", session)
    again = talk(recorder, server, "-sess_in", session)
    hello = next(event["hex"] for event in again.of("message") if event["leg"] == "client")
    # pre_shared_key is the last extension, and ends in a binder of 48 bytes (RFC 8446 section 4.2.11): it did try.
    assert "003130" == hello[-102:-96]
    assert tls13(tickets=2) == again.messages("client") == again.messages("server")


def test_no_session_to_resume(recorder, serve_openssl, tmp_path):
    """A TLS 1.2 client is given neither ticket nor session."""
    talk(recorder, serve_openssl("-rev"), "-tls1_2", "-sess_out", tmp_path / "session")
    assert not (tmp_path / "session").exists()


def test_no_common_application_protocol(recorder, serve_openssl):
    """Where the server knows none of the client's ALPN protocols, the client hears so, as it would from the server."""
    server = serve_openssl("-rev", "-alpn", "h2")
    direct = s_client(server.port, "-alpn", "x-unheard-of")
    with recorder.catch() as caught:
        done = s_client(server.port, "-alpn", "x-unheard-of", proxy=recorder.port)
    assert b"alert number 120" in direct.stderr
    assert b"alert number 120" in done.stderr
    assert ["down 2 120"] == caught.one.alerts("client") == caught.one.alerts("server")
    assert "upstream-failed" == caught.one.outcome
