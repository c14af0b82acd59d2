from array import array

import pytest

from tlscope.capture import order as module
from tlscope.capture.order import ORDERS, Order


def by_sqlite(index, name, *, descending):
    """The connections in an order, and what they are sorted by, as SQLite says."""
    way = "DESC" if descending else "ASC"
    column = ORDERS[name]
    query = f"SELECT c.connection, {column} FROM connection c ORDER BY {column} {way}, c.connection {way}"
    return [tuple(row) for row in index.database.execute(query)]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", sorted({*ORDERS} - {"connection"}))
def test_values_can_be_compared_and_sort_as_the_column_does(index, monkeypatch, name, descending):
    """Of every column: words by their texts, and what there is no value of below all others."""
    monkeypatch.setattr(module, "ASKED", 3)
    order = Order(name, descending=descending)
    found = [tuple(row) for row in index.database.execute(f"SELECT {order.value}, c.connection FROM connection c")]
    values = order.comparable(index.database, [value for value, _ in found])
    assert isinstance(values, list if order.word or order.is_text else array)
    made = sorted(zip(values, (number for _, number in found), strict=True), reverse=descending)
    assert [number for number, _ in by_sqlite(index, name, descending=descending)] == [number for _, number in made]


def test_the_numbers_have_no_value_beside_them():
    """What they are sorted by is themselves."""
    assert "" == Order("connection", descending=False).value


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("name", [name for name in ORDERS if Order(name, descending=False).has_index])
def test_an_index_tells_the_first(index, name, descending):
    """Questions whose answers, one behind the other, begin as all rows in that order do."""
    queries = Order(name, descending=descending).first("c.connection % 2", 9)
    found = [row[0] for query in queries for row in index.database.execute(query)]
    numbers = [number for number, _ in by_sqlite(index, name, descending=descending) if number % 2]
    assert numbers[:9] == found[:9]


@pytest.mark.parametrize("name", ["host", "client_version"])
def test_the_first_are_found_without_sorting_all(index, name):
    """SQLite walks the index, which takes as long for a million rows as for ten."""
    order = Order(name, descending=True)
    plan = [row["detail"] for row in index.database.execute(f"EXPLAIN QUERY PLAN {order.first('1', 9)[0]}")]
    assert not any("USE TEMP B-TREE FOR ORDER BY" == step for step in plan), plan
