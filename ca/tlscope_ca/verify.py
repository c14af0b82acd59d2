"""Judge a server's chain for a host at a time: every fault that it has, as objects.

OpenSSL decides whether a chain is trusted, and says so with the first error that it meets. A person wants all of
them, and a mirror needs them. So a chain that OpenSSL refuses is looked at in more ways:

1. by us, every certificate on the path as far as it goes (checks.py);
2. by OpenSSL with the top of that path declared trusted, for what else is wrong below a missing root.

Time is left to us: OpenSSL is asked without its clock, so that a chain that is out of date can be told from one that
leads nowhere, and the times of all certificates on its path are compared here. Only when that path is out of date is
OpenSSL asked again, with a clock, whether there is another one that is not. (That takes a store of its own: OpenSSL
keeps the first time that pyOpenSSL sets in a store, and ignores all later ones.)

What we find is reported with its details; an error of OpenSSL that we have not found becomes a fault by one table
(faults.py). Purpose and host name are always judged by us, also on a path that OpenSSL accepts: a chain is valid only
if OpenSSL accepts it *and* nothing was found.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from cryptography import x509
from OpenSSL import crypto

from tlscope_ca.checks import (
    critical_faults,
    issuing_faults,
    name_faults,
    purpose_faults,
    signed_by,
    strength_faults,
    time_faults,
)
from tlscope_ca.faults import FROM_OPENSSL, ORDER, Fault, FaultCode, describe
from tlscope_ca.reading import Reading, read
from tlscope_ca.roots import RootsError, load_roots

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["Fault", "FaultCode", "RootsError", "Verdict", "Verifier", "describe"]

MAX_CHAIN = 100
"""Certificates of a chain that are looked at: OpenSSL's own limit for the depth of a path."""

MAX_PATH = 16
"""Certificates on the path that is walked to explain a refusal; real ones have two to five."""

MAX_ISSUERS = 4
"""Issuers of the same name that are tried at each step of that walk: each try costs a signature check."""

MAX_VERDICTS = 1024
"""Verdicts kept."""

MAX_KEPT_CHAIN = 16 * 1024
"""Bytes of a chain whose verdict is kept; with `MAX_VERDICTS` it bounds the cache to 16 MiB."""

_PARTIAL_CHAIN = crypto.X509StoreFlags.PARTIAL_CHAIN
_IGNORE_CRITICAL = crypto.X509StoreFlags.IGNORE_CRITICAL
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which pyOpenSSL does not name

_START = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a chain, for a host; nothing means valid."""

    host: str
    faults: tuple[Fault, ...]
    """By depth, then in the order of `FaultCode`."""
    chain_length: int
    """How many certificates the server sent."""
    carried_root: bool = False
    """Whether it sent a self-issued certificate above its own: OpenSSL's errors 19 and 20 differ in that."""
    kind: str = field(init=False, default="")
    """All that a mirror has to repeat, as a word: two verdicts of one kind ask for the same mirror."""

    def __post_init__(self) -> None:
        kinds = sorted({fault.code if fault.depth == 0 else f"{fault.code}^" for fault in self.faults})
        object.__setattr__(self, "kind", " ".join([*kinds, "root"] if kinds and self.carried_root else kinds))

    @property
    def valid(self) -> bool:
        """Whether the chain may be trusted for the host."""
        return not self.faults

    def pardoned(self) -> Verdict:
        """The same without its faults, for a host whose faults the user has chosen to ignore."""
        return replace(self, faults=())


class Verifier:
    """Judges chains against the system's roots and those that the user adds.

    Every certificate in `ca_files` (PEM, or one in DER) is trusted, root or not; with `system` the system's roots too,
    as SSL_CERT_FILE, SSL_CERT_DIR and OpenSSL's defaults name them. Raises `RootsError` for a file that is named and
    cannot be used. To find no system roots at all is no error: then nothing but `ca_files` is trusted.
    """

    def __init__(self, *, ca_files: Sequence[Path] = (), system: bool = True) -> None:
        self.roots = load_roots(ca_files, system=system)
        # Whatever the user names is trusted as it is, also an intermediate: an anchor is a name and a key (RFC 5280
        # section 6.1.1 (d)), and need not be self-signed.
        self._store = _store(self.roots, _PARTIAL_CHAIN | _NO_CHECK_TIME)
        self._lock = Lock()
        self._verdicts: OrderedDict[tuple[tuple[bytes, ...], str], _Kept] = OrderedDict()

    def judge(self, chain: tuple[bytes, ...], host: str, at: datetime) -> Verdict:
        """Every fault of `chain` (DER, the server's own first, as it was sent) for `host` at `at` (aware).

        `host` is what the client asked for, name or address without the port. Never raises on what a server sent or a
        client asked for; any thread may call it. A verdict is kept until a certificate that it rests on becomes valid
        or expires.
        """
        key = (chain, host)
        with self._lock:
            kept = self._verdicts.get(key)
            if kept is not None and kept.since <= at < kept.until:
                self._verdicts.move_to_end(key)
                return kept.verdict
            kept = self._judge(chain, host, at.replace(microsecond=0))  # certificates and OpenSSL know seconds
            if sum(map(len, chain)) <= MAX_KEPT_CHAIN:
                self._verdicts[key] = kept
            if len(self._verdicts) > MAX_VERDICTS:
                self._verdicts.popitem(last=False)
        return kept.verdict

    def _judge(self, chain: tuple[bytes, ...], host: str, at: datetime) -> _Kept:
        sent = [read(der) for der in chain[:MAX_CHAIN]]
        path, faults = self._examine(sent, host, at) if sent else ([], [Fault(FaultCode.EMPTY_CHAIN, 0)])
        if len(chain) > MAX_CHAIN:
            faults.append(
                Fault(FaultCode.CHAIN_TOO_LONG, MAX_CHAIN, "", f"{len(chain)} certificates", f"only {MAX_CHAIN}")
            )
        verdict = Verdict(
            host,
            tuple(sorted(set(faults), key=lambda fault: (fault.depth, ORDER[fault.code], fault.found))),
            len(chain),
            carried_root=any(reading.self_issued for reading in sent[1:]),
        )
        return _Kept(verdict, *_unchanged(at, [*sent, *path]))

    def _examine(self, sent: list[Reading], host: str, at: datetime) -> tuple[list[Reading], list[Fault]]:
        """The path that was judged and everything wrong with it, in no order."""
        loaded = [_load_exactly(reading.der) for reading in sent]
        path, anchored, refusals = self._find_path(sent, loaded, at)
        faults = _malformed(sent, loaded, path)
        faults += purpose_faults(path)
        faults += strength_faults(path, anchored=anchored)
        faults += name_faults(path[0], host)
        faults += time_faults(path, at)
        if refusals or loaded[0] is None:
            faults += [*issuing_faults(path, anchored=anchored), *critical_faults(path)]
            faults += _unfound(refusals, path, {fault.code for fault in faults})
        return path, faults

    def _find_path(
        self, sent: list[Reading], loaded: list[crypto.X509 | None], at: datetime
    ) -> tuple[list[Reading], bool, list[_Refusal]]:
        """The path to judge, whether it ends at a root of ours, and OpenSSL's errors; none when it accepts the path."""
        leaf = loaded[0]
        if leaf is None:
            return sent[:1], False, []
        # Where OpenSSL does not look at times it takes the first issuer that fits: offer the current ones first.
        others = sorted(zip(sent[1:], loaded[1:], strict=True), key=lambda pair: not pair[0].covers(at))
        untrusted = [certificate for _, certificate in others if certificate is not None]

        answer = _ask(self._store, leaf, untrusted)
        if isinstance(answer, list):
            return self._in_time(answer, leaf, untrusted, at), True, []
        path, anchored = self._walk(sent, at)
        refusals = [answer]
        top = _load(path[-1].der)
        if len(path) > 1 and top is not None:
            relaxed = _store([top], _PARTIAL_CHAIN | _NO_CHECK_TIME | _IGNORE_CRITICAL)
            below = _ask(relaxed, leaf, untrusted)
            refusals += [] if isinstance(below, list) else [below]
        return path, anchored, refusals

    def _in_time(
        self, path: list[Reading], leaf: crypto.X509, untrusted: list[crypto.X509], at: datetime
    ) -> list[Reading]:
        """A path on which everything is current at `at`, if there is one, else `path`."""
        if all(reading.covers(at) for reading in path):
            return path
        timed = _store(self.roots, _PARTIAL_CHAIN)
        timed.set_time(at)
        other = _ask(timed, leaf, untrusted)
        return other if isinstance(other, list) else path

    def _walk(self, sent: list[Reading], at: datetime) -> tuple[list[Reading], bool]:
        """The path from the server's own certificate as far up as it goes, and whether it ends at a root of ours."""
        path = sent[:1]
        while len(path) < MAX_PATH:
            here = path[-1]
            if any(root.der == here.der for root in self._by_subject.get(here.subject, ())):
                return path, True
            if here.self_issued or here.issuer is None:
                break
            roots = self._by_subject.get(here.issuer, [])
            issuer = _best_issuer(here, [*roots, *(other for other in sent if other not in path)], at)
            if issuer is None:
                break
            path.append(issuer)
        return path, False

    @cached_property
    def _by_subject(self) -> dict[x509.Name | None, list[Reading]]:
        """The roots by subject; made when the first refusal has to be explained."""
        found: dict[x509.Name | None, list[Reading]] = {}
        for root in self.roots:
            reading = read(_der(root))
            found.setdefault(reading.subject, []).append(reading)
        return found


@dataclass(frozen=True, slots=True)
class _Kept:
    """A verdict and the time, `since <= at < until`, in which it cannot change."""

    verdict: Verdict
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class _Refusal:
    """OpenSSL's error: its number (X509_V_ERR_...), where on the path, and its text."""

    number: int
    depth: int
    text: str


def _unchanged(at: datetime, readings: Iterable[Reading]) -> tuple[datetime, datetime]:
    """The span around `at` in which no certificate becomes valid or expires."""
    second = timedelta(seconds=1)
    since, until = _START, _END
    for reading in readings:
        for boundary in (
            reading.not_before,
            reading.not_after,
            reading.not_after and _later(reading.not_after, second),
        ):
            if boundary is not None and boundary <= at:
                since = max(since, boundary)
            elif boundary is not None:
                until = min(until, boundary)
    return since, until


def _later(time: datetime, by: timedelta) -> datetime:
    return min(time, _END - by) + by


def _best_issuer(subject: Reading, candidates: Iterable[Reading], at: datetime) -> Reading | None:
    """The most plausible issuer: one that made the signature, before one that is current; roots come first."""
    fitting = [candidate for candidate in candidates if _may_issue(candidate, subject)][:MAX_ISSUERS]
    return min(
        fitting,
        key=lambda candidate: (signed_by(subject, candidate) is not True, not candidate.covers(at)),
        default=None,
    )


def _may_issue(issuer: Reading, subject: Reading) -> bool:
    """Whether names, and key identifiers where both are there, fit (RFC 5280 sections 4.1.2.4 and 4.2.1.1)."""
    if issuer.subject is None or issuer.subject != subject.issuer:
        return False
    wanted = subject.extension(x509.AuthorityKeyIdentifier)
    has = issuer.extension(x509.SubjectKeyIdentifier)
    return wanted is None or has is None or wanted.key_identifier in {None, has.digest}


def _malformed(sent: list[Reading], loaded: list[crypto.X509 | None], path: list[Reading]) -> list[Fault]:
    """What cannot be read: by OpenSSL anywhere in the chain, by us on the path that counts."""
    on_path = {reading.der for reading in path}
    return [
        Fault(FaultCode.MALFORMED, depth, reading.subject_text, "; ".join(reading.flaws) or "OpenSSL cannot read it")
        for depth, reading in enumerate(sent)
        if loaded[depth] is None or (reading.flaws and reading.der in on_path)
    ]


def _unfound(refusals: list[_Refusal], path: list[Reading], found: set[FaultCode]) -> list[Fault]:
    """OpenSSL's errors of kinds that were not found, as faults; the first one stands if nothing else does."""
    faults: list[Fault] = []
    for refusal in refusals:
        code = FROM_OPENSSL.get(refusal.number, FaultCode.OTHER)
        if code not in found:
            found.add(code)
            reading = path[min(refusal.depth, len(path) - 1)]
            faults.append(Fault(code, refusal.depth, reading.subject_text, _told(code, refusal, reading)))
    return faults


def _told(code: FaultCode, refusal: _Refusal, reading: Reading) -> str:
    if code is FaultCode.UNKNOWN_ISSUER and reading.issuer is not None:
        return reading.issuer_text
    return f"{refusal.text} (OpenSSL's error {refusal.number})"


def _store(trusted: Iterable[crypto.X509], flags: int) -> crypto.X509Store:
    store = crypto.X509Store()
    store.set_flags(flags)
    for certificate in trusted:
        store.add_cert(certificate)
    return store


def _ask(store: crypto.X509Store, leaf: crypto.X509, untrusted: list[crypto.X509]) -> list[Reading] | _Refusal:
    """OpenSSL's opinion: the path that it accepts, or its error."""
    try:
        chain = crypto.X509StoreContext(store, leaf, untrusted).get_verified_chain()
    except crypto.X509StoreContextError as error:
        _empty_error_queue()
        number, depth, text = error.errors
        return _Refusal(number, depth, text)
    return [read(_der(certificate)) for certificate in chain]


def _empty_error_queue() -> None:
    """Drop what a refusal has left in OpenSSL's queue of this thread.

    SSL_get_error(3) takes whatever lies there for an error of the next TLS operation, on another connection.
    pyOpenSSL empties the queue whenever it raises `crypto.Error`, so it is made to.
    """
    _load(b"")


def _load(der: bytes) -> crypto.X509 | None:
    try:
        return crypto.load_certificate(crypto.FILETYPE_ASN1, der)
    except crypto.Error:
        return None


def _load_exactly(der: bytes) -> crypto.X509 | None:
    """As `_load`, and None too where OpenSSL has read less than `der`, or something else than DER."""
    certificate = _load(der)
    return certificate if certificate is not None and _der(certificate) == der else None


def _der(certificate: crypto.X509) -> bytes:
    return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)
