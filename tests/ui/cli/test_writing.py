import stat

import pytest

from tlscope_ui.cli.output import Failure
from tlscope_ui.cli.writing import free, write, write_whole


def test_the_name_is_free(tmp_path):
    """All endings stay at the end."""
    assert tmp_path / "b.json.gz" == free(tmp_path / "b.json.gz")
    for name in ("b.json.gz", "b-2.json.gz", "c"):
        (tmp_path / name).touch()
    assert tmp_path / "b-3.json.gz" == free(tmp_path / "b.json.gz")
    assert tmp_path / "c-2" == free(tmp_path / "c")


def test_a_file_is_whole_or_what_it_was(tmp_path):
    """Also where making it fails half way; and nobody else can read it."""
    path = tmp_path / "a"
    path.write_text("before")

    def pieces():
        yield b"half"
        raise KeyError

    with pytest.raises(KeyError):
        write_whole(pieces(), path)
    assert ("before", ["a"]) == (path.read_text(), [each.name for each in tmp_path.iterdir()])
    write(iter([b"one", b"two"]), path)
    assert (b"onetwo", 0o600) == (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))


def test_what_cannot_be_written_is_a_failure(tmp_path):
    """With what to do next."""
    with pytest.raises(Failure, match="cannot be written") as failure:
        write([b"x"], tmp_path / "no" / "where")
    assert "name another file with -o" == failure.value.next
