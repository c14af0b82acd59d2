import os
import struct
from contextlib import closing
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import DOWN, GET, NOON, SALT, STORY, TICK, UP, name, segment
from tlscope.capture import format as fmt
from tlscope.capture.segment import BLOCK, HEAD, SCAN_BLOCK, SCAN_PAYLOAD, Damage, Record, Segment
from tlscope.events import Data, Message, Outcome, OutcomeKind

PARTS = segment((1, event) for event in STORY)
WHOLE = b"".join(PARTS)
STARTS = list(accumulate(map(len, PARTS)))[:-1]
"""Where each record begins."""
BULKY = [i for i, event in enumerate(STORY) if fmt.KINDS[type(event)] in fmt.BULKY]
TORN = "the segment ends inside a record"
DAMAGED = "the record is damaged"


@pytest.fixture
def file(tmp_path):
    return tmp_path / name()


def read(path, data, *, final=True, **options):
    path.write_bytes(data)
    with closing(Segment(path, **options)) as opened:
        return list(opened.read(final=final))


def damaged(*places, flip=0x01, whole=WHOLE):
    data = bytearray(whole)
    for at in places:
        data[at] ^= flip
    return bytes(data)


def events(items):
    return [item.event for item in items if isinstance(item, Record)]


def damage(items):
    return [item for item in items if isinstance(item, Damage)]


def test_a_segment_is_read_in_order(file):
    """Each record comes with its event, times and place."""
    items = read(file, WHOLE)
    assert STORY == events(items)
    for i, (item, start, part) in enumerate(zip(items, STARTS, PARTS[1:], strict=True)):
        assert (1, NOON + i * TICK, i * TICK) == (item.connection, item.wall, item.mono)
        assert (name(), start + HEAD, len(part) - HEAD) == (item.segment, item.offset, item.length)
        if hasattr(item.event, "data"):
            assert item.event.data == WHOLE[item.offset + item.meta :][: item.size]


def test_a_segment_may_be_empty(file):
    """A header without a record is a segment, and so is a file that was only just made."""
    assert [] == read(file, PARTS[0])
    assert [] == read(file, b"")


def test_a_growing_segment_is_read_as_it_grows(file):
    """Byte by byte: every record comes as soon as it is whole, none twice, and what is not yet there is no damage."""
    file.touch()
    found = []
    with closing(Segment(file)) as opened, file.open("ab", buffering=0) as writer:
        for length in range(1, len(WHOLE) + 1):
            writer.write(WHOLE[length - 1 : length])
            found += opened.read(final=False)
            assert sum(start <= length for start in [*STARTS[1:], len(WHOLE)]) == len(found)
        assert [] == list(opened.read(final=True))
        assert opened.done
    assert STORY == events(found)


def test_every_strict_prefix_keeps_what_was_whole(file):
    """A file that ends anywhere yields every record before its end, and says how many bytes lead nowhere."""
    for length in range(len(WHOLE)):
        items = read(file, WHOLE[:length])
        ends = [start for start in STARTS if start <= length]
        assert STORY[: max(len(ends) - 1, 0)] == events(items)
        reason, last = (TORN, ends[-1]) if ends else ("the segment ends inside its header", 0)
        assert ([] if last == length else [Damage(name(), last, reason, length - last)]) == damage(items)


@pytest.mark.parametrize("flip", [0x01, 0x80])
def test_damage_at_any_byte_costs_one_record(file, flip):
    """Whatever byte of a record is damaged, all others are read, and the damage is told from its first byte on."""
    for at in range(len(PARTS[0]), len(WHOLE)):
        items = read(file, damaged(at, flip=flip))
        hit = max(i for i, start in enumerate(STARTS) if start <= at)
        if hit in BULKY and at >= STARTS[hit] + HEAD:
            assert len(STORY) == len(events(items))  # relayed bytes are not covered: too dear
            continue
        assert STORY[:hit] + STORY[hit + 1 :] == events(items)
        (found,) = damage(items)
        assert (STARTS[hit], len(PARTS[hit + 1])) == (found.offset, found.lost_bytes)
        # A damaged length of the last record cannot be told from a record that was not written to its end.
        assert found.reason in ({DAMAGED, TORN} if hit == len(STORY) - 1 else {DAMAGED})


def test_damage_of_the_header_costs_the_segment(file):
    """Without the salt no record can be told from chance: that is said, and nothing is made up."""
    for at in range(len(PARTS[0])):
        items = read(file, damaged(at))
        assert [(0, len(WHOLE))] == [(item.offset, item.lost_bytes) for item in items]


@pytest.mark.parametrize("start", [STARTS[0], STARTS[5], STARTS[-1]])
def test_a_hole_costs_what_was_in_it(file, start):
    """Blocks of zeros, as a file system leaves after a crash, are passed over."""
    hole = bytes(3 * SCAN_BLOCK + 7)
    items = read(file, WHOLE[:start] + hole + WHOLE[start:])
    assert STORY == events(items)
    assert [Damage(name(), start, DAMAGED, len(hole))] == damage(items)


def test_a_record_is_found_wherever_it_begins(file):
    """The search goes a block at a time: none falls between two of them."""
    for length in [*range(1, 2 * HEAD), *range(SCAN_BLOCK - HEAD - 2, SCAN_BLOCK + HEAD + 2)]:
        items = read(file, PARTS[0] + bytes(length) + PARTS[-1])
        assert [length] == [item.lost_bytes for item in damage(items)]
        assert STORY[-1:] == events(items)


def test_several_damages_are_told_one_by_one(file):
    """After each the next record is found again."""
    items = read(file, damaged(*(STARTS[hit] + 6 for hit in (2, 3, 7))))
    lost = [(STARTS[2], len(PARTS[3] + PARTS[4])), (STARTS[7], len(PARTS[8]))]
    assert lost == [(item.offset, item.lost_bytes) for item in damage(items)]
    assert [event for i, event in enumerate(STORY) if i not in {2, 3, 7}] == events(items)


@settings(max_examples=300, deadline=None)
@given(st.integers(len(PARTS[0]), len(WHOLE)), st.binary(max_size=200), st.integers(0, 200))
def test_no_junk_hides_what_is_around_it(at, junk, removed):
    """Whatever is put in the place of whatever was there, the records before and behind it are read."""
    with TemporaryDirectory() as place:
        found = events(read(Path(place, name()), WHOLE[:at] + junk + WHOLE[at + removed :]))
    before = [event for i, event in enumerate(STORY) if STARTS[i] + len(PARTS[i + 1]) <= at]
    behind = [event for i, event in enumerate(STORY) if STARTS[i] >= at + removed]
    assert before == found[: len(before)]
    assert behind == found[len(found) - len(behind) :]


def test_damage_is_followed_while_the_segment_grows(file):
    """In a live capture a damaged record is told as soon as the next one is there; no record is lost to the waiting."""
    data = damaged(STARTS[2] + 20)
    found = []
    file.touch()
    with closing(Segment(file)) as opened, file.open("ab", buffering=0) as writer:
        for length in range(1, len(WHOLE) + 1):
            writer.write(data[length - 1 : length])
            found += opened.read(final=False)
        found += opened.read(final=True)
    assert STORY[:2] + STORY[3:] == events(found)
    assert [Damage(name(), STARTS[2], DAMAGED, len(PARTS[3]))] == damage(found)


@pytest.mark.parametrize("limit", [0, 5, 10**6])
def test_less_of_the_data_can_be_read(file, limit):
    """`data_limit` cuts application data and ciphertext, nothing else, and the sizes stay true."""
    items = read(file, WHOLE, data_limit=limit)
    for item, event in zip(items, STORY, strict=True):
        if fmt.KINDS[type(event)] in fmt.BULKY:
            assert event.data[:limit] == item.event.data
            assert len(event.data) == item.size
        else:
            assert event == item.event


def test_one_connection_can_be_read(file):
    """`connection` passes over the records of all others."""
    parts = segment((number, event) for event in STORY for number in (1, 2, 3))
    items = read(file, b"".join(parts), connection=2)
    assert STORY == events(items)
    assert {2} == {item.connection for item in items}


def test_some_kinds_can_be_read(file):
    """`kinds` passes over the records of all others."""
    found = events(read(file, WHOLE, kinds=frozenset({fmt.Kind.OPENED, fmt.Kind.DATA})))
    assert [STORY[0], STORY[12], STORY[13]] == found


def test_a_relayed_journal_is_not_read_as_our_own(file):
    """Data that holds another capture's records yields none of them, not even where the record around it is damaged."""
    relayed = b"".join(segment([(9, event) for event in STORY], salt=SALT ^ 1)[1:])
    parts = segment([(1, Data(DOWN, relayed)), (1, STORY[-1])])
    items = read(file, damaged(len(parts[0]), whole=b"".join(parts)))
    assert [Damage(name(), len(parts[0]), DAMAGED, len(parts[1])), STORY[-1]] == [items[0], items[1].event]


def test_a_taken_back_record_is_forgotten(file):
    """A writer out of space cuts off the half of a record and writes another one in its place: that one is read."""
    file.write_bytes(WHOLE[: STARTS[3] + 40])
    with closing(Segment(file)) as opened:
        assert STORY[:3] == events(opened.read(final=False))
        file.write_bytes(WHOLE[: STARTS[3]] + PARTS[-1])
        assert STORY[-1:] == events(opened.read(final=True))


def test_a_file_that_shrinks_while_it_is_read_is_torn(file, monkeypatch):
    """The writer may take back a record between our look at the file's size and the reading."""
    file.write_bytes(WHOLE[: STARTS[3] + 5])
    size = os.stat_result((0,) * 6 + (len(WHOLE),) + (0,) * 3)
    monkeypatch.setattr(os, "fstat", lambda _: size)
    with closing(Segment(file)) as opened:
        assert STORY[:3] == events(opened.read(final=False))
        assert [Damage(name(), STARTS[3], TORN, len(WHOLE) - STARTS[3])] == list(opened.read(final=True))


def test_a_reading_that_is_broken_off_can_be_taken_up(file):
    """The next one goes on behind the last record or damage that was taken."""
    data = damaged(STARTS[2] + 20)
    file.write_bytes(data)
    found = []
    with closing(Segment(file)) as opened:
        while item := next(opened.read(final=True), None):
            found.append(item)
    assert read(file, data) == found


@pytest.mark.parametrize("cut", [0, 3, 7])
def test_another_reader_can_go_on(file, cut):
    """A reading that was broken off at any record or damage is taken up from its position alone."""
    data = damaged(STARTS[2] + 20, STARTS[14] + 6)[: len(WHOLE) - cut]
    data = data[: STARTS[13] - 5] + data[STARTS[13] :]  # bytes of unchecked data are missing
    whole, found, position = read(file, data), [], (0, 0)
    while True:
        with closing(Segment(file)) as opened:
            opened.go_on(*position)
            item = next(opened.read(final=True), None)
            position = opened.position
        if item is None:
            break
        found.append(item)
    assert whole == found
    assert any(item.lost_bytes for item in damage(found))


def test_one_record_can_be_read_where_it_lies(file):
    """A place is enough to read a record; a place that is none yields nothing, and neither does a damaged record."""
    items = read(file, damaged(STARTS[3] + 6))
    with closing(Segment(file, data_limit=5)) as opened:
        for item in items:
            at = item.offset - HEAD if isinstance(item, Record) else STARTS[3]
            found = opened.record(at)
            assert (None if isinstance(item, Damage) else (item.offset, item.size)) == (
                found and (found.offset, found.size)
            )
            assert opened.record(at + 1) is None
        assert [None] * 3 == [opened.record(at) for at in (-1, 0, len(WHOLE))]


def test_nothing_is_read_where_nothing_can_be(tmp_path, file):
    """Neither of a file without a header nor of one that the disk does not give is a record made up."""
    for path, content in ((file, b"TLSJ" + bytes(100)), (tmp_path, None)):
        if content:
            path.write_bytes(content)
        with closing(Segment(path)) as opened:
            assert opened.record(10) is None


def test_records_larger_than_a_block_are_read(file):
    """A block is how much is asked for at once, not how much there can be."""
    large = [Data(UP, os.urandom(3 * BLOCK)), Message(0, UP, 0x0304, 22, os.urandom(2 * BLOCK)), Data(DOWN, b"x")]
    assert large == events(read(file, b"".join(segment((1, event) for event in large))))


def test_large_data_that_nobody_wants_is_not_read(file, monkeypatch):
    """Listing connections must not cost the reading of all that they carried."""
    parts = segment((1, Data(UP, bytes(64 * BLOCK))) for _ in range(4))
    asked = count_reads(monkeypatch)
    assert 4 == len(read(file, b"".join(parts), data_limit=0))
    assert sum(asked) <= 10 * BLOCK


def test_searching_takes_linear_time(file, monkeypatch):
    """Behind a damage, data made of heads that each claim a long payload does not make any byte be read often."""
    claim = struct.pack("<IIBBHIQQ", 0, SCAN_PAYLOAD, fmt.Kind.MESSAGE, 0, 2, 1, NOON, 0)
    hostile = claim * (4 * SCAN_BLOCK // len(claim))
    asked = count_reads(monkeypatch)
    items = read(file, PARTS[0] + hostile + PARTS[1] + bytes(SCAN_PAYLOAD))
    assert STORY[:1] == events(items)
    assert sum(asked) <= 4 * (len(hostile) + 2 * SCAN_BLOCK)


def test_a_large_message_behind_a_damage_is_passed_over(file):
    """The price of linear time: a message longer than the search checks is lost with the damage before it."""
    messages = [Message(0, UP, 0x0304, 22, bytes(SCAN_PAYLOAD)), Outcome(OutcomeKind.ABORTED, 0, 0)]
    parts = segment((1, event) for event in messages)
    items = read(file, parts[0] + b"junk" + parts[1] + parts[2])
    assert [Damage(name(), len(parts[0]), DAMAGED, 4 + len(parts[1])), messages[1]] == [items[0], items[1].event]


def test_large_data_behind_a_damage_is_found(file):
    """Application data is found behind a damage whatever its length."""
    data = Data(UP, bytes(2 * SCAN_PAYLOAD))
    parts = segment([(1, data)])
    assert [data] == events(read(file, parts[0] + b"junk" + parts[1]))


def test_a_file_that_cannot_be_read_is_damage(tmp_path):
    """An error of the disk ends the segment, not the program."""
    with closing(Segment(tmp_path)) as opened:  # a directory opens, and cannot be read
        assert ["cannot be read: Is a directory"] == [item.reason for item in opened.read(final=False)]
        assert opened.done


def count_reads(monkeypatch):
    asked, pread = [], os.pread
    monkeypatch.setattr(os, "pread", lambda fd, length, offset: asked.append(length) or pread(fd, length, offset))
    return asked


def test_the_example_is_worth_it():
    """The journal above holds relayed bytes that a careless reader takes for text, and all of a good connection."""
    rare = {fmt.Kind.FAULT, fmt.Kind.RULE, fmt.Kind.REACHED}
    assert set(fmt.TYPES.values()) - {type(event) for event in STORY} == {fmt.TYPES[kind] for kind in rare}
    assert not GET.isascii()
