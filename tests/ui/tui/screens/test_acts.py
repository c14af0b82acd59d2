import shutil
from pathlib import Path

from journals import REFUSAL, STORY, held
from support.screen import driven, indexed, seen, shown, soon
from tlscope.capture.inspector import catch_up
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.screens import acts

VISIT = Path(__file__).parents[3] / "data" / "captures" / "visit"


def said(app):
    """What the toasts say; without a terminal none are shown."""
    return "\n".join(toast.message for toast in app._notifications)


def kept(directory):
    """The program, which keeps what is copied."""
    app = Tlscope(directory)
    app.copied = []
    app.copy_to_clipboard = app.copied.append
    return app


@driven
async def test_what_is_selected_is_copied(tmp_path):
    """The line as it is shown; the URL; the same again of the next; with secrets only if they are asked for."""
    shutil.copytree(VISIT, directory := tmp_path / "visit")
    assert catch_up(directory)
    app = kept(directory)
    async with shown(app) as pilot:
        await seen(pilot, "shop.example")
        await pilot.press("y")
        await seen(pilot, "Copy, without secrets", "what stands under the cursor")
        await pilot.press("y")
        await soon(pilot, lambda: len(app.copied) == 1, "a line")
        assert "✓ intercepted" in app.copied[0]
        await pilot.press("y", "U")
        await soon(pilot, lambda: len(app.copied) == 2, "a URL")
        assert app.copied[1].startswith("https://shop.example")
        await pilot.press("j", "Y")
        await soon(pilot, lambda: len(app.copied) == 3, "another URL")
        assert app.copied[2].startswith("https://login.example")
        await pilot.press("y", "u")
        await seen(pilot, "Copy, with secrets")


@driven
async def test_nothing_is_copied_of_nothing(tmp_path):
    """What is not there is said."""
    app = kept(indexed(tmp_path / "capture", REFUSAL))
    async with shown(app) as pilot:
        await seen(pilot, "unknown_ca")
        app.screen._copy("URL")
        await soon(pilot, lambda: "nothing to copy" in said(app), "a word on it")
        assert [] == app.copied


@driven
async def test_the_recorder_is_asked_for_a_policy(tmp_path, monkeypatch):
    """And its answer, or that there is none, is said."""
    asked = []

    class Control:
        def __init__(self, directory):
            self.directory = directory

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def policy(self, action, host):
            asked.append((self.directory, action, host))

    directory = indexed(tmp_path / "capture", STORY)
    async with shown(Tlscope(directory)) as pilot:
        await seen(pilot, "✓ intercepted")
        screen = pilot.app.screen
        screen.action_policy("refuse")
        await soon(pilot, lambda: "Next: " in said(pilot.app), "the recorder's absence")
        monkeypatch.setattr(acts, "Control", Control)
        with held(directory):
            screen.action_policy("refuse")
            await soon(pilot, lambda: "are refused from now on" in said(pilot.app), "the answer")
        assert [(directory, "refuse", screen.at.host)] == asked


def test_a_name_that_is_a_pattern_is_no_host():
    """A client may say that it wants `*`; that would be a rule for all."""
    assert acts.is_host("example.com")
    assert acts.is_host("::1")
    for name in ("*", "exam?le.com", "[a-z]", ""):
        assert not acts.is_host(name)


@driven
async def test_what_changes_behind_a_dialog_is_painted_once(tmp_path):
    """Not again and again, with all that can be seen, until the dialog goes."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        main = pilot.app.screen
        await pilot.press("y")
        await seen(pilot, "Copy, without secrets")
        main.action_pause()
        await seen(pilot, "PAUSED", "Copy, without secrets")
        await pilot.pause()
        assert not main._repaint_required
        await pilot.press("escape")
        await soon(pilot, lambda: pilot.app.screen is main, "the capture")
        await seen(pilot, "PAUSED", "✓ intercepted")


@driven
async def test_nothing_is_painted_that_would_be_thrown_away(tmp_path, monkeypatch):
    """While Textual collects changes it shows no picture; what has changed by then is in the next one."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        screen, painted = pilot.app.screen, []
        await seen(pilot, "✓ intercepted")
        paint = screen._compositor.render_update
        monkeypatch.setattr(screen._compositor, "render_update", lambda **how: painted.append(how) or paint(**how))
        with pilot.app.batch_update():
            screen._compositor._dirty_regions.add(screen.region)
            screen._compositor_refresh()
            assert [] == painted
        screen._compositor_refresh()
        assert 1 == len(painted)
        assert not screen._compositor._dirty_regions
