"""Host names as people read them: A-labels as Unicode, and what about them is made to deceive.

An A-label (`xn--…`, RFC 5890 section 2.3.2.1) stands for letters of any script. Some look like others: `аррӏе` is five
Cyrillic letters. `reading` says what a name shows as, and `warnings` where a label mixes scripts (Unicode TS 39 section
5.2) or is made of look-alikes of Latin letters only. The look-alikes are a small table of letters that are the same
shape in most fonts, not Unicode's whole list: it is there to make one look twice, not to judge.
"""
# ruff: noqa: RUF001, RUF002 - look-alikes are what this file is about

from __future__ import annotations

import unicodedata

MAX_LABEL = 63
"""Octets of one label (RFC 1035 section 2.3.4); decoding Punycode is quadratic in them, so a longer one is not."""
MAX_NAME = 1024
"""Characters of a name that are looked at: RFC 1035 allows 255 octets, and a warning is no use far behind them."""


def reading(name: str) -> str:
    """The name with its A-labels decoded; itself where it has none, or they are broken."""
    if "xn--" not in name[:MAX_NAME].lower():
        return name
    return ".".join(_decoded(label) for label in name[:MAX_NAME].split(".")) + name[MAX_NAME:]


def warnings(name: str) -> str:
    """Sentences about what deceives in a name; empty where nothing does."""
    if name.isascii() and "xn--" not in name[:MAX_NAME].lower():
        return ""
    found = []
    for label in name[:MAX_NAME].split("."):
        shown = _decoded(label)
        if shown == label and label.lower().startswith("xn--"):
            found.append(f"The label {label[:MAX_LABEL]} is no valid Punycode.")
        elif not shown.isascii():
            found += _of_label(shown)
    return " ".join(found)


def _decoded(label: str) -> str:
    if len(label) > MAX_LABEL or not label.isascii() or not label.lower().startswith("xn--"):
        return label
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label
    # What a terminal or an editor would not show as a letter stays encoded: that is what the A-label is good for.
    safe = all(unicodedata.category(character)[0] in "LMN" or character in "-_·*" for character in decoded)
    return decoded if decoded and safe and not decoded.isascii() else label


def _of_label(label: str) -> list[str]:
    found = []
    used = sorted({script for character in label if (script := script_of(character))})
    if len(used) > 1 and not any(set(used) <= allowed for allowed in TOGETHER):
        found.append(f"The label {label} mixes scripts ({', '.join(used)}), as look-alikes do.")
    skeleton = "".join(LOOK_ALIKES.get(character, character) for character in unicodedata.normalize("NFC", label))
    if skeleton != label and skeleton.isascii():
        found.append(f"The label {label} looks like {skeleton} and is another name.")
    return found


def script_of(character: str) -> str:
    """The script of a letter by its Unicode name (`LATIN`, `CYRILLIC`, `CJK`); empty for what belongs to all."""
    if unicodedata.category(character)[0] != "L":
        return ""
    first = unicodedata.name(character, "").partition(" ")[0]
    return {"FULLWIDTH": "LATIN", "HALFWIDTH": "KATAKANA", "MODIFIER": "", "IDEOGRAPHIC": "CJK"}.get(first, first)


TOGETHER: tuple[frozenset[str], ...] = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)
"""Scripts that Japanese, Chinese and Korean write together ("highly restrictive", Unicode TS 39 section 5.2)."""

LOOK_ALIKES: dict[str, str] = {
    pair[0]: pair[1]
    for pair in (  # noqa: SIM905 - pairs read better than a list of them
        "аa сc еe һh іi јj оo рp ѕs уy хx ԁd ԛq ԝw ӏl "  # Cyrillic
        "οo νv αa ρp υu ιi κk γy ωw ϲc ϳj "  # Greek
        "օo սu հh ոn ցg զq "  # Armenian
        "ıi ɑa ɡg ɩi"  # unusual Latin
    ).split()
}
"""Letters, lower case as host names are, each with the Latin letter that it looks like."""
