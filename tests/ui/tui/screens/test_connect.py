from pathlib import Path

from journals import STORY, capture, held, name, segment
from support.screen import driven, indexed, looks, seen, shown, soon
from tlscope.capture.inspector import catch_up
from tlscope_ui.telling.clients import Here
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.screens.connect import over, page


def plain(lines):
    return "\n".join("".join(part if isinstance(part, str) else part.text for part in line) for line, _ in lines)


def test_the_page_says_where_to_go():
    """With the real address and path."""
    assert "curl -x http://127.0.0.1:9 --cacert /ca.pem" in plain(page(Here("127.0.0.1:9", "/ca.pem"), 200))


def test_where_nobody_records_it_says_how_to_record_again():
    """As commands to copy, as a shell takes them; an imported capture is recorded to by nobody."""
    lines = list(over(Path("/my captures/one"), "127.0.0.1:9", 200))
    assert ["tlscope record -c '/my captures/one'", "tlscope"] == [about for _, about in lines if about]
    assert "nobody listens on 127.0.0.1:9." in plain(lines)
    lines = list(over(Path("/my captures/one"), "", 200))
    assert ["tlscope"] == [about for _, about in lines if about]
    assert "imported" in plain(lines)


@driven
async def test_an_empty_capture_says_how_to_fill_it(tmp_path):
    """Until the first connection, whose row is there then."""
    directory = tmp_path / "capture"
    parts = segment([(1, event) for event in STORY])
    capture(directory, STORY)
    (directory / name()).write_bytes(parts[0])
    with held(directory):
        assert catch_up(directory)
        async with shown(Tlscope(directory)) as pilot:
            await seen(pilot, "Connect a client", "curl -x")
            (directory / name()).write_bytes(b"".join(parts))
            assert catch_up(directory)
            await seen(pilot, "✓ intercepted")
            assert not looks(pilot.app, "Connect a client")
            screen = pilot.app.screen
            await soon(pilot, lambda: pilot.app.focused is screen.flows.view, "the keys in the list")


@driven
async def test_a_recorder_that_has_ended_is_no_place_to_go_to(tmp_path):
    """While the screen looked on, too: no command is shown that nobody would answer."""
    directory = indexed(tmp_path / "capture", STORY)
    (directory / "meta.json").write_text('{"listening": ["127.0.0.1:9"], "mode": "explicit"}')
    async with shown(Tlscope(directory)) as pilot:
        with held(directory):
            pilot.app.screen.ask()
            await seen(pilot, "● 127.0.0.1:9 explicit")
            await pilot.press("C")
            await seen(pilot, "curl -x http://127.0.0.1:9")
            await pilot.press("escape")
        pilot.app.screen.ask()
        await seen(pilot, "✗ the recorder has ended")
        await pilot.press("C")
        await seen(pilot, "Nothing is recorded here any more", "nobody listens on 127.0.0.1:9", "tlscope record -c")
        assert not looks(pilot.app, "curl")
