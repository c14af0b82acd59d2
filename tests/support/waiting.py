"""Waiting for what happens elsewhere: looking again and again until a deadline, never a pause of a guessed length."""

from __future__ import annotations

import random
import socket
import time

PATIENCE = 20
"""Seconds that anything may take on a machine that is busy with other tests."""


def until(condition, what, seconds=PATIENCE):
    """The first true value of `condition()`; fails, saying what was waited for, when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.005)
    return found


def accepts(port, host="127.0.0.1"):
    """Whether somebody listens there."""
    try:
        socket.create_connection((host, port), 1).close()
    except OSError:
        return False
    return True


def free_port(host="127.0.0.1"):
    """A port for a program that cannot choose one itself; below those that the kernel gives to others."""
    while True:
        port = random.randrange(15000, 32000)
        try:
            with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
                return port
        except OSError:
            continue
