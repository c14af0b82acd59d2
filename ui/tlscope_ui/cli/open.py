"""`tlscope open`: a capture on the screen; a file of packets, recorded by others, becomes a capture first."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from tlscope.capture import directory
from tlscope_ui.cli.captures import PATH, find, follow
from tlscope_ui.cli.live import on_terminal
from tlscope_ui.cli.output import Failure, Screen, complain
from tlscope_ui.tui.models import garbage

if TYPE_CHECKING:
    from tlscope.capture.foreign.entry import Read
    from tlscope.capture.foreign.pcap import Told
    from tlscope.capture.foreign.series import Series
    from tlscope.events import Event

BLOCK = 1 << 20
"""Bytes that are read of the file at once; what is asked for lies close together, mostly."""
FEW = 64
"""Bytes that are no reason to leave the block: a look at the far end of something."""
MAX_KEYLOG = 256 << 20
"""Bytes of a key log: a million connections."""
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
WHAT = click.Path(exists=True, path_type=Path)


def _keymap(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's signature
    if not wanted:
        return
    # The screen is loaded by those who look only.
    from tlscope_ui.tui.models.settings import written_keys  # noqa: PLC0415 - see above

    click.echo(written_keys())
    ctx.exit()


@click.command("open")
@click.argument("what", type=WHAT, metavar="[DIR|FILE]", required=False)
@click.option("--keylog", type=FILE, metavar="FILE", help="Keys of its connections, as SSLKEYLOGFILE has them.")
@click.option(
    "--keymap",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_keymap,
    help="Print all keys of the screen, as the file in which others can be chosen.",
)
@click.option("-c", "--capture", type=PATH, metavar="DIR", help="Where to make the capture (default: a new directory).")
def command(what: Path | None, keylog: Path | None, capture: Path | None) -> None:
    """Look at the capture in DIR on the screen (default: the newest), or at FILE, a pcap or pcapng of other programs.

    FILE, which Wireshark, tcpdump or others wrote, becomes a capture. Each TCP conversation becomes a connection; those
    that tlscope exported become the connections that they were, with both legs. TLS is decrypted with the keys that
    FILE holds (pcapng can) and those of the key log; handshakes are shown as far as they are not encrypted even
    without.
    """
    if what is None or what.is_dir():
        if keylog or capture:
            raise click.UsageError("--keylog and --capture go with a FILE of packets")
        where = find(what)
        if not _look(where):
            Screen().line(f"Look at it with: {follow('list', where)}")
        return
    where = capture or directory.default_root() / directory.new_name()
    _read_packets(what, keylog, where)
    _look(where)


def _look(where: Path) -> bool:
    """Show a capture on the screen, where there is one; whether there is."""
    if not on_terminal():
        return False
    from tlscope.capture import inspector  # noqa: PLC0415 - the screen is loaded by those who look only

    with garbage.put_off():
        from tlscope_ui.tui.app import run  # noqa: PLC0415 - as above

        inspector.ensure(where)
        code = run(where)
    complain(f"the capture is in {where}", f"Next: tlscope open {shlex.quote(str(where))}")
    if code:
        raise Exit(code)
    return True


def _read_packets(file: Path, keylog: Path | None, where: Path) -> None:
    from tlscope.capture.foreign.pcap import Importer, read_secrets  # noqa: PLC0415 - cryptography is slow to import
    from tlscope.capture.foreign.pcapfile import NotPackets, entries  # noqa: PLC0415 - as above

    target = _Target(where, file)
    try:
        with file.open("rb", buffering=0) as opened:
            read = _reader(opened.fileno())
            importer = Importer(target.put, read_secrets(read, _key_log(keylog)))
            for entry in entries(read):
                importer.take(entry)
            importer.finish()
    except NotPackets as error:
        raise Failure(f"{file} is no capture file: {error}", error.next) from None
    except OSError as error:
        raise Failure(f"{error.filename or file}: {error.strerror}", "see that files can be read and written") from None
    finally:
        target.close()
    _tell(importer.told, file, target.directory, Screen())


def _key_log(path: Path | None) -> bytes:
    if path is None:
        return b""
    if path.stat().st_size > MAX_KEYLOG:
        raise Failure(f"{path} is larger than {MAX_KEYLOG >> 20} MiB", "cut out the part of the connections in FILE")
    from tlscope.wire.tls.decryption.keylog import Secrets  # noqa: PLC0415 - as above

    lines = path.read_bytes()
    if not Secrets(lines):
        complain(f"note: {path} holds no keys: lines as SSLKEYLOGFILE has them, CLIENT_RANDOM and the like")
    return lines


class _Target:
    """The capture, made when there is something to put into it."""

    def __init__(self, where: Path, source: Path) -> None:
        self.directory = where
        self._source = source
        self._series: Series | None = None

    def put(self, wall: int, connection: int, event: Event) -> None:
        """Append an event."""
        if self._series is None:
            from tlscope.capture.foreign.series import Series  # noqa: PLC0415 - as above

            self._series = Series(self.directory, meta={"opened": str(self._source.absolute())})
        self._series.put(wall, connection, event)

    def close(self) -> None:
        """What was put is on disk."""
        if self._series is not None:
            self._series.close()
            self._series = None


def _reader(fd: int) -> Read:
    """Read the file a block at a time."""
    block, begun = b"", 0

    def read(offset: int, size: int) -> bytes:
        nonlocal block, begun
        at = offset - begun
        if at < 0 or at + size > len(block):
            if size <= FEW and not 0 <= at <= len(block):
                return os.pread(fd, size, offset)
            begun, at, block = offset, 0, _all(fd, max(size, BLOCK), offset)
        return block[at : at + size]

    return read


def _all(fd: int, size: int, offset: int) -> bytes:
    """As `os.pread`, which may stop before the file does."""
    found = os.pread(fd, size, offset)
    while found and len(found) < size and (more := os.pread(fd, size - len(found), offset + len(found))):
        found += more
    return found


def _tell(told: Told, file: Path, where: Path, screen: Screen) -> None:
    for damage in told.damages[:3]:
        complain(f"note: {file} is damaged at byte {damage.offset}: {damage.reason}")
    more = len(told.damages) + told.more_damages - 3
    if more > 0:
        complain(f"note: and {more} more such places")
    for reason, count in told.skipped.most_common():
        complain(f"note: passed over {count} {reason}")
    if told.missing:
        complain(f"note: {told.missing} bytes of conversations are not in the file")
    if not told.connections:
        what = f"{told.packets} packets" if told.packets else "no packet that can be read"
        raise Failure(
            f"{file} holds no TCP conversation with data in it ({what})",
            "capture TCP, with whole packets: tcpdump -s 0",
        )
    many = "1 connection" if told.connections == 1 else f"{told.connections} connections"
    screen.line(f"{many}, {told.tls} with TLS, {told.opened} of these decrypted: {where}")
    if told.locked:
        of = "1 connection is" if told.locked == 1 else f"{told.locked} connections are"
        complain(f"note: {of} not decrypted, or only in part; `show` says why. Keys are named with --keylog FILE")
    screen.line(f"Look at it with: {follow('list', where)}")
    screen.flush()
