# ruff: noqa: SLF001 - the one file that touches private names of pyOpenSSL; they are listed in its head
"""One TLS endpoint over two memory BIOs, and the only private binding of tlscope.

pyOpenSSL gives contexts, connections, handshakes and what was negotiated. What a recorder needs besides is in the
binding that it stands on, not in its public API, and this file alone touches it:

* `SSL_CTX_set_msg_callback`: every protocol message of an endpoint, decrypted, sent and received. That is the project.
* `SSL_read` and `SSL_write` at an address. The recorder decrypts straight into the journal's buffer and encrypts
  straight out of it, so that recording copies nothing. pyOpenSSL's `recv` makes a bytes object of every record.
* `SSL_use_certificate` with a certificate that is converted already: a forged leaf serves many connections.
* `SSL_CTX_set1_curves_list`, `SSL_CTX_set1_sigalgs_list`: the groups and signature algorithms that a client offers,
  offered to its server.
* `SSL_set_bio`, to read ciphertext where it lies (`lend`), and to give back the memory of a BIO that grew: OpenSSL
  never shrinks one.

How memory BIOs behave, which everything here leans on. Ciphertext that arrives is written into the inner BIO with
`feed`; `SSL_read` takes from it whole records and, of the last one, whatever is there, into OpenSSL's own buffer:
when it says WANT_READ the inner BIO is empty. Whatever OpenSSL wants to send it appends to the outer BIO, never
blocking; `drain` takes it out. An operation on one endpoint can make it send: reading may answer a KeyUpdate,
failing sends an alert. Therefore: after every operation, drain.

The message callback runs inside `SSL_read`, `SSL_write` and the handshake. It must not touch the journal, whose buffer
`SSL_read` may be filling at that moment: it appends to `heard`, which the owner empties after each operation. When a
message is heard in the middle of a read, `read` stops and sets aside the one record that it had decrypted after it, so
that the order of messages and data in the journal is the order on the wire.

The callback runs for every record header too, four times for a record that passes: what it costs is what recording
costs. It is a closure of ctypes, which enters Python in two thirds of the time of cffi's, is given addresses as
integers, which are made in half the time of pointers, and says no more than that it does not want a header. Only during
a handshake does it look at one: a change_cipher_spec is legal then only.

Nothing here is thread-safe; the engine lives on one loop.
"""

from __future__ import annotations

from collections.abc import Callable
from ctypes import CFUNCTYPE, c_int, c_size_t, c_void_p, cast
from enum import IntEnum
from typing import Any

import OpenSSL
from OpenSSL import SSL, crypto

from tlscope.faults import OurFault

_NEEDED = (
    "SSL_CTX_set_msg_callback",
    "SSL_CTX_set1_curves_list",
    "SSL_CTX_set1_sigalgs_list",
    "SSL_peek",
    "SSL_read",
    "SSL_write",
    "SSL_get_error",
    "SSL_use_certificate",
    "SSL_use_PrivateKey",
    "SSL_set_bio",
    "BIO_new",
    "BIO_new_mem_buf",
    "BIO_s_mem",
    "BIO_set_mem_eof_return",
    "BIO_read",
    "BIO_write",
    "ERR_get_error",
    "ERR_reason_error_string",
    "ERR_clear_error",
)


def _bind() -> tuple[Any, Any]:
    """The binding of pyOpenSSL; raises OurFault with the names of what a future pyOpenSSL has taken away."""
    lib, ffi = getattr(SSL, "_lib", None), getattr(SSL, "_ffi", None)
    missing = [name for name in _NEEDED if not hasattr(lib, name)] if ffi else ["_lib", "_ffi"]
    if missing:
        raise OurFault(
            "binding-missing",
            f"pyOpenSSL {OpenSSL.__version__} has no {', '.join(missing)} in its binding",
            "install the versions in requirements/runtime.txt",
        )
    return lib, ffi


_lib, _ffi = _bind()

Address = Any
"""A C pointer to bytes of a buffer that outlives it (`address_of`); plus an integer it is an address again."""

Deliver = Callable[[int, int, bytes], None]
"""What a heard message is given to: 1 if we sent it else 0, protocol version, and so on; see `Tls.heard`."""

RECORD = 16384
"""Bytes of plaintext in one record at most (RFC 8446 section 5.1)."""

HANDSHAKE, ALERT, CHANGE_CIPHER_SPEC = 22, 21, 20
_RECORD_HEADER = 256
"""OpenSSL's pseudo content type for the five bytes before each record; 257 is the inner type of a TLS 1.3 record."""

LITTLE = 4096
"""Bytes of ciphertext that are copied rather than lent."""

_WANT_READ, _ZERO_RETURN = 2, 6
_RELEASE_BUFFERS = 0x10
_PARTIAL_WRITE = 0x1


class State(IntEnum):
    """Why `Tls.read` returned."""

    EMPTY = 0
    """All that had arrived is read; feed more."""
    HEARD = 1
    """A message came in between: empty `heard`, take `late`, read on."""
    FULL = 2
    """The target is full: empty it, read on."""
    CLOSED = 3
    """The peer sent close_notify: no more will come."""
    FAILED = 4
    """The connection is broken; `reasons` says why, and an alert may be waiting in `drain`."""


Heard = tuple[int, int, int, bytes]
"""A protocol message: 1 if we sent it else 0, version, content type, bytes."""


class Tls:
    """One TLS endpoint. `heard` collects what it says and hears; `secrets` its key-log lines."""

    __slots__ = (
        "_address",
        "_in",
        "_lent",
        "_out",
        "_ssl",
        "connection",
        "heard",
        "late",
        "reasons",
        "secrets",
        "state",
    )

    def __init__(self, context: SSL.Context, *, server: bool) -> None:
        self.connection = SSL.Connection(context, None)
        # Set here and not by Connection.set_accept_state: both are public, one attribute look-up apart.
        (self.connection.set_accept_state if server else self.connection.set_connect_state)()
        self._ssl = self.connection._ssl
        self._in = self.connection._into_ssl
        self._out = self.connection._from_ssl
        self._lent = False
        self.heard: list[Heard | bytes] = []
        """Messages as `Heard`, key-log lines as bytes, in the order in which they happened."""
        self.late = b""
        self.reasons: tuple[str, ...] = ()
        self.state = State.EMPTY
        self._address = _address(self._ssl)
        _endpoints[self._address] = self

    def close(self) -> None:
        """Forget the endpoint. Without it the endpoint and its memory live for ever."""
        _endpoints.pop(self._address, None)

    def use(self, certificate: crypto.X509, key: crypto.PKey) -> None:
        """Show this certificate; `native` makes the arguments."""
        certified = _lib.SSL_use_certificate(self._ssl, certificate._x509)
        keyed = _lib.SSL_use_PrivateKey(self._ssl, key._pkey)
        if not (certified and keyed):
            raise OurFault("leaf-unusable", f"OpenSSL refuses the forged certificate: {', '.join(_errors())}")

    def handshake(self) -> bool:
        """Go on as far as what has been fed allows.

        True: complete. False: feed more, or `state` is FAILED, or CLOSED by a close_notify in its midst.
        """
        global _shaking  # noqa: PLW0603 (the callback is given nothing of ours)
        _shaking = True
        try:
            self.connection.do_handshake()
        except SSL.WantReadError:
            return False
        except SSL.ZeroReturnError:
            self.state = State.CLOSED
            return False
        except SSL.Error as error:
            self._fail(error)
            return False
        finally:
            _shaking = False
        return True

    def feed(self, source: Address, size: int) -> None:
        """Give ciphertext that arrived."""
        _lib.BIO_write(self._in, source, size)

    def lend(self, source: Address, size: int) -> None:
        """`feed` for the relay, once the handshake and all that was fed are read: without a copy, where it is much.

        The bytes stay where they are until `read` has said EMPTY, CLOSED or FAILED. OpenSSL's own BIO would clear
        memory for them, copy them, and hold on to that memory as long as the connection lives; but up to `LITTLE`
        bytes that is cheaper than a new BIO.
        """
        if size <= LITTLE:
            if self._lent:
                self._lent = False
                self._in = _lib.BIO_new(_lib.BIO_s_mem())
                _lib.BIO_set_mem_eof_return(self._in, -1)
                _lib.SSL_set_bio(self._ssl, self._in, self._out)
            _lib.BIO_write(self._in, source, size)
            return
        self._lent = True
        self._in = _lib.BIO_new_mem_buf(source, size)
        _lib.BIO_set_mem_eof_return(self._in, -1)
        _lib.SSL_set_bio(self._ssl, self._in, self._out)

    def drain(self, target: Address, room: int) -> int:
        """Take ciphertext that must be sent, `room` bytes at most; how many it was."""
        got: int = _lib.BIO_read(self._out, target, room)
        return got if got > 0 else 0  # noqa: FURB136 (max would be a call on the hot path)

    def read(self, target: Address, room: int) -> int:
        """Decrypt into `room` bytes (at least RECORD) at `target`; how many it was. `state` says why it stopped."""
        ssl, heard, read = self._ssl, self.heard, _lib.SSL_read
        size: int = 0
        last = room - RECORD
        while (got := read(ssl, target + size, RECORD)) > 0:
            if heard:
                self.late, self.state = _ffi.buffer(target + size, got)[:], State.HEARD
                return size
            size += got
            if size > last:
                self.state = State.FULL
                return size
        self._stopped(got)
        return size

    def peek(self) -> None:
        """Read messages, no data. `state`: EMPTY, FULL where application data waits, CLOSED or FAILED."""
        got = _lib.SSL_peek(self._ssl, _ffi.new("char[1]"), 1)
        if got > 0:
            self.state = State.FULL
        else:
            self._stopped(got)

    def write(self, source: Address, size: int) -> bool:
        """Encrypt `size` bytes; False: the connection is broken."""
        if _lib.SSL_write(self._ssl, source, size) == size:
            return True
        self.state, self.reasons = State.FAILED, _errors()
        return False

    def close_notify(self) -> None:
        """Say that we send no more (RFC 8446 section 6.1)."""
        try:
            self.connection.shutdown()
        except SSL.Error:
            _lib.ERR_clear_error()  # it is broken already, and its owner knows

    def shrink(self) -> None:
        """Give back what the outer BIO grew to; nothing may wait in it."""
        self._out = _lib.BIO_new(_lib.BIO_s_mem())
        _lib.SSL_set_bio(self._ssl, self._in, self._out)

    def _stopped(self, result: int) -> None:
        error = _lib.SSL_get_error(self._ssl, result)
        if error == _WANT_READ:
            self.state = State.EMPTY
        elif error == _ZERO_RETURN:
            self.state = State.CLOSED
        else:
            self.state, self.reasons = State.FAILED, _errors()

    def _fail(self, error: SSL.Error) -> None:
        stack = error.args[0] if error.args and isinstance(error.args[0], list) else []
        reasons = [entry[2] for entry in stack if len(entry) == 3 and entry[2]]
        self.state, self.reasons = State.FAILED, tuple(reasons) or (type(error).__name__,)


def new_context(method: int) -> SSL.Context:
    """A context whose endpoints report their messages and secrets, keep no sessions and give their buffers back."""
    made = SSL.Context(method)
    made.set_mode(_RELEASE_BUFFERS)
    made.clear_mode(_PARTIAL_WRITE)  # one SSL_write takes all it is given: a memory BIO never blocks
    made.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    made.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
    made.set_keylog_callback(_on_secret)
    _lib.SSL_CTX_set_msg_callback(made._context, _ON_MESSAGE)
    return made


def set_groups(context: SSL.Context, groups: bytes) -> None:
    """Offer these groups, in OpenSSL's syntax; a list that OpenSSL cannot use leaves its own."""
    if not _lib.SSL_CTX_set1_curves_list(context._context, groups):
        _lib.ERR_clear_error()


def set_signatures(context: SSL.Context, signatures: bytes) -> None:
    """Offer these signature algorithms, in OpenSSL's syntax; a list that OpenSSL cannot use leaves its own."""
    if not _lib.SSL_CTX_set1_sigalgs_list(context._context, signatures):
        _lib.ERR_clear_error()


def native(certificate: Any, key: Any) -> tuple[crypto.X509, crypto.PKey]:
    """A certificate and key of `cryptography` as OpenSSL's own, to be used many times."""
    return crypto.X509.from_cryptography(certificate), crypto.PKey.from_cryptography_key(key)


def address_of(buffer: bytearray | bytes) -> Address:
    """The address of a buffer's first byte. A bytearray must not be resized while it is held."""
    return _ffi.from_buffer("char[]", buffer) + 0


_endpoints: dict[int, Tls] = {}
"""Every living endpoint by the address of its SSL: what the callbacks, which are given only that, look up."""

_shaking = False
"""Whether `handshake` runs: a change_cipher_spec is legal then only (RFC 8446 section 5)."""


@CFUNCTYPE(None, c_int, c_int, c_int, c_size_t, c_size_t, c_size_t, c_size_t)  # type: ignore[untyped-decorator]  # as typeshed has it
def _on_message(sent: int, version: int, content_type: int, data: int, length: int, ssl: int, _: int) -> None:  # noqa: PLR0917 (OpenSSL calls it)
    if content_type > 255:  # not of a byte: one of OpenSSL's pseudo types
        # OpenSSL reports a change_cipher_spec that it receives as a message in TLS 1.3 only, but its record always.
        if _shaking and content_type == _RECORD_HEADER and _bytes_at(data, 1) == b"\x14":
            _endpoints[ssl].heard.append((sent, version, CHANGE_CIPHER_SPEC, b"\x01"))
    elif content_type != CHANGE_CIPHER_SPEC:
        _endpoints[ssl].heard.append((sent, version, content_type, _bytes_at(data, length)))


_ON_MESSAGE = _ffi.cast(
    "void(*)(int, int, int, const void *, size_t, SSL *, void *)", cast(_on_message, c_void_p).value
)


def _bytes_at(address: int, length: int) -> bytes:
    data: bytes = _ffi.buffer(_ffi.cast("char *", address), length)[:]
    return data


def _on_secret(connection: SSL.Connection, line: bytes) -> None:
    _endpoints[_address(connection._ssl)].heard.append(line)


def _address(pointer: Any) -> int:
    return int(_ffi.cast("uintptr_t", pointer))


def _errors() -> tuple[str, ...]:
    """OpenSSL's error queue as its own reasons, emptied."""
    reasons = []
    while code := _lib.ERR_get_error():
        reason = _lib.ERR_reason_error_string(code)
        reasons.append(_ffi.string(reason).decode() if reason else f"error {code:#x}")
    return tuple(reasons) or ("unexpected end",)
