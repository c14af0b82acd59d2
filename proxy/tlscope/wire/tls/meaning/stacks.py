"""Which TLS stack wrote a hello: a guess, with its reason.

Every stack has habits in its hello that its users cannot change, or do not: the order of extensions, one that nobody
else sends, the order of signature algorithms. JA4 and JA3 hash the same habits, but a hash has to be in a list to mean
anything; a habit is recognised in the next version, too. Anybody can imitate a hello, and some programs do on purpose
(uTLS, curl-impersonate): `likely` is the most that is ever said.

Sources: the hellos in tests/data/hellos, the sources of the stacks, and fingerprints that their users published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tlscope.wire.tls.meaning.fingerprint import GREASE
from tlscope.wire.tls.meaning.gist import offered

if TYPE_CHECKING:
    from collections.abc import Callable

    from tlscope.wire.tls.meaning.gist import Offered

OPENSSL, GNUTLS, NSS, BORINGSSL = "OpenSSL", "GnuTLS", "NSS", "BoringSSL"
GO, RUSTLS, JSSE, SCHANNEL, APPLE, MBEDTLS = "Go", "rustls", "JSSE", "Schannel", "Secure Transport", "Mbed TLS"

LIKELY, POSSIBLE = "likely", "possible"


class Stack(NamedTuple):
    """A stack, how sure that is, and why."""

    name: str
    users: str
    """Programs that are built on it."""
    certainty: str
    """`likely` or `possible`: never more."""
    why: str
    """What gave it away, in a few words."""


def stack_of(hello: bytes) -> Stack | None:
    """The stack that most likely wrote this ClientHello; None where nothing gives it away. Never raises."""
    found = offered(hello)
    return next((habit.stack for habit in HABITS if found and habit.seen(_Traits(found))), None)


class _Traits:
    """What of a hello the habits are told by, without GREASE."""

    def __init__(self, hello: Offered) -> None:
        self.greased = not GREASE.isdisjoint(hello.suites)
        self.suites = tuple(suite for suite in hello.suites if suite not in GREASE)
        self.extensions = tuple(kind for kind in hello.extensions.order if kind not in GREASE)
        self.groups = tuple(group for group in hello.groups if group not in GREASE)
        self.schemes = tuple(scheme for scheme in hello.schemes if scheme not in GREASE)
        self.compressors = hello.compressors

    def has(self, *kinds: int) -> bool:
        """Whether all these extensions are there."""
        return set(kinds) <= set(self.extensions)

    def together(self, one: int, two: int) -> bool:
        """Whether one extension stands right before another."""
        return (one, two) in zip(self.extensions, self.extensions[1:], strict=False)

    def before(self, one: int, two: int) -> bool:
        """Whether one suite is preferred to another, both being there."""
        return {one, two} <= set(self.suites) and self.suites.index(one) < self.suites.index(two)


class _Habit(NamedTuple):
    stack: Stack
    seen: Callable[[_Traits], bool]


def _is_openssl(hello: _Traits) -> bool:
    if not hello.together(22, 23) or hello.greased:
        return False
    return hello.together(11, 10) or not hello.has(10)


def _is_go(hello: _Traits) -> bool:
    if hello.greased or hello.has(22) or not hello.has(5, 18):
        return False
    return hello.schemes[:3] == (0x0804, 0x0403, 0x0807) or hello.before(0xC02F, 0x1301)


def _is_nss(hello: _Traits) -> bool:
    if hello.greased or hello.has(22) or not hello.has(28):
        return False
    return hello.has(34) or hello.suites[:3] == (0x1301, 0x1303, 0x1302)


_MODERN: Final = frozenset({0x1301, 0x1302, 0x1303, 0xC02B, 0xC02C, 0xC02F, 0xC030, 0xCCA8, 0xCCA9, 0x00FF})

HABITS: Final = (
    _Habit(
        Stack(APPLE, "Safari, and apps of iOS and macOS", LIKELY, "GREASE, and rsa_pss_rsae_sha384 offered twice"),
        lambda hello: hello.greased and hello.schemes.count(0x0805) > 1,
    ),
    _Habit(
        Stack(BORINGSSL, "Chrome, Edge and their kin", LIKELY, "GREASE, and certificates compressed with brotli"),
        lambda hello: hello.greased and (2 in hello.compressors or hello.has(0x4469) or hello.has(0x44CD)),
    ),
    _Habit(
        Stack(BORINGSSL, "Chrome and its kin, Android", POSSIBLE, "GREASE"),
        lambda hello: hello.greased,
    ),
    _Habit(
        Stack(GNUTLS, "wget, GNOME, Debian's apt", LIKELY, "both encrypt_then_mac and record_size_limit"),
        lambda hello: hello.has(22, 28),
    ),
    _Habit(
        Stack(NSS, "Firefox, Thunderbird", LIKELY, "record_size_limit, with Firefox's order of suites"),
        _is_nss,
    ),
    _Habit(
        Stack(JSSE, "Java", LIKELY, "status_request_v2, which hardly anybody else sends"),
        lambda hello: hello.has(17, 23) and not hello.has(22),
    ),
    _Habit(
        Stack(OPENSSL, "curl, Python, Node, Ruby, PHP", LIKELY, "encrypt_then_mac, and OpenSSL's order of extensions"),
        _is_openssl,
    ),
    _Habit(
        Stack(MBEDTLS, "devices", POSSIBLE, "encrypt_then_mac without another stack's habits"),
        lambda hello: hello.together(22, 23) and hello.together(10, 11),
    ),
    _Habit(
        Stack(
            GO, "programs written in Go", LIKELY, "Go's order of signature algorithms, or the suites of TLS 1.3 last"
        ),
        _is_go,
    ),
    _Habit(
        Stack(
            SCHANNEL, "Windows: .NET, PowerShell, Internet Explorer", LIKELY, "Schannel's order of signature algorithms"
        ),
        lambda hello: hello.schemes[:6] == (0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0201),
    ),
    _Habit(
        Stack(RUSTLS, "programs written in Rust", LIKELY, "only AEAD suites, AES-256 first, and the signal among them"),
        lambda hello: hello.suites[:3] == (0x1302, 0x1301, 0x1303) and _MODERN.issuperset(hello.suites),
    ),
    _Habit(
        Stack(APPLE, "older macOS and iOS", POSSIBLE, "the renegotiation signal is its first suite"),
        lambda hello: hello.suites[:2] == (0x00FF, 0xC02C),
    ),
    _Habit(
        Stack(BORINGSSL, "Android, through Conscrypt", POSSIBLE, "BoringSSL's order of signature algorithms"),
        lambda hello: hello.schemes[:3] == (0x0403, 0x0804, 0x0401),
    ),
)
"""The first that is seen counts."""
