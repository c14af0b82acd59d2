"""What is said above TLS, in words that HTTP/1.1, HTTP/2, WebSocket, gRPC and event streams share.

    observer = observe(alpn)                      (observe.py)
    for each chunk as relayed:
        for event in observer.feed(direction, data, offset): ...
    where bytes are missing, as they may be in a capture:
        for event in observer.missing(direction, size): ...
    at the end of each direction:
        for event in observer.finish(direction): ...

An observer reads over both peers' shoulders. It refuses nothing: what is wrong is an `Oddity`, and what no longer makes
sense is `Raw` from there on. Nothing raises on what a peer sent.

Payloads are not kept. `start` and `length` point into the stream of one direction, as the offsets given to `feed` count
it; `Message.data` holds the first `keep` bytes of what had to be decoded anyway. How the stream was cut into chunks
makes no difference but for where one `Body` ends and the next begins.

Events are named tuples, which are made in a third of the time of a frozen dataclass: tell them apart by their type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from tlscope.events import Direction

KEPT = 1024
"""Bytes of a decoded message that its event carries unless told otherwise: enough for a line in a list."""
MAX_ODDITIES = 1000
"""Oddities told of one connection. A peer could send nothing else; the last one says that no more will be told."""


class Observer(Protocol):
    """Understands the decrypted bytes of one connection."""

    @property
    def protocol(self) -> str:
        """What is spoken, as far as is known yet: `http/1.1`, `h2`, `websocket`, `raw`, or empty."""

    def feed(self, direction: Direction, data: bytes | memoryview, offset: int) -> list[Event]:
        """Take a chunk; `offset` is where its first byte stands in the stream of its direction."""

    def missing(self, direction: Direction, size: int) -> list[Event]:
        """`size` bytes passed here that nobody has, 0: nobody knows how many; `offset` does not count them."""

    def finish(self, direction: Direction) -> list[Event]:
        """This direction has ended; called once for each."""


class Header(NamedTuple):
    """One field line (RFC 9110 section 5); HTTP/2's pseudo-header fields are among them, with their colon."""

    name: bytes
    """As sent."""
    value: bytes
    """As sent, without the whitespace around it."""
    start: int
    length: int
    """Bytes in the stream: the line without its end, or HTTP/2's representation, be it one byte."""

    @property
    def key(self) -> str:
        """The name for comparing: names are case-insensitive."""
        return self.name.decode("latin-1").lower()

    @property
    def text(self) -> str:
        """The value as people read it."""
        return text_of(self.value)

    @property
    def octets(self) -> str:
        """The value with every byte a character, for who makes bytes of it again."""
        return self.value.decode("latin-1")


Headers = tuple[Header, ...]


def text_of(value: bytes) -> str:
    """Bytes of a head as text: to HTTP, those that are not ASCII are opaque (RFC 9110 section 5.5).

    Who sends some means UTF-8 today, and ISO 8859-1 where they are no UTF-8.
    """
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def readable(octets: str) -> str:
    """The same for a target, an authority or a phrase, whose characters are bytes; what has others is text already."""
    if octets.isascii():
        return octets
    try:
        return text_of(octets.encode("latin-1"))
    except UnicodeEncodeError:
        return octets


def header(headers: Headers, name: bytes) -> bytes | None:
    """The value of the first header called `name` (in lower case); None without one."""
    for found in headers:
        if len(found.name) == len(name) and found.name.lower() == name:
            return found.value
    return None


class RequestHead(NamedTuple):
    """A request begins; with it the exchange, numbered from 1 in the connection."""

    exchange: int
    method: str
    """Empty where the header state of HTTP/2 was lost."""
    target: str
    """As sent, every byte a character: a path, an absolute URI, `*`, or the authority for CONNECT."""
    scheme: str
    authority: str
    version: str
    """`HTTP/1.1`, `HTTP/1.0`, `HTTP/2`."""
    headers: Headers
    start: int
    length: int
    stream: int = 0
    """HTTP/2's stream; 0 elsewhere."""
    pushed: bool = False
    """The server's promise (RFC 9113 section 8.4): `start` counts in the direction of the server then."""


class ResponseHead(NamedTuple):
    """A response begins, or (interim) says that it will."""

    exchange: int
    status: int
    """0 where the header state of HTTP/2 was lost."""
    reason: str
    """HTTP/1's phrase; empty in HTTP/2."""
    version: str
    headers: Headers
    start: int
    length: int
    interim: bool = False
    """A 1xx: the final one is still to come (RFC 9110 section 15.2). 101 is final."""
    stream: int = 0


class Body(NamedTuple):
    """Bytes of content after transfer coding, framing and padding are taken off; content coding is not."""

    exchange: int
    direction: Direction
    start: int
    length: int


class Trailers(NamedTuple):
    """Header fields behind the content (RFC 9110 section 6.5)."""

    exchange: int
    direction: Direction
    headers: Headers
    start: int
    length: int


class Complete(NamedTuple):
    """One direction of an exchange is over."""

    exchange: int
    direction: Direction
    end: int
    """Offset behind its last byte."""
    whole: bool = True
    """False where it was cut off or reset."""


class Upgraded(NamedTuple):
    """From here on another protocol speaks: `websocket`, `h2c`, `connect` for a tunnel, or any name that was agreed."""

    exchange: int
    protocol: str
    up: int
    """Offset of its first byte towards the server, where it has the connection to itself; -1 within HTTP/2."""
    down: int


class Frame(NamedTuple):
    """One frame of HTTP/2 or WebSocket."""

    exchange: int | None
    """None for what concerns the connection."""
    direction: Direction
    stream: int
    """HTTP/2's stream; 0 elsewhere."""
    type: str
    """`HEADERS`, `DATA`, `text`, `ping` ..., or `unknown 0x42`."""
    flags: str
    """Names of the flags set, with `+` between."""
    start: int
    length: int
    """With the frame's header. Within HTTP/2, a WebSocket frame spans what lies between its parts, too."""
    note: str = ""
    """What it says, in a few words."""


class Message(NamedTuple):
    """One unit of what is carried inside: a WebSocket or gRPC message, a server-sent event."""

    exchange: int
    direction: Direction
    kind: str
    """`text`, `binary` (WebSocket), `grpc`, `grpc-trailers` (gRPC-Web), `event` (server-sent)."""
    start: int
    length: int
    """From the first byte of its first frame or line to the last of its last. What else lies between (frame headers,
    chunk sizes, control frames) is among them: `Body` and `Frame` events tell it apart. What is inside content that is
    coded as a whole (coded.py) has no bytes of its own: it stands where the content begins, with a length of 0."""
    size: int
    """Bytes of content: unmasked, joined, inflated."""
    data: bytes
    """The first of them."""
    note: str = ""
    """`deflate`, `gzip`, the event's name ..."""


class Oddity(NamedTuple):
    """What a peer should not have sent, or what exceeds what is kept; reading goes on unless `Raw` follows."""

    exchange: int | None
    direction: Direction
    code: str
    """A stable name for scripts, for instance `content-length-and-transfer-encoding`."""
    text: str
    """What it is and why it matters, in a sentence. Not yet safe for a terminal where it quotes a peer."""
    offset: int


class Raw(NamedTuple):
    """From here on this direction is not understood; an Oddity before it says why, unless it never was."""

    direction: Direction
    start: int
    end: int = -1
    """From where on it is understood again, behind missing bytes; -1: nowhere."""


class Reset(NamedTuple):
    """HTTP/2's RST_STREAM: one side gives up a stream."""

    exchange: int | None
    direction: Direction
    stream: int
    error: str
    """Its name (RFC 9113 section 7), or `unknown 0x42`."""
    start: int


class GoAway(NamedTuple):
    """HTTP/2's GOAWAY: no streams above `last_stream` will be looked at."""

    direction: Direction
    last_stream: int
    error: str
    debug: bytes
    """What the peer adds, as much as is kept."""
    start: int


Event = (
    RequestHead | ResponseHead | Body | Trailers | Complete | Upgraded | Frame | Message | Oddity | Raw | Reset | GoAway
)


class Oddities:
    """Tells each kind of oddity once a message, and no more than MAX_ODDITIES in all."""

    __slots__ = ("told",)

    def __init__(self) -> None:
        self.told = 0

    def tell(self, events: list[Event], said: set[str], oddity: Oddity) -> None:
        """Append it to `events` unless its code is among `said`, the codes told of this message."""
        if oddity.code in said or self.told >= MAX_ODDITIES:
            return
        said.add(oddity.code)
        self.told += 1
        events.append(oddity)
        if self.told == MAX_ODDITIES:
            text = f"{MAX_ODDITIES} oddities were told of this connection; no more will be"
            events.append(Oddity(None, oddity.direction, "too-many-oddities", text, oddity.offset))
