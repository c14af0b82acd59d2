"""What a filter on the command line selects, and what a wrong one is answered."""

from __future__ import annotations

import json

import pytest

from tlscope.wire.tls.meaning.finding import KINDS


def numbers(ran):
    return [json.loads(line)["connection"] for line in ran.out.splitlines()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], [1, 2, 3]),
        (["outcome", "==", "client-rejected"], [2]),
        (["outcome == intercepted"], [1]),
        (["host", "~", '"local"', "and", "not", "tls.alert"], []),
        (['body contains "GET /"'], [1]),
        (["--", "fault == client-rejected"], [2]),
        ([" "], [1, 2, 3]),
    ],
)
def test_list_with_a_filter(tlscope, recorded, words, expected):
    """Words are joined: quoting the whole or every part is the same."""
    ran = tlscope("list", "--jsonl", "-c", recorded, *words)
    assert (0, expected, "") == (ran.code, numbers(ran), ran.err)


def test_nothing_selected(tlscope, recorded):
    """Is said, and is no failure."""
    ran = tlscope("list", "-c", recorded, "port == 1")
    assert (0, "", f"{recorded} holds no connection that the filter selects\n") == (ran.code, ran.out, ran.err)


def test_a_word_that_is_nowhere_may_be_in_contents(tlscope, recorded):
    """Filters look for needles in heads and contents only when told to: who finds nothing is told what does."""
    ran = tlscope("list", "-c", recorded, "needle")
    assert (0, "") == (ran.code, ran.out)
    assert [
        f"{recorded} holds no connection that the filter selects",
        f"Next: tlscope search -c {recorded} needle looks into heads and contents",
    ] == ran.err.splitlines()
    assert f"Next: tlscope search -c {recorded} 'a b' looks" in tlscope("list", "-c", recorded, "'a b'").err


@pytest.mark.parametrize("command", [["list"], ["search", "x"]])
def test_a_wrong_filter(tlscope, recorded, command):
    """Exit code 2: the filter with its place marked, what is wrong, and what to do."""
    ran = tlscope(*command, "-c", recorded, "hosst", "==", "x")
    assert (2, "") == (ran.code, ran.out)
    text, caret, error, hint = ran.err.splitlines()
    assert ("hosst == x", "^") == (text, caret)
    assert error.startswith("Error: ")
    assert "host" in hint


def test_an_index_that_cannot_be_written(tlscope, recorded):
    """Says so."""
    (recorded / "index.sqlite").mkdir()
    ran = tlscope("list", "-c", recorded, "localhost")
    assert (1, "") == (ran.code, ran.out)
    assert "cannot be indexed" in ran.err


def test_the_fields(tlscope):
    """All that can be asked for, with what each is; no capture is needed."""
    ran = tlscope("list", "--fields")
    assert (0, "") == (ran.code, ran.err)
    fields, _, findings = ran.out.partition("\n\n")
    known = dict(line.split(None, 1) for line in fields.splitlines())
    assert "how it ended" == known["outcome"]
    assert {"http.response.code", "ja4", "cert.expires", "tls.alert", "body"} <= set(known)
    kinds = [line.split(None, 2) for line in findings.splitlines()[2:]]
    assert {(code, kind.severity.name) for code, kind in KINDS.items()} == {(code, grave) for code, grave, _ in kinds}
    assert "serious" == kinds[0][1]
    assert "info" == kinds[-1][1]


@pytest.mark.parametrize("text", ["findings == no-postquantum", "finding.code == no-postquantum"])
def test_a_finding_that_there_is_none_of_is_an_error(tlscope, recorded, text):
    """With exit code 2 and the one that was meant, as for outcomes; not silently nothing."""
    ran = tlscope("list", "-c", recorded, text)
    assert (2, "") == (ran.code, ran.out)
    assert "Next: did you mean no-post-quantum?" in ran.err
