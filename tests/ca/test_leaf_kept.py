"""Leaves that are kept, for how long and how many; and leaves for anything that a server can send."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL

from ca.forge import (
    DAY,
    HOST,
    LEAF,
    NOW,
    ROOT,
    SECOND,
    chain,
    der,
    issue,
    name,
)
from ca.judging import UNKNOWN
from ca.minting import EVERY_KIND_OF_NAME, VALID, bad, life
from tlscope_ca import leaf as module
from tlscope_ca.leaf import MAX_ISSUERS, MAX_KEPT_UPSTREAM, KeyType, Minter
from tlscope_ca.verify import Fault, FaultCode, Verdict


def test_kept(minter):
    """The same question is answered with the same leaf; anything that a mirror shows makes it another question."""
    upstream = chain().sent[0]
    first = minter.mint(upstream, VALID, now=NOW)
    assert first is minter.mint(bytes(bytearray(upstream)), Verdict("other.test", (), 5), now=NOW + SECOND)
    others = [
        minter.mint(chain().sent[0], VALID, now=NOW),
        minter.mint(upstream, bad("name-mismatch"), now=NOW),
        minter.mint(upstream, bad("unknown-issuer"), now=NOW),
        minter.mint(upstream, bad("unknown-issuer", carried_root=True), now=NOW),
        minter.mint(upstream, bad("expired", depth=1), now=NOW),
        minter.mint(upstream, VALID, KeyType.P256, ("b.test",), now=NOW),
        minter.mint(upstream, VALID, KeyType.RSA2048, now=NOW),
    ]
    assert 1 + len(others) == len({id(leaf) for leaf in [first, *others]})


def test_kept_until_expiry(minter):
    """A leaf that has expired is minted anew."""
    upstream = chain(leaf={"not_after": NOW + DAY}).sent[0]
    first = minter.mint(upstream, VALID, now=NOW)
    assert first is minter.mint(upstream, VALID, now=NOW + DAY - SECOND)
    assert first is not minter.mint(upstream, VALID, now=NOW + DAY)


def test_wrong_dates_are_kept(minter):
    """The mirror of a certificate that is out of date is kept as any other, though it is not valid now."""
    upstream = chain(leaf={"not_after": NOW - DAY}).sent[0]
    assert minter.mint(upstream, bad("expired"), now=NOW) is minter.mint(upstream, bad("expired"), now=NOW + DAY)


def test_throw_away_root_is_current(minter):
    """A throw-away root that has expired is made anew."""
    upstream = chain().sent[0]
    later = NOW + 1000 * DAY
    roots = [minter.mint(upstream, bad("unknown-issuer", carried_root=True), now=now).chain[0] for now in (NOW, later)]
    assert roots[0].not_valid_after_utc < later < roots[1].not_valid_after_utc


def test_expired_authority(authority):
    """Under a root that has expired meanwhile, leaves are expired too, and nothing fails."""
    minted = Minter(authority).mint(chain().sent[0], VALID, now=NOW + 1000 * DAY)
    assert minted.certificate.not_valid_after_utc <= authority.certificate.not_valid_after_utc


def test_bounds(authority, monkeypatch):
    """Leaves and throw-away roots are kept up to their limits, the latest used, and no very large ones."""
    monkeypatch.setattr(module, "MAX_ISSUERS", 4)
    minter = Minter(authority, size=8)
    first = minter.mint_for_host("first.test", now=NOW)
    for number in range(20):
        issuer = replace(ROOT, subject=name(f"Issuer {number}"))
        minter.mint(der(issue(LEAF, issuer)), bad("unknown-issuer"), now=NOW)
        assert first is minter.mint_for_host("first.test", now=NOW)
    assert (8, 4) == (len(minter._kept), len(minter._throw_aways))
    large = b"\0" * (MAX_KEPT_UPSTREAM + 1)
    assert minter.mint(large, bad("malformed"), now=NOW) is not minter.mint(large, bad("malformed"), now=NOW)
    assert MAX_ISSUERS > 4


ORIGINAL = der(chain(leaf={"names": EVERY_KIND_OF_NAME, "more": ((UNKNOWN, True),)}).leaf)
FAULTS = st.lists(st.builds(Fault, st.sampled_from(FaultCode), st.integers(0, 2)), max_size=4)


def mutate(original, at, cut, put):
    return original[:at] + put + original[at + cut :]


UPSTREAMS = st.one_of(
    st.binary(max_size=300),
    st.builds(mutate, st.just(ORIGINAL), st.integers(0, len(ORIGINAL)), st.integers(0, 4), st.binary(max_size=4)),
)


@settings(max_examples=400, deadline=None)
@given(UPSTREAMS, FAULTS, st.booleans(), st.lists(st.text(max_size=12), max_size=2))
def test_any_upstream(warm_minter, upstream, faults, carried, extra):
    """X11: whatever bytes a server sent, and whatever is said of them, OpenSSL can serve what is minted."""
    verdict = Verdict(HOST, tuple(faults), 1, carried_root=carried)
    minted = warm_minter.mint(upstream, verdict, KeyType.P256, tuple(extra), now=NOW)
    context = SSL.Context(SSL.TLS_METHOD)
    context.use_certificate(minted.certificate)
    context.use_privatekey(minted.key)
    context.check_privatekey()
    first, last = life(minted)
    assert last - first < 200 * DAY


@settings(max_examples=200, deadline=None)
@given(
    before=st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 31)),  # noqa: DTZ001  hypothesis wants naive ones
    after=st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 31)),  # noqa: DTZ001  hypothesis wants naive ones
    now=st.datetimes(datetime(2000, 1, 1), datetime(9000, 1, 1)),  # noqa: DTZ001  hypothesis wants naive ones
    faults=FAULTS,
)
def test_any_dates(warm_minter, before, after, now, faults):
    """Whatever the dates are, and whenever it is, a leaf's validity is less than 200 days and not negative."""
    before, after, now = (moment.replace(microsecond=0, tzinfo=UTC) for moment in (before, after, now))
    upstream = chain(leaf={"not_before": min(before, after), "not_after": max(before, after)}).sent[0]
    first, last = life(warm_minter.mint(upstream, Verdict(HOST, tuple(faults), 1), now=now))
    assert first <= last
    assert last - first < 200 * DAY
