"""A recorder that runs in the loop of a test, a server behind it, and waiting for what they do."""

import asyncio
from contextlib import asynccontextmanager

from tlscope.config import Address, Config, Mode
from tlscope.engine.recorder import Recorder

PATIENCE = 20
LOOPBACK = (Address("127.0.0.1", 0),)


def config(directory, **options):
    return Config(directory / "capture", directory / "ca", **{"listen": LOOPBACK, **options})


@asynccontextmanager
async def recording(directory, **options):
    """A recorder that runs, and is stopped at the end."""
    made = Recorder(config(directory, **options))
    made.start()
    running = asyncio.ensure_future(made.run())
    try:
        yield made
    finally:
        made.stop()
        await asyncio.wait_for(running, PATIENCE)


@asynccontextmanager
async def echo(times=1):
    """A server that says back what it hears, so many times: the mode that relays to it."""

    async def serve(reader, writer):
        while data := await reader.read(1000):
            writer.write(data * times)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield Mode("reverse", "tcp", Address(*server.sockets[0].getsockname()))


async def connect(made, number=0):
    own = made.listening[number]
    return await asyncio.open_connection(own.host, own.port)


async def close(*writers):
    for writer in writers:
        writer.close()
        await writer.wait_closed()


async def until(condition):
    """Turns of the loop."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 (what is waited for is a callback of this loop)
            await asyncio.sleep(0)
