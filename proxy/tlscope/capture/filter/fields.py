"""What a filter can ask for: the catalogue of fields, with what each is for.

A field has one name of ours and, where Wireshark has the same thing, Wireshark's name as an alias (checked with
`tshark -G fields`). It stands for one column of the index (schema.py) or for several, of which any may match: `ip.addr`
is either end, `tls.version` that of either leg. Aliases of the tables: `c` connection, `e` exchange, `f` finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from tlscope.capture.foreign import EXPORTED, FROM_PACKETS
from tlscope.events import Action, Leg, OutcomeKind, Who
from tlscope.wire.http.oddities import ODDITIES
from tlscope.wire.tls.meaning.finding import KINDS


class Kind(Enum):
    """What a column holds, which says what values it is compared with, and how."""

    TEXT = auto()
    """Text in which case does not matter."""
    EXACT = auto()
    """Text of an indexed column, which holds names as they came or in lower case."""
    NUMBER = auto()
    SIZE = auto()
    """Bytes."""
    NANOSECONDS = auto()
    """A length of time."""
    TIME = auto()
    """Nanoseconds since the epoch."""
    AGE = auto()
    """Nanoseconds since the epoch, asked for as the time that has passed since."""
    EXPIRY = auto()
    """Seconds since the epoch, asked for as a time or as the time that is left until then."""
    VERSION = auto()
    """A TLS version's code point."""
    ADDRESS = auto()
    """An IP address as text."""
    WORDS = auto()
    """Names, separated by spaces, of which each is compared alone."""
    SEVERITY = auto()
    MESSAGES = auto()
    """A bit mask of handshake types."""
    STATUS = auto()
    """An HTTP status code."""
    FINGERPRINT = auto()
    """Hexadecimal digits in lower case; people write them with colons as well."""
    CIPHER = auto()
    """The RFC's name of a cipher suite, or its code point."""
    FLAG = auto()
    """True or false; the column is a condition."""
    BODY = auto()
    """Application data, which is not in the index."""


ORDERED = frozenset(
    {Kind.NUMBER, Kind.SIZE, Kind.NANOSECONDS, Kind.TIME, Kind.AGE, Kind.EXPIRY, Kind.VERSION, Kind.SEVERITY}
    | {Kind.STATUS}
)
"""Kinds that are less or more than others."""
TEXTS = frozenset({Kind.TEXT, Kind.EXACT, Kind.ADDRESS, Kind.WORDS, Kind.CIPHER, Kind.FINGERPRINT})
"""Kinds that can be searched in."""

SEVERITIES = ("info", "notice", "warning", "serious")
"""Of findings; the index counts them from 1."""


@dataclass(frozen=True, slots=True)
class Field:
    """Something that a filter can ask for."""

    name: str
    kind: Kind
    columns: tuple[str, ...]
    """SQL expressions with the table's alias; plain columns wherever an index could help."""
    note: str
    """What it is, in a few words."""
    aliases: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    """Those that people know: all there are, if `closed`."""
    closed: bool = False

    @property
    def table(self) -> str:
        """The alias of the table that it is in; empty for the body, which is in none."""
        return "" if self.kind is Kind.BODY else next(alias for alias in "cef" if f"{alias}." in self.columns[0])

    @property
    def spellings(self) -> tuple[str, ...]:
        """All its names."""
        return self.name, *self.aliases


def _field(
    name: str,
    kind: Kind,
    columns: str,
    note: str,
    *aliases: str,
    values: tuple[str, ...] = (),
    closed: bool = False,
) -> Field:
    # ` | ` separates columns, so that an expression may hold commas.
    return Field(name, kind, tuple(columns.split(" | ")), note, aliases, values, closed)


_OUTCOMES = tuple(outcome.value for outcome in OutcomeKind)
_VERSIONS = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_ALPN = ("h2", "http/1.1")
_MODES = ("explicit", "reverse", "transparent", FROM_PACKETS, EXPORTED)
_VIA = ("connect", "absolute-form", "socks4", "socks5", "sni", "reverse", "transparent", FROM_PACKETS)
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
_LEGS = tuple(leg.name.lower() for leg in Leg)
_TRUTH = ("true", "false")
_FINDINGS = (*KINDS, *ODDITIES)
"""What is odd about a whole connection, and about none of its exchanges, is a finding, too."""

_CONNECTION = (
    _field("connection", Kind.NUMBER, "c.connection", "the connection's number", "tcp.stream"),
    _field("opened", Kind.TIME, "c.opened", "when the client connected", "frame.time", "time"),
    _field("closed", Kind.TIME, "c.closed", "when the connection was over"),
    _field("age", Kind.AGE, "c.opened", "how long ago the client connected"),
    _field("duration", Kind.NANOSECONDS, "c.closed - c.opened", "how long the connection lasted"),
    _field("client", Kind.TEXT, "c.client", "the client's address and port"),
    _field("client.ip", Kind.ADDRESS, "c.client_ip", "the client's address", "ip.src", "ipv6.src"),
    _field("client.port", Kind.NUMBER, "c.client_port", "the client's port", "tcp.srcport"),
    _field("server.ip", Kind.ADDRESS, "c.server_ip", "the server's address", "ip.dst", "ipv6.dst"),
    _field("ip.addr", Kind.ADDRESS, "c.client_ip | c.server_ip", "the address of either end", "ip", "ipv6.addr"),
    _field("port", Kind.NUMBER, "c.port", "the server's port", "server.port", "tcp.dstport"),
    _field("tcp.port", Kind.NUMBER, "c.client_port | c.port", "the port of either end"),
    _field("host", Kind.EXACT, "c.host", "the server's name or address, as the client asked for it"),
    _field("listener", Kind.TEXT, "c.listener", "where the client reached tlscope"),
    _field("mode", Kind.EXACT, "c.mode", "the recorder's mode", values=_MODES),
    _field("via", Kind.EXACT, "c.via", "how the target became known", values=_VIA),
    _field("rule", Kind.TEXT, "c.rule", "the option that decided what was done with it"),
    _field("action", Kind.EXACT, "c.action", "what policy did with it",
           values=tuple(action.value for action in Action), closed=True),
    _field("outcome", Kind.EXACT, "c.outcome", "how it ended", values=_OUTCOMES, closed=True),
    _field("detail", Kind.TEXT, "c.detail", "more on how it ended"),
    _field("fault", Kind.EXACT, "c.fault", "the code of what went wrong first"),
    _field("fault.who", Kind.EXACT, "c.fault_who", "whose fault it was",
           values=tuple(who.value for who in Who), closed=True),
    _field("fault.what", Kind.TEXT, "c.fault_what", "what went wrong, in a sentence"),
    _field("fault.next", Kind.TEXT, "c.fault_next", "what to do about it"),
    _field("up", Kind.SIZE, "c.up", "application bytes towards the server"),
    _field("down", Kind.SIZE, "c.down", "application bytes towards the client"),
    _field("size", Kind.SIZE, "c.up + c.down", "application bytes in both directions"),
    _field("protocol", Kind.EXACT, "c.protocol", "what was spoken above TLS",
           values=("http/1.1", "h2", "websocket", "plain", "raw")),
    _field("exchanges", Kind.NUMBER, "c.exchanges", "how many exchanges it had"),
    _field("dissector.fault", Kind.TEXT, "c.dissector_fault", "what stopped our own dissectors"),
)  # fmt: skip

_TLS = (
    _field("tls", Kind.FLAG, "c.client_messages <> 0 OR c.server_messages <> 0", "TLS was spoken on a leg",
           "ssl", "tls.handshake", values=_TRUTH),
    _field("sni", Kind.EXACT, "c.sni", "the name in the client's hello", "tls.handshake.extensions_server_name"),
    _field("server.sni", Kind.EXACT, "c.server_sni", "the name in our hello to the server"),
    _field("ja3", Kind.EXACT, "c.ja3", "the client's JA3 fingerprint", "tls.handshake.ja3"),
    _field("ja3n", Kind.EXACT, "c.ja3n", "the client's JA3 with its extensions sorted"),
    _field("ja3s", Kind.EXACT, "c.ja3s", "the server's JA3S fingerprint", "tls.handshake.ja3s"),
    _field("ja4", Kind.EXACT, "c.ja4", "the client's JA4 fingerprint", "tls.handshake.ja4"),
    _field("client.version", Kind.VERSION, "c.client_version", "the client leg's TLS version", values=_VERSIONS),
    _field("server.version", Kind.VERSION, "c.server_version", "the server leg's TLS version", values=_VERSIONS),
    _field("tls.version", Kind.VERSION, "c.client_version | c.server_version", "the TLS version of either leg",
           "version", values=_VERSIONS),
    _field("client.cipher", Kind.CIPHER, "c.client_cipher", "the client leg's cipher suite"),
    _field("server.cipher", Kind.CIPHER, "c.server_cipher", "the server leg's cipher suite"),
    _field("tls.cipher", Kind.CIPHER, "c.client_cipher | c.server_cipher", "the cipher suite of either leg",
           "cipher", "tls.handshake.ciphersuite"),
    _field("client.group", Kind.TEXT, "c.client_group", "the client leg's key exchange group"),
    _field("server.group", Kind.TEXT, "c.server_group", "the server leg's key exchange group"),
    _field("tls.group", Kind.TEXT, "c.client_group | c.server_group", "the key exchange group of either leg", "group"),
    _field("client.alpn", Kind.TEXT, "c.client_alpn", "the client leg's application protocol", values=_ALPN),
    _field("server.alpn", Kind.TEXT, "c.server_alpn", "the server leg's application protocol", values=_ALPN),
    _field("tls.alpn", Kind.TEXT, "c.client_alpn | c.server_alpn", "the application protocol of either leg",
           "alpn", "tls.handshake.extensions_alpn_str", values=_ALPN),
    _field("client.message", Kind.MESSAGES, "c.client_messages", "a handshake message of the client leg"),
    _field("server.message", Kind.MESSAGES, "c.server_messages", "a handshake message of the server leg"),
    _field("tls.message", Kind.MESSAGES, "c.client_messages | c.server_messages", "a handshake message of either leg",
           "message", "tls.handshake.type"),
    _field("tls.alert", Kind.WORDS, "c.alerts", "an alert", "alert", "alerts", "tls.alert_message",
           "tls.alert_message.desc"),
    _field("cert.subject", Kind.TEXT, "c.cert_subject", "whom the server's certificate names"),
    _field("cert.issuer", Kind.TEXT, "c.cert_issuer", "who signed the server's certificate"),
    _field("cert.names", Kind.WORDS, "c.cert_names", "a name in the server's certificate", "cert.name",
           "x509ce.dNSName"),
    _field("cert.expires", Kind.EXPIRY, "c.cert_expires", "when the server's certificate expires"),
    _field("cert.key", Kind.TEXT, "c.cert_key", "the kind of the server's key"),
    _field("cert.sha256", Kind.FINGERPRINT, "c.cert_sha256", "the fingerprint of the server's certificate"),
    _field("cert.fault", Kind.WORDS, "c.verdict", "what verification has against the server's chain", "verdict"),
    _field("cert.valid", Kind.FLAG, "c.verdict_word = 0", "the server's chain is valid", values=_TRUTH),
    _field("findings", Kind.WORDS, "c.findings", "the code of a finding about either leg", values=_FINDINGS,
           closed=True),
    _field("severity", Kind.SEVERITY, "c.severity", "of the gravest finding", values=SEVERITIES, closed=True),
    _field("finding.code", Kind.EXACT, "f.code", "the code of a finding", values=_FINDINGS, closed=True),
    _field("finding.leg", Kind.EXACT, "f.leg", "the leg that a finding is about", values=_LEGS, closed=True),
    _field("finding.severity", Kind.SEVERITY, "f.severity", "how grave a finding is", values=SEVERITIES, closed=True),
    _field("finding.what", Kind.TEXT, "f.what", "a finding, in a sentence"),
)  # fmt: skip

_EXCHANGE = (
    _field("http", Kind.FLAG, "e.method IS NOT NULL OR e.status IS NOT NULL", "an exchange of HTTP, of any version",
           values=_TRUTH),
    _field("http2", Kind.FLAG, "c.protocol = 'h2'", "HTTP/2 was spoken", values=_TRUTH),
    _field("websocket", Kind.FLAG, "c.protocol = 'websocket'", "WebSocket was spoken", values=_TRUTH),
    _field("exchange", Kind.NUMBER, "e.exchange", "the exchange's number in its connection"),
    _field("stream", Kind.NUMBER, "e.stream", "the exchange's HTTP/2 stream", "http2.streamid"),
    _field("http.started", Kind.TIME, "e.started", "when the request began"),
    _field("http.time", Kind.NANOSECONDS, "e.ended - e.started", "how long the exchange took"),
    _field("http.request", Kind.FLAG, "e.method_word IS NOT NULL", "a request", values=_TRUTH),
    _field("http.response", Kind.FLAG, "e.status IS NOT NULL", "a response", values=_TRUTH),
    _field("http.request.method", Kind.TEXT, "e.method", "the request's method", "method",
           "http2.headers.method", values=_METHODS),
    _field("scheme", Kind.TEXT, "e.scheme", "the request's scheme", "http2.headers.scheme", values=("http", "https")),
    _field("http.host", Kind.EXACT, "e.authority", "the host and port that the request names", "authority",
           "http2.headers.authority"),
    _field("http.request.uri", Kind.TEXT, "e.target", "the request's target: path and query", "target", "uri", "path",
           "http2.headers.path"),
    _field("http.response.code", Kind.STATUS, "e.status", "the response's status code", "status",
           "http2.headers.status", values=("200", "301", "302", "304", "400", "401", "403", "404", "500", "502",
                                           "503")),
    _field("http.version", Kind.TEXT, "e.version", "the version of HTTP", "http.request.version",
           "http.response.version", values=("HTTP/1.0", "HTTP/1.1", "HTTP/2")),
    _field("http.content_type", Kind.TEXT, "e.request_type | e.response_type", "the media type of either body",
           "content_type"),
    _field("request.type", Kind.TEXT, "e.request_type", "the media type of the request's body"),
    _field("response.type", Kind.TEXT, "e.response_type", "the media type of the response's body"),
    _field("request.size", Kind.SIZE, "e.request_size", "bytes of the request's body"),
    _field("response.size", Kind.SIZE, "e.response_size", "bytes of the response's body"),
    _field("http.oddity", Kind.WORDS, "e.oddities", "the code of what is odd about an exchange", "oddity", "oddities",
           values=ODDITIES, closed=True),
    _field("body", Kind.BODY, "", "application data"),
)  # fmt: skip

FIELDS: tuple[Field, ...] = _CONNECTION + _TLS + _EXCHANGE
BY_NAME: dict[str, Field] = {name.lower(): field for field in FIELDS for name in field.spellings}

SHOWN_OF_CONNECTION = tuple(
    f"c.{name}"
    for name in (
        "host", "sni", "client", "server_ip", "mode", "action", "outcome", "detail", "rule", "fault", "fault_what",
        "protocol", "client_cipher", "client_group", "client_alpn", "server_cipher", "server_group", "server_alpn",
        "cert_subject", "cert_issuer", "cert_names", "cert_key", "verdict", "alerts", "ja3", "ja4",
    )
)  # fmt: skip
"""Where a word that is no field is searched for in a connection; what nobody reads as text is left out.

Findings are, too: every third connection has `no-post-quantum`, and is not what somebody means by `post`. A word that
is the whole name of one finds it nevertheless (compiler.py)."""
SHOWN_OF_EXCHANGE = tuple(
    f"e.{name}" for name in ("method", "authority", "target", "status", "request_type", "response_type", "oddities")
)
"""The same for exchanges."""
