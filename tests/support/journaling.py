"""What the tests of a journal put into it, and how they look at what it wrote."""

import stat

from tlscope.capture.reader import read
from tlscope.capture.segment import Record
from tlscope.events import Opened

MIB = 1 << 20
OPENED = Opened("explicit", "127.0.0.1:1", "127.0.0.1:2")


class Timer:
    """A loop's call_later whose time passes when the test says so."""

    def __init__(self):
        self.waiting = []

    def __call__(self, delay, callback):
        self.waiting.append((delay, callback))

    def pass_time(self):
        waiting, self.waiting = self.waiting, []
        for _, callback in waiting:
            callback()


def events(directory):
    """Everything that can be read, which must be whole."""
    items = list(read(directory))
    assert all(isinstance(item, Record) for item in items), items
    return [(item.connection, item.event) for item in items]


def relay(journal, connection, data, flags=0):
    """What a relay does with application data."""
    at = journal.room()
    journal.buffer[at : at + len(data)] = data
    journal.commit(connection, flags, len(data))


def files(directory):
    return sorted(path.name for path in directory.iterdir())


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)
