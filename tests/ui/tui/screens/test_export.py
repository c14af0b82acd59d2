import json

from textual.widgets import Input

from journals import REFUSAL, STORY
from support.screen import driven, indexed, seen, shown, soon, visit
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.models.rows import Selected
from tlscope_ui.tui.widgets.filterbar import FilterBar


@driven
async def test_connections_are_written_to_a_file(tmp_path, monkeypatch):
    """In the format that was chosen; what is there is replaced only when Enter is pressed again."""
    monkeypatch.chdir(tmp_path)
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        await pilot.press("e")
        await seen(pilot, "Export", "◂ har ▸", "◂ connection 1, the selected one ▸", "◂ left out ▸", "1 exchange of")
        await pilot.press("right", "right")
        await seen(
            pilot,
            "◂ jsonl ▸",
            "events, an object a line",
            "1 connection",
            "Enter: so be it",
            "← or →: choose",
            "Esc: leave it",
        )
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
async def test_how_much_is_written_is_chosen_and_said_before(tmp_path, monkeypatch):
    """What is selected, what is marked, what the filter shows, everything; what makes no sense is not offered."""
    monkeypatch.chdir(tmp_path)
    async with shown(Tlscope(visit(tmp_path))) as pilot:
        await soon(pilot, lambda: pilot.app.screen.query("#flows") and pilot.app.screen.rows.total > 1, "the list")
        screen = pilot.app.screen
        screen.marks.marked = {Selected(2)}
        screen.query_one(FilterBar).put("status >= 400")
        await soon(pilot, lambda: screen.where is not None and screen.rows.matching == screen.rows.total - 7, "it")
        screen.flows.select(Selected(1, 2))
        await soon(pilot, lambda: screen.selected == Selected(1, 2), "the exchange")
        screen.action_export()
        await seen(pilot, "◂ exchange 2 of connection 1, the selected one ▸", "1 exchange of 1 connection", "-1-2.har")
        await pilot.press("down", "right")
        await seen(pilot, "◂ connection 1, of which it is ▸", " exchanges of 1 connection", "-1.har")
        await pilot.press("right")
        await seen(pilot, "◂ the marked ones ▸", "-marked.har")
        await pilot.press("right")
        await seen(pilot, "◂ what the filter shows ▸", "-filtered.har")
        await pilot.press("right")
        await seen(pilot, "◂ everything ▸", "visit.har")
        await pilot.press("right", "up", "left")
        await seen(pilot, "◂ raw ▸", "◂ connection 1, of which it is ▸", "1 connection", "◂ from the server ▸")
        await pilot.press("down", "down", "down", "left")
        await seen(pilot, "◂ from the client ▸")


@driven
async def test_nothing_is_not_written(tmp_path, monkeypatch):
    """It is said before, and when somebody tries."""
    monkeypatch.chdir(tmp_path)
    async with shown(Tlscope(indexed(tmp_path / "capture", REFUSAL))) as pilot:
        await seen(pilot, "unknown_ca")
        await pilot.press("e")
        await seen(pilot, "✗ no exchange of HTTP")
        await pilot.press("enter")
        await seen(pilot, "nothing was written", "Enter: so be it")
        assert [tmp_path / "capture"] == list(tmp_path.iterdir())


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
