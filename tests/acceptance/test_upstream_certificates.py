"""Servers with bad certificates: the client decides as if nobody stood between, and the verdict names every fault."""

from __future__ import annotations

import pytest

from support.certificates import DAY, NOW, UpstreamCA
from support.clients import curl, wget
from support.servers import answer, server_context

NAMES = ("localhost", "127.0.0.1")
EXPIRED = {"begin": NOW - 20 * DAY, "end": NOW - 10 * DAY}
FUTURE = {"begin": NOW + 10 * DAY, "end": NOW + 20 * DAY}

BAD = {
    "expired": (lambda known, _: known.issue(*NAMES, **EXPIRED), ["expired"]),
    "not yet valid": (lambda known, _: known.issue(*NAMES, **FUTURE), ["not-yet-valid"]),
    "wrong name": (lambda known, _: known.issue("other.example"), ["name-mismatch"]),
    "self-signed": (lambda known, _: known.self_signed(*NAMES), ["self-signed"]),
    "unknown issuer": (lambda _, unknown: unknown.issue(*NAMES), ["unknown-issuer"]),
    "unknown issuer, root sent": (lambda _, unknown: unknown.issue(*NAMES, send_root=True), ["unknown-issuer"]),
    "expired, wrong name": (lambda known, _: known.issue("other.example", **EXPIRED), ["expired", "name-mismatch"]),
    "all of it": (
        lambda known, _: known.self_signed("other.example", **EXPIRED),
        ["self-signed", "expired", "name-mismatch"],
    ),
    "RSA, expired": (lambda known, _: known.issue(*NAMES, key="rsa", **EXPIRED), ["expired"]),
}
"""What to serve, given the CA that is trusted and one that is not; and the codes of its faults."""


@pytest.fixture(scope="session")
def unknown_ca(tmp_path_factory):
    """A CA that nobody trusts."""
    return UpstreamCA(tmp_path_factory.mktemp("unknown-ca"), "Unknown Root")


@pytest.fixture
def bad_server(serve_python, upstream_ca, unknown_ca):
    """Serve one of `BAD`."""
    return lambda case: serve_python(answer(b"secret"), server_context(BAD[case][0](upstream_ca, unknown_ca)))


def codes(connection):
    (verdict,) = connection.of("verdict")
    return [fault.partition(":")[0] for fault in verdict["faults"]]


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_curl_fails_as_it_does_without_us(recorder, bad_server, upstream_ca, case, version):
    """Curl's words are the same through tlscope as directly; it gets no body, and is never called intercepted."""
    server = bad_server(case)
    direct = curl("--tls-max", version, "--cacert", upstream_ca.pem, server.url)
    with recorder.catch() as caught:
        done = curl("--tls-max", version, "-x", f"http://{recorder.address}", "--cacert", recorder.ca, server.url)
    assert 60 == direct.returncode == done.returncode  # CURLE_PEER_FAILED_VERIFICATION
    assert direct.stderr == done.stderr
    assert b"" == done.stdout
    assert BAD[case][1] == codes(caught.one)
    assert "upstream-invalid" == caught.one.outcome


@pytest.mark.parametrize("case", ["expired", "wrong name", "unknown issuer"])
def test_wget_fails_too(recorder, bad_server, upstream_ca, case):
    """GnuTLS finds the same fault in our certificate as in the server's."""
    server = bad_server(case)
    direct = wget("-nv", "--ca-certificate", upstream_ca.pem, server.url)
    proxy = ["-e", f"https_proxy=http://{recorder.address}"]
    with recorder.catch() as caught:
        done = wget("-nv", *proxy, "--ca-certificate", recorder.ca, server.url)
    assert 5 == direct.returncode == done.returncode  # "SSL verification failure"
    assert b"" == done.stdout
    assert "upstream-invalid" == caught.one.outcome
    assert BAD[case][1] == codes(caught.one)


@pytest.mark.parametrize("case", BAD)
def test_insecure_clients_get_through(recorder, bad_server, case):
    """A client that does not verify is served, and the verdict still names every fault."""
    server = bad_server(case)
    with recorder.catch() as caught:
        done = curl("-k", "-x", f"http://{recorder.address}", server.url)
    assert b"secret" == done.stdout
    assert ("intercepted", BAD[case][1]) == (caught.one.outcome, codes(caught.one))


def test_insecure_upstream(record, bad_server):
    """With -k HOST a bad server looks good to the client, and the verdict says that it is not."""
    server = bad_server("all of it")
    recording = record("-k", "localhost")
    with recording.catch(2) as caught:
        done = curl("-x", f"http://{recording.address}", "--cacert", recording.ca, server.url)
        other = curl("-x", f"http://{recording.address}", "--cacert", recording.ca, f"https://127.0.0.1:{server.port}")
    assert b"secret" == done.stdout
    assert 60 == other.returncode  # the option named another host
    assert [BAD["all of it"][1]] * 2 == [codes(connection) for connection in caught]
    assert ["intercepted", "upstream-invalid"] == [connection.outcome for connection in caught]


@pytest.mark.parametrize("case", ["expired", "unknown issuer"])
def test_refuse_the_invalid(record, bad_server, case):
    """With --upstream-invalid refuse no certificate is shown at all, and the server gets no request."""
    server = bad_server(case)
    recording = record("--upstream-invalid", "refuse")
    with recording.catch() as caught:
        done = curl("-k", "-x", f"http://{recording.address}", server.url)
    assert b"alert access denied" in done.stderr, done.stderr
    assert (b"", b"") == (done.stdout, bytes(server.received))
    assert ("upstream-invalid", "upstream-invalid") == (caught.one.outcome, caught.one.fault)
    assert BAD[case][1] == codes(caught.one)
    assert [] == caught.one.of("leaf")


def test_a_good_server_is_good(recorder, serve_python, upstream_ca):
    """The control: with nothing wrong, there is no fault, and curl is content."""
    server = serve_python(answer(b"secret"), server_context(upstream_ca.issue(*NAMES)))
    with recorder.catch() as caught:
        done = curl("-x", f"http://{recorder.address}", "--cacert", recorder.ca, server.url)
    assert (b"secret", b"") == (done.stdout, done.stderr)
    assert ([], "intercepted") == (codes(caught.one), caught.one.outcome)
