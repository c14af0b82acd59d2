from journals import STORY, held
from support.screen import driven, indexed, seen, shown, soon
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.models.actions import OF_HOST, OF_ROW
from tlscope_ui.tui.models.settings import Settings
from tlscope_ui.tui.screens.acts import DONE, unruled
from tlscope_ui.tui.screens.commands import choices, possible
from tlscope_ui.tui.screens.menu import Menu


@driven
async def test_what_can_be_done_is_offered(tmp_path):
    """With key and command, from the menu, by its name, and from the palette."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        screen = pilot.app.screen
        ids = {action.id for action, _ in possible(screen)}
        assert {"follow", "unfold", "quit", "help", "theme"} <= ids
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

        assert OF_ROW - set(DONE) == offered()
        await pilot.press("2")
        await soon(pilot, lambda: screen.focused is not screen.flows.view, "the tab")
        assert OF_ROW - set(DONE) | {"view", "unmask-keys"} <= offered()
        assert not {"back", "actions", "quit", "filter-back", "follow", "down"} & offered()
        await pilot.press("escape", "b")
        await soon(pilot, lambda: screen.selected.host is not None, "the host")
        assert OF_HOST - set(DONE) == offered()
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
            ("C", ("Y or Ctrl+J: copy the command", "F10: back", "copies the command under the cursor"), "f10"),
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


@driven
async def test_a_host_can_be_ruled_on_where_a_recorder_can_be_told(tmp_path):
    """Not in a finished capture, nor in an imported one: help says why; one that ends meanwhile is told of in words."""
    directory = indexed(tmp_path / "capture", STORY)
    app = Tlscope(directory)
    async with shown(app, 120, 60) as pilot:
        await seen(pilot, "✓ intercepted")
        screen = app.screen

        def offered():
            return set(DONE) & {choice.title for typed in (0, 1) for choice in choices(screen, screen.at, typed=typed)}

        assert (set(), "imported") == (offered(), unruled(directory)[16:24])
        (directory / "meta.json").write_text('{"listening": ["127.0.0.1:8080"]}')
        assert (set(), "finished") == (offered(), unruled(directory)[15:23])
        await pilot.press("question_mark")
        await seen(pilot, "Not now, as the capture is", "finished: no recorder can be told.")
        await pilot.press("escape")
        with held(directory):
            assert (set(), "its recorder cannot be told") == (offered(), unruled(directory)[:27])
            (directory / "control").touch()
            assert (set(DONE), "") == (offered(), unruled(directory))
            await pilot.press("colon", *"refuse")
            await seen(pilot, "Refuse new connections")
        await pilot.press("enter")
        await soon(pilot, lambda: any("Next: " in note.message for note in app._notifications), "its absence in words")
        assert app.screen is screen
