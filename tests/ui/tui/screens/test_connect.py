from journals import STORY, capture, held, name, segment
from support.screen import driven, looks, seen, shown, soon
from tlscope.capture.inspector import catch_up
from tlscope_ui.telling.clients import Here
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.screens.connect import page


def test_the_page_says_where_to_go():
    """With the real address and path."""
    lines = "\n".join(
        "".join(part if isinstance(part, str) else part.text for part in line)
        for line, _ in page(Here("127.0.0.1:9", "/ca.pem"), 200)
    )
    assert "curl -x http://127.0.0.1:9 --cacert /ca.pem" in lines


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
