"""The system's resolver, which blocks, and may do so for minutes where no name server answers.

asyncio asks it in its executor: a handful of threads, which a handful of dead names keep busy while all others wait,
and which are waited for at the end. Here each question has a thread of its own that nobody waits for. Who asks for what
is being asked for already gets the same answer; `AT_ONCE` bounds the threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

AT_ONCE = 64
"""Names that are asked for at one time; further ones wait."""

Answers = list[tuple[Any, Any, int, str, Any]]
"""As socket.getaddrinfo gives them."""


class Resolver:
    """Asks for names on the running loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._asked: dict[tuple[str, int], asyncio.Future[Answers]] = {}

    async def look_up(self, host: str, port: int) -> Answers:
        """The addresses of a host, for TCP.

        Raises OSError, or UnicodeError where it is no name. Who is cancelled does not end the question.
        """
        key = host, port
        while key not in self._asked and len(self._asked) >= AT_ONCE:
            await asyncio.wait(self._asked.values(), return_when=asyncio.FIRST_COMPLETED)
        answer = self._asked.get(key)
        if answer is None:
            answer = self._asked[key] = self._loop.create_future()
            answer.add_done_callback(lambda done: (self._asked.pop(key), done.exception()))
            threading.Thread(target=_block, args=(self._loop, answer, host, port), daemon=True).start()
        return await asyncio.shield(answer)


def _block(loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Answers], host: str, port: int) -> None:
    """Ask, in a thread."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        settle: Callable[[], None] = partial(answer.set_exception, error)
    else:
        settle = partial(answer.set_result, found)
    with contextlib.suppress(RuntimeError):  # the loop is closed: the recorder has ended
        loop.call_soon_threadsafe(settle)
