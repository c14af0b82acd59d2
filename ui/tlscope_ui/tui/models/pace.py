"""When the screen looks again at what is recorded: fast enough to be live, and never in the way of a key.

    pace = Pace()
    pace.key(now)                 somebody has pressed one
    pace.ticked(now, cost)        what was new is on the screen: that took so many seconds of the screen's thread
    pace.wait(now) -> seconds     until the next look; 0 for now

While much is recorded, each look changes most lines in sight, and to paint them takes longer than anything else that
the screen does. A key that comes meanwhile waits for that. So looks take a small part of the time and no more, whatever
they cost here and now; and behind a key there is none until that has been answered, unless keys come all the time.
"""

from __future__ import annotations

TICK = 1 / 15
"""Seconds between two looks: as often as anybody can read."""
PART = 8
"""Looks take one part in so many of the time: that is how likely it is that a key has to wait for one."""
ANSWERED = 0.1
"""Seconds in which a key is answered, mostly."""
LATEST = 0.5
"""Seconds after which there is a look, whatever it costs, and whatever is typed."""


class Pace:
    """Of the looks."""

    def __init__(self) -> None:
        self._key = self._tick = float("-inf")
        self._next = TICK

    def key(self, now: float) -> None:
        """A key has come."""
        self._key = now

    def ticked(self, now: float, cost: float) -> None:
        """There was a look."""
        self._tick, self._next = now, max(cost * PART, TICK)

    def wait(self, now: float) -> float:
        """Seconds until the next one."""
        due = max(self._tick + self._next, self._key + ANSWERED)
        return max(min(due, self._tick + LATEST) - now, 0.0)
