"""Characters that must never reach a terminal, and text that is full of them."""

from __future__ import annotations

import unicodedata

from hypothesis import strategies as st

CONTROLS = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0))]
MARKS = ["\u061c", "\u200e", "\u200f", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))]
SEPARATORS = ["\u2028", "\u2029"]
SURROGATES = ["\ud800", "\udcff", "\udfff"]
INVISIBLE = ["\u00ad", "\u200b", "\u200d", "\ufeff", "\U000e0041", "\u00a0", "\ue000", "\u0378"]
HOSTILE = [*CONTROLS, *MARKS, *SEPARATORS, *SURROGATES, *INVISIBLE]

FORBIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode's categories of what drives a terminal, reorders it, cannot be encoded, or breaks its lines."""

text = st.text(st.sampled_from([*HOSTILE, *"az\\[]31;m<>\"'", "é", "中", "\u0301"]) | st.characters())
"""Strings with more of these than a peer would dare to send."""

data = st.binary(max_size=60) | text.map(lambda value: value.encode(errors="surrogatepass")) | st.just(b"\x1b]0;x\x07")
"""Bytes that hold them."""


def forbidden(output: str) -> set[str]:
    """The characters in a command's output that must not be there."""
    return {char for char in output if char != "\n" and unicodedata.category(char) in FORBIDDEN}
