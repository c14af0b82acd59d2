"""What a filter means, said a second time, in Python: SQLite lets through the same rows."""

import ipaddress
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from support.filtering import ask, database

HOSTS = [None, "", "a.example", "b.example", "10%", "A_b"]
ADDRESSES = [None, "::1", "10.0.0.1", "192.0.2.7", "no address"]
NUMBERS = [None, 0, 1, 100, 404]
CODES = [None, "", "rc4", "rc4 des", "3des no-sct"]


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
                  st.sampled_from(["rc4", "des", "no-sct"])),
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
