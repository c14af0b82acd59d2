"""A view of lines alone on the screen, and lines for it."""

from __future__ import annotations

from textual.app import App

from tlscope_ui.tui.widgets.lineview import LineView


class Counted:
    """Lines that know which of them were asked for."""

    width = 0

    def __init__(self, count):
        self.count, self.asked = count, set()

    def __len__(self):
        return self.count

    def line(self, y, width):  # noqa: ARG002 - see Lines
        self.asked.add(y)
        return [f"line {y}"]


class Viewer(App):
    def __init__(self, lines):
        super().__init__()
        self.view = LineView(lines)
        self.told = []

    def compose(self):
        yield self.view

    def on_line_view_moved(self, event):
        self.told.append(event.y)

    def on_line_view_chosen(self, event):
        self.told.append(("chosen", event.y))
