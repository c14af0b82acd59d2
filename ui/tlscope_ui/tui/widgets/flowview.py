"""A view of lines that are made to its width (models/flow.py): the line under the cursor stays what it is about."""

from __future__ import annotations

from tlscope_ui.telling.flow import Flow
from tlscope_ui.tui.widgets.lineview import LineView


class FlowView(LineView):
    """Sentences and tables."""

    @property
    def flow(self) -> Flow | None:
        """What is shown."""
        return self.lines if isinstance(self.lines, Flow) else None

    def about(self, y: int | None = None) -> object:
        """What a line is about, or that under the cursor."""
        return self.flow.about(self.cursor if y is None else y) if self.flow else None

    def go_to(self, about: object) -> None:
        """Put the cursor on the first line about something."""
        if self.flow and (y := self.flow.find(about)) is not None:
            self.cursor = y

    def _resize(self) -> None:
        flow = self.flow
        if flow is not None:
            about = flow.about(self.cursor)
            flow.fit(self.room)
            if about is not None and flow.about(self.cursor) != about and (y := flow.find(about)) is not None:
                self.set_reactive(LineView.cursor, y)
                self.call_after_refresh(self.reveal, y)
        super()._resize()
