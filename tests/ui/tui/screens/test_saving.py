import gzip

from journals import DOWN, UP
from support.screen import driven, indexed, seen, shown, soon
from tlscope.events import Data
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.models.rows import Selected

GET = b"GET /list.json HTTP/1.1\r\nHost: here\r\n\r\n"
PACKED = gzip.compress(b'{"a": 1}')
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (
    len(PACKED),
    PACKED,
)


def toasts(pilot):
    return [toast.message for toast in pilot.app._notifications]


@driven
async def test_a_content_is_saved_decoded_and_over_nothing_unasked(tmp_path, monkeypatch):
    """Decoded at once, raw if wanted; what is there is asked for; and it is said which it was."""
    monkeypatch.chdir(tmp_path)
    async with shown(Tlscope(indexed(tmp_path / "cap", [Data(UP, GET), Data(DOWN, OK)]))) as pilot:
        await soon(pilot, lambda: pilot.app.screen.id != "_default" and len(pilot.app.screen_stack) > 1, "the list")
        screen = pilot.app.screen
        await soon(pilot, lambda: screen.selected == Selected(1), "the row")
        await pilot.press("s")
        await seen(pilot, "Save the response of exchange 1", "gzip undone", "the bytes that were sent")
        await pilot.press("enter")
        await seen(pilot, "decoded: gzip undone", "cap-1-1-list.json")
        await pilot.press("enter")
        target = tmp_path / "cap-1-1-list.json"
        await soon(pilot, target.exists, "the file")
        await soon(pilot, lambda: any("decoded: gzip undone" in toast for toast in toasts(pilot)), "a word on it")
        assert (b'{"a": 1}', 0o600) == (target.read_bytes(), target.stat().st_mode & 0o777)
        await pilot.press("s")
        await seen(pilot, "the bytes that were sent")
        await pilot.press("a")
        await seen(pilot, "as it passed: in gzip", "cap-1-1-list.json.gz")
        await pilot.press("ctrl+u", *"cap-1-1-list.json", "enter")
        await seen(pilot, "is there already")
        await pilot.press("n")
        await pilot.pause(0.1)
        assert b'{"a": 1}' == target.read_bytes()


@driven
async def test_a_request_without_content_saves_none(tmp_path):
    """It is said."""
    async with shown(Tlscope(indexed(tmp_path / "cap", [Data(UP, GET), Data(DOWN, OK)]))) as pilot:
        await soon(pilot, lambda: len(pilot.app.screen_stack) > 1, "the list")
        screen = pilot.app.screen
        await soon(pilot, lambda: screen.selected == Selected(1), "the row")
        await pilot.press("3", "s")
        await soon(pilot, lambda: ["the request has no content"] == toasts(pilot), "a word on it")
