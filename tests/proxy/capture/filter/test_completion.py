from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlscope.capture.filter.completion import complete
from tlscope.capture.filter.fields import FIELDS, Kind
from tlscope.capture.filter.query import FilterError
from tlscope.capture.filter.query import compile as compiled


def at_end(text):
    return complete(text, len(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("outc", ["outcome"]),
        ("OUTC", ["outcome"]),
        ("outcome == cl", ["client-rejected"]),
        ("outcome == rejected", ["client-rejected"]),
        ("outcome in {refused, ab", ["aborted"]),
        ("severity >= w", ["warning"]),
        ("up ", ["==", "!=", "<", "<=", ">", ">=", "in", "and", "or"]),
        ("host c", ["contains"]),
        ("host in ", ["{"]),
        ("body ", ["contains", "and", "or"]),
        ("tls ", ["and", "or"]),
        ("host == host ", ["and", "or"]),
        ("host == 'a'", ["and", "or"]),
        ("a.example ", ["and", "or"]),
        ("(up > 3) ", ["and", "or"]),
        ("status in {1} ", ["and", "or"]),
        ("not out", ["outcome"]),
        ("up > 1 and (out", ["outcome"]),
        ("up>1&&out", ["outcome"]),
        ("tls.alert == unknown_c", ["unknown_ca"]),
        ("findings == quantum", ["no-post-quantum"]),
        ("finding.code == self-", ["self-signed"]),
        ("message == certificate_re", []),
        ("message == CertificateRe", ["CertificateRequest"]),
        ("cipher == TLS_AES_128_G", ["TLS_AES_128_GCM_SHA256"]),
        ("cert.expires < ", ["now", "30d", "90d"]),
        ("host == ", []),
        ("unknown == ", []),
        ("== ", []),
        ('host == "out', []),
        ("host == r'out", []),
        ("{", []),
    ],
)
def test_what_is_offered_fits_its_place(text, expected):
    """Fields where a condition begins, then operators that the field knows, then values, then and or or."""
    assert expected == at_end(text)


def test_where_nothing_is_typed_every_field_is_offered():
    """By all its names, ours first."""
    offered = complete("", 0)
    assert ["not", *(field.name for field in FIELDS)] == offered[: len(FIELDS) + 1]
    assert {name for field in FIELDS for name in field.spellings} == set(offered[1:])


def test_only_what_is_before_the_cursor_counts():
    """The cursor may stand inside the text, or nowhere in it."""
    assert ["outcome"] == complete("outco == x", 5)
    assert complete("x", -5) == complete("", 0)
    assert complete("outco", 99) == complete("outco", 5)


@pytest.mark.parametrize("field", [field for field in FIELDS if field.kind not in {Kind.FLAG, Kind.BODY}])
def test_every_value_that_is_offered_is_one(field):
    """Each is taken in a comparison with its field, with each operator that is offered."""
    for operator in at_end(f"{field.name} ")[:-3]:
        for value in at_end(f"{field.name} {operator} "):
            if operator not in {"contains", "matches"}:
                assert compiled(f"{field.name} {operator} {value}", 0.0)


@settings(max_examples=200, deadline=None)
@given(st.text("ab =!{}(),'\"\\<>~&|.\n") | st.text(), st.integers(-2, 30))
def test_any_text_is_completed_or_not(text, cursor):
    """Nothing is raised, be it a filter or not."""
    assert all(isinstance(word, str) for word in complete(text, cursor))
    with suppress(FilterError):
        compiled(text, 0.0)
