"""What a recorder tells of itself to those who control it: the answer to `status`.

tlscope, pid, started           which program, since when (RFC 3339, UTC)
listening, mode, capture, ca    as it told when it began
connections                     open now, and all that it recorded so far
bytes                           up and down, as outcomes count them
journal                         bytes on disk, and the budget (`--keep`)
faults                          what is wrong with the recording now: code, message, next
rules                           in the order in which they are asked: action, host, from
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tlscope import __version__
from tlscope.capture.directory import SEGMENT_GLOB
from tlscope.config import OnFull

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tlscope.engine.recorder import Recorder


def status(recorder: Recorder) -> dict[str, Any]:
    """All of it, now; as many steps as there are connections open."""
    config, services, authority = recorder.config, recorder.services, recorder.authority.path
    assert authority is not None  # a recorder loads it from a file
    up, down = services.up, services.down
    for connection in recorder.connections:
        more_up, more_down = connection.carried
        up, down = up + more_up, down + more_down
    return {
        "tlscope": __version__,
        "pid": os.getpid(),
        "started": f"{recorder.started:%Y-%m-%dT%H:%M:%SZ}",
        "listening": [str(address) for address in recorder.listening],
        "mode": str(config.mode),
        "capture": str(config.capture.absolute()),
        "ca": str(authority.absolute()),
        "connections": {"open": len(recorder.connections), "total": recorder.recorded},
        "bytes": {"up": up, "down": down},
        "journal": {"size": _size(config.capture), "keep": config.keep},
        "faults": list(_faults(recorder)),
        "rules": [
            {"action": rule.action, "host": rule.host, "from": rule.origin} for rule in recorder.rules.in_order()
        ],
    }


def _size(capture: Path) -> int:
    total = 0
    for path in capture.glob(SEGMENT_GLOB):
        try:
            total += path.stat().st_size
        except OSError:  # dropped meanwhile, or somebody tidied up
            continue
    return total


def _faults(recorder: Recorder) -> Iterator[dict[str, str]]:
    journal = recorder.journal
    if journal.stopped:
        ends = "every connection is closed" if recorder.config.on_full is OnFull.CLOSE else "the bytes still flow"
        yield {
            "code": "recording-stopped",
            "message": f"the journal cannot be written: {journal.stopped}; {ends}, unrecorded",
            "next": "make room on the disk and start a new capture; all that was recorded before can be read",
        }
    if journal.keylog_stopped:
        yield {
            "code": "keylog-stopped",
            "message": f"the key log cannot be written: {journal.keylog_stopped}",
            "next": "the secrets are in the capture, too",
        }
    if recorder.waiting:
        yield {
            "code": "not-accepting",
            "message": f"new connections wait: {recorder.waiting}",
            "next": "they are accepted when some have ended",
        }
