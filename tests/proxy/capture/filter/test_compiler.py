import pytest

from support.filtering import FROM, NOW, database
from tlscope.capture.filter.compiler import Compiler
from tlscope.capture.filter.grammar import parse
from tlscope.capture.filter.query import compile  # noqa: A004 - its name, as re.compile's


@pytest.mark.parametrize("row", list(FROM))
@pytest.mark.parametrize(
    "text",
    [
        "needle", "needle status == 200", "method == GET and needle", "not (needle or up > 3)", "uri contains 'items'",
        "uri ~ 'items/[0-9]+' and needle", "uri == /items/*", "host ~ example and uri contains items and status < 400",
        "finding.code == rc4 or needle", "body contains x and needle",
    ],
)  # fmt: skip
def test_both_forms_take_the_same_parameters(row, text):
    """In the same order, which follows from what pieces cost."""
    made = database({"host": "needle.example"}, body=lambda *_: False)
    where = compile(text, NOW, row)
    assert len(where.parameters) == where.sql.count("?") == where.each.count("?")
    for sql in (where.sql, where.each):
        made.execute(f"{FROM[row]} WHERE {sql}", where.parameters).fetchall()
    compilers = [Compiler(NOW, row, stepping=stepping) for stepping in (False, True)]
    sql, each = (compiler.closed(compiler.compile(parse(text))) for compiler in compilers)
    assert sql.parameters == each.parameters


def test_what_is_asked_of_few_rows_goes_through_no_others():
    """Only that what others hang on is looked for first, where all rows are asked."""
    where = compile("status >= 500", NOW)
    assert "c.connection IN (SELECT e.connection" in where.sql
    assert "EXISTS" in where.each
    where = compile("needle", NOW)
    assert "tlscope_shown" in where.sql
    assert "tlscope_shown" not in where.each
