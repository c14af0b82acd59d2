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


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["show", "x"], "'x' is not the number of a connection: one from 1, as in `tlscope list`"),
        (["show", "0"], "'0' is not the number of a connection"),
        (["show", "1", "--exchange", "a"], "'a' is not the number of an exchange: one from 1, as in `tlscope list --e"),
        (["export", "-f", "har", "-n", "-1"], "'-1' is not the number of a connection"),
    ],
)
def test_numbers_are_those_of_the_list(tlscope, words, told):
    """What is none ends in exit code 2, with the command that shows them."""
    ran = tlscope(*words)
    assert (2, "") == (ran.code, ran.out)
    assert told in ran.err
