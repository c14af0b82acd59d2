"""What is done with what is selected: copied, ruled on, and what notes.py adds to it. `Main` is one of these.

Whatever takes time is done in a thread, and says by a toast how it ended. Toasts and dialogs show our own words, or
text that was made visible.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from tlscope.capture.control import NAME, Control, ControlError
from tlscope.capture.directory import read_meta
from tlscope.capture.index import Index
from tlscope.capture.reader import is_live
from tlscope_ui.text import visible
from tlscope_ui.tui.models.actions import At
from tlscope_ui.tui.models.keynames import hint
from tlscope_ui.tui.screens import commands
from tlscope_ui.tui.screens.menu import Choice, Menu
from tlscope_ui.tui.widgets.fieldtree import FieldView
from tlscope_ui.tui.widgets.filterbar import FilterBar
from tlscope_ui.tui.widgets.flows import Flows
from tlscope_ui.tui.widgets.hexview import HexView
from tlscope_ui.tui.widgets.lineview import LineView

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from tlscope_ui.tui.models.actions import Action
    from tlscope_ui.tui.models.rows import Rows, Selected

DONE = {
    "intercept": "intercepted",
    "pass-through": "passed through",
    "refuse": "refused",
    "forget": "treated as the recorder's options say",
}
"""What becomes of new connections."""


class Acts(Screen[None]):
    """A screen with a list, something selected in it, and what can be done with that."""

    rows: Rows

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._directory = directory
        self._copied = ""
        """What was copied last, by its name in the menu."""
        self._secrets = False
        """Whether credentials are copied as they are."""

    @property
    def flows(self) -> Flows:
        """The list."""
        return self.query_one(Flows)

    @property
    def selected(self) -> Selected:
        """What the cursor of the list stands on."""
        return self.flows.selected

    @property
    def row(self) -> sqlite3.Row | None:
        """The connection of that."""
        return self.rows.connection(self.selected.connection) if self.selected.connection else None

    @property
    def at(self) -> At:
        """What is selected, as commands name it."""
        row, selected = self.row, self.selected
        group = self.rows.host(selected.host) if selected.host is not None else None
        host = group.name if group is not None else str(row["host"] or row["sni"] or "") if row is not None else ""
        text = self.query_one(FilterBar).input.value.strip()
        return At(self._directory, selected.connection, selected.exchange, host, text)

    def _compositor_refresh(self) -> None:
        """Paint what has changed; behind a dialog, once; and not what Textual would throw away, as it collects changes.

        There Textual 8.2 marks the screen as changed again whenever it has been painted, so that it would be painted
        anew, as a whole and with the dialog, many times a second for as long as the dialog is open.
        """
        if self.app._batch_count:  # noqa: SLF001 - there is nothing else that says so
            return
        super()._compositor_refresh()
        if self.app.screen is not self:
            self._repaint_required = False

    # --------------------------------------------------------------------------------------------- all that there is

    def action_actions(self) -> None:
        """Choose from what can be done with the selected row."""
        if self.at.connection or self.at.host:
            self._offer("Actions", typed=False)
        else:
            self.tell(f"no row is selected. {hint('whatever else can be done', 'palette')}", "warning")

    def action_command(self) -> None:
        """Type the name of an action."""
        self._offer("Command", typed=True)

    def _offer(self, title: str, *, typed: bool) -> None:
        about = self.at
        if about.connection:
            title += f": connection {about.connection}" + (f", exchange {about.exchange}" if about.exchange else "")
        elif about.host and not typed:
            title += f": {about.host}"
        commands.offer(self, title, about, typed=typed)

    # ------------------------------------------------------------------------------------------------------------- copy

    def action_copy(self) -> None:
        """Choose what is copied."""
        from tlscope_ui.tui.models.copies import COPIES  # noqa: PLC0415 - it loads what reads contents: the screen is there before

        secrets = "with" if self._secrets else "without"
        offered = [Choice(key, key, name, note, name) for key, name, note in self._here()]
        offered += [
            Choice(copy.key, copy.key, copy.name, copy.note, copy.name)
            for copy in COPIES
            if self.row is not None and (copy.of == "connection" or self.row["exchanges"])
        ]
        other = "leave them out" if self._secrets else "copy them, too"
        offered.append(Choice("u", "u", "secrets …", f"credentials are left out unless asked for: {other}", "u"))
        self.app.push_screen(Menu(f"Copy, {secrets} secrets", offered), self._copy)

    def action_copy_again(self) -> None:
        """Copy the same of what is selected now."""
        if self._copied:
            self._copy(self._copied)
        else:
            self.action_copy()

    def _here(self) -> list[tuple[str, str, str]]:
        """What can be copied of where the cursor is."""
        focused = self.focused
        found = []
        if isinstance(focused, LineView):
            found.append(("y", "line", "what stands under the cursor, as it is shown"))
        if isinstance(focused, FieldView) and focused.field is not None:
            found.append(("v", "value", "of the field"))
        return found

    def _copy(self, name: str | None) -> None:
        if name == "u":
            self._secrets = not self._secrets
            self.action_copy()
        elif name is not None:
            self._copied = name
            if name in {"line", "value"}:
                self._copy_here(name)
            else:
                asked = partial(self._make, name, self.selected, secrets=self._secrets)
                self.run_worker(asked, thread=True, group="copy", exclusive=True)

    def _copy_here(self, name: str) -> None:
        focused = self.focused
        if name == "value" and isinstance(focused, FieldView) and focused.field is not None:
            self.app.copy_to_clipboard(focused.field.text or focused.field.label)
        elif isinstance(focused, HexView | LineView) and len(focused.lines):
            line = focused.lines.line(focused.cursor, focused.room)
            text = "".join(part if isinstance(part, str) else part.text for part in line)
            self.app.copy_to_clipboard(visible(text).strip())

    def _make(self, name: str, selected: Selected, *, secrets: bool) -> None:
        """In a thread: make the text, and copy it."""
        from tlscope_ui.tui.models.copies import Asked, Nothing, made  # noqa: PLC0415 - as above

        try:
            with Index(self._directory) as index:
                text = made(name, Asked(self._directory, index, selected, secrets))
        except Nothing as nothing:
            self.app.call_from_thread(self.tell, f"nothing to copy: {nothing}", "warning")
        except Exception as error:  # noqa: BLE001 - a bug must not end the screen; it is told
            self.app.call_from_thread(self.tell, f"cannot be copied: {error}", "error")
        else:
            self.app.call_from_thread(self.app.copy_to_clipboard, text)

    def tell(self, words: str, severity: Any = "information") -> None:
        """A toast."""
        self.notify(visible(words), severity=severity, markup=False)

    # ----------------------------------------------------------------------------------------------------------- policy

    def why_not(self, action: Action) -> str:
        """Why an action cannot be done with this capture, and is not offered; "" for one that can."""
        return unruled(self._directory) if action.id in DONE else ""

    def action_policy(self, action: str) -> None:
        """What is done with new connections to the selected host, from now on."""
        host = self.at.host
        if is_host(host):
            self.run_worker(lambda: self._rule(action, host), thread=True, group="policy")
        else:
            self.tell("no host is selected" if not host else f"{host} is no name of a host", "warning")

    def _rule(self, action: str, host: str) -> None:
        """In a thread: ask the recorder."""
        try:
            with Control(self._directory) as control:
                control.policy(action, host)
        except ControlError as error:
            told, severity = f"{error}. Next: {error.next}", "error"
        except OSError as error:
            told, severity = f"the recorder cannot be asked: {error.strerror}", "error"
        else:
            told, severity = f"✓ new connections to {host} are {DONE[action]} from now on", "information"
        self.app.call_from_thread(self.tell, told, severity)


def unruled(directory: Path) -> str:
    """Why no recorder of a capture can be told what is done from now on; "" where one can."""
    if "listening" not in read_meta(directory):
        return "the capture was imported: no recorder can be told"
    if not is_live(directory):
        return "the capture is finished: no recorder can be told"
    return "" if (directory / NAME).exists() else "its recorder cannot be told, and says why in its log"


def is_host(name: str) -> bool:
    """Whether a rule for it is a rule for one host: clients may ask for names that are patterns."""
    return bool(name) and not set(name) & set("*?[]")
