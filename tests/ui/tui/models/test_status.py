from collections import deque

from tlscope_ui.text import columns
from tlscope_ui.tui.models.status import Status, said, sparkline


def text(status, width=200):
    return "".join(part if isinstance(part, str) else part.text for part in said(status, width))


def test_the_recorder_comes_with_what_it_listens_on():
    """Who records, in words."""
    assert "● 127.0.0.1:8080 explicit" in text(Status(["127.0.0.1:8080"], "explicit", live=True))
    assert "finished capture" in text(Status())
    assert "✗ the recorder has ended" in text(Status(was_live=True))


def test_what_is_shown_is_said_beside_what_there_is():
    """One number where all is shown, two where a filter holds back; and how far it has looked."""
    assert "│ 1,200 connections │" in text(Status(shown=1200, total=1200, size=5))
    assert "│ 1 connection │" in text(Status(shown=1, total=1, size=5))
    assert "7/1,200 connections" in text(Status(shown=7, total=1200))
    assert "7/1,200 connections … 50%" in text(Status(shown=7, total=1200, looked=0.5))


def test_modes_are_words():
    """FOLLOW and PAUSED, and how much is new meanwhile."""
    assert "FOLLOW" in text(Status(follow=True))
    assert "PAUSED +312 new" in text(Status(paused=True, new=312, follow=True))
    assert "FOLLOW" not in text(Status(paused=True, follow=True))


def test_size_and_budget():
    """What the journal takes of what it may."""
    assert "412.0 MiB / 1.0 GiB" in text(Status(size=412 << 20, keep=1 << 30))


def test_a_late_index_says_so():
    """Half a second is nothing, more is worth a word."""
    assert "behind" not in text(Status(behind=0.4))
    assert "index 2.0 s behind" in text(Status(behind=2.0))


def test_a_narrow_terminal_keeps_what_matters():
    """The line never wraps; what matters most stands first."""
    status = Status(["127.0.0.1:8080"], "explicit", live=True, follow=True, size=1, keep=2, rates=deque([1]))
    for width in (10, 30, 60):
        assert columns(text(status, width)) <= max(width, len("FOLLOW"))
    assert text(status, 30).startswith("FOLLOW")


def test_the_sparkline_gives_way():
    """It grows by a bar a second: size and help stand where they stood; the latest bars are kept."""
    status = Status(["127.0.0.1:46175"], "explicit", live=True, follow=True, total=1, shown=1, size=13721, keep=4 << 30)
    for second in range(12):
        status.rates.append(second % 2)
        line = text(status, 78)
        assert line.endswith(f"{second % 2}/s │ 13.3 KiB / 4.0 GiB │ ? help")
        assert columns(line) <= 78
        assert "connection" not in line
        assert "│ 1 connection │" in text(status, 102)
    assert f" {sparkline(status.rates)} " in text(status, 100)
    assert "│ 1 │ ▁▅ 1/s │" in text(status, 78)
    assert text(status, 76).endswith("│ 1 │ 1/s │ 13.3 KiB / 4.0 GiB │ ? help")


def test_sparks_show_the_way_of_the_rate():
    """The highest is full, nothing is flat."""
    assert "▁▁▁" == sparkline(deque([0, 0, 0]))
    assert "▁█▄" == sparkline(deque([0, 100, 50]))
