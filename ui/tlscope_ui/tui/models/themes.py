"""Colours of our own, beside those that Textual brings.

high-contrast   black, white and full colours: at least 7 to 1 for text (WCAG 2.1, success criterion 1.4.6)
colour-blind    the palette of Okabe and Ito, which is told apart with any kind of colour vision

Textual's themes have text that cannot be read on some of their grounds: green on white, yellow on grey. `readable`
moves such a colour towards white, or black, until it can be: the hue stays, and what was right stays as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.color import BLACK, WHITE, Color
from textual.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HIGH_CONTRAST = Theme(
    "high-contrast",
    primary="#66ccff",
    secondary="#ffffff",
    accent="#ffcc00",
    warning="#ffcc00",
    error="#ff9999",
    success="#66ff66",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1a1a1a",
    boost="#262626",
    variables={
        "block-cursor-background": "#555555",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#333333",
        "text-muted": "#cccccc",
        "text-disabled": "#b3b3b3",
    },
)
COLOUR_BLIND = Theme(
    "colour-blind",
    primary="#56b4e9",
    secondary="#0072b2",
    accent="#f0e442",
    warning="#e69f00",
    error="#d55e00",
    success="#009e73",
    foreground="#f2f2f2",
    background="#121212",
    surface="#181818",
    panel="#262626",
    variables={"block-cursor-blurred-background": "#1e323d"},
)
THEMES = (HIGH_CONTRAST, COLOUR_BLIND)

TEXT, DIM = 4.5, 3.0
"""Contrasts that text has at least (WCAG 2.1, success criterion 1.4.3), and text that is dim under a cursor."""
TEXTS = ("foreground", *(f"text-{name}" for name in ("primary", "secondary", "accent", "success", "warning", "error")))
"""Variables that are colours of text."""
GROUNDS = ("background", "surface", "panel")
LIT = {"lit": "warning", "found": "success"}
"""What lies below text that is lit, or was found: a variable of our own, and the colour that it is of."""
THIN, THICK = 0.15, 0.38
"""How much of that colour it is: enough to be seen, and no more than text can be read on."""
BLURRED = "block-cursor-blurred-background"
STEPS = 32
"""Colours that are tried between two."""


def fitting(colours: str | None, *, plain: bool) -> str:
    """The theme for a terminal with these colours (rich's name of them), where none was chosen; "" for the usual one.

    With 16 colours the others are rounded to the nearest, and grey on grey becomes the same: the theme that consists of
    these 16 can be read. `plain`, without colours (NO_COLOR), one of black and white can: what Textual makes of the
    terminal's own colours then is black on black.
    """
    if colours not in {"standard", "windows"}:
        return ""
    return HIGH_CONTRAST.name if plain else "ansi-dark"


def readable(variables: Mapping[str, str]) -> dict[str, str]:
    """Variables to be added to a theme's, most of them instead of its own.

    Where the colours are the terminal's own, nobody knows here what they are: they stay.
    """
    if any(variables[name].startswith("ansi_") for name in GROUNDS):
        return {name: f"{variables[colour]} {THICK:.0%}" for name, colour in LIT.items()}
    grounds = [Color.parse(variables[name]) for name in GROUNDS]
    ground, surface, _ = grounds
    end = WHITE if luminance(surface) < luminance(Color.parse(variables["foreground"])) else BLACK
    lit = [surface.blend(Color.parse(variables[colour]), THIN, 1) for colour in LIT.values()]
    found = {name: _moved(Color.parse(variables[name]), end, grounds) for name in TEXTS}
    found["foreground"] = _moved(found["foreground"], end, lit)
    found["text-error"] = _moved(found["text-error"], end, [_upon(ground, variables["error-muted"])])  # a banner
    dim = _moved(_upon(surface, variables["text-muted"]), end, grounds)
    texts = list(found.values())
    for name, colour in LIT.items():
        found[name] = _moved(surface.blend(Color.parse(variables[colour]), THICK, 1), surface, [found["foreground"]])
    blurred = _moved(_upon(surface, variables[BLURRED]), surface, texts)
    found[BLURRED], found["text-muted"] = _moved(blurred, surface, [dim], DIM), dim
    cursor = _upon(surface, variables["block-cursor-background"])
    best = max(WHITE, BLACK, key=lambda colour: contrast(colour, cursor))
    found["block-cursor-foreground"] = _moved(_upon(cursor, variables["block-cursor-foreground"]), best, [cursor])
    return {name: colour.hex for name, colour in found.items()}


def luminance(colour: Color) -> float:
    """WCAG 2.1's relative luminance."""
    red, green, blue = (
        part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour.rgb
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Color, other: Color) -> float:
    """WCAG 2.1's contrast ratio, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _upon(ground: Color, text: str) -> Color:
    """What a colour looks like that may let the ground through, or is to be told from it (`auto`)."""
    name, _, percent = text.partition(" ")
    colour = ground.get_contrast_text(1) if name == "auto" else Color.parse(name)
    return ground.blend(colour, colour.a * float(percent.rstrip("%") or 100) / 100, 1)


def _moved(colour: Color, end: Color, others: Sequence[Color], least: float = TEXT) -> Color:
    """The nearest colour on the way to `end` that has this contrast with the others; `end` where none has."""
    tried = (colour.blend(end, step / STEPS, 1) for step in range(STEPS))
    return next((one for one in tried if all(contrast(one, other) >= least for other in others)), end)
