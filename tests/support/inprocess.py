"""A recorder in this process, for what the command line does not offer: limits that are short enough to wait for."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager

from support.waiting import PATIENCE
from tlscope.capture.reader import Reader
from tlscope.capture.segment import Record
from tlscope.capture.summary import Summaries
from tlscope.config import Address, Config, Limits
from tlscope.engine.recorder import Recorder


class Ended:
    """What a recorder that has stopped recorded: records by connection, and summaries."""

    def __init__(self, capture):
        self.summaries = Summaries()
        self.records = {}
        with Reader(capture) as reader:
            for item in reader.poll():
                self.summaries.feed(item)
                if isinstance(item, Record):
                    self.records.setdefault(item.connection, []).append(item.event)

    def __getitem__(self, number):
        return self.summaries.connections[number]


@contextmanager
def recording(directory, *, limits, **options):
    """A recorder with these `limits`, on a loop in a thread; gives its port."""
    loop = asyncio.new_event_loop()
    config = Config(
        directory / "capture", directory / "ca", listen=(Address("127.0.0.1", 0),), limits=Limits(**limits), **options
    )
    listening = threading.Event()
    made = []

    async def run():
        recorder = Recorder(config)
        recorder.start()
        made.append(recorder)
        listening.set()
        await recorder.run()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    try:
        assert listening.wait(PATIENCE)
        yield made[0].listening[0].port
    finally:
        if made:
            loop.call_soon_threadsafe(made[0].stop)
        thread.join(PATIENCE)
        loop.close()
