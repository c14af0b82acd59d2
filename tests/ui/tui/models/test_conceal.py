from journals import DOWN, UP
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.capture.lookup import Gone
from tlscope.capture.segment import Record
from tlscope.events import Data, Opened
from tlscope_ui.tui.models.conceal import Concealed

ASKED = b"GET /?token=abcdef HTTP/1.1\r\nHost: h\r\nX-Name: y\r\n\r\n"
SAID = [Opened("explicit", "a", "b"), *(Data(UP, ASKED[at : at + 15]) for at in range(0, len(ASKED), 15))]
SAID = [part for said in SAID for part in (said, Data(DOWN, b"..\n"))]


def passed(directory, wanted=None, block=1 << 14):
    """What passed, covered, and the connection's records."""
    with Index(directory) as index:
        made = Concealed(directory, index.database, 1, block)
        made.follow(index.lookup, wanted)
        made.hear(index.lookup, "")
        return made, [record for record in index.lookup.records(1) if not isinstance(record, Gone)]


def test_secrets_are_covered_where_they_are(tmp_path):
    """Whatever the other direction says in between, and however much is looked through at once."""
    directory = indexed(tmp_path / "c", SAID)
    for block in (1 << 14, 7):
        made, _ = passed(directory, block=block)
        shown = made.covered.read(0, len(made.source))
        assert ASKED.replace(b"abcdef", b"******") == shown.replace(b"..\n", b"")
        assert len(ASKED) + 3 * len(SAID) // 2 == len(shown)


def test_the_data_of_a_record_has_its_place(tmp_path):
    """By where it lies in the journal; what is no data, or was not followed, has none."""
    directory = indexed(tmp_path / "c", SAID)
    made, records = passed(directory)
    for record in records:
        assert isinstance(record, Record)
        place = made.place(record)
        if isinstance(record.event, Data):
            assert record.event.data == made.source.read(place, place + record.size)
        else:
            assert place is None
    made, records = passed(directory, wanted=20)
    assert 20 <= len(made.source) < 40
    assert made.place(records[-1]) is None
    assert 0 == made.place(next(record for record in records if isinstance(record.event, Data)))
