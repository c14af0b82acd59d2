import re
import sqlite3
import subprocess

import pytest

from support.needs import needs
from tlscope.capture.filter.fields import BY_NAME, FIELDS, SHOWN_OF_CONNECTION, SHOWN_OF_EXCHANGE, Kind
from tlscope.capture.schema import CONNECTION, EXCHANGE, statements

FINDING = dict.fromkeys(("connection", "leg", "code", "severity", "what"))
TABLES = {"c": ("connection", CONNECTION), "e": ("exchange", EXCHANGE), "f": ("finding", FINDING)}
OURS = re.compile(r"\b([cef])\.(\w+?)(?:_word)?\b")


def test_every_column_is_in_the_index():
    """A field stands for columns that the schema has."""
    named = [column for field in FIELDS for column in field.columns] + [*SHOWN_OF_CONNECTION, *SHOWN_OF_EXCHANGE]
    for alias, column in (found for text in named for found in OURS.findall(text)):
        assert column in TABLES[alias][1]


def test_every_column_that_people_read_can_be_asked_for():
    """But for offsets into the journal."""
    asked = {found for field in FIELDS for text in field.columns for found in OURS.findall(text)}
    offsets = {f"{side}_{what}" for side in ("request", "response") for what in ("start", "head", "end")}
    for alias, (_, columns) in TABLES.items():
        assert not columns.keys() - offsets - {"connection"} - {column for known, column in asked if known == alias}


def test_every_expression_is_sql():
    """SQLite takes each of them, on the rows of its table."""
    database = sqlite3.connect(":memory:")
    for statement in statements():
        database.execute(statement)
    for field in FIELDS:
        for column in field.columns:
            if field.kind is not Kind.BODY:
                database.execute(f"SELECT {column} FROM {TABLES[field.table][0]} {field.table}")


def test_names_are_unique_and_have_notes():
    """No name means two things, and each says what it is."""
    names = [name.lower() for field in FIELDS for name in field.spellings]
    assert len(set(names)) == len(names) == len(BY_NAME)
    assert all(field.note for field in FIELDS)
    assert all(value == value.lower() for field in FIELDS if field.closed for value in field.values)


def test_what_sounds_like_wiresharks_name_is_wiresharks_name():
    """Aliases in the namespaces of Wireshark's protocols are those that tshark knows."""
    known = subprocess.run([needs("tshark"), "-G", "fields"], capture_output=True, text=True, check=True).stdout
    names = {line.split("\t")[2] for line in known.splitlines() if line.count("\t") > 2}
    aliases = [name for field in FIELDS for name in field.aliases if re.match(r"(tls|http2?|tcp|ipv6|x509\w*)\.", name)]
    assert len(aliases) > 20
    newer = ["tls.handshake.ja4"]  # since Wireshark 4.2
    assert [] == [name for name in aliases if name not in names and name not in newer]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("tls.handshake.type", "tls.message"), ("STATUS".lower(), "http.response.code"), ("ip", "ip.addr")],
)
def test_aliases_mean_the_same_field(name, expected):
    """Names are looked up in lower case."""
    assert expected == BY_NAME[name].name
