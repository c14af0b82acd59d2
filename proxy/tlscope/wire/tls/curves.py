"""ECParameters: a server's curve before TLS 1.3, by its name or coefficient by coefficient (RFC 4492 section 5.4).

A server may make up a curve of its own, over the integers modulo a prime or over a binary field; RFC 8422 forbids that,
for a client can hardly tell a curve that is sound from one that has a trap in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.tls.codes import NamedGroup
from tlscope.wire.tls.key_shares import parts_of
from tlscope.wire.tls.notes import GROUPS
from tlscope.wire.tls.parts import Parse, blob, opaque, rest, several
from tlscope.wire.tls.registries import ECBasisType, ECCurveType
from tlscope.wire.tls.registry_notes import CURVE_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tlscope.wire.field import Cursor

_NAMED = "RFC 8422 section 5.4"
_EXPLICIT = "RFC 4492 section 5.4"
_CURVE = "tls.handshake.server_curve"


def parameters(cursor: Cursor) -> int:
    """ECParameters; returns the NamedGroup, or 0 for a curve that has no name."""
    kind = cursor.number(1, f"{_CURVE}_type", "Curve Type", names=ECCurveType, notes=CURVE_TYPES, reference=_NAMED)
    if kind == ECCurveType.named_curve:
        return cursor.number(
            2, "tls.handshake.server_named_curve", "Named Curve", names=NamedGroup, notes=GROUPS, reference=_NAMED
        )
    EXPLICIT.get(kind, _unknown)(cursor)
    return 0


def point(cursor: Cursor, side: str, group: int) -> None:
    """ECPoint: a half of the exchange, of the `server` or the `client`; `group` is 0 where the curve is not known."""
    opaque(
        cursor,
        1,
        f"tls.handshake.{side}_point",
        "Pubkey",
        length_key=f"tls.handshake.{side}_point_len",
        inside=parts_of(group, client=side == "client") if group else None,
        note=f"The {side}'s half: a point that only it knows the factor of.",
        reference=_NAMED,
    )


def _part(name: str, label: str, note: str) -> Parse:
    return blob(1, f"{_CURVE}.{name}", label, note=note, reference=_EXPLICIT)


_coefficients = several(
    _part("a", "a", "The first coefficient of the curve's equation."),
    _part("b", "b", "The second coefficient of the curve's equation."),
)
_group = several(
    _part("base", "Base Point", "What both sides multiply."),
    _part("order", "Order", "How many points the base point makes: its size is the curve's strength."),
    _part("cofactor", "Cofactor", "How many times as many points the whole curve has."),
)
_exponents: Mapping[int, Parse] = {
    ECBasisType.ec_basis_trinomial: _part("k", "k", "The middle exponent of the field's polynomial."),
    ECBasisType.ec_basis_pentanomial: several(
        *(_part(f"k{i}", f"k{i}", "An exponent of the field's polynomial.") for i in (1, 2, 3))
    ),
}


def _char2(cursor: Cursor) -> None:
    """The field of a curve over a binary field; its basis settles what follows."""
    cursor.number(2, f"{_CURVE}.m", "m", note="The degree of the field.", reference=_EXPLICIT)
    basis = cursor.number(
        1,
        f"{_CURVE}.basis",
        "Basis",
        names=ECBasisType,
        note="Whether the field's polynomial has three terms or five.",
        reference=_EXPLICIT,
    )
    _exponents.get(basis, _unknown)(cursor)
    if basis in _exponents:
        _coefficients(cursor)
        _group(cursor)


_unknown = rest(
    f"{_CURVE}.undecoded",
    "Curve",
    note="Of a kind that is not known here: nothing tells where it ends.",
    reference=_EXPLICIT,
)

EXPLICIT: Mapping[int, Callable[[Cursor], None]] = {
    ECCurveType.explicit_prime: several(
        _part("prime", "p", "The prime of the field."),
        _coefficients,
        _group,
    ),
    ECCurveType.explicit_char2: _char2,
}
"""What stands behind the type of a curve without a name."""
