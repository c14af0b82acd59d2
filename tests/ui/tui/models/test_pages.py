import pytest

from support.screen import indexed
from support.talks import talk
from tlscope.capture.index import Index
from tlscope_ui.tui.models.branch import Selected
from tlscope_ui.tui.models.pages import Read


class Counted(Index):
    asked = 0

    def connections(self, *args, **kwargs):
        self.asked += 1
        return super().connections(*args, **kwargs)

    def exchanges(self, *args, **kwargs):
        self.asked += 1
        return super().exchanges(*args, **kwargs)


@pytest.fixture
def index(tmp_path):
    talks = [talk(f"host{number}.example", number % 4) for number in range(1, 9)]
    with Counted(indexed(tmp_path / "capture", *talks)) as index:
        yield index


def test_a_page_is_read_at_once_and_once(index):
    """What stands around a row comes with it; and what there is not is not asked for again."""
    read = Read(index)
    hosts = [read.connection(number, lambda _: range(1, 9))["host"] for number in range(1, 9)]
    assert [f"host{number}.example" for number in range(1, 9)] == hosts
    assert [None, None] == [read.connection(99, lambda number: [number]) for _ in range(2)]
    assert 2 == index.asked
    assert ["/0", "/1", "/2"] == [read.exchange(Selected(3, number))["target"] for number in (1, 2, 3)]
    assert None is read.exchange(Selected(3, 4))
    assert 3 == index.asked


def test_what_has_changed_is_read_again(index):
    """That, and nothing else; or all, where nobody knows what it was."""
    read = Read(index)

    def look():
        before = index.asked
        for number in (1, 2):
            read.connection(number, lambda number: [number])
            read.exchange(Selected(number, 1))
        return index.asked - before

    assert [4, 0] == [look(), look()]
    read.forget(frozenset({2}))
    assert [2, 0] == [look(), look()]
    read.forget(None)
    assert 4 == look()


def test_no_more_is_kept_than_some_pages(index, monkeypatch):
    """However far somebody scrolls."""
    monkeypatch.setattr("tlscope_ui.tui.models.pages.PAGE", 2)
    monkeypatch.setattr("tlscope_ui.tui.models.pages.KEPT", 2)
    read = Read(index)
    for number in (1, 2, 3, 4, 5, 1):
        read.connection(number, lambda number: [number])
    assert 6 == index.asked
