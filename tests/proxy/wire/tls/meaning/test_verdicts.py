"""Faults inside a sentence."""

from __future__ import annotations

import pytest

from tlscope.wire.tls.meaning.verdicts import said


@pytest.mark.parametrize(
    ("expected", "faults"),
    [
        ("", ()),
        ("the server's certificate expired (expired)", ("expired: The server's certificate expired",)),
        (
            "the server sent it. It is A: B (malformed); CN=x is wrong (other)",
            ("malformed: The server sent it. It is A: B.", "other: CN=x is wrong"),
        ),
        ("expired", ("expired",)),
        ("expired; other", ("expired: ", "other")),
    ],
)
def test_each_fault_is_a_clause_with_its_code(expected, faults):
    """It has no colon of its own in front, and no capital in the middle of a sentence."""
    assert expected == said(faults)
