"""What is exported goes where it shall: to standard output, to a file, to whatever else has a name.

write(pieces, path)                 None for standard output
write_whole(pieces, path)           a file of mode 0600: all of it, or what was there before stays
free(path)                          a name beside it that is not taken yet
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tlscope_ui.cli.output import FULL, Failure, nobody_reads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import BinaryIO


def write(pieces: Iterable[bytes], output: Path | None) -> None:
    """Write to a file that nobody else can read, to what else `output` names, or to standard output."""
    if output is None:
        _pour(pieces, sys.stdout.buffer, "standard output")
    elif output.exists() and not output.is_file():
        try:
            with output.open("wb") as file:  # a pipe or a device stays what it is
                _pour(pieces, file, str(output))
        except OSError as error:
            raise _unwritable(str(output), error) from None
    else:
        write_whole(pieces, output.resolve())  # of a link, what it points to


def write_whole(pieces: Iterable[bytes], output: Path) -> None:
    """Write all of a file before it takes the place of what was there."""
    try:
        fd, name = tempfile.mkstemp(prefix=f".{output.name[:100]}.", suffix=".part", dir=output.parent)
    except OSError as error:
        raise _unwritable(str(output), error) from None
    part = Path(name)
    try:
        with os.fdopen(fd, "wb") as file:  # mode 0600: mkstemp
            _pour(pieces, file, str(output))
        part.replace(output)
    except OSError as error:
        raise _unwritable(str(output), error) from None
    finally:
        part.unlink(missing_ok=True)


def free(path: Path, exists: Callable[[Path], bool] = Path.exists) -> Path:
    """This path if there is nothing, or one like it: `a-2.json` for `a.json`."""
    stem, dot, ending = path.name.partition(".")
    others = (path.with_name(f"{stem}-{number}{dot}{ending}") for number in range(2, 1000))
    return next((each for each in (path, *others) if not exists(each)), path)


def _pour(pieces: Iterable[bytes], file: BinaryIO, name: str) -> None:
    """Write piece after piece; what goes wrong in making them is not the file's fault."""
    for piece in pieces:
        try:
            file.write(piece)
        except BrokenPipeError:
            nobody_reads()
        except OSError as error:
            raise _unwritable(name, error) from None
    try:
        file.flush()
    except BrokenPipeError:
        nobody_reads()
    except OSError as error:
        raise _unwritable(name, error) from None


def _unwritable(name: str, error: OSError) -> Failure:
    next_ = "free some space, or name a file elsewhere with -o" if error.errno in FULL else "name another file with -o"
    return Failure(f"{name} cannot be written: {error.strerror}", next_)
