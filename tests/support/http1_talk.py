"""What two peers say in HTTP/1: a request, its response, and what they ask to leave HTTP for."""

from __future__ import annotations

from support.observing import only
from tlscope.wire.http.exchange import RequestHead, ResponseHead

GET = b"GET /a?b HTTP/1.1\r\nHost: a.example\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CONNECT = b"CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n"
UPGRADE = b"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def heads(events):
    """The exchanges' numbers, each with its method or status."""
    return [
        (event.exchange, getattr(event, "method", "") or event.status)
        for event in only(events, RequestHead, ResponseHead)
    ]
