import ipaddress
import random
import re
import sqlite3
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import steps
from tlscope.capture.filter.grammar import MAX_CONDITIONS, MAX_DEPTH
from tlscope.capture.filter.query import FilterError, compile, prepare  # noqa: A004 - its name, as re.compile's
from tlscope.capture.fold import address
from tlscope.capture.schema import CONNECTION, EXCHANGE, WORDS, Words, statements
from tlscope.capture.spelling import SPELT, Spelling

NOW = 1_763_640_000.0
TABLES = {"connection": CONNECTION, "exchange": EXCHANGE}
FROM = {
    "connection": "SELECT c.connection FROM connection c",
    "exchange": "SELECT e.connection, e.exchange FROM exchange e JOIN connection c ON c.connection = e.connection",
}

TABLES_ONLY = ("CREATE TABLE ", "CREATE VIEW ", "CREATE VIRTUAL ", "INSERT INTO word ")


def database(*connections, body=None, indexes=True):
    """An index in memory; a connection is a dict of columns, with `of` its exchanges and `found` its findings."""
    made = sqlite3.connect(":memory:")
    for statement in statements():
        if indexes or statement.startswith(TABLES_ONLY):
            made.execute(statement)
    prepare(made, body)
    for number, connection in enumerate(connections, 1):
        columns = {name: value for name, value in connection.items() if name in CONNECTION}
        insert(made, "connection", {"connection": number, **columns})
        for exchange, row in enumerate(connection.get("of", ()), 1):
            insert(made, "exchange", {"connection": number, "exchange": exchange, **row})
        for text, (leg, code, severity, what) in enumerate(connection.get("found", ())):
            made.execute("INSERT INTO finding_text (text, code, severity, what) VALUES (?, ?, ?, ?)",
                         (text, code, severity, what))  # fmt: skip
            made.execute("INSERT INTO finding_of (connection, leg, text) VALUES (?, ?, ?)", (number, leg, text))
    return made


def insert(made, table, row):
    assert row.keys() <= TABLES[table].keys()
    number = Words(made).number
    stored = {WORDS[table].get(key, key): number(value) if key in WORDS[table] else value for key, value in row.items()}
    columns, marks = ", ".join(stored), ", ".join("?" * len(stored))
    made.execute(f"INSERT INTO {table}_row ({columns}) VALUES ({marks})", tuple(stored.values()))
    made_up = address(row.get("client_ip"), row.get("client_port"))
    Spelling(made).add(row["connection"], [tuple(map({"client": made_up, **row}.get, SPELT[table]))])


def ask(made, text, row="connection"):
    """The numbers of the rows that a filter lets through."""
    where = compile(text, NOW, row)
    order = "ORDER BY 1, 2" if row == "exchange" else "ORDER BY 1"
    found = made.execute(f"{FROM[row]} WHERE {where.sql} {order}", where.parameters).fetchall()
    if not where.body:  # how often the data is looked at is tested with it
        assert found == made.execute(f"{FROM[row]} WHERE {where.each} {order}", where.parameters).fetchall()
    return [numbers[0] if row == "connection" else numbers for numbers in found]


ONE = {
    "host": "www.example.com", "sni": "www.example.com", "client": "127.0.0.1:50124", "client_ip": "127.0.0.1",
    "client_port": 50124, "port": 443, "server_ip": "10.1.2.3", "outcome": "intercepted", "up": 20_000, "down": 0,
    "client_version": 0x0303, "server_version": 0x0304, "client_cipher": "TLS_AES_128_GCM_SHA256",
    "client_messages": 1 << 1 | 1 << 11, "server_messages": 1 << 1, "alerts": "client:unknown_ca server:close_notify",
    "findings": "old-version weak-suite", "severity": 3, "verdict": "", "cert_expires": int(NOW) + 10 * 86400,
    "cert_names": "example.com *.example.com", "ja4": "t13d", "opened": int(NOW - 300) * 10**9,
    "closed": int(NOW - 299) * 10**9, "protocol": "http/1.1", "exchanges": 2,
    "of": [
        {"method": "GET", "target": "/a?x=1", "status": 200, "authority": "example.com", "started": 0, "ended": 10**9},
        {"method": "POST", "target": "/token", "status": 500, "response_type": "application/json"},
    ],
    "found": [(0, "old-version", 3, "TLS 1.2")],
}  # fmt: skip
TWO = {
    "host": "::1", "client_ip": "::1", "outcome": "client-rejected", "verdict": "expired name-mismatch", "severity": 4,
    "of": [{"method": "GET", "target": "/b_c", "status": 404}],
}  # fmt: skip
THREE = {}


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
        ("findings == weak-suite", [1]),
        ("findings == weak", []),
        ("findings == weak*", [1]),
        ("findings == old*suite", []),
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


# ------------------------------------------------------------------------------------------------------------- oracle


HOSTS = [None, "", "a.example", "b.example", "10%", "A_b"]
ADDRESSES = [None, "::1", "10.0.0.1", "192.0.2.7", "no address"]
NUMBERS = [None, 0, 1, 100, 404]
CODES = [None, "", "a", "a b", "ab b-c"]


def rows():
    exchange = st.fixed_dictionaries({
        "method": st.sampled_from([None, "GET", "POST"]), "status": st.sampled_from([None, 200, 404, 500]),
        "target": st.sampled_from([None, "/", "/a%b", "/A.example"]),
    })  # fmt: skip
    return st.fixed_dictionaries({
        "host": st.sampled_from(HOSTS),
        "client_ip": st.sampled_from(ADDRESSES), "server_ip": st.sampled_from(ADDRESSES),
        "port": st.sampled_from(NUMBERS), "severity": st.sampled_from([None, 1, 2, 3, 4]),
        "client_version": st.sampled_from([None, 0x0301, 0x0303, 0x0304]), "findings": st.sampled_from(CODES),
        "server_version": st.sampled_from([None, 0x0303, 0x0304]), "client_messages": st.integers(0, 4095),
        "server_messages": st.integers(0, 4095), "outcome": st.sampled_from([None, "intercepted", "refused"]),
        "of": st.lists(exchange, max_size=3),
    })  # fmt: skip


def on(level, function):
    """A predicate of a connection, or of an exchange."""
    return level, function


ORDER = {
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip
SEVERITIES = ["info", "notice", "warning", "serious"]
VERSIONS = {"1.0": 0x0301, "1.2": 0x0303, "TLSv1.3": 0x0304}


def ordered(level, name, column, operator, text, number):
    def holds(row):
        return row[column] is not None and ORDER[operator](row[column], number)

    return f"{name} {operator} {text}", on(level, holds)


def either(name, operator, text, number):
    """A version of either leg: `!=` means that none is that one."""

    def holds(row):
        there = [row[column] for column in ("client_version", "server_version") if row[column] is not None]
        return bool(there) and (all if operator == "!=" else any)(ORDER[operator](value, number) for value in there)

    return f"{name} {operator} {text}", on("c", holds)


def contained(level, name, column, text):
    return f"{name} contains '{text}'", on(level, lambda row: text.lower() in (row[column] or "").lower()
                                           and row[column] is not None)  # fmt: skip


def matched(name, column, pattern):
    return f"{name} ~ '{pattern}'", on(
        "c", lambda row: row[column] is not None and bool(re.search(pattern, row[column], re.IGNORECASE))
    )


def networked(text):
    def inside(address):
        try:
            return ipaddress.ip_address(address) in ipaddress.ip_network(text)
        except ValueError:
            return False

    return f"ip.addr == {text}", on("c", lambda row: inside(row["client_ip"]) or inside(row["server_ip"]))


def atoms():
    operators = st.sampled_from(list(ORDER))
    return st.one_of(
        st.builds(lambda o, n: ordered("c", "port", "port", o, n, n), operators, st.sampled_from([0, 1, 100])),
        st.builds(lambda o, n: ordered("e", "status", "status", o, n, n), operators, st.sampled_from([200, 404])),
        st.builds(lambda o, n: ordered("c", "severity", "severity", o, SEVERITIES[n], n + 1), operators,
                  st.integers(0, 3)),
        st.builds(lambda o, v: ordered("c", "client.version", "client_version", o, v, VERSIONS[v]), operators,
                  st.sampled_from(list(VERSIONS))),
        st.builds(lambda o, v: either("tls.version", o, v, VERSIONS[v]), operators, st.sampled_from(list(VERSIONS))),
        st.builds(lambda t: contained("c", "host", "host", t), st.sampled_from(["a", "%", "EXAMPLE", "_"])),
        st.builds(lambda t: contained("e", "target", "target", t), st.sampled_from(["a", "%", "/"])),
        st.builds(lambda p: matched("host", "host", p), st.sampled_from(["^a", "e$", "b|a", "^$", "[.]"])),
        st.builds(networked, st.sampled_from(["10.0.0.0/8", "::/0", "0.0.0.0/0"])),
        st.builds(lambda b: (f"tls.message == {b}", on("c", lambda row: bool(
            (row["client_messages"] | row["server_messages"]) >> b & 1))), st.integers(0, 12)),
        st.builds(lambda w: (f"findings == {w}", on("c", lambda row: w in (row["findings"] or "").split())),
                  st.sampled_from(["a", "b", "b-c"])),
        st.builds(lambda w: (f"outcome == {w}", on("c", lambda row: row["outcome"] == w)),
                  st.sampled_from(["intercepted", "refused"])),
        st.builds(lambda w: (f"method == {w}", on("e", lambda row: row["method"] == w.upper())),
                  st.sampled_from(["get", "POST"])),
        st.just(("host", on("c", lambda row: bool(row["host"])))),
        st.just(("findings", on("c", lambda row: bool(row["findings"])))),
        st.just(("http.response", on("e", lambda row: row["status"] is not None))),
    )  # fmt: skip


def closed(piece):
    """On connections: one with such an exchange."""
    level, holds = piece
    return holds if level == "c" else lambda row: any(holds(exchange) for exchange in row["of"])


def both(one, two):
    if one[0] == two[0]:
        return on(one[0], lambda row: one[1](row) and two[1](row))
    return on("c", lambda row: closed(one)(row) and closed(two)(row))


def one_of(one, two):
    if one[0] == two[0]:
        return on(one[0], lambda row: one[1](row) or two[1](row))
    return on("c", lambda row: closed(one)(row) or closed(two)(row))


def filters():
    """Text with the predicate that it should be."""
    return st.recursive(
        atoms(),
        lambda inner: st.one_of(
            st.builds(lambda a: (f"not ({a[0]})", on("c", lambda row: not closed(a[1])(row))), inner),
            st.builds(lambda a, b: (f"({a[0]}) and ({b[0]})", both(a[1], b[1])), inner, inner),
            st.builds(lambda a, b: (f"({a[0]}) || ({b[0]})", one_of(a[1], b[1])), inner, inner),
        ),
        max_leaves=6,
    )


@settings(max_examples=150, deadline=None)
@given(filters(), st.lists(rows(), min_size=1, max_size=6))
def test_sql_means_what_python_does(written, connections):
    """The condition lets through the very rows that the same conditions in Python do."""
    text, predicate = written
    expected = [number for number, row in enumerate(connections, 1) if closed(predicate)(row)]
    assert expected == ask(database(*connections, indexes=False), text)


# -------------------------------------------------------------------------------------------------------------- safety


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=30)
    | st.lists(
        st.sampled_from([
            "host", "status", "up", "cert.expires", "body", "tls", "findings", "ip.addr", "tls.message", "opened",
            "==", "!=", "<", ">=", "~", "contains", "in", "{", "}", ",", "and", "or", "not", "(", ")", "1", "10k",
            "-3d", "1.2", "'x'", '"', "\\", "*", "::1/64", "%", "'; DROP TABLE connection; --", "?", "{where}", "[",
            "a*",
        ]), max_size=14,
    ).map(" ".join),
    st.sampled_from(["connection", "exchange"]),
)  # fmt: skip
def test_any_text_gives_a_condition_or_an_error(text, row):
    """SQLite takes every condition, and nothing but FilterError is raised."""
    try:
        where = compile(text, NOW, row)
    except FilterError as error:
        error.describe()
        return
    made = database(ONE, body=lambda *_: True, indexes=False)
    made.execute(f"{FROM[row]} WHERE {where.sql}", where.parameters).fetchall()


@given(st.text(max_size=20).filter(lambda text: not re.search(r"""['\\\0]""", text)))
@settings(max_examples=100, deadline=None)
def test_what_is_typed_is_never_part_of_the_sql(text):
    """It is a parameter, whatever it holds: the SQL is the same for all texts."""
    try:
        found = [compile(shape.format(f"'{text}'"), NOW) for shape in ("host == {}", "host contains {}", "{}")]
    except FilterError:
        return
    same = [compile(shape.format("'QQQQ'"), NOW) for shape in ("host contains {}", "{}")]
    assert [where.sql for where in same] == [where.sql for where in found[1:]]
    words = "c.host_word IN (SELECT word FROM word WHERE text {})"
    assert found[0].sql in {words.format("= ?"), words.format("IN (?, ?)")}
    for where in found:
        assert len(where.parameters) == where.sql.count("?")


@pytest.mark.parametrize("attack", ["' OR 1=1 --", "'; DROP TABLE connection; --", '" OR ""="', "{where}", "%s", "?"])
def test_injections_find_nothing(attack):
    """They are what is searched for."""
    made = database(ONE, TWO, body=lambda *_: False)
    quoted = '"' + attack.replace('"', '\\"') + '"'
    for text in (f"host == {quoted}", f"host contains {quoted}", quoted, f"findings == {attack.split()[0]!r}",
                 f"body contains {quoted}"):  # fmt: skip
        if "?" not in attack or "==" in text:
            assert [] == ask(made, text)
    assert [(2,)] == made.execute("SELECT count(*) FROM connection").fetchall()


def test_the_largest_filters_are_not_too_much_for_sqlite():
    """The deepest, the longest, and the one with most conditions."""
    made = database(ONE)
    deep = "".join(f"not (up or status == {number} and " for number in range(MAX_DEPTH // 3))
    for text in (
        deep + "x" + ")" * (MAX_DEPTH // 3),
        "(up or host and " * 9 + "x" + ")" * 9,
        "x " * MAX_CONDITIONS,
        "not status == 200 or " * (MAX_CONDITIONS - 1) + "up",
        f"status in {{{' '.join(map(str, range(250)))}}}",
        f"ip.addr in {{{' '.join(f'10.{number}.0.0/16' for number in range(250))}}}",
        "host ~ " + "a" * 500,
    ):
        ask(made, text)
        ask(made, text, "exchange")


def test_compiling_takes_linear_time():
    """Twice the conditions, about twice the work."""
    compile("a", NOW)
    works = [steps(compile, " or ".join(["up > 3"] * size), NOW) for size in (8, 16, 32)]
    assert all(more < 2.3 * less for less, more in pairwise(works))


def test_a_bad_pattern_on_many_rows_ends():
    """What would take a backtracker for ever."""
    chance = random.Random(1)
    made = database(*({"host": "a" * chance.randrange(30, 60) + "!"} for _ in range(50)))
    assert [] == ask(made, "host ~ '(a|aa)+$'")
