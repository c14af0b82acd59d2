import threading
from unittest.mock import Mock

from textual.widgets import Static

from journals import STORY
from support.holding import Holder
from support.screen import driven, indexed, looks, seen, shown, sight, soon
from tlscope_ui.tui.models.rows import Selected
from tlscope_ui.tui.panes.pane import LOADING, Pane


class Slow(Pane):
    """Loads when it is let, and remembers what it was asked for."""

    TITLE = "Slow"

    def __init__(self, directory):
        super().__init__(directory)
        self.asked, self.free = [], threading.Event()

    def compose(self):
        yield Static(id="said", markup=False)

    def load(self, index, selected):
        self.asked.append(selected)
        self.free.wait(10)
        if index.connection(selected.connection) is None:
            raise OSError("no such connection")
        return f"loaded {selected.connection}"

    def loaded(self, found):
        self.query_one("#said").update(found)

    def failed(self, problem):
        self.query_one("#said").update(problem)


@driven
async def test_what_is_selected_is_loaded_in_a_thread(tmp_path):
    """The screen goes on meanwhile; what is selected last is what is shown."""
    app = Holder(Slow, indexed(tmp_path / "capture", STORY, STORY, STORY))
    async with shown(app) as pilot:
        app.pane.selected = Selected(1)
        await soon(pilot, lambda: app.pane.asked, "the first load")
        app.pane.selected = Selected(2)
        app.pane.selected = Selected(3)
        await soon(pilot, lambda: Selected(3) in app.pane.asked, "the last load")
        app.pane.free.set()
        await seen(pilot, "loaded 3")
        assert Selected(2) not in app.pane.asked


@driven
async def test_a_load_that_takes_long_says_so(tmp_path):
    """Over what is there yet; of nothing that is loaded again, and no longer than it is true."""
    app = Holder(Slow, indexed(tmp_path / "capture", STORY, STORY))
    async with shown(app) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, LOADING)
        assert sight(app)[0].startswith(f" {LOADING}")
        app.pane.free.set()
        await seen(pilot, "loaded 1")
        assert not looks(app, LOADING)
        app.pane.free.clear()
        app.pane.again()
        await soon(pilot, lambda: len(app.pane.asked) == 2, "the second load")
        assert app.pane._late is None
        app.pane.free.set()
        app.pane.selected = Selected(2)
        await seen(pilot, "loaded 2")
        assert app.pane._late is None


@driven
async def test_a_timer_that_rings_too_late_says_nothing(tmp_path):
    """What it calls may wait behind the end of the load: "loading" would stand there for ever."""
    app = Holder(Slow, indexed(tmp_path / "capture", STORY))
    app.pane.free.set()
    async with shown(app) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "loaded 1")
        app.pane._say_late()
        await pilot.pause()
        assert not looks(app, LOADING)


@driven
async def test_a_load_that_fails_says_so(tmp_path):
    """And is tried again when it is asked for again."""
    app = Holder(Slow, indexed(tmp_path / "capture", STORY))
    app.pane.free.set()
    async with shown(app) as pilot:
        app.pane.selected = Selected(9)
        await seen(pilot, "no such connection")
        app.pane.look()
        await soon(pilot, lambda: len(app.pane.asked) == 2, "another attempt")


@driven
async def test_nothing_is_loaded_that_cannot_be_seen(tmp_path):
    """A tab that is closed costs nothing."""
    app = Holder(Slow, indexed(tmp_path / "capture", STORY))
    app.pane.free.set()
    async with shown(app) as pilot:
        app.pane.display = False
        await pilot.pause()
        app.pane.selected = Selected(1)
        await pilot.pause(0.1)
        assert [] == app.pane.asked
        app.pane.display = True
        await seen(pilot, "loaded 1")


@driven
async def test_a_connection_that_goes_on_is_loaded_again(tmp_path):
    """When the index says that it has changed."""
    app = Holder(Slow, indexed(tmp_path / "capture", STORY))
    app.pane.free.set()
    async with shown(app) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "loaded 1")
        app.pane.again()
        await soon(pilot, lambda: len(app.pane.asked) == 2, "the second load")


@driven
async def test_a_connection_that_changes_faster_than_it_loads_is_shown(tmp_path):
    """One load of it goes on at a time; when it is over, what has come since is loaded."""
    app = Holder(Slow, indexed(tmp_path / "capture", STORY))
    async with shown(app) as pilot:
        app.pane.selected = Selected(1)
        await soon(pilot, lambda: app.pane.asked, "the first load")
        for _ in range(5):
            app.pane.again()
            await pilot.pause()
        assert 1 == len(app.pane.asked)
        app.pane.free.set()
        await seen(pilot, "loaded 1")
        await soon(pilot, lambda: len(app.pane.asked) == 2, "what has come since")


@driven
async def test_a_selection_that_does_not_last_is_not_looked_at(tmp_path):
    """Each one puts the look at it off: a key that is held down loads nothing before it is let go."""
    app, waiting, stopped = Holder(Slow, indexed(tmp_path / "capture", STORY)), [], []

    class Waiting:
        def stop(self):
            stopped.append(self)

    async with shown(app):
        app.pane.set_timer = lambda _, __: waiting.append(Waiting()) or waiting[-1]
        for number in (1, 2, 3):
            app.pane.selected = Selected(number)
        assert 3 == len(waiting)
        assert waiting[:2] == stopped


@driven
async def test_what_changes_all_the_time_is_not_loaded_all_the_time(tmp_path, monkeypatch):
    """Loads take a part of the time, and each of them tells all that has come since the one before."""
    app, waits = Holder(Slow, indexed(tmp_path / "capture", STORY)), []
    app.pane.free.set()
    async with shown(app) as pilot:
        app.pane.selected = Selected(1)
        await seen(pilot, "loaded 1")
        monkeypatch.setattr(app.pane, "set_timer", lambda wait, then: waits.append((wait, then)) or Mock())
        app.pane._took = 1.0  # as it would be on a large connection
        for _ in range(5):
            app.pane.again()
        await pilot.pause()
        assert 1 == len(app.pane.asked)
        assert [True] == [3 < wait <= 4 for wait, _ in waits]
        app.pane._begun -= 4
        waits[0][1]()
        await soon(pilot, lambda: len(app.pane.asked) == 2, "the second load")
        app.pane.selected = Selected(2)
        app.pane.look()
        await soon(pilot, lambda: Selected(2) in app.pane.asked, "another one, at once")
