"""What SETTINGS may ask for (RFC 9113 section 6.5.2): the range of each value, and who may say it.

faults(settings, direction) -> ["ENABLE_PUSH=2 ...", ...]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.events import Direction
from tlscope.wire.http.http2_frame import DEFAULT_FRAME_SIZE, STREAM, Setting, setting_name

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FRAME_SIZE = (1 << 24) - 1
"""What three bytes of length can say."""
RANGES: dict[int, tuple[int, int]] = {
    Setting.ENABLE_PUSH: (0, 1),
    Setting.INITIAL_WINDOW_SIZE: (0, STREAM),
    Setting.MAX_FRAME_SIZE: (DEFAULT_FRAME_SIZE, MAX_FRAME_SIZE),
    Setting.ENABLE_CONNECT_PROTOCOL: (0, 1),  # RFC 8441 section 3
    Setting.NO_RFC7540_PRIORITIES: (0, 1),  # RFC 9218 section 2.1
}
"""The least and the greatest value of settings that cannot be just any number."""


def faults(settings: Iterable[tuple[int, int]], direction: Direction) -> list[str]:
    """What must not be so, in a sentence each."""
    found = []
    for number, value in settings:
        least, most = RANGES.get(number, (0, value))
        if not least <= value <= most:
            found.append(f"{setting_name(number)}={value}, which must be {least} to {most}")
        elif number == Setting.ENABLE_PUSH and value and direction is Direction.DOWN:
            found.append("ENABLE_PUSH=1 from a server, which nobody can push to")
    return found
