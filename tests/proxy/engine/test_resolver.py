"""tlscope.engine.resolver, with the system's resolver replaced."""

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.running import PATIENCE, until
from tlscope.engine import resolver as module
from tlscope.engine.resolver import Resolver

FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]


class Dead:
    """A resolver that does not answer for names that begin with `dead`, until `release`."""

    def __init__(self):
        self.asked, self.answers = [], threading.Event()

    def __call__(self, host, port, **_):
        self.asked.append((host, port))
        if host.startswith("dead"):
            assert self.answers.wait(PATIENCE)
        if host.endswith(".invalid"):
            raise socket.gaierror(-2, "Name or service not known")
        if host.endswith(".broken"):
            raise UnicodeError("label too long")
        return FOUND


@pytest.fixture
def system(monkeypatch):
    """The system's resolver."""
    made = Dead()
    monkeypatch.setattr(socket, "getaddrinfo", made)
    yield made
    made.answers.set()


def run(story):
    async def patient():
        async with asyncio.timeout(PATIENCE):
            await story()

    asyncio.run(patient())


@pytest.mark.usefixtures("system")
def test_the_system_is_asked():
    """And what it says is the answer, also where that is an error."""

    async def story():
        resolver = Resolver()
        assert FOUND == await resolver.look_up("name.test", 443)
        with pytest.raises(socket.gaierror):
            await resolver.look_up("name.invalid", 443)
        with pytest.raises(UnicodeError):
            await resolver.look_up("name.broken", 443)
        assert [] == list(resolver._asked)

    run(story)


def test_dead_names_do_not_keep_the_others_waiting(system):
    """However many threads an executor would have."""

    async def story():
        resolver = Resolver()
        dead = [asyncio.ensure_future(resolver.look_up(f"dead-{number}.test", 443)) for number in range(40)]
        assert FOUND == await resolver.look_up("name.test", 443)
        system.answers.set()
        assert [FOUND] * 40 == await asyncio.gather(*dead)

    run(story)


def test_one_question_for_all_who_ask_it(system):
    """Who gives up does not take the answer from the others."""

    async def story():
        resolver = Resolver()
        asking = [asyncio.ensure_future(resolver.look_up("dead.test", 443)) for _ in range(3)]
        await until(lambda: system.asked)
        asking[0].cancel()
        await asyncio.sleep(0)
        system.answers.set()
        assert [FOUND, FOUND] == await asyncio.gather(*asking[1:])
        assert [("dead.test", 443)] == system.asked

    run(story)


def test_no_more_at_once_than_allowed(system, monkeypatch):
    """Further names wait until one is answered."""
    monkeypatch.setattr(module, "AT_ONCE", 2)

    async def story():
        resolver = Resolver()
        asking = [asyncio.ensure_future(resolver.look_up(f"dead-{number}.test", 443)) for number in range(5)]
        await until(lambda: len(system.asked) == 2)
        assert 2 == len(resolver._asked)
        system.answers.set()
        assert [FOUND] * 5 == await asyncio.gather(*asking)
        assert 5 == len(system.asked)

    run(story)


def test_nobody_waits_for_an_answer_at_the_end(system):
    """The loop ends while a name is asked for, and what comes then leads nowhere."""

    async def story():
        asking = asyncio.ensure_future(Resolver().look_up("dead.test", 443))
        await until(lambda: system.asked)
        asking.cancel()

    before = set(threading.enumerate())
    with ThreadPoolExecutor(1) as pool:  # were the loop to wait, it would be here
        pool.submit(run, story).result(PATIENCE)
    (left,) = [thread for thread in threading.enumerate() if thread not in before]
    assert left.daemon
    system.answers.set()
    left.join(PATIENCE)
    assert not left.is_alive()
