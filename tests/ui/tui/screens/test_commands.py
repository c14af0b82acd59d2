from journals import STORY
from support.screen import driven, indexed, seen, shown, soon
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.models.actions import OF_HOST, OF_ROW
from tlscope_ui.tui.models.settings import Settings
from tlscope_ui.tui.screens.commands import choices, possible
from tlscope_ui.tui.screens.menu import Menu


@driven
async def test_what_can_be_done_is_offered(tmp_path):
    """With key and command, from the menu, by its name, and from the palette."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        screen = pilot.app.screen
        ids = {action.id for action, _ in possible(screen)}
        assert {"follow", "unfold", "quit", "refuse", "help", "theme"} <= ids
        assert not {"menu-up", "form-leave"} & ids
        follow = next(choice for choice in choices(screen, screen.at, typed=True) if choice.title == "follow")
        assert "f" == follow.mark
        assert f"$ tlscope watch -c {tmp_path / 'capture'}" in follow.foot
        await pilot.press("x")
        await seen(pilot, "Actions: connection 1", "Put a star beside the row")
        await pilot.press("m")
        await soon(pilot, lambda: screen.marks.marked, "a mark by its letter")
        await pilot.press("p", "colon", *"pause", "enter")
        await soon(pilot, lambda: not screen.flows.paused, "no pause, by its name")
        await pilot.press("ctrl+p", *"pau")
        await seen(pilot, "Palette", "p  pause", "Let the list be as it is")
        await pilot.press("enter")
        await soon(pilot, lambda: screen.flows.paused, "a pause from the palette")


@driven
async def test_what_is_done_with_a_row_is_offered_for_it(tmp_path):
    """And nothing else: of a host less, of what has the keys in the detail more."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        screen = pilot.app.screen

        def offered():
            return {choice.title for choice in choices(screen, screen.at, typed=False)}

        assert OF_ROW == offered()
        await pilot.press("2")
        await soon(pilot, lambda: screen.focused is not screen.flows.view, "the tab")
        assert OF_ROW | {"view", "unmask-keys"} <= offered()
        assert not {"back", "actions", "quit", "filter-back", "follow", "down"} & offered()
        await pilot.press("escape", "b")
        await soon(pilot, lambda: screen.selected.host is not None, "the host")
        assert OF_HOST == offered()
        await pilot.press("x")
        await seen(pilot, "Actions: localhost")


@driven
async def test_without_a_row_no_actions_are_offered(tmp_path):
    """It is said where all are."""
    async with shown(Tlscope(indexed(tmp_path / "capture"))) as pilot:
        await seen(pilot, "finished capture")
        screen = pilot.app.screen
        await pilot.press("x")
        await soon(pilot, lambda: pilot.app._notifications, "a word on it")
        (toast,) = pilot.app._notifications
        assert "no row is selected. Ctrl+P: whatever else can be done" == toast.message
        assert pilot.app.screen is screen


@driven
async def test_the_palette_comes_over_a_page_and_finds_all(tmp_path):
    """What is typed is looked for in names and notes, the names that begin so first; colours are chosen so, too."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        app = pilot.app
        every = {choice.title for choice in choices(app.screen, app.screen.at, typed=True)}
        assert {"find", "up", "theme", "export"} <= every
        await pilot.press("question_mark", "ctrl+p", *"e")
        await seen(pilot, "Palette")
        assert isinstance(app.screen, Menu)
        assert 3 == len(app.screen_stack)
        assert "e" == app.screen._shown[0].title[0]
        await pilot.press("ctrl+p", "backspace", *"theme", "pagedown", "pageup", "enter")
        await seen(pilot, "Theme", f"✓  {app.theme}", "colour-blind")
        await pilot.press(*"high", "enter")
        await soon(pilot, lambda: "high-contrast" == app.theme, "the colours")


@driven
async def test_every_key_on_the_screen_is_one_that_works(tmp_path):
    """After they were changed: on pages, in menus, forms and dialogs; and they do what is said."""
    keymap = {"help": "f3", "paper-leave": "f10", "palette": "f2", "form-leave": "f11", "columns-leave": "f12",
              "column-show": "X", "pause": "P", "menu-leave": "f4", "open": "ctrl+j", "paper-copy": "Y"}  # fmt: skip
    chosen = Settings(keymap=keymap)
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY), chosen)) as pilot:
        await seen(pilot, "✓ intercepted")
        main = pilot.app.screen
        for opens, said, leaves in (
            ("f3", ("F2: search everything", "F10: back"), "f10"),
            ("C", ("Y or Ctrl+J: copy the command", "F10: back", "Ctrl+J copies"), "f10"),
            ("semicolon", ("F11: leave it",), "f11"),
            ("o", ("X: show or hide", "Ctrl+J: so be it", "F12: as it was"), "f12"),
            ("colon", (" P  ", "pause"), "f4"),
        ):
            await pilot.press(opens)
            await seen(pilot, *said)
            await pilot.press(leaves)
            await soon(pilot, lambda: pilot.app.screen is main, "the capture")
        await pilot.press("P")
        await soon(pilot, lambda: main.flows.paused, "a pause")
