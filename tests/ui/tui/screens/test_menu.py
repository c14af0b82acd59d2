from textual.app import App

import hostile
from support.screen import driven, looks, seen, shown, sight
from tlscope_ui.tui.screens.menu import Choice, Menu

CHOICES = [
    Choice("a", "a", "first", "the first one", 1, "foot of the first"),
    Choice("b", "b", "second", "the second one", 2),
    Choice("up", "↑", "third", "the third one", 3),
]


class Opener(App):
    def __init__(self, choices, *, typed=False):
        super().__init__()
        self.menu, self.ended = Menu("Title", choices, typed=typed), []

    def on_mount(self):
        self.push_screen(self.menu, self.ended.append)


@driven
async def test_a_letter_chooses():
    """At once; Esc chooses nothing."""
    for key, expected in (("b", 2), ("escape", None), ("x", ...)):
        app = Opener(CHOICES)
        async with shown(app, 60, 20) as pilot:
            await seen(pilot, "Title", "the second one", "foot of the first")
            await pilot.press(key)
            assert ([] if expected is ... else [expected]) == app.ended


@driven
async def test_what_there_is_to_say_is_said_in_lines():
    """Below the menu; where there is no more, the note, which may have been cut; a title is one line."""
    app = Opener([Choice("a", "a", "one", "", 1, "first\n$ second\x1b"), Choice("b", "b", "two\n2", "note " * 12, 2)])
    async with shown(app, 60, 20) as pilot:
        await seen(pilot, "│ first ", "│ $ second\\x1b ", "two\\n2")
        await pilot.press("j")
        await seen(pilot, "│ note note")


@driven
async def test_a_long_note_takes_no_line():
    """Every choice is in sight, though what is said of it is cut at the border, where that can be seen."""
    app = Opener([Choice("a", "a", "first", "note " * 20, 1), Choice("b", "b", "last", "", 2)])
    async with shown(app, 60, 20) as pilot:
        await seen(pilot, "first", "note …│", "last")


@driven
async def test_the_cursor_chooses():
    """Its own keys are never those of a line."""
    app = Opener(CHOICES)
    async with shown(app, 60, 20) as pilot:
        await pilot.press("down", "down", "up", "enter")
        assert [2] == app.ended


@driven
async def test_what_is_typed_selects():
    """Any words of it; nothing is chosen where there is nothing."""
    app = Opener(CHOICES, typed=True)
    async with shown(app, 60, 20) as pilot:
        await pilot.press(*"one", "space", *"sec")
        await seen(pilot, "second")
        assert not looks(pilot.app, "third one")
        await pilot.press("x", "enter")
        await seen(pilot, "there is nothing of this name")
        await pilot.press("backspace", "enter")
        assert [2] == app.ended


@driven
async def test_no_text_of_a_stranger_drives_the_terminal():
    """Hosts are in menus."""
    bad = "".join(hostile.HOSTILE) + "[b]"
    app = Opener([Choice("", bad[:50], bad, bad, 1, bad)])
    async with shown(app, 100, 20):
        assert set() == hostile.forbidden("\n".join(sight(app)))
