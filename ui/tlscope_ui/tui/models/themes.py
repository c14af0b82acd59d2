"""Colours of our own, beside those that Textual brings.

high-contrast   black, white and full colours: at least 7 to 1 for text (WCAG 2.1, success criterion 1.4.6)
colour-blind    the palette of Okabe and Ito, which is told apart with any kind of colour vision
"""

from __future__ import annotations

from textual.theme import Theme

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


def fitting(colours: str | None, *, plain: bool) -> str:
    """The theme for a terminal with these colours (rich's name of them), where none was chosen; "" for the usual one.

    With 16 colours the others are rounded to the nearest, and grey on grey becomes the same: the theme that consists of
    these 16 can be read. `plain`, without colours (NO_COLOR), one of black and white can: what Textual makes of the
    terminal's own colours then is black on black.
    """
    if colours not in {"standard", "windows"}:
        return ""
    return HIGH_CONTRAST.name if plain else "ansi-dark"
