import os
from contextlib import closing
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import DOWN, SALT, STORY, TICK, UP, held, name, segment
from tlscope.capture import format as fmt
from tlscope.capture.reader import Dropped, Reader
from tlscope.capture.segment import HEAD, Damage, Record
from tlscope.capture.walk import BLOCK, Passed, Position, Walk
from tlscope.events import Data, Message

PARTS = segment((1, event) for event in STORY)
WHOLE = b"".join(PARTS)


def put(directory, number, data, series=0):
    with (directory / name(number, series)).open("ab") as file:
        file.write(data)


def plain(item):
    """An item as values that outlive the walk; what Reader says of the same record is equal."""
    if isinstance(item, Passed):
        head = fmt.Head(0, len(item.payload), item.kind, item.flags, item.meta, item.connection, item.wall, 0)
        event = fmt.decode(head, bytes(item.payload))
        return name(item.segment, item.series), item.start, item.connection, item.wall, event
    if isinstance(item, Record):
        return item.segment, item.offset - HEAD, item.connection, item.wall, item.event
    return item


def walked(directory, positions=None):
    with closing(Walk(directory, positions)) as walk:
        return [plain(item) for item in walk.poll()]


def readers(directory):
    """What the Reader says, series by series."""
    with Reader(directory) as reader:
        items = list(reader.poll())
    return sorted(map(plain, items), key=series_of)


def series_of(item):
    if isinstance(item, Dropped):
        return item.series
    return int((item.segment if isinstance(item, Damage) else item[0]).split("-")[1])


def test_a_walk_passes_what_the_reader_reads(tmp_path):
    """Every record with its place, time and payload, over segments and series, and what is missing."""
    put(tmp_path, 2, WHOLE)
    put(tmp_path, 3, b"".join(segment([(1, event) for event in STORY], salt=7)))
    put(tmp_path, 1, b"".join(segment([(2, event) for event in STORY], begin=5 * TICK)), series=4)
    assert readers(tmp_path) == walked(tmp_path)
    assert 1 + 3 * len(STORY) == len(walked(tmp_path))


def test_data_that_lost_bytes_hides_nothing(tmp_path):
    """No check covers application data: where bytes of it are missing, the record behind it begins before its end."""
    start = len(b"".join(PARTS[:13])) + HEAD
    (tmp_path / name()).write_bytes(WHOLE[: start + 5] + WHOLE[start + 20 :])
    assert readers(tmp_path) == walked(tmp_path)
    assert STORY[-1] == walked(tmp_path)[-1][-1]


@pytest.mark.parametrize("flip", [1, 0x80])
def test_damage_is_told_as_the_reader_tells_it(tmp_path, flip):
    """Whatever byte is damaged: the same records, the same damage."""
    path = tmp_path / name()
    for at in range(0, len(WHOLE), 13):
        data = bytearray(WHOLE)
        data[at] ^= flip
        path.write_bytes(data)
        assert readers(tmp_path) == walked(tmp_path)


def test_every_prefix_is_walked_as_it_is_read(tmp_path):
    """A journal that ends anywhere, torn or not."""
    path = tmp_path / name()
    for length in range(0, len(WHOLE), 11):
        path.write_bytes(WHOLE[:length])
        assert readers(tmp_path) == walked(tmp_path)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 40), st.binary(max_size=40)), max_size=3),
    st.data(),
)
def test_a_walk_goes_on_from_any_position(edits, data):
    """Given up and taken up anywhere, by another Walk, it passes the same, whatever is damaged and wherever."""
    content = WHOLE
    for at, removed, junk in edits:
        content = content[:at] + junk + content[at + removed :]
    with TemporaryDirectory() as place:
        directory = Path(place)
        put(directory, 1, content)
        put(directory, 3, WHOLE)
        whole, found, positions = walked(directory), [], {}
        while True:
            with closing(Walk(directory, positions)) as walk:
                count = data.draw(st.integers(1, 6))
                items = [plain(item) for item in islice(walk.poll(), count)]
                positions = dict(walk.positions)
            if not items:
                break
            found += items
        assert readers(directory) == whole
    assert whole == found


def test_a_journal_is_followed_as_it_grows(tmp_path):
    """Byte by byte, over the end of a segment: every record once, as soon as it is whole."""
    found = []
    with held(tmp_path), closing(Walk(tmp_path)) as walk:
        assert [] == list(walk.poll())
        for number, salt in ((1, SALT), (2, SALT + 1)):
            data = b"".join(segment([(number, event) for event in STORY[:4]], salt=salt))
            for at in range(len(data)):
                put(tmp_path, number, data[at : at + 1])
                found += map(plain, walk.poll())
            assert 4 * number == len(found)
        assert not walk.finished
    with closing(Walk(tmp_path, walk.positions)) as walk:
        assert [] == list(walk.poll())
        assert walk.finished


def test_a_record_that_was_taken_back_is_not_passed(tmp_path):
    """A recorder out of space cuts off half a record and writes another one in its place."""
    end = len(b"".join(PARTS[:4]))
    path = tmp_path / name()
    with held(tmp_path), closing(Walk(tmp_path)) as walk:
        path.write_bytes(WHOLE[: end + 40])
        assert 3 == len(list(walk.poll()))
        path.write_bytes(WHOLE[:end] + PARTS[-1])
        assert [STORY[-1]] == [plain(item)[-1] for item in walk.poll()]


def test_a_segment_that_is_gone_is_dropped(tmp_path):
    """Whether it was begun by another walk or never seen; what is open is read to its end."""
    put(tmp_path, 1, b"".join(PARTS[:5]))
    put(tmp_path, 2, WHOLE)
    with held(tmp_path), closing(Walk(tmp_path)) as walk:
        items = walk.poll()
        assert STORY[0] == plain(next(items))[-1]
        begun = dict(walk.positions)
        (tmp_path / name(1)).unlink()
        assert STORY[1:4] + STORY == [plain(item)[-1] for item in items]
    assert [Dropped(0, 1, 1), *STORY] == [
        told[-1] if isinstance(told, tuple) else told for told in walked(tmp_path, begun)
    ]
    (tmp_path / name(2)).unlink()
    with closing(Walk(tmp_path, begun)) as walk:
        assert [] == list(walk.poll())


def test_what_was_walked_to_its_end_is_not_dropped(tmp_path):
    """The budget may remove what is indexed: the index still says all of it."""
    put(tmp_path, 1, WHOLE)
    with closing(Walk(tmp_path)) as walk:
        assert len(STORY) == len(list(walk.poll()))
        positions = dict(walk.positions)
    assert {0: Position(1, len(WHOLE), 0, done=True)} == positions
    (tmp_path / name(1)).unlink()
    put(tmp_path, 2, b"".join(segment([(2, STORY[0])])))
    assert [STORY[0]] == [item[-1] for item in walked(tmp_path, positions)]


def test_a_segment_that_cannot_be_opened_is_damage(tmp_path):
    """It ends neither the walk nor the program."""
    (tmp_path / name(1)).mkdir()
    put(tmp_path, 2, WHOLE)
    assert readers(tmp_path) == walked(tmp_path)


def test_large_records_are_passed_whole(tmp_path):
    """Application data and messages larger than a block, and small ones behind them."""
    events = [Data(UP, os.urandom(BLOCK * 3)), Message(0, UP, 0x0304, 22, os.urandom(BLOCK + 1)), Data(DOWN, b"x")] * 2
    put(tmp_path, 1, b"".join(segment((1, event) for event in events)))
    assert events == [item[-1] for item in walked(tmp_path)]


def test_bytes_are_read_once(tmp_path, monkeypatch):
    """Application data goes from the file to one buffer, and no byte of it is read often."""
    put(tmp_path, 1, b"".join(segment((1, Data(UP, bytes(20_000))) for _ in range(200))))
    asked, preadv = [], os.preadv
    monkeypatch.setattr(os, "preadv", lambda fd, views, at: asked.append(n := preadv(fd, views, at)) or n)
    with closing(Walk(tmp_path)) as walk:
        assert 200 == sum(1 for _ in walk.poll())
    assert 200 * 20_000 < sum(asked) < 200 * 20_000 * 1.2


def test_a_directory_that_is_gone_is_no_error(tmp_path):
    """Somebody may remove a capture while it is followed."""
    with closing(Walk(tmp_path / "nowhere")) as walk:
        assert [] == list(walk.poll())
        assert walk.finished
