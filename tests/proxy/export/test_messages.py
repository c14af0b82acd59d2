import pytest

from journals import DOWN, NOON, UP
from tlscope.capture.exchanges import Carried, Exchange
from tlscope.export.messages import members
from tlscope.export.redact import MARK
from tlscope.wire.http.exchange import Message


def told(*messages, upgraded="", with_secrets=True):
    exchange = Exchange(1, 1, NOON, upgraded=upgraded)
    exchange.messages = [Carried(NOON + 500_000, message) for message in messages]
    return members(exchange, with_secrets=with_secrets)


def message(kind="text", data=b"hello", direction=UP, size=None, note=""):
    return Message(1, direction, kind, 0, 9, len(data) if size is None else size, data, note)


def test_nothing_was_carried():
    """Then an entry has no member for it, unless it is a socket."""
    assert {} == told()
    assert {"_resourceType": "websocket", "_webSocketMessages": []} == told(upgraded="websocket")


@pytest.mark.parametrize(
    ("said", "name", "expected"),
    [
        (message(), "_webSocketMessages", {"opcode": 1, "data": "hello"}),
        (message("binary", b"\xff"), "_webSocketMessages", {"opcode": 2, "data": "/w=="}),
        (message(note="deflate"), "_webSocketMessages", {"opcode": 1, "data": "hello"}),
        (message("event", b"a"), "_eventSourceMessages", {"event": "message", "data": "a"}),
        (message("event", b"a", note="tick"), "_eventSourceMessages", {"event": "tick", "data": "a"}),
        (message("grpc", b"\0"), "_grpcMessages", {"kind": "grpc", "size": 1, "data": "AA=="}),
        (
            message("grpc", b"\0", size=3, note="gzip"),
            "_grpcMessages",
            {"kind": "grpc", "size": 3, "data": "AA==", "comment": "gzip", "_left_out": 2},
        ),
        (message("text", b"\xff", size=1), "_webSocketMessages", {"opcode": 1, "data": "\ufffd"}),
    ],
)
def test_each_kind_has_its_members(said, name, expected):
    """Beside its direction and its time in seconds; what was not kept of it is counted."""
    assert {"type": "send", "time": 1_763_640_000.0005} | expected == told(said)[name][0]


def test_both_directions_are_in_their_order():
    """One list holds them."""
    found = told(message(), message(direction=DOWN), message())["_webSocketMessages"]
    assert ["send", "receive", "send"] == [each["type"] for each in found]


def test_secrets_are_redacted_unless_they_are_wanted():
    """By the names of members."""
    said = message(data=b'{"token": "abc"}')
    assert f'{{"token": "{MARK}"}}' == told(said, with_secrets=False)["_webSocketMessages"][0]["data"]
    assert '{"token": "abc"}' == told(said)["_webSocketMessages"][0]["data"]
