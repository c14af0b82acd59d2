"""Who is at fault, in the type.

Each carries a stable `code` for scripts, what happened, what to do next, and where it can be passed on, the TLS alert
or the HTTP status that says the same to the other side. OpenSSL's reasons become faults in engine/leg.py and nowhere
else.

What to do about a server's certificate that is not valid is said here for all who say it: the recorder as it happens,
and whoever explains it later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from tlscope.events import Faulted, Who

if TYPE_CHECKING:
    from collections.abc import Iterable

UPSTREAM_INVALID: Final = "upstream-invalid"
"""The code of a server whose certificate is not valid, where that ended the connection."""
UNTRUSTED: Final = frozenset({"unknown-issuer", "self-signed"})
"""What is no fault any more once the server's CA is named."""


class Fault(Exception):  # noqa: N818 - named for whose it is, as its kinds are
    """Something that ends a connection, or keeps the recorder from starting."""

    who: ClassVar[Who]

    def __init__(self, code: str, what: str, next_: str = "", *, alert: int | None = None, reset: bool = False) -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.next = next_
        self.alert = alert
        """The AlertDescription that tells the other side the same (RFC 8446 section 6), where one does."""
        self.reset = reset
        """Whether the other side should see a TCP reset, because this one sent one."""

    def event(self) -> Faulted:
        """The fault as the journal keeps it."""
        return Faulted(self.who, self.code, self.what, self.next)


class ClientFault(Fault):
    """The client sent what no proxy or TLS client sends, or refused what it was shown."""

    who = Who.CLIENT


class UpstreamFault(Fault):
    """The server, or the way to it."""

    who = Who.UPSTREAM


class NetworkFault(Fault):
    """Names that do not resolve, routes that are not there."""

    who = Who.NETWORK


class OurFault(Fault):
    """tlscope itself, its configuration or its machine."""

    who = Who.US


def mending(codes: Iterable[str], host: str = "", *, mirrored: bool = True) -> str:
    """What to do about a server's certificate, by the codes of what is wrong with it (tlscope_ca.faults).

    `mirrored`: the client was shown one that is as bad, and may accept that; else none.
    """
    found = set(codes)
    where = "in the client, or with" if mirrored else "with"
    accept = f"or accept it for the test: {where} -k {host or 'HOST'}, which has tlscope show a good one in its place"
    if found and found <= UNTRUSTED:
        return f"name the server's CA with --ca-file PEM, or mend the server's chain; {accept}"
    also = ", and name its CA with --ca-file PEM" if found & UNTRUSTED else ""
    return f"mend the server's certificate{also}; {accept}"
