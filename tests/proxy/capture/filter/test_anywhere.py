import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.filtering import FROM, NOW, database, insert
from tlscope.capture import spelling
from tlscope.capture.filter import anywhere, compiler
from tlscope.capture.filter.anywhere import Anywhere
from tlscope.capture.filter.fields import SHOWN_OF_CONNECTION, SHOWN_OF_EXCHANGE
from tlscope.capture.filter.functions import prepare
from tlscope.capture.filter.query import compile  # noqa: A004 - its name, as re.compile's
from tlscope.capture.spelling import SPELT

CONNECTIONS = [
    {"host": "www.example.com", "client": "10.0.0.1:50124", "ja3": "a0b1c2d3"},
    {"host": "other.test", "of": [{"target": "/Items/77777", "method": "GET", "status": 503}]},
    {"client_ip": "2001:db8::9", "client_port": 443, "of": [{"target": "/a"}, {"target": "/EXAMPLE?é=%5c"}]},
    {"verdict": "", "alerts": None},
]


@pytest.fixture(params=["by indexes", "many words", "many candidates", "without trigrams", "without JSON"])
def way(request, monkeypatch):
    """Whatever is quickest, or is there at all, finds the same."""
    match request.param:
        case "many words":
            monkeypatch.setattr(anywhere, "MANY_WORDS", 0)
        case "many candidates":
            monkeypatch.setattr(spelling, "MAX_CANDIDATES", 0)
        case "without trigrams":
            monkeypatch.setattr(spelling, "can_spell", lambda: False)
        case "without JSON":
            monkeypatch.setattr(compiler, "HAS_JSON", False)


def found(made, text, row="connection", *, each=False):
    where = compile(text, NOW, row)
    order = "1, 2" if row == "exchange" else "1"
    query = f"{FROM[row]} WHERE {where.each if each else where.sql} ORDER BY {order}"
    return made.execute(query, where.parameters).fetchall()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EXAMPLE", [1, 3]),
        ("items/77", [2]),
        ("50124", [1]),
        ("'0.1:50'", [1]),
        ("'db8::9]:4'", [3]),
        ("503", [2]),
        ("c2D", [1]),
        ("77", [2]),
        ("7", [2]),
        ("%", [3]),
        ("_", []),
        ("'É='", []),
        ("'é=%5C'", [3]),
        ("nowhere", []),
        ("''", [1, 2, 3, 4]),
        ("not example", [2, 4]),
        ("example items", []),
        ("example or items", [1, 2, 3]),
        ("get host == other.test", [2]),
        ("method == GET and items", [2]),
        ("10.0.0", [1]),
        ("2001", [3]),
        ("uri contains ITEMS/7", [2]),
        ("uri contains 'é='", [3]),
        ("not uri contains items", [1, 3, 4]),
        ("uri ~ '^/item.*7$'", [2]),
        ("uri ~ 'example|items'", [2, 3]),
        ("uri ~ '(?:EXA(mple)+)'", [3]),
        ("uri ~ '(?-i)EXAM'", [3]),
        ("uri ~ '(?-i)exam'", []),
        ("uri == /items/77777", [2]),
        ("uri == /it*77", [2]),
        ("uri in {/items/77777, /a}", [2, 3]),
        ("uri == /items/777", []),
        ("uri != /items/77777", [3]),
        ("host ~ 'EXAMPLE[.]com$'", [1]),
    ],
)
@pytest.mark.usefixtures("way")
def test_a_text_is_found_wherever_it_is_shown(text, expected):
    """In words and in what is none; two letters, too; case matters outside ASCII; `%` and `_` are themselves."""
    made = database(*CONNECTIONS)
    assert expected == [row[0] for row in found(made, text)]
    assert found(made, text, each=True) == found(made, text)


@pytest.mark.usefixtures("way")
def test_exchanges_are_found_by_their_own_texts_and_by_their_connections():
    """Not by those of the exchange beside them."""
    made = database(*CONNECTIONS)
    assert [(3, 2)] == found(made, "EXAMPLE", "exchange")
    assert [(2, 1)] == found(made, "other.test", "exchange")
    assert [(3, 1), (3, 2)] == found(made, "db8", "exchange")


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("row", FROM)
def test_findings_are_found_by_their_whole_names(row):
    """`post` is no `no-post-quantum`, which nobody sees in a row; a host called like a finding is one, too."""
    made = database(
        {"findings": "old-version no-post-quantum", "of": [{"target": "/"}]},
        {"host": "old-version.example", "of": [{"method": "POST"}]},
    )

    def numbers(text):
        assert found(made, text, row, each=True) == found(made, text, row)
        return [one[0] for one in found(made, text, row)]

    assert [2] == numbers("post")
    assert [1] == numbers("No-Post-Quantum")
    assert [1, 2] == numbers("old-version")
    assert [2] == numbers('"old-version"')
    assert [2] == numbers("not no-post-quantum")
    assert [] == numbers("no-post-quantum and post")
    assert [1, 2] == numbers("no-post-quantum or method == post")


PIECES = st.text("abAB1%_\\'\" \0éÉ\u017f", max_size=5)
ROW = st.dictionaries(st.sampled_from([column[2:] for column in SHOWN_OF_CONNECTION]), PIECES, max_size=3)
EXCHANGE = st.dictionaries(st.sampled_from(["method", "target", "authority", "oddities"]), PIECES, max_size=2)


@given(st.lists(st.tuples(ROW, st.lists(EXCHANGE, max_size=2)), max_size=4), PIECES, st.sampled_from(list(FROM)))
@settings(max_examples=100, deadline=None)
def test_what_is_found_at_once_is_what_is_found_row_by_row(rows, text, row):
    """Whatever the texts hold."""
    made = database(*({**own, "of": of} for own, of in rows), indexes=False)
    needle = text.replace("\0", "").replace("\\", "\\\\").replace('"', '\\"')
    assert found(made, f'"{needle}"', row, each=True) == found(made, f'"{needle}"', row)


NEEDLES = st.text("abAB1%_/kK\u212a\u017f", min_size=3, max_size=5)


@given(st.lists(PIECES, min_size=1, max_size=4), NEEDLES, st.sampled_from(list(FROM)))
@settings(max_examples=60, deadline=None)
def test_targets_are_found_by_any_condition(texts, needle, row):
    """Also where they hold a NUL, or a letter whose other case is in ASCII."""
    made = database(*({"of": [{"target": f"{text}{needle.swapcase()}"}]} for text in texts), indexes=False)
    for text in (f'uri contains "{needle}"', f'uri ~ r"{re.escape(needle)}"', f'uri == "{needle}"'):
        assert found(made, text, row, each=True) == found(made, text, row)


def test_all_that_is_shown_is_searched():
    """What is no word is spelt, or it would not be found."""
    plain = {column for columns in (SHOWN_OF_CONNECTION, SHOWN_OF_EXCHANGE) for column in columns}
    plain -= compiler._WORDS.keys()
    assert {f"{table[0]}.{column}" for table, columns in SPELT.items() for column in columns} == plain


def test_words_are_looked_up_in_indexes():
    """Nowhere are all rows looked at; the trigrams leave few candidates."""
    made = database(*CONNECTIONS)
    asked = []
    made.set_trace_callback(asked.append)
    assert [2] == json.loads(Anywhere(made).shown("%items/7%"))
    (query,) = (statement for statement in asked if "json_group_array" in statement)
    plan = [row[3] for row in made.execute(f"EXPLAIN QUERY PLAN {query}")]
    assert not [step for step in plan if step.startswith("SCAN") and "_row" in step]


@pytest.mark.usefixtures("way")
def test_targets_are_found():
    """In either case."""
    made = database(*CONNECTIONS)
    assert [2] == json.loads(Anywhere(made).targets("ITEMS/7"))
    assert [3] == json.loads(Anywhere(made).targets("%5C"))


def test_words_are_searched_once_for_all_steps(monkeypatch):
    """Those that are added later alone; a text is found in them too, and forgotten where there are many."""
    monkeypatch.setattr(anywhere, "KEPT_WORDS", 2)
    asked = []
    made = database({"connection": 900})
    made.set_trace_callback(asked.append)
    made.commit()  # within a transaction, FTS5 keeps a statement open, and no function can be changed
    prepare(made)

    def asked_for(text):
        asked.clear()
        where = compile(text, NOW)
        rows = made.execute(f"{FROM['connection']} WHERE {where.each} ORDER BY 1", where.parameters).fetchall()
        assert rows == made.execute(f"{FROM['connection']} WHERE {where.sql} ORDER BY 1", where.parameters).fetchall()
        return [row[0] for row in rows], sum("word > " in statement for statement in asked)

    assert ([], 1) == asked_for("needle")
    assert ([], 0) == asked_for("needle")
    insert(made, "connection", {"connection": 901, "rule": "a new needle"})
    insert(made, "connection", {"connection": 902, "rule": "another one"})
    assert ([901], 1) == asked_for("needle")
    assert ([901], 0) == asked_for("needle")
    assert [1, 1, 1] == [asked_for(text)[1] for text in ("one", "two", "needle")]
