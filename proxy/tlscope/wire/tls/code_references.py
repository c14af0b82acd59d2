"""Where groups and signature schemes are defined that RFC 8446 does not define itself; suites have suite_references.

RFC 8446 took over what is sound of the registries before it (sections 4.2.3 and 4.2.7). What it left behind is defined
where it was, and what came since in RFCs and drafts of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_GREASE = dict.fromkeys((0x0A0A + 0x1010 * i for i in range(16)), "RFC 8701 section 2")

GROUP_REFERENCES: Mapping[int, str] = {
    **_GREASE,
    **dict.fromkeys((*range(0x0001, 0x0017), 0xFF01, 0xFF02), "RFC 4492 section 5.1.1"),
    **dict.fromkeys(range(0x001A, 0x001D), "RFC 7027 section 2"),
    **dict.fromkeys(range(0x001F, 0x0022), "RFC 8734 section 3"),
    **dict.fromkeys(range(0x0022, 0x0029), "RFC 9189 section 6"),
    0x0029: "RFC 8998 section 3.3.1",
    **dict.fromkeys(range(0x0100, 0x0105), "RFC 7919 section 2"),
    **dict.fromkeys(range(0x0200, 0x0203), "draft-ietf-tls-mlkem section 4"),
    **dict.fromkeys(range(0x11EB, 0x11EE), "draft-ietf-tls-ecdhe-mlkem section 3"),
    0x11EE: "draft-yang-tls-hybrid-sm2-mlkem",
    0x6399: "draft-tls-westerbaan-xyber768d00 section 2",
    0x639A: "draft-kwiatkowski-tls-ecdhe-kyber",
}
"""By NamedGroup."""

SCHEME_REFERENCES: Mapping[int, str] = {
    **_GREASE,
    **dict.fromkeys((0x0101, 0x0202, 0x0301, 0x0302, 0x0303, 0x0402, 0x0502, 0x0602), "RFC 5246 section 7.4.1.4.1"),
    **dict.fromkeys((0x0420, 0x0520, 0x0620), "RFC 9963 section 3"),
    0x0708: "RFC 8998 section 3.2.1",
    **dict.fromkeys(range(0x0709, 0x0710), "RFC 9367 section 5"),
    **dict.fromkeys(range(0x081A, 0x081D), "RFC 8734 section 4"),
    **dict.fromkeys(range(0x0904, 0x0907), "draft-ietf-tls-mldsa section 3"),
}
"""By SignatureScheme."""
