"""How programs are made to come here, and to trust the CA: commands to copy, with the real address and path in them.

    for way in ways(here): way.title, way.note, way.commands
    meant(ways(here), "python")                                  those that are meant by a word

Which variable makes which program trust a CA was measured; several read none that others read.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

from tlscope_ui.telling import Span
from tlscope_ui.telling.flow import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope_ui.telling import Line

TRUST = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "PIP_CERT",
         "CARGO_HTTP_CAINFO", "AWS_CA_BUNDLE", "npm_config_cafile")  # fmt: skip
"""Variables that name a file with CAs; together they reach what reads any."""
PROXY = ("http_proxy", "https_proxy", "HTTPS_PROXY")
"""curl reads http_proxy in lower case only."""

JAVA = "-Djavax.net.ssl.trustStore=tlscope.p12 -Djavax.net.ssl.trustStorePassword=changeit"


class Here(NamedTuple):
    """Where clients are to go, and whom to trust."""

    address: str
    """Host and port, as the recorder says where it listens."""
    ca: str
    """The path of the CA's certificate."""
    mode: str = "explicit"


class Way(NamedTuple):
    """One kind of client."""

    title: str
    note: str
    commands: tuple[str, ...]


def ways(here: Here) -> list[Way]:
    """Kinds of clients, the simplest first."""
    if here.mode.startswith("reverse"):
        return _reverse(here)
    if here.mode.startswith("transparent"):
        return [
            Way("any program", "Its connections come here by themselves; it must trust the CA.", ()),
            *trust(here.ca),
        ]
    return _explicit(here)


def meant(some: list[Way], word: str) -> list[Way]:
    """The ways of this title, or with it in their title; else those that say or do something with it; all for ""."""
    sought = word.lower()
    titles = [way for way in some if sought in way.title.lower()]
    exact = [way for way in titles if way.title.lower() == sought]
    return exact or titles or [way for way in some if sought in " ".join((way.note, *way.commands)).lower()]


def _explicit(here: Here) -> list[Way]:
    host, port = reachable(here.address)
    at, ca = f"{host}:{port}", shlex.quote(here.ca)
    url = f"http://{at}"
    return [
        Way("curl", "One request.", (f"curl -x {url} --cacert {ca} https://example.com/",)),
        Way(
            "this shell",
            "All that is started from it and reads the environment: curl, git, Python, pip, Go, Rust, AWS … "
            "Servers that are not reached through here are not trusted meanwhile.",
            (
                "export " + " ".join(f"{name}={url}" for name in PROXY),
                "export " + " ".join(f"{name}={ca}" for name in TRUST),
            ),
        ),
        Way(
            "Python",
            "requests reads the first, urllib and httpx the second; aiohttp wants trust_env=True in the program.",
            (f"https_proxy={url} REQUESTS_CA_BUNDLE={ca} SSL_CERT_FILE={ca} python3 program.py",),
        ),
        Way(
            "Node.js",
            "From 24 on; older ones read no proxy from the environment, but trust the CA by it.",
            (f"NODE_USE_ENV_PROXY=1 https_proxy={url} NODE_EXTRA_CA_CERTS={ca} node program.js",),
        ),
        Way(
            "Java",
            "Its trust store is a file of its own; made once.",
            (
                _keytool(ca),
                f"java -Dhttps.proxyHost={host.strip('[]')} -Dhttps.proxyPort={port} {JAVA} -jar program.jar",
            ),
        ),
        Way("wget", "", (f"https_proxy={url} wget --ca-certificate={ca} https://example.com/",)),
        Way("openssl", "The bare handshake.", (f"openssl s_client -proxy {at} -CAfile {ca} -connect example.com:443",)),
        Way(
            "a browser",
            "With a profile of its own; the CA is imported in its settings: certificates, authorities.",
            (
                f'chromium --user-data-dir="$(mktemp -d)" --proxy-server={url}',
                f'firefox --no-remote --profile "$(mktemp -d)"    # then: settings, proxy {at}',
            ),
        ),
    ]


def _keytool(ca: str) -> str:
    """What makes a trust store for Java."""
    options = "-keystore tlscope.p12 -storetype PKCS12 -storepass changeit"
    return f"keytool -importcert -noprompt -alias tlscope -file {ca} {options}"


def _reverse(here: Here) -> list[Way]:
    host, port = reachable(here.address)
    ca = shlex.quote(here.ca)
    note = "Clients that connect to the address below reach the server behind it."
    return [
        Way("curl", note, (f"curl --cacert {ca} --connect-to ::{host}:{port} https://HOST/",)),
        Way("openssl", "The bare handshake.", (f"openssl s_client -CAfile {ca} -connect {host}:{port}",)),
        *trust(here.ca),
    ]


def trust(path: str) -> list[Way]:
    """How each kind of client is told to trust the CA, and how that is undone where it lasts."""
    ca = shlex.quote(path)
    return [
        Way(
            "one program",
            "By its environment; nothing lasts.",
            (" ".join(f"{name}={ca}" for name in TRUST) + " program",),
        ),
        Way("curl, wget", "By an option.", (f"curl --cacert {ca} …", f"wget --ca-certificate={ca} …")),
        Way(
            "Java",
            "By a trust store of its own, which -Djavax.net.ssl.trustStore=tlscope.p12 names.",
            (_keytool(ca),),
        ),
        Way(
            "Firefox, Chromium",
            "In the settings: certificates, authorities, import; or for a profile, with the tools of NSS.",
            (f"certutil -A -n tlscope -t C,, -i {ca} -d sql:PROFILE", "certutil -D -n tlscope -d sql:PROFILE"),
        ),
        Way(
            "Debian, Ubuntu",
            "The whole machine, until it is undone: do that when you have finished.",
            (
                f"sudo cp {ca} /usr/local/share/ca-certificates/tlscope.crt && sudo update-ca-certificates",
                "sudo rm /usr/local/share/ca-certificates/tlscope.crt && sudo update-ca-certificates --fresh",
            ),
        ),
        Way(
            "Fedora, Arch",
            "The whole machine, until it is undone.",
            (f"sudo trust anchor --store {ca}", f"sudo trust anchor --remove {ca}"),
        ),
        Way(
            "macOS",
            "The user's keychain, until it is undone.",
            (
                f"security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db {ca}",
                f"security remove-trusted-cert {ca}",
            ),
        ),
    ]


def reachable(address: str) -> tuple[str, str]:
    """Host and port to connect to: one that listens everywhere is reached on loopback."""
    host, _, port = address.rpartition(":")
    return {"0.0.0.0": "127.0.0.1", "[::]": "[::1]", "": "127.0.0.1"}.get(host, host), port  # noqa: S104 - it is replaced


def told(some: list[Way], width: int) -> Iterator[tuple[Line, object]]:
    """The lines of some ways; each command is about itself, which is what is copied."""
    for way in some:
        yield [Span(way.title, "strong")], None
        for line in wrapped(way.note, width, "  ", "dim"):
            yield line, None
        for command in way.commands:
            for line in wrapped(command, width, "    "):
                yield line, command
        yield [], None
