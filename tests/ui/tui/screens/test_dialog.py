from textual.app import App

from support.screen import driven, shown
from tlscope_ui.tui.screens.dialog import Dialog


@driven
async def test_a_dialog_goes_once():
    """Keys that come in one go, as from a paste, do not take away the screen below; the first answer counts."""
    app, answers = App(), []
    async with shown(app) as pilot:
        below, dialog = app.screen, Dialog()
        await app.push_screen(dialog, answers.append)
        dialog.dismiss("first")
        dialog.dismiss("second")
        await pilot.pause()
        assert app.screen is below
        assert ["first"] == answers
