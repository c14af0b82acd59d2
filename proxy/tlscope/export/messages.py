"""What was carried inside an exchange, as members of its entry in a HAR: WebSocket, server-sent events, gRPC.

    members(exchange, with_secrets=False) -> {"_webSocketMessages": [{"type": "send", "time": 1763640000.5, ...}]}

HAR 1.2 knows none of them. WebSocket messages are told as Chrome tells them: `type` is `send` or `receive`, `time` in
seconds since the epoch, `opcode` 1 for text and 2 for binary, `data` text, or base64. The others are told after this
example, with what theirs have: an event its name, a message of gRPC its size and how it was compressed.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tlscope.events import Direction
from tlscope.export import redact

if TYPE_CHECKING:
    from tlscope.capture.exchanges import Carried, Exchange

MAX_MESSAGE = 1 << 20
"""Bytes of a message that are kept."""
OPCODES = {"text": 1, "binary": 2}
"""RFC 6455 section 11.8."""
KINDS = {"text": "_webSocketMessages", "binary": "_webSocketMessages", "event": "_eventSourceMessages"}
"""Where messages of a kind go; those of gRPC, whatever is said of them, go to RPC."""
RPC = "_grpcMessages"


def members(exchange: Exchange, *, with_secrets: bool) -> dict[str, Any]:
    """The members that an exchange needs; none where nothing was carried inside."""
    made: dict[str, Any] = {}
    if exchange.upgraded == "websocket":
        made = {"_resourceType": "websocket", "_webSocketMessages": []}
    for carried in exchange.messages:
        name = KINDS.get(carried.message.kind, RPC)
        made.setdefault(name, []).append(_told(carried, with_secrets=with_secrets))
    return made


def _told(carried: Carried, *, with_secrets: bool) -> dict[str, Any]:
    message = carried.message
    data = message.data if with_secrets else redact.data("", message.data)
    made: dict[str, Any] = {
        "type": "send" if message.direction is Direction.UP else "receive",
        "time": round(carried.wall / 10**9, 6),
    }
    if message.kind in OPCODES:
        made["opcode"] = OPCODES[message.kind]
    elif message.kind == "event":
        made["event"] = message.note or "message"
    else:
        made |= {"kind": message.kind, "size": message.size}
    made["data"] = (
        data.decode("utf-8", "replace") if message.kind in {"text", "event"} else base64.b64encode(data).decode()
    )
    if message.kind not in {"text", "event"} and message.note:
        made["comment"] = message.note
    if len(message.data) < message.size:
        made["_left_out"] = message.size - len(message.data)
    return made
