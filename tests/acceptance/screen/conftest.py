"""A terminal to sit down at, and a server to talk to through what runs in it."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from support.recorder import TLSCOPE
from support.servers import answer, server_context
from support.sitting import settle
from support.tmux import Terminal


@pytest.fixture
def home(tmp_path, upstream_ca):
    """A home in which tlscope listens on any port, and trusts the servers."""
    return settle(tmp_path, upstream_ca)


@pytest.fixture
def sit(home, stack):
    """Sit down at a terminal in which tlscope runs, or another command."""

    def down(*command, **more):
        return stack.enter_context(closing(Terminal(home, *(command or [TLSCOPE]), **more)))

    return down


@pytest.fixture(scope="session")
def teapots():
    """Sixty of them; each eleventh is celadon, which is six in all."""
    found = [{"id": n, "glaze": "celadon" if n % 11 == 0 else "plain"} for n in range(60)]
    return json.dumps({"teapots": found}).encode()


@pytest.fixture
def url(serve_python, issued, teapots):
    """Where they are."""
    return f"{serve_python(answer(teapots), server_context(issued)).url}/teapots"
