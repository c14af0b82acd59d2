"""What a recorder was told: one frozen dataclass, and every limit by name.

A configuration that exists is right: the text of options becomes typed values in the `parse_*` functions here, which
raise `ConfigError` with a suggestion.
"""

from __future__ import annotations

import difflib
import ipaddress
import math
import os
import re
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import translate
from pathlib import Path
from urllib.parse import urlsplit


class ConfigError(ValueError):
    """An option that cannot be meant; `next` says what could be."""

    def __init__(self, what: str, next_: str = "") -> None:
        super().__init__(what)
        self.next = next_


class OnFull(StrEnum):
    """What to do with connections when the journal cannot be written."""

    RELAY = "relay"
    """The bytes still flow, unrecorded."""
    CLOSE = "close"
    """Record or nothing: they are reset, and no new ones are taken."""


class UpstreamInvalid(StrEnum):
    """What to do with a server whose certificate does not verify."""

    MIRROR = "mirror"
    """Show the client a certificate that is bad in the same way: it decides as if nobody stood between."""
    REFUSE = "refuse"
    """End the connection."""


@dataclass(frozen=True, slots=True)
class Address:
    """A host (a name or an address, without brackets) and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Mode:
    """How a connection's target is known."""

    name: str
    """`explicit`, or `reverse`."""
    scheme: str = ""
    """Of a reverse target: `https` and `tls` expect TLS, `tcp` takes what comes."""
    target: Address | None = None

    def __str__(self) -> str:
        return f"reverse:{self.scheme}://{self.target}" if self.target else self.name


@dataclass(frozen=True, slots=True)
class Limits:
    """What one peer can cost. Sizes in bytes, times in seconds."""

    hello_size: int = 64 * 1024
    """A ClientHello with a post-quantum share is 2 KiB; OpenSSL takes 128 KiB, browsers send 4 KiB at most."""
    hello_time: float = 10
    head_size: int = 64 * 1024
    """The head of a CONNECT; nginx allows 32 KiB in all (large_client_header_buffers)."""
    dial_time: float = 10
    handshake_time: float = 30
    """Of each leg; the client's includes a person who is asked for a certificate."""
    certificate_wait: float = 0.25
    """How long a TLS 1.3 server that asked for a certificate and got none may take to refuse."""
    connections: int = 10_000
    """At one time; above it new ones wait in the listen queue."""
    resolver_memory: float = 5
    """How long a name's addresses are believed."""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate to answer servers with; `path` is a PEM of the chain and its key."""

    host: str
    """A glob over host names."""
    path: Path


MAX_GLOB = 255
"""Characters: names have 253 (RFC 1035 section 2.3.4)."""
LEAST_KEPT = 8 << 20
"""Bytes of journal: eight segments of the least size (capture/journal.py). They are dropped whole, and room for one is
made before it is begun: of fewer, little would be left then of what was just recorded."""


@dataclass(frozen=True, slots=True)
class Config:
    """All that a recorder needs to know; the defaults work."""

    capture: Path
    authority: Path
    listen: tuple[Address, ...] = (Address("127.0.0.1", 8080),)
    mode: Mode = Mode("explicit")
    passthrough: tuple[str, ...] = ()
    """Globs of hosts whose TLS is relayed untouched."""
    only: tuple[str, ...] = ()
    """Where given: all hosts but these are passed through."""
    refuse: tuple[str, ...] = ()
    """Globs of hosts that are not connected to; stronger than the other two."""
    insecure_upstream: tuple[str, ...] = ()
    """Globs of hosts whose certificate is shown as valid whatever verification says."""
    upstream_invalid: UpstreamInvalid = UpstreamInvalid.MIRROR
    ca_files: tuple[Path, ...] = ()
    """Further roots for servers."""
    client_certificates: tuple[ClientCertificate, ...] = ()
    keylog: Path | None = None
    """Where to append the key log of both legs, for other tools."""
    ciphertext: bool = False
    """Keep all ciphertext, not only that of the handshakes."""
    keep: int = 4 << 30
    """Bytes of journal to keep, LEAST_KEPT or more; older segments are dropped whole."""
    on_full: OnFull = OnFull.RELAY
    allow_remote: bool = False
    """Whether to listen on addresses that other machines reach."""
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.keep < LEAST_KEPT:
            raise ConfigError(
                f"{self.keep:,} bytes are too few to keep: the journal is dropped by segments of 1 MiB or more",
                f"keep {LEAST_KEPT >> 20}M or more",
            )
        for address in self.listen:
            if not self.allow_remote and not is_loopback(address.host):
                raise ConfigError(
                    f"{address} can be reached from other machines, and whoever reaches it can use this proxy",
                    "listen on 127.0.0.1, or say --allow-remote",
                )


MODES = ("explicit", "reverse:https://HOST:PORT", "reverse:tls://HOST:PORT", "reverse:tcp://HOST:PORT")
DEFAULT_PORTS = {"https": 443, "tls": 443}


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def parse_address(text: str) -> Address:
    """`HOST:PORT`, `[IPv6]:PORT` or `:PORT` (loopback)."""
    found = re.fullmatch(r"(?:\[([^\[\]\s]+)\]|([^\[\]:\s]*)):([0-9]{1,5})", text)
    if not found or int(found[3]) > 0xFFFF:
        raise ConfigError(f"{text!r} is no ADDRESS:PORT", "write 127.0.0.1:8080, or [::1]:8080")
    return Address(found[1] or found[2] or "127.0.0.1", int(found[3]))


def parse_mode(text: str) -> Mode:
    """`explicit`, or `reverse:` and a URL of a host."""
    if text == "explicit":
        return Mode("explicit")
    name, _, url = text.partition(":")
    if name != "reverse":
        raise ConfigError(f"there is no mode {text!r}", _closest(text, ("explicit", "reverse")))
    try:
        parts = urlsplit(url)
        port = DEFAULT_PORTS.get(parts.scheme) if parts.port is None else parts.port
    except ValueError as error:
        raise ConfigError(f"{url!r} is no target: {error}", "modes: " + ", ".join(MODES)) from None
    if parts.scheme not in {"https", "tls", "tcp"}:
        raise ConfigError(
            f"{url!r} is no target", _closest(parts.scheme, ("https", "tls", "tcp")) + "; modes: " + ", ".join(MODES)
        )
    more = parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc
    if not parts.hostname or not port or more or re.search(r"\s", url):
        raise ConfigError(f"{url!r} is no target", "modes: " + ", ".join(MODES))
    return Mode("reverse", parts.scheme, Address(parts.hostname, port))


def parse_glob(text: str) -> str:
    """A glob over host names and addresses (fnmatch), which can match one: a rule that never does would fail open."""
    wire = "write a host as it is on the wire, as in *.example.com, or xn--..."
    if len(text) > MAX_GLOB:
        raise ConfigError(f"{text[:40]!r}... is no glob of hosts: names have 253 characters at most", wire)
    if not re.fullmatch(r"[!-~]+", text):
        raise ConfigError(f"{text!r} is no glob of hosts: names have neither spaces nor letters beyond ASCII", wire)
    if "://" in text or "/" in text:
        raise ConfigError(f"{text!r} is no glob of hosts: it has a scheme, or a path", "write the host alone")
    if "," in text:
        raise ConfigError(f"{text!r} is no glob of hosts", "name each by itself")
    if text.count(":") == 1 or re.fullmatch(r"\[.*:.*\](:.*)?", text):
        raise ConfigError(f"{text!r} is no glob of hosts", "write the host without a port, and ::1 without brackets")
    if r"\[" in translate(text):
        raise ConfigError(f"{text!r} is no glob of hosts: its bracket is not closed", "write [ab].example.com")
    return text


def parse_size(text: str) -> int:
    """Bytes: a number with an optional K, M, G or T (powers of 1024)."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    size = float(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " ") if found else math.inf
    if math.isinf(size):
        raise ConfigError(f"{text!r} is no size", "write 500M or 4G")
    return int(size)


def parse_client_certificate(text: str) -> ClientCertificate:
    """`HOST=PEM`."""
    host, equals, path = text.partition("=")
    if not equals or not host or not path:
        raise ConfigError(
            f"{text!r} is no HOST=PEM", "write example.com=client.pem, a file that holds certificate and key"
        )
    return ClientCertificate(parse_glob(host), Path(os.path.expanduser(path)))  # noqa: PTH111 - pathlib raises for `~nobody`


def _closest(text: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(text, known, 1, 0.5)
    return f"did you mean {close[0]}?" if close else "there are: " + ", ".join(known)
