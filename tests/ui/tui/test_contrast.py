"""Whether what is on the screen can be read, in each theme."""

import pytest
from textual.color import Color

from support.screen import driven, shown, soon, visit
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.models.settings import Settings
from tlscope_ui.tui.widgets.explain import Explain
from tlscope_ui.tui.widgets.fieldtree import FieldView
from tlscope_ui.tui.widgets.hexview import HexView
from tlscope_ui.tui.widgets.lineview import LineView

KEYS = (
    *("j", "3", "ctrl+f", "e", "enter", "escape", "u", "5", "7", "8", "1", "2", "v", "v", "v", "v", "v", "enter", "j"),
    *("escape", "slash", "escape"),
)
"""Through all tabs, the views of the handshake, and what is found, with the keys in the list and the detail."""
DRAWN = frozenset(" ─━│╭╮╰╯▔▁▏▕╸╺▇▆▅▄▃▂█░")
"""Lines and bars, which are no text."""


def luminance(triplet):
    """WCAG 2.1's relative luminance."""
    parts = [part / 255 for part in triplet]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrasts(app):
    """Each text on the screen with the contrast between it and its ground, and whether it is dim."""
    muted = Color.parse(app.theme_variables["text-muted"]).rgb
    for strip in app.screen._compositor.render_strips():
        for text, style, _ in strip:
            if style and style.color and style.bgcolor and not set(text) <= DRAWN:
                low, high = sorted((luminance(style.color.triplet), luminance(style.bgcolor.triplet)))
                yield (high + 0.05) / (low + 0.05), text, muted == style.color.triplet


@pytest.mark.parametrize(
    ("theme", "least", "dim"),
    [
        ("high-contrast", 7, 7),
        ("colour-blind", 4.5, 3),
        ("textual-dark", 4.5, 3),
        ("atom-one-light", 4.5, 3),
    ],
)
@driven
async def test_all_text_can_be_read(tmp_path, theme, least, dim):
    """In our themes as they promise, in Textual's as WCAG demands; models/test_themes.py is about all of them."""
    settings = Settings()
    settings.theme = theme
    async with shown(Tlscope(visit(tmp_path), settings)) as pilot:
        app = pilot.app
        await soon(pilot, lambda: len(app.screen_stack) > 1 and app.screen.query("#flows"), "the list")
        for key in KEYS:
            await pilot.press(key)
            await pilot.pause(0.05)
            for contrast, text, is_dim in contrasts(app):
                assert contrast >= (dim if is_dim else least), (round(contrast, 1), text, key)


@driven
async def test_the_row_that_is_looked_at_is_seen_in_16_colours(tmp_path):
    """Also while the keys go to the detail: there is no colour for it, so it is underlined, and no other row is."""
    settings = Settings()
    settings.theme = "ansi-dark"
    async with shown(Tlscope(visit(tmp_path), settings)) as pilot:
        await soon(pilot, lambda: pilot.app.screen.query("#flows"), "the list")
        view = pilot.app.screen.flows.view
        await pilot.press("j", "7")
        await soon(pilot, lambda: not view.has_focus and view.cursor == 1, "the keys in the detail")
        await soon(pilot, lambda: [False, True, False] == [underlined(view, y) for y in range(3)], "one underlined")
        await pilot.press("escape")
        await soon(pilot, lambda: not underlined(view, 1), "the keys in the list")


@pytest.mark.parametrize("theme", ["ansi-dark", "high-contrast", "textual-light"])
@driven
async def test_who_has_the_keys_is_not_said_by_a_colour_alone(tmp_path, theme):
    """Of each pane of the handshake: with few colours, or none, two grounds may be the same."""
    async with shown(Tlscope(visit(tmp_path), Settings(theme)), 80, 24) as pilot:
        app = pilot.app
        await soon(pilot, lambda: len(app.screen_stack) > 1 and app.screen.query("#flows"), "the list")
        await pilot.press("2")
        await soon(pilot, lambda: app.screen.query(HexView) and len(app.screen.query_one(HexView).lines), "the bytes")
        panes = [view for view in app.screen.query(LineView) if view.focusable and view.is_on_screen]
        assert [LineView, FieldView, Explain, HexView] == [type(view) for view in panes]
        for view in panes:
            looks = []
            for whose in (view, None):
                app.screen.set_focus(whose)
                await pilot.pause()
                strip = view.render_line(view.cursor - view.scroll_offset.y)
                looks.append([(one.text, bool(one.style.underline), bool(one.style.reverse)) for one in strip])
            assert looks[0] != looks[1], type(view)


def underlined(view, y):
    """Whether all of a line is."""
    return all(segment.style.underline for segment in view.render_line(y))
