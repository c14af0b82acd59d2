from journals import STORY
from support.screen import driven, indexed, seen, shown, soon
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.models.actions import ACTIONS
from tlscope_ui.tui.models.keynames import choose
from tlscope_ui.tui.screens.help import Help, told


def text(here, width=100):
    return "\n".join(
        "".join(part if isinstance(part, str) else part.text for part in line) for line, _ in told(here, width)
    )


def test_what_has_the_keys_comes_first():
    """Then what works everywhere; then all the rest."""
    lines = text(["FieldView", "LineView", "Widget", "Main"])
    places = [lines.index(title) for title in ("Fields", "Lines", "The capture", "Everywhere", "ELSEWHERE", "Menus")]
    assert sorted(places) == places


def test_all_actions_are_told():
    """With the keys that hold: those of the user's file, too."""
    lines = text([], width=200)
    for action in ACTIONS:
        assert f"{action.title}: {action.note}" in lines
    assert "f                 Follow" in text([])
    choose({"follow": "f9", "mark": "M", "palette": "f2"})
    try:
        changed = text([])
    finally:
        choose({})
    assert "F9                Follow" in changed
    assert "marked with M" in changed
    assert "F2                Theme" in changed


def test_it_says_how_keys_are_changed():
    """Where, by which names, and what is kept besides; the command for the names can be copied."""
    lines = list(told([], 200))
    assert "keys.toml, below [keys], a line for each action" in text([], 200)
    assert "screen.json" in text([], 200)
    assert "tlscope open --keymap" in [about for _, about in lines]


@driven
async def test_question_mark_helps(tmp_path):
    """And Esc goes back."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        await pilot.press("question_mark")
        await seen(pilot, "Help", "The list", "Unfold: Show")
        assert isinstance(pilot.app.screen, Help)
        await pilot.press("escape")
        await soon(pilot, lambda: not isinstance(pilot.app.screen, Help), "the capture")
