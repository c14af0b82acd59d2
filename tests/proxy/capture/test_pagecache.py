import errno
import os
from itertools import pairwise

import pytest

from tlscope.capture import pagecache
from tlscope.capture.pagecache import Behind

WINDOW = 10


@pytest.fixture
def advised(monkeypatch):
    """What the kernel was advised to let go of: the file's name, from where to where."""
    told = []

    def advise(file, start, size, advice):
        assert os.POSIX_FADV_DONTNEED == advice
        told.append((os.path.basename(os.readlink(f"/proc/self/fd/{file}")), start, start + size))  # noqa: PTH115, PTH119 - a file's name
        if told[-1][0].startswith("odd"):
            raise OSError(errno.EINVAL, "no advice here")

    monkeypatch.setattr(pagecache, "WINDOW", WINDOW)
    monkeypatch.setattr(os, "posix_fadvise", advise)
    return told


def segments(tmp_path, *names):
    for each in names:
        (tmp_path / each).touch()
    return [tmp_path / each for each in names]


def test_what_is_old_is_let_go_of(tmp_path, advised):
    """Twice: to be written back when WINDOW bytes came behind it, to leave when as many came again."""
    (path,) = segments(tmp_path, "a")
    behind = Behind()
    for size in range(4, 33, 4):
        behind.wrote(path, size)
    assert [(0, 4), (4, 8), (8, 12), (12, 16), (0, 4), (16, 20), (4, 8)] == [span[1:] for span in advised]


def test_each_byte_is_let_go_of(tmp_path, advised):
    """Those at the end of a segment, too, when the next ones have grown."""
    paths = segments(tmp_path, "a", "b", "c", "d")
    behind = Behind()
    for path in paths:
        for size in (3, 7, 11, 14):
            behind.wrote(path, size)
    for each in ("a", "b"):
        spans = sorted({span for span in advised if span[0] == each})
        assert (0, 14) == (spans[0][1], spans[-1][2])
        assert all(before[2] == after[1] for before, after in pairwise(spans))
        assert {2} == {advised.count(span) for span in spans}
    assert all(end + WINDOW <= 14 for each, _, end in advised if each == "d")


def test_nothing_is_the_matter_where_it_cannot_be(tmp_path, advised, monkeypatch):
    """Segments may be gone by then, file systems need not take advice, and not every system has it."""
    odd, gone, last = segments(tmp_path, "odd", "gone", "last")
    behind = Behind()
    behind.wrote(odd, 30)
    behind.wrote(gone, 30)
    gone.unlink()
    behind.wrote(last, 30)
    behind.wrote(last, 60)
    assert {("odd", 0, 30)} == {span for span in advised if span[0] != "last"}
    monkeypatch.delattr(os, "posix_fadvise")
    behind.wrote(last, 90)
