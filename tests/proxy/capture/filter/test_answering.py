import subprocess
import sys

from support.connections import intercepted
from support.screen import indexed
from tlscope.capture.filter import query
from tlscope.capture.filter.answering import answering

STARTED = "import sys; import tlscope.capture.filter.answering; print('tlscope.capture.search' in sys.modules)"


def test_an_index_answers_what_a_filter_asks(tmp_path):
    """Of its columns, and of what was carried."""
    directory = indexed(tmp_path / "capture", intercepted())
    with answering(directory) as index:
        for text, connections in [("host ~ example", [1]), ('body contains "GET"', [1]), ('body contains "cup"', [])]:
            where = query.compile(text, now=0)
            assert connections == [row["connection"] for row in index.connections(where.sql, where.parameters)], text


def test_what_reads_bodies_is_loaded_when_a_filter_asks():
    """A screen is there before it."""
    done = subprocess.run([sys.executable, "-c", STARTED], capture_output=True, text=True, check=True)
    assert "False" == done.stdout.strip()
