from textual.events import Key

from journals import REFUSAL, STORY, capture, held, name, segment
from support.connections import BEGUN, intercepted
from support.screen import driven, indexed, looks, seen, shown, sight, soon
from tlscope.capture.inspector import catch_up
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.models.rows import Selected
from tlscope_ui.tui.widgets.filterbar import FilterBar
from tlscope_ui.tui.widgets.lineview import LineView


@driven
async def test_a_capture_is_a_list_with_a_detail(tmp_path):
    """Connections, how they ended, and the selected one closely."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY, REFUSAL))) as pilot:
        await seen(pilot, "✓ intercepted", "✗ client: unknown_ca", "finished capture")
        assert Selected(1) == pilot.app.screen.detail.selected
        await pilot.press("j")
        await soon(pilot, lambda: Selected(2) == pilot.app.screen.detail.selected, "the detail of the second")


@driven
async def test_what_is_recorded_appears(tmp_path):
    """FOLLOW goes to each new connection; any move upwards stays where it is."""
    directory = tmp_path / "capture"
    parts = segment([(number, event) for number in range(1, 8) for event in STORY])
    capture(directory, STORY)
    (directory / name()).write_bytes(b"".join(parts[: len(STORY) + 1]))
    with held(directory):
        assert catch_up(directory)
        async with shown(Tlscope(directory)) as pilot:
            flows = pilot.app.screen.flows
            assert flows.follow
            (directory / name()).write_bytes(b"".join(parts[: 3 * len(STORY) + 1]))
            assert catch_up(directory)
            await soon(pilot, lambda: Selected(3) == flows.selected, "the third connection under the cursor")
            await pilot.press("k")
            assert not flows.follow
            (directory / name()).write_bytes(b"".join(parts[: 5 * len(STORY) + 1]))
            assert catch_up(directory)
            await soon(pilot, lambda: len(flows.rows) == 5, "five connections")
            assert Selected(2) == flows.selected
            await pilot.press("p")
            (directory / name()).write_bytes(b"".join(parts))
            assert catch_up(directory)
            pilot.app.screen.ask()
            await seen(pilot, "PAUSED +2 new")
            assert 5 == len(flows.rows)
            await pilot.press("p", "f")
            await soon(pilot, lambda: Selected(7) == flows.selected, "the last one, followed again")


@driven
async def test_a_look_that_is_due_at_once_is_not_the_last(tmp_path, monkeypatch):
    """The list goes on though a look has taken longer than there is between two, as the first with a detail does."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        screen, looks_ = pilot.app.screen, []
        monkeypatch.setattr(screen._pace, "wait", lambda _: 0.0)
        monkeypatch.setattr(screen, "tick", lambda: looks_.append(1))
        await soon(pilot, lambda: len(looks_) > 2, "some looks")


@driven
async def test_a_recorder_that_ends_is_a_banner(tmp_path):
    """What it recorded stays on the screen."""
    directory = capture(tmp_path / "capture", STORY)
    with held(directory):
        assert catch_up(directory)
        app = Tlscope(directory)
        context = shown(app)
        pilot = await context.__aenter__()
    app.screen.ask()
    await seen(pilot, "✗ The recorder has ended", "✓ intercepted")
    await context.__aexit__(None, None, None)


@driven
async def test_what_a_recorder_left_open_is_unfinished(tmp_path):
    """When it dies while the screen looks on, and when it was dead before; open while it lives."""
    directory = indexed(tmp_path / "capture", STORY, BEGUN)
    with held(directory):
        context = shown(Tlscope(directory))
        pilot = await context.__aenter__()
        await soon(pilot, lambda: Selected(2) == pilot.app.screen.detail.selected, "the one that is open")
        await soon(pilot, lambda: 2 == sum("● open" in line for line in sight(pilot.app)), "it, open in both places")
    pilot.app.screen.ask()
    await soon(pilot, lambda: 2 == sum("? unfinished" in line for line in sight(pilot.app)), "it, unfinished in both")
    assert looks(pilot.app, "✓ intercepted", "its end was not recorded")
    assert not looks(pilot.app, "still open")
    await context.__aexit__(None, None, None)
    async with shown(Tlscope(directory)) as pilot:
        await pilot.press("j")
        await soon(pilot, lambda: 2 == sum("? unfinished" in line for line in sight(pilot.app)), "it in both places")


@driven
async def test_a_filter_that_is_typed_selects(tmp_path):
    """Live; Enter keeps it, Esc brings the one from before back, and the cursor keeps its connection."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY, REFUSAL))) as pilot:
        rows = pilot.app.screen.rows
        await pilot.press("j", "slash", *"fault")
        await soon(pilot, lambda: rows.matching == 1, "one row")
        await pilot.press("enter")
        assert pilot.app.screen.flows.view.has_focus
        assert Selected(2) == pilot.app.screen.flows.selected
        await pilot.press("slash", *"foo ==")
        await seen(pilot, "✗")
        await pilot.press("escape")
        await soon(pilot, lambda: rows.matching == 1, "the row from before")
        assert "fault" in sight(pilot.app)[0]
        assert not looks(pilot.app, "✗ ^")


@driven
async def test_a_narrow_terminal_shows_one_thing_at_a_time(tmp_path):
    """List first; Enter opens the detail, Esc comes back and never quits."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY, REFUSAL)), 80, 24) as pilot:
        await seen(pilot, "✓ intercepted")
        assert not looks(pilot.app, "Overview")
        await pilot.press("enter")
        await seen(pilot, "Overview")
        assert not looks(pilot.app, "✓ intercepted  ")
        await pilot.press("escape", "escape")
        await seen(pilot, "✓ intercepted")
        assert pilot.app.is_running
        await pilot.press("enter", "slash", *"fault")
        await seen(pilot, "✗ client: unknown_ca", "1/2")


@driven
async def test_panes_share_the_screen_as_one_likes(tmp_path):
    """`z` gives all of it to one; brackets move the border; = brings it back."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY)), 120, 40) as pilot:
        screen = pilot.app.screen
        half = screen.flows.size.height
        await pilot.press("right_square_bracket")
        await soon(pilot, lambda: screen.flows.size.height > half, "a larger list")
        await pilot.press("equals_sign")
        await soon(pilot, lambda: screen.flows.size.height == half, "half the screen")
        await pilot.press("z")
        await soon(pilot, lambda: screen.flows.size.height > 1.5 * half, "all of it")


@driven
async def test_a_bottom_line_that_says_the_same_is_not_painted_again(tmp_path, monkeypatch):
    """It would be fifteen times a second, and with it all between it and the line of the list that has changed."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        main, painted = pilot.app.screen, []
        main.tick()
        view = main.query_one("#status", LineView)
        monkeypatch.setattr(view, "replace", painted.append)
        main.tick()
        assert [] == painted
        main.action_pause()
        main.tick()
        assert 1 == len(painted)


@driven
async def test_what_is_typed_behind_the_slash_is_for_the_filter(tmp_path):
    """Also when it comes in the same breath; and a slash in it is a slash."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        for key, character in (("slash", "/"), ("p", "p"), ("slash", "/"), ("f", "f")):
            pilot.app.post_message(Key(key, character))
        await soon(pilot, lambda: "p/f" == pilot.app.screen.query_one(FilterBar).input.value, "what was typed")
        assert not pilot.app.screen.flows.paused


@driven
async def test_what_is_typed_behind_a_key_that_opens_something_is_for_that(tmp_path):
    """At once: a choice of the menu, the words of a comment, a view of the tab. In the filter all of it is text."""
    async with shown(Tlscope(indexed(tmp_path / "capture", intercepted()))) as pilot:
        app = pilot.app
        await soon(pilot, lambda: len(app.screen_stack) > 1 and app.screen.rows.total, "the list")

        def type_at_once(*keys):
            for key in keys:
                app._driver.send_message(Key(key, key if len(key) == 1 else {"semicolon": ";", "slash": "/"}.get(key)))

        copied = []
        app.copy_to_clipboard = copied.append
        type_at_once("y", "y")
        await soon(pilot, lambda: copied, "the line")
        type_at_once("semicolon", *"sey", "enter")
        await soon(pilot, lambda: app.screen_stack[1].marks.comments, "the comment")
        assert ["sey"] == list(app.screen_stack[1].marks.comments.values())
        type_at_once("2", "v")
        await seen(pilot, "▸story")
        type_at_once("slash", *"sexy1")
        await soon(pilot, lambda: app.screen.query_one(FilterBar).input.value == "sexy1", "the filter")
