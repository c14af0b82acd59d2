"""Curves by name or coefficient by coefficient; named ones are held against Wireshark in test_messages.py."""

from __future__ import annotations

import pytest

from support.dissecting import malformed_in, torture
from tlscope.wire.field import Cursor
from tlscope.wire.tls import curves

GROUP = bytes.fromhex("01 0a  01 0b  03 040102  01 07  01 01")
"""Coefficients, base point, order, cofactor."""


def dissect(data):
    cursor = Cursor(data)
    cursor.guarded(lambda inside: curves.point(inside, "server", curves.parameters(inside)))
    return cursor.field("x", "X")


@pytest.mark.parametrize(
    ("curve", "field"),
    [
        ("01 01 17", {"prime": b"\x17"}),
        ("02 00a3 01 01 07", {"m": 163, "basis": 1, "k": b"\x07"}),
        ("02 00a3 02 01 03 01 06 01 07", {"m": 163, "basis": 2, "k1": b"\3", "k2": b"\6", "k3": b"\7"}),
    ],
    ids=["prime", "trinomial", "pentanomial"],
)
def test_curves_of_a_servers_own_making(curve, field):
    """Part by part (RFC 4492 section 5.4), with the point behind them; each says that they are forbidden."""
    tree = torture(dissect, bytes.fromhex(curve) + GROUP + b"\3\4\5\6")
    assert [] == malformed_in(tree)
    parts = {**field, "a": b"\x0a", "b": b"\x0b", "base": b"\4\1\2", "order": b"\7", "cofactor": b"\1"}
    assert parts == {key: tree.first(f"tls.handshake.server_curve.{key}").value for key in parts}
    assert b"\4\5\6" == tree.first("tls.handshake.server_point").value
    assert "forbidden" in tree.first("tls.handshake.server_curve_type").note


def test_named_curves():
    """The point is taken apart by the curve's size."""
    tree = torture(dissect, b"\3\0\x17\x41\4" + b"x" * 32 + b"y" * 32)
    assert (b"x" * 32, b"y" * 32) == tuple(tree.first(f"tls.handshake.ec_point.{key}").value for key in "xy")


@pytest.mark.parametrize("data", ["09 abcd", "02 00a3 09 abcd"])
def test_what_is_not_known_stays_raw(data):
    """A type of curve or of field: nothing tells where it ends."""
    tree = dissect(bytes.fromhex(data))
    assert b"\xab\xcd" == tree.first("tls.handshake.server_curve.undecoded").value
