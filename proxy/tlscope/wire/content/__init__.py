"""Bodies: what was coded is decoded, and what it is, is said.

    decode(codings, data)              Content-Encoding undone, bounded (codings.py)
    Decoder(codings, limit).feed()     the same for a body that comes in chunks
    sniff(data)                        the media type that the first bytes look like (sniff.py)
    describe(content_type, data)       kind, one line, text for people, tree of fields (describe.py)

Imports the cursor and the fields of tlscope.wire, nothing of HTTP: a WebSocket message is a body, too.
"""

from tlscope.wire.content.codings import Decoded, Decoder, decode
from tlscope.wire.content.describe import Content, describe
from tlscope.wire.content.reading import Kind
from tlscope.wire.content.sniff import sniff

__all__ = ["Content", "Decoded", "Decoder", "Kind", "decode", "describe", "sniff"]
