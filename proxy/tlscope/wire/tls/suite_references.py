"""Where each cipher suite is defined: its RFC and section, as the registry names the one and the RFC has the other.

The numbers were given out by the RFC, each a run of its own, and so are they written here. Of those that RFC 4492 gave
elliptic curves, RFC 8422 kept some and dropped RC4 and the fixed keys; of those that SSL and TLS 1.0 began with, RFC
5469 took DES and IDEA out of TLS 1.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_RUNS: Mapping[str, tuple[tuple[int, int], ...]] = {
    "RFC 4162 section 2": ((0x0096, 0x009B),),
    "RFC 4279 section 2": ((0x008A, 0x008D),),
    "RFC 4279 section 3": ((0x008E, 0x0091),),
    "RFC 4279 section 4": ((0x0092, 0x0095),),
    "RFC 4492 section 6": (
        (0xC001, 0xC005),
        (0xC007, 0xC007),
        (0xC00B, 0xC00F),
        (0xC011, 0xC011),
        (0xC016, 0xC016),
    ),
    "RFC 4785 section 2": ((0x002C, 0x002E),),
    "RFC 5054 section 2.7": ((0xC01A, 0xC022),),
    "RFC 5246 appendix A.5": (
        (0x0000, 0x0002),
        (0x0004, 0x0005),
        (0x000A, 0x000A),
        (0x000D, 0x000D),
        (0x0010, 0x0010),
        (0x0013, 0x0013),
        (0x0016, 0x0016),
        (0x0018, 0x0018),
        (0x001B, 0x001B),
        (0x002F, 0x0040),
        (0x0067, 0x006D),
    ),
    "RFC 5288 section 3": ((0x009C, 0x00A7),),
    "RFC 5289 section 3.1": ((0xC023, 0xC02A),),
    "RFC 5289 section 3.2": ((0xC02B, 0xC032),),
    "RFC 5469 section 2": (
        (0x0009, 0x0009),
        (0x000C, 0x000C),
        (0x000F, 0x000F),
        (0x0012, 0x0012),
        (0x0015, 0x0015),
        (0x001A, 0x001A),
    ),
    "RFC 5469 section 3": ((0x0007, 0x0007),),
    "RFC 5487 section 2": ((0x00A8, 0x00AD),),
    "RFC 5487 section 3": ((0x00AE, 0x00B9),),
    "RFC 5489 section 3": ((0xC033, 0xC03B),),
    "RFC 5746 section 3.3": ((0x00FF, 0x00FF),),
    "RFC 5932 section 2": ((0x0041, 0x0046), (0x0084, 0x0089), (0x00BA, 0x00C5)),
    "RFC 6209 section 2": ((0xC03C, 0xC071),),
    "RFC 6367 section 2": ((0xC072, 0xC09B),),
    "RFC 6655 section 3": ((0xC09C, 0xC0A3),),
    "RFC 6655 section 4": ((0xC0A4, 0xC0AB),),
    "RFC 7251 section 2": ((0xC0AC, 0xC0AF),),
    "RFC 7507 section 2": ((0x5600, 0x5600),),
    "RFC 7905 section 2": ((0xCCA8, 0xCCAE),),
    "RFC 8422 section 6": (
        (0xC006, 0xC006),
        (0xC008, 0xC00A),
        (0xC010, 0xC010),
        (0xC012, 0xC015),
        (0xC017, 0xC019),
    ),
    "RFC 8442 section 3": ((0xD001, 0xD003), (0xD005, 0xD005)),
    "RFC 8446 appendix B.4": ((0x1301, 0x1305),),
    "RFC 8492 section 5": ((0xC0B0, 0xC0B3),),
    "RFC 8701 section 2": tuple((0x0A0A + 0x1010 * i,) * 2 for i in range(16)),
    "RFC 8998 section 2": ((0x00C6, 0x00C7),),
    "RFC 9189 section 4": ((0xC100, 0xC102),),
    "RFC 9367 section 4": ((0xC103, 0xC106),),
    "draft-cragie-tls-ecjpake-01 section 5": ((0xC0FF, 0xC0FF),),
}
"""The first and the last suite of each run."""

SUITE_REFERENCES: Mapping[int, str] = {
    suite: reference for reference, runs in _RUNS.items() for first, last in runs for suite in range(first, last + 1)
}
"""By suite; what nobody has defined is not in it."""
