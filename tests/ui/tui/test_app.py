import os
from contextlib import suppress

from rich.console import Console
from textual.worker import WorkerFailed

from journals import STORY, capture
from support.screen import driven, indexed, seen, shown, soon
from tlscope.capture import inspector
from tlscope.capture.inspector import catch_up
from tlscope.capture.schema import delete
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.models import clipboard
from tlscope_ui.tui.models.rows import Selected
from tlscope_ui.tui.models.settings import Settings
from tlscope_ui.tui.screens.columns import Choosing
from tlscope_ui.tui.widgets.flows import Flows


@driven
async def test_a_capture_is_opened(tmp_path):
    """Its index is all that is needed."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")


@driven
async def test_a_capture_without_index_is_waited_for(tmp_path):
    """It is being made; the screen says so, and goes on as soon as it is there."""
    directory = capture(tmp_path / "capture", STORY)
    async with shown(Tlscope(directory)) as pilot:
        await seen(pilot, "the capture is being indexed")
        assert catch_up(directory)
        await seen(pilot, "✓ intercepted")


@driven
async def test_an_index_that_nobody_makes_is_begun(tmp_path, monkeypatch):
    """By an inspector of our own: one that was started may have ended. Where that fails, it is said why."""
    directory = capture(tmp_path / "[b]capture", STORY)
    monkeypatch.setattr("tlscope_ui.tui.app.PATIENCE", 1.0)
    with monkeypatch.context() as broken:
        broken.setattr(inspector, "ensure", fail)
        async with shown(Tlscope(directory)) as pilot:
            await seen(pilot, "it cannot be begun: no room", "Next", "tlscope.capture.inspector", "[b]capture")
    async with shown(Tlscope(directory)) as pilot:
        await seen(pilot, "✓ intercepted")


def fail(_directory):
    raise OSError("no room")


@driven
async def test_q_quits(tmp_path):
    """And nothing else does: Esc only goes back."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        await pilot.press("escape", "escape")
        assert pilot.app.is_running
        await pilot.press("q")
        await soon(pilot, lambda: not pilot.app.is_running, "the end")


@driven
async def test_what_was_chosen_holds(tmp_path):
    """Colours, columns, keys and filters; what is chosen now is there the next time; what is wrong is said."""
    chosen = Settings("colour-blind", ["what", "ja4"], history=["dns"], keymap={"pause": "F"}, problems=["[b]wrong"])
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY), chosen)) as pilot:
        await seen(pilot, "Host / request", "JA4")
        app = pilot.app
        await soon(pilot, lambda: ["[b]wrong"] == [toast.message for toast in app._notifications], "the problem")
        assert "colour-blind" == app.theme
        await pilot.press("p")
        assert not app.screen.flows.paused
        await pilot.press("F", "slash", *"localhost", "enter")
        assert app.screen.flows.paused
        await soon(pilot, lambda: ["dns", "localhost"] == chosen.history, "the filter in the history")
        app.theme = "high-contrast"
        await soon(pilot, lambda: "high-contrast" == chosen.theme, "the theme to be kept")
        app.screen.lay(Choosing(("what", "tls"), {"tls": 9}, "host", descending=True))
        assert (["what", "tls"], {"tls": 9}, "host") == (chosen.columns, chosen.widths, chosen.order)


@driven
async def test_a_terminal_with_16_colours_has_a_theme_of_these(tmp_path, monkeypatch):
    """Unless another one was chosen; elsewhere the usual one is had again."""
    monkeypatch.setattr(Console, "color_system", "standard")
    directory = indexed(tmp_path / "capture", STORY)
    monkeypatch.delenv("NO_COLOR", raising=False)
    for chosen, expected in (("", "ansi-dark"), ("colour-blind", "colour-blind"), ("", "high-contrast")):
        if expected == "high-contrast":
            monkeypatch.setenv("NO_COLOR", "1")
        settings = Settings(chosen)
        async with shown(Tlscope(directory, settings)) as pilot:
            await seen(pilot, "✓ intercepted")
            assert expected == pilot.app.theme
            assert chosen == settings.theme


@driven
async def test_an_index_that_was_made_anew_is_gone_on_with(tmp_path):
    """With the same filter, and the cursor on the same row."""
    directory = indexed(tmp_path / "capture", STORY, STORY, STORY)
    async with shown(Tlscope(directory)) as pilot:
        await seen(pilot, "✓ intercepted")
        before = pilot.app.screen
        await pilot.press("j")
        delete(directory)
        assert catch_up(directory)
        await soon(pilot, lambda: pilot.app.screen is not before and pilot.app.screen.query(Flows), "the new index")
        await soon(pilot, lambda: Selected(2) == pilot.app.screen.flows.selected, "the same row")
        grouped = pilot.app.screen
        await pilot.press("b")
        await soon(pilot, lambda: grouped.rows.is_grouped, "hosts")
        delete(directory)
        assert catch_up(directory)
        await soon(pilot, lambda: pilot.app.screen is not grouped, "one more index")
        await soon(pilot, lambda: pilot.app.screen.rows.is_grouped, "hosts again")


@driven
async def test_a_defect_ends_it_and_is_told(tmp_path, monkeypatch, capsys):
    """Where it failed, once, be it in a thread; no variable's value, nothing that drives a terminal; exit code 1."""

    def look_up():
        cookie = "sid=4f3c"
        return {}[f"\x1b[2J{cookie}"]

    monkeypatch.setattr(Tlscope, "action_help", lambda self: self.run_worker(look_up, thread=True))
    app = Tlscope(indexed(tmp_path / "capture", STORY))
    with suppress(WorkerFailed):  # the pilot's way to say that something failed
        async with shown(app) as pilot:
            await seen(pilot, "✓ intercepted")
            await pilot.press("question_mark")
            await soon(pilot, lambda: not app.is_running, "the end")
    said = capsys.readouterr().err
    assert 1 == said.count("✗ The screen has failed")
    assert "in look_up\n" in said
    assert "KeyError: '…'" == said.splitlines()[-2]
    assert "4f3c" not in said
    assert "\x1b" not in said
    assert 1 == app.return_code


@driven
async def test_what_children_are_to_see_stays(tmp_path, monkeypatch):
    """NO_COLOR is the user's wish, for programs that are started from here, too."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        assert "1" == os.environ["NO_COLOR"]


@driven
async def test_what_is_copied_goes_its_way_and_it_is_said(tmp_path, monkeypatch):
    """Here through the terminal."""
    monkeypatch.setattr(clipboard, "copy", lambda text, *_: clipboard.Went(f"copied {text}, somewhere"))
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        pilot.app.copy_to_clipboard("[b]x")
        await soon(pilot, lambda: [toast.message for toast in pilot.app._notifications], "a word on it")
        assert ["copied [b]x, somewhere"] == [toast.message for toast in pilot.app._notifications]
