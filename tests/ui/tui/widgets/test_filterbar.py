import threading

from textual.events import Key
from textual.widgets import Button

from support.screen import driven, looks, seen, shown, soon
from tlscope_ui.tui.inorder import InOrder
from tlscope_ui.tui.widgets import filterbar
from tlscope_ui.tui.widgets.filterbar import FilterBar


class Bar(InOrder):
    def __init__(self):
        super().__init__()
        self.told = []

    def compose(self):
        yield FilterBar(self.leave)
        yield Button()

    def leave(self):
        self.screen.set_focus(self.query_one(Button))

    def on_filter_bar_changed(self, event):
        self.told.append(event.text)

    @property
    def bar(self):
        return self.query_one(FilterBar)


@driven
async def test_a_filter_is_applied_soon_after_the_last_key():
    """Not at every one of them."""
    app = Bar()
    async with shown(app) as pilot:
        app.bar.enter()
        await pilot.press(*"alpn == h2")
        await soon(pilot, lambda: app.told[-1:] == ["alpn == h2"], "the filter")
        assert len(app.told) < len("alpn == h2")
        assert app.bar.input.has_class("-good")


@driven
async def test_what_understands_filters_is_loaded_before_the_first_letter(monkeypatch):
    """In a thread: the letter is on the screen at once."""
    app, asked = Bar(), []
    understand = filterbar.compile
    monkeypatch.setattr(
        filterbar, "compile", lambda *given: asked.append(threading.current_thread()) or understand(*given)
    )
    async with shown(app) as pilot:
        await soon(pilot, lambda: asked, "the first filter")
        assert threading.main_thread() not in asked
        await pilot.pause()
        assert [] == app.told


@driven
async def test_a_wrong_filter_is_not_applied_but_explained():
    """In words, with a suggestion, and the last good one stays in force."""
    app = Bar()
    async with shown(app) as pilot:
        app.bar.enter()
        await pilot.press(*"outcom == x")
        await seen(pilot, "✗", "outcome")
        assert app.bar.input.has_class("-wrong")
        await pilot.press("enter")
        assert app.bar.input.has_focus
        assert [] == app.told


@driven
async def test_the_history_is_had_with_the_arrows():
    """Up goes back, down comes again."""
    app = Bar()
    async with shown(app) as pilot:
        for text in ("alpn == h2", "tls.alert"):
            app.bar.put(text)
        app.bar.enter()
        seen_ = []
        for key in ("up", "up", "up", "down", "down"):
            await pilot.press(key)
            seen_.append(app.bar.input.value)
        assert ["tls.alert", "alpn == h2", "alpn == h2", "tls.alert", ""] == seen_


@driven
async def test_what_could_be_typed_is_suggested():
    """Tab takes it."""
    app = Bar()
    async with shown(app) as pilot:
        app.bar.enter()
        await pilot.press(*"outc")
        await seen(pilot, "outcome")
        await pilot.press("tab")
        assert "outcome" == app.bar.input.value
        assert not looks(app, "✗ ^")


@driven
async def test_keys_that_come_fast():
    """What is typed before Enter, Escape or Up belongs to the filter, what follows is for the list: nobody waited."""
    app = Bar()

    def press(*keys):
        for key in keys:
            app.post_message(Key(key, key if len(key) == 1 else None))

    async with shown(app) as pilot:
        beyond = app.query_one(Button)
        for keys, told in [
            ([*"alpn == 1", "enter", *"qj"], "alpn == 1"),
            ([*"alpn == 2", "escape", *"qj"], "alpn == 1"),
            ([*"alpn == 3", "up", "enter", *"qj"], "alpn == 1"),
            ([*"alpn == 4", "enter", *"qj"], "alpn == 4"),
            ([*"no", "up", "up", "enter", *"qj"], "alpn == 1"),
        ]:
            app.bar.enter()
            press(*keys)
            await soon(pilot, lambda: beyond.has_focus, "the list to have the keys")
            await pilot.pause()
            assert told == app.bar.input.value == app.told[-1]


@driven
async def test_what_is_taken_away_before_enter_is_gone():
    """Typed fast: Backspace behind `/`, which selects all, and Enter."""
    app = Bar()
    async with shown(app) as pilot:
        app.bar.enter()
        await pilot.press(*"alpn == h2", "enter")
        await soon(pilot, lambda: app.told[-1:] == ["alpn == h2"], "the filter")
        app.bar.enter()
        for key in ("backspace", "enter"):
            app.post_message(Key(key, None))
        await soon(pilot, lambda: app.told[-1:] == [""], "no filter")
