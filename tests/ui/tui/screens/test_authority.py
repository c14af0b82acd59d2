from textual.app import App

from support.screen import driven, seen, shown
from tlscope_ca.authority import Authority as Made
from tlscope_ui.tui.screens.authority import Authority, read


@driven
async def test_the_authority_is_shown(tmp_path):
    """Its file, fingerprint and validity, and how to trust it; each can be copied."""
    made = Made.create(tmp_path / "ca", only=(), days=30)
    facts = read(tmp_path / "ca")
    assert str(made.path) == facts["path"]
    app, copied = App(), []
    app.copy_to_clipboard = copied.append
    async with shown(app, 120, 70) as pilot:
        app.push_screen(Authority(facts))
        await seen(pilot, facts["sha256"], "valid until", "never the key", "Debian, Ubuntu")
        await pilot.press("j", "j", "y")
        assert [facts["sha256"]] == copied
