import json

import pytest

from journals import STORY, capture
from tlscope.capture import directory
from tlscope.capture.directory import CaptureError
from tlscope.capture.reader import Dropped
from tlscope.capture.segment import Damage
from tlscope_ui.cli import captures


def test_a_named_capture_is_taken(recorded):
    """Whichever is the newest."""
    assert recorded == captures.find(recorded)


def test_the_newest_is_taken_by_default():
    """Of those under the XDG data directory."""
    root = directory.default_root()
    root.mkdir(parents=True)
    for day in ("02", "03", "01"):
        made = capture(root / day, STORY)
        (made / "meta.json").write_text(json.dumps({"created": f"2025-11-{day}T00:00:00Z"}))
    assert root / "03" == captures.find(None)


def test_none_at_all_is_an_error():
    """That says how to make one."""
    with pytest.raises(CaptureError) as caught:
        captures.find(None)
    assert "start one with: tlscope record" == caught.value.next


@pytest.mark.parametrize(
    ("expected", "gap"),
    [
        (
            "journal-0-000001.tlsj is damaged at byte 5: why (1.0 KiB lost)",
            Damage("journal-0-000001.tlsj", 5, "why", 1024),
        ),
        ("the oldest 2 segments are gone", Dropped(0, 1, 2)),
        ("the oldest segment is gone", Dropped(0, 1, 1)),
        ("2 segments are gone, from number 4 on", Dropped(0, 4, 5)),
        ("segment 4 is gone", Dropped(0, 4, 4)),
    ],
)
def test_gaps_are_described(expected, gap):
    """In a sentence that says where and how much."""
    assert expected == captures.describe_missing(gap)


def test_many_gaps_are_counted(capsys):
    """Three in full, then how many more."""
    captures.tell_missing([Dropped(0, number, number) for number in range(2, 7)])
    captured = capsys.readouterr()
    assert "" == captured.out
    assert [
        "note: segment 2 is gone",
        "note: segment 3 is gone",
        "note: segment 4 is gone",
        "note: and 2 more such places",
    ] == captured.err.splitlines()
