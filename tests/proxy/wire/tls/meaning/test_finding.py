"""The kinds of findings."""

from __future__ import annotations

import re

import pytest

from tlscope.capture.filter.fields import SEVERITIES
from tlscope.events import Leg
from tlscope.wire.tls.meaning.finding import KINDS, Finding, Found, Severity, finding


@pytest.mark.parametrize("code", KINDS)
def test_every_kind_says_why_and_where(code):
    """In sentences, with a reference to a section."""
    kind = KINDS[code]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
    assert kind.why.endswith(".")
    assert kind.why[0].isupper()
    assert re.search(r"(section|sections|appendix) [\dA-Z]", kind.reference)


def test_a_finding_has_all_of_its_kind():
    """What a check says, and the leg."""
    made = finding(Leg.SERVER, Found("rc4", "the suite"))
    assert Finding(Leg.SERVER, "rc4", Severity.serious, "the suite", KINDS["rc4"].why, "RFC 7465 section 2") == made


def test_severities_are_those_of_the_filter_language():
    """In the same order."""
    assert list(SEVERITIES) == [severity.name for severity in Severity]
