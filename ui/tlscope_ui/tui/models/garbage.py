"""When Python looks for garbage: not while somebody waits.

    with put_off():     around all that loads and shows the screen
        begin()         once it can be seen

What nobody holds is gone at once, without that. Looked for are cycles alone, and of those painting makes many: Textual
keeps a line that it has cut, to no other width, in a cache of that line. Python looks at young objects often and at all
of them where a quarter has come since. While the screen is loaded, all of them are modules, classes and styles, which
stay: to look through them takes a tenth of the start. And later it takes 100 ms a time, in which no key is answered. So
they are left out of it for good; and the young are looked at when there are more of them, as lines live for some
pictures: those that are looked at sooner count as old from then on.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

YOUNG = 10_000
"""Objects that come before the young ones are looked at: some pictures, and a few milliseconds; Python's own is 700."""


@contextmanager
def put_off() -> Iterator[None]:
    """Look for none inside, until it has begun."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def begin() -> None:
    """Look for what comes from now on, if it was put off."""
    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
        gc.enable()
