import shutil
from pathlib import Path

import pytest

from tlscope.capture.index import Index
from tlscope.capture.inspector import catch_up
from tlscope.events import Direction
from tlscope_ui.tui.models.exporting import ENDINGS, NOTES, Missing, Stopped, Wanted, suggested, write
from tlscope_ui.tui.models.extent import Extent
from tlscope_ui.tui.models.rows import Selected

FIRST = Extent("the first", rows=frozenset({Selected(1)}))
VISIT = Path(__file__).parents[3] / "data" / "captures" / "visit"


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A real capture, indexed."""
    where = tmp_path_factory.mktemp("visit") / "visit"
    shutil.copytree(VISIT, where)
    assert catch_up(where)
    return where


@pytest.mark.parametrize("name", list(NOTES))
def test_every_format_is_written(directory, tmp_path, name):
    """To a file that nobody else can read, of as many bytes as are said."""
    path = tmp_path / f"out.{ENDINGS[name]}"
    wanted = Wanted(directory, name, FIRST, False, path)  # noqa: FBT003 - as it is declared
    written = write(wanted, lambda: False, lambda _: None)
    assert written.size == path.stat().st_size > 0
    assert written.counted == FIRST.taken(directory, name).counted
    assert 0o600 == path.stat().st_mode & 0o777


def test_the_data_of_either_direction_is_written(directory, tmp_path):
    """Byte for byte."""
    path, found = tmp_path / "out.bin", []
    for direction in Direction:
        write(Wanted(directory, "raw", FIRST, False, path, direction), lambda: False, lambda _: None)  # noqa: FBT003 - as it is declared
        found.append(path.read_bytes())
        with Index(directory) as index:
            assert index.lookup.span(1, direction).data == found[-1]
    assert found[0] != found[1]


def test_where_there_is_nothing_no_file_is_made(directory, tmp_path):
    """It is said instead."""
    wanted = Wanted(directory, "pem", Extent("", filter="connection == 99"), False, tmp_path / "a.pem")  # noqa: FBT003 - as it is declared
    with pytest.raises(Missing, match="no connection"):
        write(wanted, lambda: False, lambda _: None)
    assert not list(tmp_path.iterdir())


def test_what_is_to_be_known_of_it_is_told(directory, tmp_path, capsys):
    """What the command says on standard error, which nobody sees below a screen."""
    wanted = Wanted(directory, "pcapng", FIRST, False, tmp_path / "a.pcapng")  # noqa: FBT003 - as it is declared
    (note,) = write(wanted, lambda: False, lambda _: None).notes
    assert note.startswith("the file holds the keys of these connections")
    assert "" == capsys.readouterr().err


def test_what_is_stopped_leaves_nothing(directory, tmp_path):
    """And what was there before stays."""
    path = tmp_path / "out.har"
    path.write_text("before")
    with pytest.raises(Stopped):
        write(Wanted(directory, "har", Extent("everything"), False, path), lambda: True, lambda _: None)  # noqa: FBT003 - as it is declared
    assert "before" == path.read_text()
    assert [path] == list(tmp_path.iterdir())


def test_the_path_that_is_suggested_is_free(tmp_path):
    """Nothing is written over by pressing Enter."""
    assert tmp_path / "a.har" == suggested(tmp_path, "a", "har")
    (tmp_path / "a.har").touch()
    assert tmp_path / "a-2.har" == suggested(tmp_path, "a", "har")
