import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from tlscope_ui.tui.models.themes import HIGH_CONTRAST, TEXTS, THEMES, fitting, readable


def contrast(one, other):
    """WCAG 2.1's contrast ratio."""

    def luminance(text):
        parts = [part / 255 for part in Color.parse(text).rgb]
        red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_text_can_be_read(theme):
    """4.5 to 1 at least, on every ground; 7 to 1 where that is what it is for."""
    least = 7 if theme is HIGH_CONTRAST else 4.5
    for ground in (theme.background, theme.surface, theme.panel):
        assert contrast(theme.foreground, ground) >= least
    if theme is HIGH_CONTRAST:
        for colour in (theme.primary, theme.accent, theme.warning, theme.error, theme.success):
            assert contrast(colour, theme.background) >= least


@pytest.mark.parametrize("theme", [*BUILTIN_THEMES.values(), *THEMES], ids=lambda theme: theme.name)
def test_text_can_be_read_in_every_theme(theme):
    """4.5 to 1 at least, on every ground that it is painted on; what is dim on what is lit 3 to 1."""
    before = {**theme.to_color_system().generate(), **theme.variables}
    colours = before | readable(before)
    if "ansi_" in colours["foreground"]:
        assert {"lit", "found"} == {name for name in colours if colours[name] != before.get(name)}
        return
    plain = [colours[name] for name in ("background", "surface", "panel")]
    for ground in plain:
        assert contrast(colours["text-muted"], ground) >= 4.5
    blurred = colours["block-cursor-blurred-background"]
    assert contrast(colours["text-muted"], blurred) >= 3
    for text in TEXTS:
        for ground in (*plain, blurred):
            assert contrast(colours[text], ground) >= 4.5
    for lit in ("lit", "found"):
        assert contrast(colours["foreground"], colours[lit]) >= 4.5
        assert contrast(colours[lit], colours["surface"]) >= 1.05
    assert contrast(colours["block-cursor-foreground"], colours["block-cursor-background"]) >= 4.5


def test_what_can_be_read_stays_as_it_is():
    """A theme's own colours are what people know it by."""
    before = {**HIGH_CONTRAST.to_color_system().generate(), **HIGH_CONTRAST.variables}
    changed = readable(before)
    assert {"lit", "found"} == {name for name in changed if changed[name].lower() != before.get(name, "").lower()}


def test_where_there_are_16_colours_they_are_the_theme():
    """Others are rounded there, until nothing is told apart."""
    assert fitting("standard", plain=False) in BUILTIN_THEMES
    assert HIGH_CONTRAST.name == fitting("standard", plain=True)
    for colours in ("truecolor", "256", None):
        assert "" == fitting(colours, plain=False) == fitting(colours, plain=True)


def test_what_the_cursor_is_on_can_be_read():
    """In colours, too, which stay as they are there: 4.5 to 1, and the words in white 7 to 1."""
    ground = HIGH_CONTRAST.variables["block-cursor-background"]
    assert contrast(HIGH_CONTRAST.variables["block-cursor-foreground"], ground) >= 7
    assert contrast(HIGH_CONTRAST.success, ground) >= 4.5
