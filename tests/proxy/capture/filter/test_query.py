import sqlite3

import pytest

from support.filtering import FROM, NOW, ONE, THREE, TWO, ask, database
from tlscope.capture.filter.query import FilterError, compile  # noqa: A004 - its name, as re.compile's


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [1, 2, 3]),
        ("tls.handshake.type == 11", [1]),
        ("tls.handshake.type != 11", []),
        ("server.message == Certificate", []),
        ('host ~ "example"', [1]),
        ('host ~ "(?-i)EXAMPLE"', []),
        ("http.response.code >= 400 and not ip.addr == ::1", [1]),
        ("ip.addr != ::1", [1]),
        ("ip.addr == 10.0.0.0/8", [1]),
        ("tls.alert", [1]),
        ("tls.alert == unknown_ca", [1]),
        ("tls.alert == 48", [1]),
        ("tls.alert == client:*", [1]),
        ("tls.alert == known_ca", []),
        ('ja4 == "t13d"', [1]),
        ("ja4 == T13D", [1]),
        ("cert.expires < 30d", [1]),
        ("cert.expires < 5d", []),
        ("cert.expires > -1d", [1]),
        ("client.version < 1.3", [1]),
        ("tls.version == 1.3", [1]),
        ("outcome == client-rejected", [2]),
        ("outcome != client-rejected", [1]),
        ("not outcome == client-rejected", [1, 3]),
        ("example", [1]),
        ('"TOKEN"', [1]),
        ("b_c", [2]),
        ("'bxc'", []),
        ("tls", [1]),
        ("not tls", [2, 3]),
        ("tls == false", [2, 3]),
        ("tls != false", [1]),
        ("http", [1, 2]),
        ("http == no", [3]),
        ("findings", [1]),
        ("findings == weak-group", [1]),
        ("findings == des", []),
        ("findings == weak*", [1]),
        ("findings == old*group", []),
        ("findings contains weak", [1]),
        ("cert.valid", [1]),
        ("cert.fault", [2]),
        ("cert.fault in {revoked, expired}", [2]),
        ("severity >= warning", [1, 2]),
        ("severity == serious", [2]),
        ("up > 10k", [1]),
        ("up", [1]),
        ("exchanges", [1]),
        ("host", [1, 2]),
        ("port", [1]),
        ("host == WWW.example.com", [1]),
        ("host in {::1, www.*.com}", [1, 2]),
        ("cert.names == '*.example.com'", [1]),
        ("method == post", [1]),
        ("method == POST and status == 200", []),
        ("method == POST and status >= 500", [1]),
        ("(method == POST) and (status == 200 or status == 500)", [1]),
        ("method == GET and not status == 404", [1]),
        ("method == GET and status != 404", [1]),
        ("status != 404", [1]),
        ("not status == 404", [1, 3]),
        ("status in {404, 5xx}", [1, 2]),
        ("status", [1, 2]),
        ("finding.code == old-version and finding.severity == warning", [1]),
        ("finding.code == old-version and finding.leg == server", []),
        ("age < 10m", [1]),
        ("age > 10m", []),
        ("age in {1m..10m}", [1]),
        ("opened < -1m", [1]),
        ("opened == today", [1]),
        ("opened > today", []),
        ("duration == 1s", [1]),
        ("http.time == 1s", [1]),
        ("target contains '/TOKEN'", [1]),
        ("target contains '%'", []),
        ("target contains '?x='", [1]),
        ("http.content_type == application/*", [1]),
        ("cipher == 0x1301", [1]),
        ("client.cipher == tls_aes_128_gcm_sha256", [1]),
        ("1", [1, 2]),
    ],
)  # fmt: skip
def test_what_filters_let_through(text, expected):
    """Each kind of field, each operator, with NULL in every column of one connection."""
    assert expected == ask(database(ONE, TWO, THREE), text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(1, 1), (1, 2), (2, 1)]),
        ("method == GET", [(1, 1), (2, 1)]),
        ("method == GET and status == 500", []),
        ("not status == 200", [(1, 2), (2, 1)]),
        ("status != 200", [(1, 2), (2, 1)]),
        ("host ~ example and target contains token", [(1, 2)]),
        ("finding.code == old-version", [(1, 1), (1, 2)]),
        ("example.com/", []),
        ("token", [(1, 2)]),
        ("tls.alert and status < 400", [(1, 1)]),
    ],
)
def test_rows_of_exchanges(text, expected):
    """Conditions on exchanges are about the row's own; those on connections about that of the exchange."""
    assert expected == ask(database(ONE, TWO, THREE), text, "exchange")


def test_body_asks_the_callback():
    """With the exchange where conditions are on exchanges, else for all of the connection; cheap conditions first."""
    asked = []

    def body(connection, exchange, needle):
        asked.append((connection, exchange, needle))
        return connection == 1

    made = database(ONE, TWO, THREE, body=body)
    assert [1] == ask(made, 'body contains "to\\x00k" and outcome == intercepted')
    assert [(1, None, b"to\0k")] == asked
    asked.clear()
    assert [1] == ask(made, "body contains a and method == POST")
    assert [(1, 2, b"a")] == asked
    asked.clear()
    assert [1] == ask(made, "body contains a and status == 500")
    assert [(1, 2, b"a")] == asked
    asked.clear()
    assert [(1, 2)] == ask(made, "body contains a and method == POST", "exchange")
    assert [(1, 2, b"a")] == asked
    assert [2, 3] == ask(made, "not body contains a")
    assert [1, 3] == ask(made, "body contains a or not http")


def test_a_filter_says_what_it_searches_bodies_for():
    """In the order in which it was written, as bytes."""
    where = compile("body contains é or not body contains '\\xff'", NOW)
    assert ("é".encode(), b"\xff") == where.body
    assert () == compile("host == body", NOW).body


def test_without_a_lookup_bodies_are_an_error():
    """Not a wrong answer."""
    with pytest.raises(sqlite3.OperationalError, match="tlscope_body"):
        ask(database(ONE), "body contains a")


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("hsot == x", 1, "did you mean host?"),
        ("'host' == x", 8, "go on with an operator"),
        ("outcome == rejected", 12, "did you mean client-rejected?"),
        ("host > 3", 6, "use == != in, contains or ~"),
        ("tls.message < 3", 13, "use == != or in"),
        ("status ~ 4", 8, "status is no text"),
        ("up contains 4", 4, "up is no text"),
        ('up > 0 and host ~ "a(b"', 21, "group is not closed"),
        ("host ~ r'a(b'", 11, "group is not closed"),
        ("host ~ [a", 8, "set is not closed"),
        ("host ~ '\ud800'", 8, "no text"),
        ("body", 1, "body contains"),
        ("body == x", 6, "contains"),
        ("body contains ''", 15, "nothing to search for"),
        ("tls == maybe", 5, "write tls, or not tls"),
        ("tls in {true}", None, ""),
        ("cert.expires < soon", 16, "30d"),
        ("\ud800", 1, "half of a character"),
        ("a and (b", 9, "close the parenthesis"),
    ],
)
def test_errors_are_described(text, column, words):
    """The filter, a caret, what is wrong, and what to write."""
    with pytest.raises(FilterError) as error:
        compile(text, NOW)
    shown, caret, *rest = error.value.describe().splitlines()
    assert len(text) == len(shown)
    assert column in {len(caret), None}
    assert words in " ".join(rest)


def test_what_looks_like_a_field_but_is_none_is_searched_for_with_a_hint():
    """A host name is not mistaken for one."""
    assert ("tls.alrt is no field, and is searched for as text; did you mean tls.alert?",) == compile(
        "tls.alrt", NOW
    ).hints
    assert () == compile("example.com", NOW).hints == compile("'tls.alrt'", NOW).hints


def test_words_that_stand_alone_are_told():
    """So that somebody can say where they were not searched for; names of fields are none."""
    assert ("needle", "two words") == compile("needle or not 'two words' and tls and host == x", NOW).words
    assert () == compile("tls and host == x", NOW).words


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("host == example.com", "connection_host"),
        ("host in {example.com, Example.org}", "connection_host"),
        ("outcome == intercepted", "connection_outcome"),
        ("ja4 == t13d", "connection_ja4"),
        ("sni == example.com", "connection_sni"),
        ("cert.expires < 30d", "connection_cert_expires"),
        ("client.version <= 1.1", "connection_client_version"),
        ("fault == timed-out", "connection_fault"),
        ("severity >= serious", "connection_severity"),
        ("protocol == h2", "connection_protocol"),
        ("status >= 500", "exchange_status"),
        ("status in {404, 5xx}", "exchange_status"),
        ("method == POST and status == 500", "exchange_status"),
        ("method == POST and status == 500", "LIST SUBQUERY"),
        ("finding.code == old-version", "finding_of_text"),
        ("connection == 7", "INTEGER PRIMARY KEY"),
        ("host == example.com and up > 10k and body contains x", "connection_host"),
    ],
)
def test_conditions_on_plain_columns_use_their_index(text, index):
    """SQLite's own plan says so."""
    made = database(body=lambda *_: True)
    where = compile(text, NOW)
    plan = made.execute(f"EXPLAIN QUERY PLAN {FROM['connection']} WHERE {where.sql}", where.parameters).fetchall()
    assert index in " ".join(row[3] for row in plan)
