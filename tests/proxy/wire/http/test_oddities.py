"""The table of oddities holds all that the sources tell."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tlscope.wire import http
from tlscope.wire.http.oddities import ODDITIES

CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+|gap")
OTHER = {
    *("content-encoding", "content-length", "transfer-encoding", "sec-websocket-extensions", "grpc-trailers"),
    *("latin-1", "utf-8"),
}
"""Words of the sources that look like codes: header fields, what a message is, character encodings."""


def words(path):
    """All strings of a source that look like a code."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            yield node.value


def test_every_code_is_in_the_table_and_none_besides():
    """A code that no filter knows could not be asked for: a new one is put into the table, or into OTHER."""
    sources = [path for path in Path(http.__file__).parent.glob("*.py") if path.name != "oddities.py"]
    told = {word for path in sources if not path.stem.endswith("_tree") for word in words(path)}
    assert set(ODDITIES) == told - OTHER
