"""A content is saved: decoded or as it passed, under a name that is asked for, over nothing that is not to be lost."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tlscope.events import Direction
from tlscope_ui.text import size
from tlscope_ui.tui.screens.acts import Acts
from tlscope_ui.tui.screens.form import Form
from tlscope_ui.tui.screens.menu import Choice, Menu

if TYPE_CHECKING:
    from tlscope.export.body import Content
    from tlscope_ui.tui.models.rows import Selected


class Saving(Acts):
    """A screen that can do that."""

    def action_save(self) -> None:
        """Write a content to a file: of the response, or of the request where that is looked at."""
        selected, row = self.selected, self.row
        if row is None or not row["exchanges"]:
            self.tell("there is no HTTP content here", "warning")
            return
        around = self.focused.ancestors_with_self if self.focused is not None else []
        up = any(type(node).__name__ == "Request" for node in around)
        direction = Direction.UP if up else Direction.DOWN
        self.run_worker(lambda: self._find(selected, direction), thread=True, group="save", exclusive=True)

    def _find(self, selected: Selected, direction: Direction) -> None:
        """In a thread: all of a connection may have to be read."""
        from tlscope.export.body import Missing  # noqa: PLC0415 - loaded when something is saved
        from tlscope_ui.tui.models.saving import found  # noqa: PLC0415 - as above

        call = self.app.call_from_thread
        try:
            there = found(self._directory, selected, direction)
        except Missing as missing:
            call(self.tell, f"{missing}", "warning")
        except Exception as error:  # noqa: BLE001 - a bug must not end the screen; it is told
            call(self.tell, f"it cannot be saved: {error}", "error")
        else:
            call(self._offer_content, there)

    def _offer_content(self, there: Content) -> None:
        from tlscope_ui.tui.models.saving import offered  # noqa: PLC0415 - as above

        if self.app.screen is not self:  # somebody has gone on to something else meanwhile
            return
        if there.codings:
            choices = [Choice(name[0], name[0], name, note, (decoded,)) for name, note, decoded in offered(there)]
            self.app.push_screen(Menu(_title(there), choices), partial(self._ask_name, there))
        else:
            self._ask_name(there, (False,))

    def _ask_name(self, there: Content, chosen: tuple[bool] | None) -> None:
        from tlscope_ui.cli.writing import free  # noqa: PLC0415 - as above

        if chosen is None:
            return
        decoded = chosen[0]
        title = f"{_title(there)}, {there.said(decoded=decoded)}"
        path = free(Path.cwd() / there.name(decoded=decoded))
        self.app.push_screen(Form(title, str(path)), partial(self._save_to, there, decoded))

    def _save_to(self, there: Content, decoded: bool, text: str | None) -> None:  # noqa: FBT001 - of a callback
        if not text or not text.strip():
            return
        path = Path(text).expanduser()
        go = partial(self._begin_save, there, decoded, path)
        if path.exists():
            choices = [
                Choice("r", "r", "replace it", "what is in it is lost", "r"),
                Choice("n", "n", "leave it", "", None),
            ]
            self.app.push_screen(Menu(f"{path.name} is there already", choices), go)
        else:
            go("r")

    def _begin_save(self, there: Content, decoded: bool, path: Path, sure: str | None) -> None:  # noqa: FBT001 - as above
        if sure:
            self.run_worker(lambda: self._save(there, path, decoded=decoded), thread=True, group="save", exclusive=True)

    def _save(self, there: Content, path: Path, *, decoded: bool) -> None:
        """In a thread: it may be long."""
        from tlscope.export.body import Undecodable  # noqa: PLC0415 - as above
        from tlscope_ui.tui.models.exporting import Stopped  # noqa: PLC0415 - as above
        from tlscope_ui.tui.models.saving import save  # noqa: PLC0415 - as above

        call = self.app.call_from_thread
        try:
            saved = save(self._directory, there, path, decoded=decoded, stopped=lambda: not self.app.is_running)
        except Stopped:
            return
        except Undecodable as problem:
            call(self.tell, f"{problem}. Next: save it as it passed", "error")
        except Exception as error:  # noqa: BLE001 - a bug must not end the screen; it is told
            call(self.tell, f"it cannot be saved: {error}", "error")
        else:
            told = f"{size(saved.length)} in {path}, {there.said(decoded=decoded)}"
            if saved.problem:
                call(self.tell, f"⚠ {told}. Not all of it is there: {saved.problem}", "warning")
            else:
                call(self.tell, f"✓ {told}")


def _title(there: Content) -> str:
    which = "request" if there.direction is Direction.UP else "response"
    return f"Save the {which} of exchange {there.exchange}"
