"""A pane alone on a screen, without the tabs and the list beside it."""

from textual.app import App


class Holder(App):
    """Shows one of a kind, of a capture."""

    def __init__(self, kind, directory):
        super().__init__()
        self.pane = kind(directory)

    def compose(self):
        yield self.pane
