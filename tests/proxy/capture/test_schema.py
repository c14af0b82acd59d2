import sqlite3
import stat
from contextlib import closing, suppress

import pytest

from tlscope.capture.schema import (
    CONNECTION,
    EXCHANGE,
    INDEX,
    VERSION,
    WORDS,
    Stale,
    Words,
    open_reading,
    open_writing,
    version,
)


def made(directory):
    open_writing(directory).close()
    return directory / INDEX


def keep(directory):
    """Put a row in, to see later whether it is still there."""
    with closing(open_writing(directory)) as database:
        database.execute("INSERT INTO connection_row (connection) VALUES (7)")


def kept(directory):
    with closing(open_writing(directory)) as database:
        return database.execute("SELECT count(*) FROM connection").fetchone()[0]


def test_an_index_is_made_where_there_is_none(tmp_path):
    """With the columns that the filter language names, in their order, and for nobody else's eyes."""
    path = made(tmp_path)
    with closing(open_reading(tmp_path)) as database:
        for table, columns in (("connection", CONNECTION), ("exchange", EXCHANGE)):
            shown = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            assert list(columns) == shown[: len(columns)]
            assert set(WORDS[table].values()) == set(shown[len(columns) :])
        assert "wal" == database.execute("PRAGMA journal_mode").fetchone()[0]
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_the_log_is_for_nobody_elses_eyes_either(tmp_path):
    """It holds the same rows."""
    with closing(open_writing(tmp_path)) as database:
        database.execute("INSERT INTO connection_row (connection) VALUES (1)")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert {INDEX: 0o600, f"{INDEX}-wal": 0o600, f"{INDEX}-shm": 0o600} == modes


def test_an_index_stays(tmp_path):
    """Opened again it is the same one."""
    keep(tmp_path)
    assert 1 == kept(tmp_path)


def test_an_index_of_another_version_is_made_anew(tmp_path):
    """What is in it was understood otherwise."""
    keep(tmp_path)
    with closing(open_writing(tmp_path)) as database:
        database.execute("UPDATE meta SET value = ? WHERE key = 'version'", (VERSION + 1,))
    with pytest.raises(Stale):
        open_reading(tmp_path)
    assert 0 == kept(tmp_path)
    open_reading(tmp_path).close()


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_ruined_index_is_made_anew(tmp_path, content):
    """The journal holds all that it said; a log that lies there still is not taken for the new one's."""
    (tmp_path / INDEX).write_bytes(content)
    (tmp_path / f"{INDEX}-wal").write_bytes(b"old" * 1000)
    with pytest.raises(Stale):
        open_reading(tmp_path)
    assert 0 == kept(tmp_path)


def test_somebody_elses_database_is_made_anew(tmp_path):
    """A table `meta` of another form is none of ours."""
    with closing(sqlite3.connect(tmp_path / INDEX)) as database:
        database.execute("CREATE TABLE meta (other)")
        assert -1 != version(sqlite3.connect(":memory:"))
    assert 0 == kept(tmp_path)


def test_a_locked_index_is_not_deleted(tmp_path, monkeypatch):
    """Waiting may help, deleting what somebody else works on does not."""
    monkeypatch.setattr("tlscope.capture.schema.PATIENCE", 0)
    keep(tmp_path)
    with closing(sqlite3.connect(tmp_path / INDEX, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            open_writing(tmp_path)
        other.execute("COMMIT")
    assert 1 == kept(tmp_path)


def test_what_is_not_there_cannot_be_asked(tmp_path):
    """No index, or one that is just being made, is said in one way; asking makes none."""
    with pytest.raises(Stale):
        open_reading(tmp_path)
    assert [] == list(tmp_path.iterdir())
    (tmp_path / INDEX).touch()
    with pytest.raises(Stale):
        open_reading(tmp_path)


def test_a_reader_cannot_write(tmp_path):
    """There is one writer."""
    made(tmp_path)
    with closing(open_reading(tmp_path)) as database, pytest.raises(sqlite3.OperationalError, match="readonly"):
        database.execute("INSERT INTO connection_row (connection) VALUES (1)")


@pytest.mark.parametrize(
    ("where", "index"),
    [
        ("c.outcome = 'refused'", "connection_outcome"),
        ("c.host = 'example.org'", "connection_host"),
        ("c.ja4 = 't13d'", "connection_ja4"),
        ("c.cert_expires < 5", "connection_cert_expires"),
        ("c.client_version < 772", "connection_client_version"),
        ("c.severity >= 3", "connection_severity"),
    ],
)
def test_filters_find_an_index(tmp_path, where, index):
    """Comparisons with a plain column do not look at every row."""
    made(tmp_path)
    with closing(open_reading(tmp_path)) as database:
        plan = database.execute(f"EXPLAIN QUERY PLAN SELECT count(*) FROM connection c WHERE {where}").fetchall()
    assert index in plan[0][3]


def test_a_write_protected_index_is_read_as_it_is(tmp_path):
    """There readers cannot note that they read; as long as no log says that there is more, nothing is missing."""
    keep(tmp_path)
    (tmp_path / f"{INDEX}-shm").mkdir()  # SQLite cannot put its notes there
    with closing(open_reading(tmp_path)) as database:
        assert [(7,)] == database.execute("SELECT connection FROM connection").fetchall()


def test_a_log_is_never_passed_over(tmp_path):
    """Where it cannot be read, nothing is; what it holds is newer than the rest."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    keep(tmp_path / "one")
    with closing(open_writing(tmp_path / "one")) as database:
        database.execute("INSERT INTO connection_row (connection) VALUES (8)")
        for suffix in ("", "-wal"):
            (tmp_path / "two" / (INDEX + suffix)).write_bytes((tmp_path / "one" / (INDEX + suffix)).read_bytes())
    (tmp_path / "two" / f"{INDEX}-shm").mkdir()
    with suppress(Stale), closing(open_reading(tmp_path / "two")) as database:
        assert [(7,), (8,)] == database.execute("SELECT connection FROM connection ORDER BY 1").fetchall()


def test_a_text_is_stored_once(tmp_path):
    """As a number, the same one always, also where the writer has forgotten it; half a character is replaced."""
    with closing(open_writing(tmp_path)) as database:
        texts = ["h2", "", "h2", None, "\ud800"]
        first = [*map(Words(database).number, texts)]
        assert first == [*map(Words(database).number, texts)]
        assert (0, None) == (first[1], first[3])
        assert first[0] == first[2] != first[4]
        assert ["", "?", "h2"] == [text for (text,) in database.execute("SELECT text FROM word ORDER BY text")]


def test_texts_are_forgotten_and_found_again(tmp_path, monkeypatch):
    """A writer does not keep all texts of a capture in memory."""
    monkeypatch.setattr("tlscope.capture.schema.KNOWN_WORDS", 2)
    with closing(open_writing(tmp_path)) as database:
        words = Words(database)
        numbers = [words.number(f"text {i % 5}") for i in range(20)]
        assert len(words._known) <= 2
        assert numbers[:5] * 4 == numbers
        assert 5 == len(set(numbers))
