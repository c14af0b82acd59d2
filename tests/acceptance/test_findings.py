"""What is found of real connections: nothing of a good one, and of each bad one the thing that is bad."""

from __future__ import annotations

import json

import pytest

from support.certificates import DAY, NOW
from support.clients import curl, s_client

OLD = "DEFAULT:@SECLEVEL=0"


def found(recording, caught):
    """Findings as (leg, code): severity."""
    told = json.loads(recording.cli("show", str(caught.number), "--story", "--json"))
    return {(item["leg"], item["code"]): item["severity"] for item in told["findings"]}


@pytest.mark.parametrize("options", [[], ["--http1.1"], ["--tls-max", "1.2"]])
def test_nothing_is_wrong_with_a_good_connection(recorder, nginx, options):
    """Curl, and a server of today whose certificate is fine: nothing above `info`."""
    with recorder.catch() as caught:
        done = curl(
            "-sS", "--cacert", recorder.ca, "-x", f"http://127.0.0.1:{recorder.port}", *options, f"{nginx.url}/one"
        )
    assert 0 == done.returncode, done.stderr
    said = found(recorder, caught.one)
    assert said
    assert {"info"} == set(said.values()), said
    assert not any("tlscope" in code for _, code in said)


BAD = {
    "nothing": ([], {}, set()),
    "old version": (["-tls1", "-cipher", OLD], {}, {"old-version", "cbc-tls10"}),
    "RSA key exchange": (["-tls1_2", "-cipher", "AES128-GCM-SHA256"], {"key": "rsa"}, {"no-forward-secrecy"}),
    "Diffie-Hellman": (["-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256"], {"key": "rsa"}, {"finite-field-dh"}),
    "SHA-1": (
        ["-tls1_2", "-cipher", OLD, "-sigalgs", "RSA+SHA1"],
        {"key": "rsa"},
        {"weak-handshake-signature"},
    ),
    "expired": ([], {"begin": NOW - 100 * DAY, "end": NOW - DAY}, {"invalid-chain", "expired"}),
    "soon": ([], {"begin": NOW - 85 * DAY, "end": NOW + 5 * DAY}, {"expiring-soon"}),
    "another name": ([], {"names": ["other.example"]}, {"invalid-chain", "name-mismatch"}),
}


@pytest.mark.parametrize("name", BAD)
def test_each_bad_server_is_told(recorder, upstream_ca, serve_openssl, name):
    """The server leg has what is bad, and nothing else above `info`; a client that offers all that it takes goes on."""
    options, issue, expected = BAD[name]
    issue = dict(issue)
    certificate = upstream_ca.issue(*issue.pop("names", ["localhost"]), **issue)
    server = serve_openssl("-rev", *options, certificate=certificate)
    client = ["-quiet", "-CAfile", recorder.ca, "-cipher", OLD, "-min_protocol", "TLSv1"]
    with recorder.catch() as caught:
        s_client(server.port, *client, proxy=recorder.port, input_=b"hello\nCLOSE\n")
    said = found(recorder, caught.one)
    grave = {code for (leg, code), severity in said.items() if leg == "server" and severity != "info"}
    assert expected == grave, said
