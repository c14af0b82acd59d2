import pytest

from journals import REFUSAL, STORY, UP, capture, held, name, segment
from tlscope.capture.index import Extent, Index
from tlscope.capture.indexer import Indexer
from tlscope.capture.inspector import catch_up
from tlscope.capture.schema import Stale, delete
from tlscope.events import Data, Opened

GET = b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n"


@pytest.fixture
def index(tmp_path):
    """Twenty connections, every fifth refused, with as many requests as their number says."""
    stories = []
    for number in range(1, 21):
        opened = Opened("explicit", f"127.0.0.1:{number}", "127.0.0.1:8080")
        requests = [Data(UP, GET % i) for i in range(number)]
        stories.append(REFUSAL if number % 5 == 0 else [opened, *requests])
    capture(tmp_path, *stories)
    assert catch_up(tmp_path)
    with Index(tmp_path) as opened:
        yield opened


def numbers(rows):
    return [row["connection"] for row in rows]


def test_connections_come_in_pages(index):
    """Either way round, each page behind the last row of the one before."""
    assert list(range(1, 8)) == numbers(index.connections(limit=7))
    assert list(range(8, 15)) == numbers(index.connections(limit=7, after=7))
    assert [20, 19, 18] == numbers(index.connections(limit=3, newest=True))
    assert [17, 16, 15] == numbers(index.connections(limit=3, newest=True, after=18))
    assert [] == index.connections(after=20)


def test_pages_are_filtered(index):
    """By any condition on the row, whose values are bound."""
    assert [5, 10] == numbers(index.connections("c.outcome = ? OR c.host = ?", ("client-rejected", "none"), limit=2))
    assert [15, 20] == numbers(index.connections("c.outcome = ?", ("client-rejected",), after=10))
    assert 4 == index.count("c.fault = ?", ("client-rejected",))
    assert 20 == index.count()


def test_some_columns_are_enough(index):
    """A list needs a few of fifty."""
    (row,) = index.connections("c.connection = 3", columns="c.connection, c.client_port")
    assert {"connection": 3, "client_port": 3} == dict(row)


def test_exchanges_come_in_pages(index):
    """By connection and number, either way round, filtered by both rows."""
    assert [(1, 1), (2, 1), (2, 2)] == [tuple(row)[:2] for row in index.exchanges(limit=3)]
    assert [(3, 1), (3, 2)] == [tuple(row)[:2] for row in index.exchanges(after=(2, 2), limit=2)]
    assert [(19, 19), (19, 18)] == [tuple(row)[:2] for row in index.exchanges(newest=True, limit=2)]
    assert [(19, 1), (18, 18)] == [tuple(row)[:2] for row in index.exchanges(newest=True, after=(19, 2), limit=2)]
    found = index.exchanges("e.target = ? AND c.client_port > ?", ("/3", 17))
    assert [(18, 4), (19, 4)] == [tuple(row)[:2] for row in found]
    assert 2 == index.count("e.target = ? AND c.client_port > ?", ("/3", 17), row="exchange")
    assert 19 == index.count("e.target = ?", ("/0",), row="exchange") + 4 - 1


def test_one_connection_is_found(index):
    """With its findings and the bytes behind it."""
    assert 7 == index.connection(7)["connection"]
    assert index.connection(21) is None
    assert ["invalid-chain"] == [row["code"] for row in index.findings(5)]
    assert GET % 0 + GET % 1 == index.lookup.span(2, UP).data


def test_an_index_says_how_far_it_is(index):
    """And whether there will be more."""
    (extent,) = index.extents()
    assert (0, 1, True) == (extent.series, extent.segment, extent.done)
    assert index.finished
    assert [] == index.damage() == index.dropped()


def test_a_place_in_the_journal_is_indexed_or_not():
    """By segment first, then by offset; a segment that is done with is all there, whatever its end looks like."""
    extent = Extent(0, 3, 100, done=False)
    told = [extent.holds(*place) for place in ((2, 900), (3, 99), (3, 100), (3, 101), (4, 0))]
    assert [True, True, True, False, False] == told
    assert extent._replace(done=True).holds(3, 101)


def test_there_may_be_no_index(tmp_path):
    """Somebody has to make one first."""
    (tmp_path / name()).touch()
    with pytest.raises(Stale):
        Index(tmp_path)


def test_a_story_is_found_by_what_it_says(tmp_path):
    """Findings are asked for as the filter language does."""
    capture(tmp_path, STORY, REFUSAL)
    catch_up(tmp_path)
    where = "EXISTS (SELECT 1 FROM finding f WHERE f.connection = c.connection AND f.code = ? AND f.severity > ?)"
    with Index(tmp_path) as index:
        assert [2] == numbers(index.connections(where, ("invalid-chain", 2)))


def test_connections_are_grouped(index):
    """By what they have in common, the most frequent first; what most have not is a group too."""
    assert [(None, 16, 19), ("client-rejected", 4, 20)] == index.groups("fault")
    assert [("client-rejected", 2, 20)] == index.groups("fault", "c.fault IS NOT NULL AND c.connection > ?", (10,))
    assert [(None, 16, 19), ("client-rejected", 4, 20)] == index.groups("outcome")
    assert index.groups("outcome") == index.groups("outcome", "c.connection > 0")
    assert 1 == len(index.groups("client_port", limit=1))
    with pytest.raises(ValueError, match="nothing"):
        index.groups("nothing")


def test_an_index_says_which_rows_changed(tmp_path):
    """Since a version, up to another one, as far back as is known."""
    parts = segment((number, event) for number in range(1, 4) for event in REFUSAL)
    with held(tmp_path), (tmp_path / name()).open("wb") as file:
        file.write(b"".join(parts[:4]))
        file.flush()
        indexer = Indexer(tmp_path)
        indexer.poll()
        with Index(tmp_path) as index:
            first = index.version
            assert [] == index.changed(first)
            assert ([1], 1) == (index.changed(0), index.count())
            file.write(b"".join(parts[4:]))
            file.flush()
            indexer.poll()
            assert index.version > first
            assert [1, 2, 3] == index.changed(first)
            assert [1] == index.changed(0, first)
            assert (3, (1, 3)) == (index.count(), index.bounds())
        indexer.close()


def test_what_was_long_ago_is_not_known(tmp_path, monkeypatch):
    """The list of changes is short; all of it is known that was since its beginning."""
    monkeypatch.setattr("tlscope.capture.indexer.KEPT_CHANGES", 2)
    monkeypatch.setattr("tlscope.capture.indexer.BATCH_CONNECTIONS", 1)
    capture(tmp_path, *[REFUSAL] * 10)
    catch_up(tmp_path)
    with Index(tmp_path) as index:
        assert index.changed(0) is None
        assert index.changed(index.version - 3) is None
        assert index.changed(index.version - 2)
        assert 10 == index.count()


def test_a_deleted_index_is_seen(tmp_path):
    """Who holds it open still asks the old one."""
    capture(tmp_path, STORY)
    catch_up(tmp_path)
    with Index(tmp_path) as index:
        assert not index.replaced
        delete(tmp_path)
        assert index.replaced
        catch_up(tmp_path)
        assert index.replaced
