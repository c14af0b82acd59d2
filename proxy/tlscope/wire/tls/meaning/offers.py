"""What the client offered, what we sent on, what the server chose, and what we chose for the client: side by side.

    compare(client_facts, server_facts)          rows, one a topic

A middle man that is to be believed has to ask the server for what the client can do, and to answer the client with what
the server chose. Where the two legs differ, a row says why: what our TLS library cannot speak is not sent on, keys are
ours on both sides, and each leg draws its own random numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tlscope.wire.tls.codes import (
    ExtensionType,
    NamedGroup,
    ProtocolVersion,
    SignatureScheme,
    name_of,
)
from tlscope.wire.tls.meaning import gist
from tlscope.wire.tls.meaning.fingerprint import GREASE, ja4
from tlscope.wire.tls.meaning.listing import few
from tlscope.wire.tls.suites import CipherSuite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from enum import IntEnum

    from tlscope.wire.tls.meaning.facts import LegFacts
    from tlscope.wire.tls.meaning.gist import Offered

COMPRESSORS = {1: "zlib", 2: "brotli", 3: "zstd"}
"""RFC 8879 section 7.3."""
TLS1_3 = 0x0304
PSK_MODES = {0: "psk_ke", 1: "psk_dhe_ke"}
"""RFC 8446 section 4.2.9."""


class Offer(NamedTuple):
    """A topic of both hellos. Texts quote peers: not yet safe for a terminal."""

    topic: str
    offered: tuple[str, ...]
    """By the client."""
    sent_on: tuple[str, ...]
    """By us to the server; empty, too, where no such leg was begun."""
    chosen: str
    """By the server; empty where it chose nothing of the kind."""
    answered: str
    """By us, to the client."""
    note: str = ""
    """Why they differ; empty where they do not."""
    reference: str = ""
    choosable: bool = True
    """Whether a server says anything of it: of fingerprints it does not, nor of GREASE."""
    direct: bool = False
    """Whether the server was offered the client's own hello: it was passed through, or others captured the packets."""

    @property
    def dropped(self) -> tuple[str, ...]:
        """What was offered and not sent on."""
        return _less(self.offered, self.sent_on)

    @property
    def added(self) -> tuple[str, ...]:
        """What was sent on and never offered."""
        return _less(self.sent_on, self.offered)

    @property
    def same(self) -> bool:
        """Whether both legs offered and chose alike, order included."""
        return self.offered == self.sent_on and self.chosen == self.answered


def _less(these: tuple[str, ...], those: tuple[str, ...]) -> tuple[str, ...]:
    other = frozenset(those)
    return tuple(item for item in dict.fromkeys(these) if item not in other)


class _Topic(NamedTuple):
    name: str
    offered: Callable[[Offered], Iterable[str]]
    chosen: Callable[[LegFacts], str] | None
    """None for what a server does not answer."""
    reference: str
    why_sent: str
    """Why what we send may differ from what was offered."""
    why_chosen: str
    """Why what we answer may differ from what was chosen."""


def compare(client: LegFacts, server: LegFacts) -> tuple[Offer, ...]:
    """All topics that either hello has, in the order of the table below; JA4 last."""
    if client.direct or server.direct:  # there is one leg only, by whichever name
        client = server = server if server.hello else client
    theirs, ours = client.offered, server.offered
    rows = []
    for topic in TOPICS:
        offered = tuple(topic.offered(theirs)) if theirs else ()
        sent_on = tuple(topic.offered(ours)) if ours else ()
        chosen, answered = (
            topic.chosen(facts) if topic.chosen and facts.server_hello else "" for facts in (server, client)
        )
        if offered or sent_on or chosen or answered:
            choosable = topic.chosen is not None
            row = Offer(topic.name, offered, sent_on, chosen, answered, "", topic.reference, choosable, server.direct)
            rows.append(row._replace(note=_note(row, topic, client, server)))
    prints = tuple((found.ja4,) if (found := ja4(facts.hello)) else () for facts in (client, server))
    if any(prints):
        note = "A server that looks at fingerprints sees ours, not the client's." if prints[0] != prints[1] else ""
        note = note if all(prints) else ""
        row = Offer("JA4", prints[0], prints[1], "", "", note, "github.com/FoxIO-LLC/ja4", choosable=False)
        rows.append(row._replace(direct=server.direct))
    return tuple(rows)


def _note(row: Offer, topic: _Topic, client: LegFacts, server: LegFacts) -> str:
    """What differs, and why."""
    if row.direct:
        return ""  # nothing can differ, and what was not seen the story says
    if not server.hello:
        return "The server was never asked." if client.hello else ""
    said = []
    if row.dropped:
        said.append(f"Not sent on: {_few(row.dropped)}.")
    if row.added:
        said.append(f"Added: {_few(row.added)}.")
    if client.hello and row.offered != row.sent_on:
        said.append(topic.why_sent if said else "In another order.")
    if row.choosable and not server.server_hello:
        said.append("The server chose nothing: its leg ended before.")
    elif row.choosable and not client.server_hello:
        said.append("The client was not answered.")
    elif row.chosen != row.answered:
        said.append(topic.why_chosen)
    return " ".join(said)


def _few(names: tuple[str, ...]) -> str:
    return few(names, MAX_NAMED)


MAX_NAMED = 6
"""Names in a note; the columns have them all."""


def _named(enum: type[IntEnum], values: Iterable[int]) -> list[str]:
    return [name_of(enum, value) for value in values]


def _modes(hello: Offered) -> list[str]:
    body = gist.Reader(hello.extensions.bodies.get(ExtensionType.psk_key_exchange_modes, b"")).vector(1)
    return [PSK_MODES.get(mode, f"unknown {mode}") for mode in body]


def _texts(names: Iterable[bytes]) -> list[str]:
    return [name.decode("utf-8", "backslashreplace") for name in names]


def _extensions(facts: LegFacts) -> str:
    chosen = facts.chosen
    return ", ".join(_named(ExtensionType, chosen.extensions.order)) if chosen else ""


def _compression(facts: LegFacts) -> str:
    chosen = facts.chosen
    return _method(chosen.compression) if chosen else ""


def _method(value: int) -> str:
    return {0: "null", 1: "DEFLATE", 64: "LZS"}.get(value, f"unknown {value}")


def _protocol(facts: LegFacts) -> str:
    """The one that was chosen; in TLS 1.3 that is known as soon as EncryptedExtensions is there."""
    known = facts.version < TLS1_3 or facts.place("EncryptedExtensions") is not None
    return facts.alpn or ("none" if known and facts.offered and facts.offered.alpn else "")


def _session(facts: LegFacts) -> str:
    return "resumed" if facts.resumed else ""


def _early(facts: LegFacts) -> str:
    return "accepted" if facts.early_accepted else ""


def _resumption(hello: Offered) -> list[str]:
    found = ["a session ID"] if hello.session_id and not hello.has(ExtensionType.supported_versions) else []
    if hello.extensions.bodies.get(ExtensionType.session_ticket):
        found.append("a ticket")
    return [*found, "a pre-shared key"] if hello.has(ExtensionType.pre_shared_key) else found


def _name(facts: LegFacts) -> str:
    chosen = facts.chosen
    return "acknowledged" if chosen and ExtensionType.server_name in chosen.extensions.bodies else ""


OURS = "Our own TLS library makes the hello, and offers what it can speak."
NOTHING = ""

TOPICS = (
    _Topic(
        "versions",
        lambda hello: _named(ProtocolVersion, hello.versions),
        lambda facts: facts.version_name,
        "RFC 8446 section 4.2.1",
        "We offer what lies between the client's lowest and highest version, as far as our library goes.",
        "The client is never given a higher version than the server, nor one that it did not offer.",
    ),
    _Topic(
        "server name",
        lambda hello: [hello.sni] if hello.sni else [],
        _name,
        "RFC 6066 section 3",
        "In reverse mode the server is asked for by its own name; and a name is sent as a host name, in small letters.",
        "Each side acknowledges the name as its library does; it means nothing more.",
    ),
    _Topic(
        "cipher suites",
        lambda hello: _named(CipherSuite, hello.suites),
        lambda facts: facts.suite_name,
        "RFC 8446 section 4.1.2",
        "Our library offers its own list: what it cannot speak is left out, GREASE and signals too.",
        "Each leg agrees on its own suite: nothing ties the two together, and data is encrypted anew.",
    ),
    _Topic(
        "groups",
        lambda hello: _named(NamedGroup, hello.groups),
        lambda facts: facts.group_name,
        "RFC 8446 section 4.2.7",
        "We send on the client's list, as far as our library knows the groups.",
        "Each leg agrees on its own key.",
    ),
    _Topic(
        "key shares",
        lambda hello: _named(NamedGroup, hello.key_shares),
        lambda facts: "after a HelloRetryRequest" if facts.retry else "",
        "RFC 8446 section 4.2.8",
        "We make keys of our own, for the groups of the client's: with its keys we could read nothing.",
        "Who guessed the wrong group is asked again; only one of the two did.",
    ),
    _Topic(
        "signature algorithms",
        lambda hello: _named(SignatureScheme, hello.schemes),
        lambda facts: facts.scheme_name,
        "RFC 8446 section 4.2.3",
        "We send on the client's list, as far as our library knows it; our library's own where the client's lacks what "
        "all must support, or where a certificate of ours is to be shown.",
        "The server signs with its key, and we with that of the forged certificate.",
    ),
    _Topic(
        "application protocols",
        lambda hello: _texts(hello.alpn),
        _protocol,
        "RFC 7301 section 3.1",
        "The client's list is sent on as it is; where it differs, the reason lies in the options.",
        "The client should have been given the server's choice.",
    ),
    _Topic(
        "certificate compression",
        lambda hello: [COMPRESSORS.get(value, f"unknown {value}") for value in hello.compressors],
        lambda facts: "used" if facts.place("CompressedCertificate") is not None else "",
        "RFC 8879 section 3",
        OURS,
        "Each side compresses if it likes.",
    ),
    _Topic(
        "resumption",
        _resumption,
        _session,
        "RFC 8446 section 2.2",
        "Tickets are bound to the keys of a leg: the client's are of no use towards the server.",
        "The legs resume apart.",
    ),
    _Topic(
        "PSK modes",
        _modes,
        None,
        "RFC 8446 section 4.2.9",
        OURS,
        NOTHING,
    ),
    _Topic(
        "early data",
        lambda hello: ["offered"] if hello.has(ExtensionType.early_data) else [],
        _early,
        "RFC 8446 section 4.2.10",
        "Early data would reach the server before we know who it is: it is not taken, and the client sends it again.",
        "Early data is not taken from the client.",
    ),
    _Topic(
        "client certificate",
        lambda hello: ["after the handshake, too"] if hello.has(ExtensionType.post_handshake_auth) else [],
        lambda facts: "asked for" if facts.asked else "",
        "RFC 8446 section 4.3.2",
        OURS,
        "We ask the client where the server asks us; what it proves is proved to us alone.",
    ),
    _Topic(
        "compression",
        lambda hello: [_method(value) for value in hello.compression],
        _compression,
        "RFC 5246 section 7.4.1.2",
        "We offer none: compressed lengths give secrets away.",
        "Each leg on its own.",
    ),
    _Topic(
        "encrypted hello",
        lambda hello: ["encrypted_client_hello"] if hello.has(ExtensionType.encrypted_client_hello) else [],
        None,
        "RFC 9849 section 5",
        "The inner hello is encrypted to a key of the server's, so only the outer one is known here.",
        NOTHING,
    ),
    _Topic(
        "extensions",
        lambda hello: _named(ExtensionType, hello.extensions.order),
        _extensions,
        "RFC 8446 section 4.2",
        OURS,
        "Each side answers the extensions that it was offered.",
    ),
    _Topic(
        "GREASE",
        lambda hello: sorted(
            {f"0x{value:04X}" for value in (*hello.suites, *hello.extensions.order) if value in GREASE}
        ),
        None,
        "RFC 8701 section 3",
        "Reserved numbers are drawn by each client for itself; our library draws none.",
        NOTHING,
    ),
)
