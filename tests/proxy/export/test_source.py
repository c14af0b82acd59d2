from journals import REFUSAL, STORY, capture
from tlscope.capture.format import Kind
from tlscope.capture.segment import Damage
from tlscope.events import Data, Secret
from tlscope.export.source import Source


def test_all_records_or_those_of_chosen_connections(tmp_path):
    """None chosen is none; one, several, and those that are not there."""
    directory = capture(tmp_path / "c", STORY, REFUSAL, STORY)
    assert STORY + REFUSAL + STORY == [record.event for record in Source(directory).records()]
    assert REFUSAL == [record.event for record in Source(directory, {2}).records()]
    assert STORY + STORY == [record.event for record in Source(directory, [3, 1, 9]).records()]
    assert [] == list(Source(directory, ()).records())


def test_only_some_kinds_and_a_part_of_the_data(tmp_path):
    """As the reader has them."""
    source = Source(capture(tmp_path / "c", STORY))
    assert [Secret, Data, Data] == [type(record.event) for record in source.records(Kind.SECRET, Kind.DATA)]
    assert [b"GE", b"\0\1"] == [record.event.data for record in source.records(Kind.DATA, data_limit=2)]


def test_what_is_missing_is_said(tmp_path):
    """After each reading, what that one could not read."""
    directory = capture(tmp_path / "c", STORY)
    source = Source(directory)
    list(source.records())
    assert [] == source.missing
    path = directory / "journal-0-000001.tlsj"
    data = bytearray(path.read_bytes())
    data[300] ^= 0xFF
    path.write_bytes(data)
    list(source.records())
    assert [Damage] == [type(item) for item in source.missing]
