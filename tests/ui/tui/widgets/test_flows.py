from journals import REFUSAL, STORY, capture, held, segment
from support.screen import driven, indexed, looks, seen, shown, sight, soon
from support.talks import talk, written
from tlscope.events import OutcomeKind
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.models.hosts import Count
from tlscope_ui.tui.models.rows import Selected
from tlscope_ui.tui.widgets.detail import Detail


@driven
async def test_the_heading_names_the_columns(tmp_path):
    """And the one that the list is in the order of."""
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        assert looks(pilot.app, "Time", "Host / request", "Outcome", "Took")
        flows = pilot.app.screen.flows
        flows.rows.sort("down", descending=True)
        flows.refit()
        await seen(pilot, "Down▼")


@driven
async def test_headings_stand_above_their_columns(tmp_path):
    """Beside a scroll bar, in every layout."""
    async with shown(Tlscope(indexed(tmp_path / "capture", *[STORY] * 40)), 100, 30) as pilot:
        for width in (100, 80, 119, 160):
            await pilot.resize_terminal(width, 30)
            await soon(pilot, lambda: pilot.app.screen.flows.view.show_vertical_scrollbar, "a scroll bar")
            await soon(pilot, lambda: aligned(pilot), f"headings of {width} columns")


@driven
async def test_headings_follow_their_columns(tmp_path):
    """When a scroll bar comes, and when it goes."""
    async with shown(Tlscope(indexed(tmp_path / "capture", talk("a.example", 40))), 100, 30) as pilot:
        view = pilot.app.screen.flows.view
        await soon(pilot, lambda: aligned(pilot), "headings without a scroll bar")
        await pilot.press("right")
        await soon(pilot, lambda: view.show_vertical_scrollbar and aligned(pilot), "headings with one")
        await pilot.press("left")
        await soon(pilot, lambda: not view.show_vertical_scrollbar and aligned(pilot), "headings without it again")


def aligned(pilot):
    """Whether the outcomes begin where their heading does."""
    flows = pilot.app.screen.flows
    heading, first = sight(pilot.app)[flows.region.y : flows.region.y + 2]
    return "✓" in first and heading.index("Outcome") == first.index("✓")


@driven
async def test_the_cursor_stays_with_its_connection(tmp_path):
    """When rows vanish above it, and when they come back."""
    async with shown(Tlscope(indexed(tmp_path / "capture", *[STORY, REFUSAL] * 30)), 100, 20) as pilot:
        screen = pilot.app.screen
        flows = screen.flows
        flows.select(Selected(40))
        await soon(pilot, lambda: Selected(40) == flows.selected, "the fortieth")
        before = [line for line in sight(pilot.app) if line.lstrip().startswith("40 ")]
        screen.query_one("FilterBar").put("outcome == client-rejected")
        await soon(pilot, lambda: flows.rows.matching == 30, "the refused ones")
        assert Selected(40) == flows.selected
        assert before[0].split() == next(line for line in sight(pilot.app) if line.lstrip().startswith("40 ")).split()


@driven
async def test_connections_stand_under_their_hosts(tmp_path):
    """With a key, and with Enter and arrows as elsewhere; the detail shows what it showed."""
    talks = [talk("a.example", 2), talk("b.example", 1), talk("a.example", 1, OutcomeKind.CLIENT_REJECTED)]
    async with shown(Tlscope(indexed(tmp_path / "capture", *talks)), 80, 24) as pilot:
        flows = pilot.app.screen.flows
        await soon(pilot, lambda: Selected(1) == flows.selected, "the first")
        await pilot.press("b")
        await soon(
            pilot,
            lambda: lines(pilot)[:2] == ["▸ a.example 2 3 ✗ 1 failed 2 B 4 B", "▸ b.example 1 1 1 B 2 B"],
            "hosts",
        )
        await pilot.press("enter", "j")
        await soon(pilot, lambda: Selected(1) == flows.selected, "its connection")
        assert lines(pilot)[0].startswith("▾ a.example 2 3")
        assert lines(pilot)[1].startswith("1 ▸ a.example:443 2 ✓")
        await pilot.press("right", "right")
        await soon(pilot, lambda: Selected(1, 1) == flows.selected, "its exchange")
        assert looks(pilot.app, "GET /0", "3 ▸   a.example:443", "✗ client")
        await pilot.press("left", "left")
        await soon(pilot, lambda: flows.selected.host is not None, "the host")
        assert ["▸ a.example", "▸ b.example"] == [line[:11] for line in lines(pilot)[:2]]
        assert Selected(1) == pilot.app.screen.detail.selected._replace(exchange=0)
        await pilot.click(flows.view, offset=(2, 1))
        await seen(pilot, "▾ b.example", "2 ▸   b.example:443")
        await pilot.press("b")
        await soon(pilot, lambda: lines(pilot)[0].startswith("1 ▸"), "the list as it was")
        assert Selected(2) == flows.selected


def lines(pilot):
    """The lines of the list, blanks put together."""
    view = pilot.app.screen.flows.view
    return [" ".join(line.split()) for line in sight(pilot.app)[view.region.y : view.region.bottom]]


@driven
async def test_what_is_recorded_is_followed_to_its_host(tmp_path):
    """The cursor goes with the newest connection until it is moved; then it stays with what it stands on."""
    directory = capture(tmp_path / "capture")
    hosts = "abab"
    parts = segment([(number, event) for number, host in enumerate(hosts, 1) for event in talk(host)])
    each = len(talk("a"))
    with held(directory):
        written(directory, parts[: 1 + each])
        async with shown(Tlscope(directory), 100, 20) as pilot:
            flows = pilot.app.screen.flows
            await pilot.press("b")
            await soon(pilot, lambda: flows.rows.is_grouped and told(flows) == "a", "the first host")
            assert flows.follow
            written(directory, parts[: 1 + 2 * each])
            await soon(pilot, lambda: told(flows) == "b", "the second host")
            written(directory, parts[: 1 + 3 * each])
            await soon(pilot, lambda: told(flows) == "a", "the first again")
            await pilot.press("down")
            await soon(pilot, lambda: told(flows) == "b", "the second, by hand")
            assert not flows.follow
            written(directory, parts)
            await soon(pilot, lambda: flows.rows.total == 4, "the last connection")
            assert "b" == told(flows)


def told(flows):
    host = flows.rows.host(flows.selected.host) if flows.selected.host is not None else None
    return host.name if host is not None else None


@driven
async def test_hosts_that_cannot_be_counted_are_told_of(tmp_path, monkeypatch):
    """And the list stays as it is."""

    def fail(*_):
        raise OSError("no luck [b]today[/b]")

    monkeypatch.setattr(Count, "run", fail)
    async with shown(Tlscope(indexed(tmp_path / "capture", STORY))) as pilot:
        await seen(pilot, "✓ intercepted")
        await pilot.press("b")
        toasts = pilot.app._notifications
        await soon(pilot, lambda: len(toasts), "a word on it")
        assert ["hosts cannot be counted: no luck [b]today[/b]"] == [toast.message for toast in toasts]
        assert not pilot.app.screen.rows.is_grouping


@driven
async def test_the_detail_is_told_of_its_own_connection_alone(tmp_path, monkeypatch):
    """What else is recorded does not concern it: it would be loaded many times a second, for nothing."""
    directory = capture(tmp_path / "capture")
    one, other = talk("a", 2), talk("b", 2)
    parts = segment(
        [(1, event) for event in one[:6]] + [(2, event) for event in other] + [(1, event) for event in one[6:]]
    )
    with held(directory):
        written(directory, parts[:7])
        async with shown(Tlscope(directory), 100, 20) as pilot:
            flows, told = pilot.app.screen.flows, []
            await soon(pilot, lambda: Selected(1) == flows.selected, "the first")
            flows.follow = False
            monkeypatch.setattr(Detail, "again", lambda _: told.append(flows.selected))
            written(directory, parts[: 7 + len(other)])
            await soon(pilot, lambda: flows.rows.total == 2, "the second")
            assert [] == told
            written(directory, parts)
            await soon(pilot, lambda: told, "a word of the first")
            assert [Selected(1)] == told
