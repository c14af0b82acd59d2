"""How far rows were looked at, which is done by number and from one end: a range, and the next number in it.

sweep = Sweep(1, 1000, descending=True)
sweep.some(256)               the numbers to look at next, (745, 1000)
sweep.reach(745)              these are looked at
sweep.rest                    (1, 744); sweep.share, a quarter; sweep.is_over
"""

from __future__ import annotations


class Sweep:
    """The numbers from `low` to `high`, beginning with one of them."""

    def __init__(self, low: int, high: int, *, descending: bool) -> None:
        """None is looked at."""
        self.low, self.high = low, high
        self._descending = descending
        self.restart()

    def restart(self) -> None:
        """All are to be looked at again."""
        self._next = self.high if self._descending else self.low

    def reach(self, number: int) -> None:
        """All up to this one were looked at."""
        self._next = number - 1 if self._descending else number + 1

    def end(self) -> None:
        """None is to be looked at any more."""
        self.reach(self.low if self._descending else self.high)

    @property
    def is_over(self) -> bool:
        """Whether all were looked at."""
        return not self.low <= self._next <= self.high

    @property
    def looked(self) -> int:
        """How many were looked at."""
        return self.high - self._next if self._descending else self._next - self.low

    @property
    def share(self) -> float:
        """The same, as a share of all."""
        return self.looked / max(self.high - self.low + 1, 1)

    @property
    def rest(self) -> tuple[int, int]:
        """The lowest and the highest that were not looked at."""
        return (self.low, self._next) if self._descending else (self._next, self.high)

    def some(self, count: int) -> tuple[int, int]:
        """The lowest and the highest of the next ones, as many as there are."""
        low, high = self.rest
        return (max(high - count + 1, low), high) if self._descending else (low, min(low + count - 1, high))
