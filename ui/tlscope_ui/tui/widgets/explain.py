"""What the chosen field means: its value, a sentence that teaches, the section that says so, and where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlscope.wire.field import MALFORMED
from tlscope_ui.telling import Span
from tlscope_ui.telling.flow import Flow, wrapped
from tlscope_ui.tui.models.keynames import hint
from tlscope_ui.tui.widgets.flowview import FlowView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tlscope.wire.field import Field
    from tlscope_ui.telling import Line

COMPRESSED = "tls.compress_certificate.compressed_certificate_message"
"""What lies in this field was expanded first (RFC 8879): its bytes are not those of the message."""


class Explain(FlowView):
    """One field in words."""

    def tell(self, path: list[Field]) -> None:
        """Explain the last of these fields, each of which lies in the one before."""
        self.show(Flow(lambda width: explained(path, width)))


def explained(path: list[Field], width: int) -> Iterator[tuple[Line, object]]:
    """The lines."""
    field = path[-1]
    value = f"{field.label}: {field.text}" if field.text else field.label
    parts = [wrapped(value, width, style="bad" if field.key == MALFORMED else "strong")]
    if field.note:
        parts.append(wrapped(field.note, width))
    if field.reference:
        parts.append(wrapped(field.reference, width, style="dim"))
    for part in parts:
        for line in part:
            yield line, None
    yield [], None
    for line in wrapped(" ▸ ".join(one.label for one in path), width, style="dim"):
        yield line, None
    for line in wrapped(f"{_place(path)}; {field.key}", width, style="dim"):
        yield line, None
    if field.length and not field.children:
        yield [], None
        yield [Span(hint("to its bytes, and back", "open"), "dim")], None


def _place(path: list[Field]) -> str:
    """Where a field lies, or what it was concluded from."""
    field = path[-1]
    if not field.length:
        return f"concluded at {field.start}"
    lies = f"bytes {field.start} to {field.end - 1}, {field.length} B" if field.length > 1 else f"byte {field.start}"
    expanded = any(above.key == COMPRESSED for above in path[:-1])
    return f"not on the wire as such: expanded from {lies}" if expanded else lies


def silence(words: str) -> Iterator[tuple[Line, object]]:
    """What is said where there is nothing to explain."""
    yield [Span(words, "dim")], None
