"""A whole connection through the engine: a request and an answer, and a close_notify from either side."""

import asyncio
import ssl
from dataclasses import replace
from functools import cache

from conversation import converse, stage
from tlscope.events import Opened, Policy

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
REQUEST = b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"0123456789" * 10_000


@cache
def relayed(version, *, ciphertext):
    """Its events, with all ciphertext or with that of the handshakes."""
    found = []

    async def story():
        async with stage(ciphertext=ciphertext) as made:
            client, server = await converse(made, VERSIONS[version])
            await asyncio.gather(client.send(REQUEST), server.receive(len(REQUEST)))
            await asyncio.gather(server.send(ANSWER), client.receive(len(ANSWER)))
            for peer, other in ((client, server), (server, client)):
                await peer.close_notify()
                await peer.finish()
                await other.receive_all()
            found.extend(await made.ended())

    asyncio.run(story())
    return tuple(found)


def placed(recorded, *, via="connect", host="localhost", port=443, listener="127.0.0.1:8080", client="127.0.0.1:50124"):
    """The same with these endpoints."""
    for event in recorded:
        match event:
            case Opened():
                yield replace(event, client=client, listener=listener)
            case Policy():
                yield replace(event, via=via, host=host, port=port)
            case _:
                yield event
