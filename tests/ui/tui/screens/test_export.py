import json

from textual.widgets import Input

from journals import STORY
from support.screen import driven, indexed, seen, shown, soon
from tlscope_ui.tui.app import Tlscope


@driven
async def test_connections_are_written_to_a_file(tmp_path, monkeypatch):
    """In the format that was chosen; what is there is replaced only when Enter is pressed again."""
    monkeypatch.chdir(tmp_path)
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        await pilot.press("e")
        await seen(pilot, "Export", "◂ har ▸", "◂ 1, the selected one ▸", "◂ left out ▸")
        await pilot.press("right", "right")
        await seen(pilot, "◂ jsonl ▸", "events, an object a line", "Enter: so be it", "← or →: choose", "Esc: leave it")
        path = tmp_path / "capture-1.jsonl"
        assert str(path) == pilot.app.screen.query_one(Input).value
        path.write_text("before")
        await pilot.press("enter")
        await seen(pilot, "is there already")
        assert "before" == path.read_text()
        await pilot.press("enter")
        await soon(
            pilot, lambda: [toast for toast in pilot.app._notifications if str(path) in toast.message], "the end"
        )
        assert all(json.loads(line) for line in path.read_text().splitlines())


@driven
async def test_esc_exports_nothing(tmp_path, monkeypatch):
    """And a name must be given."""
    monkeypatch.chdir(tmp_path)
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        await pilot.press("e")
        await seen(pilot, "Export")
        pilot.app.screen.query_one(Input).value = " "
        await pilot.press("enter")
        await seen(pilot, "Name a file.")
        await pilot.press("escape")
        await soon(pilot, lambda: "Export" not in type(pilot.app.screen).__name__, "the capture")
        assert [tmp_path / "capture"] == list(tmp_path.iterdir())
