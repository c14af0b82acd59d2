import json
import shutil
from pathlib import Path

import pytest

from tlscope.capture.inspector import catch_up
from tlscope_ui.tui.models.exporting import ENDINGS, NOTES, Stopped, Wanted, free, suggested, write

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
    count = write(Wanted(directory, name, frozenset({1}), False, path), lambda: False, lambda _: None)  # noqa: FBT003 - as it is declared
    assert count == path.stat().st_size > 0
    assert 0o600 == path.stat().st_mode & 0o777


def test_connections_are_chosen(directory, tmp_path):
    """Those that were asked for, or all."""
    path = tmp_path / "out.har"
    hosts = []
    for numbers in (frozenset({2}), None):
        write(Wanted(directory, "har", numbers, False, path), lambda: False, lambda _: None)  # noqa: FBT003 - as it is declared
        hosts.append(
            {entry["request"]["url"].split("/")[2] for entry in json.loads(path.read_text())["log"]["entries"]}
        )
    assert {"login.example"} == hosts[0]
    assert hosts[0] < hosts[1]


def test_what_is_stopped_leaves_nothing(directory, tmp_path):
    """And what was there before stays."""
    path = tmp_path / "out.har"
    path.write_text("before")
    with pytest.raises(Stopped):
        write(Wanted(directory, "har", None, False, path), lambda: True, lambda _: None)  # noqa: FBT003 - as it is declared
    assert "before" == path.read_text()
    assert [path] == list(tmp_path.iterdir())


def test_the_path_that_is_suggested_is_free(tmp_path):
    """Nothing is written over by pressing Enter."""
    assert tmp_path / "a.har" == suggested(tmp_path, "a", "har")
    (tmp_path / "a.har").touch()
    assert tmp_path / "a-2.har" == suggested(tmp_path, "a", "har")
    assert tmp_path / "b.json.gz" == free(tmp_path / "b.json.gz")
    for name in ("b.json.gz", "b-2.json.gz", "c"):
        (tmp_path / name).touch()
    assert tmp_path / "b-3.json.gz" == free(tmp_path / "b.json.gz")
    assert tmp_path / "c-2" == free(tmp_path / "c")
