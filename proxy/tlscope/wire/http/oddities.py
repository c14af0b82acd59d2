"""The codes of all that can be odd about what was said above TLS: what filters and scripts may ask for.

What each means stands where it is noticed (Oddity, exchange.py); the test of this file finds those that are missing.
"""

from __future__ import annotations

from typing import Final

_ANY: Final = ("content-coding", "gap", "no-response", "too-many-oddities")
_LENGTHS: Final = ("content-length-mismatch", "differing-content-lengths", "invalid-content-length")
_HOSTS: Final = ("duplicate-host", "host-differs", "invalid-host", "no-host", "target-form")
_HTTP1: Final = (
    *("bare-cr", "bare-lf", "control-in-header", "control-in-start-line", "empty-header-name", "head-too-long"),
    *("header-name", "header-without-colon", "leading-crlf", "not-http", "nul-in-header", "obs-fold"),
    *("pipelining-too-deep", "response-without-request", "space-before-colon", "space-before-header"),
    *("start-line-whitespace", "status-code", "too-many-headers", "trailer-field", "truncated-body", "truncated-head"),
    *("upgrade-not-asked-for", "upgrade-overrun"),
)
_FRAMING: Final = (
    *("chunk-extension", "chunk-size-whitespace", "chunk-without-end", "chunked-not-last", "chunked-twice"),
    *("content-length-and-transfer-encoding", "empty-transfer-coding", "invalid-chunk-size"),
    *("repeated-content-length", "request-without-end", "unknown-transfer-coding"),
)
_HTTP2: Final = (
    *("h2-block-interrupted", "h2-block-too-long", "h2-connect", "h2-connect-protocol", "h2-connection-header"),
    *("h2-continuation", "h2-continuation-flood", "h2-data-before-headers", "h2-frame-size", "h2-header-name"),
    *("h2-header-value", "h2-hpack", "h2-list-too-long", "h2-no-preface", "h2-no-settings", "h2-padding", "h2-path"),
    *("h2-pseudo-late", "h2-pseudo-missing", "h2-pseudo-twice", "h2-pseudo-unknown", "h2-rapid-reset", "h2-setting"),
    *("h2-status", "h2-stream-closed", "h2-stream-id", "h2-stream-idle", "h2-table-size", "h2-trailers"),
    *("h2-upper-case-name", "h2-value-whitespace", "h2-window-update", "too-many-streams", "truncated-frame"),
)
_WEBSOCKET: Final = (
    *("truncated-message", "ws-accept", "ws-after-close", "ws-close-code", "ws-continuation-without-start"),
    *("ws-control-fragmented", "ws-control-too-long", "ws-inflate-failed", "ws-inflate-limit", "ws-invalid-utf8"),
    *("ws-length", "ws-length-not-minimal", "ws-masked", "ws-message-interrupted", "ws-reserved-bits"),
    *("ws-reserved-opcode", "ws-unmasked"),
)
_WITHIN: Final = ("grpc-encoding", "grpc-flags", "grpc-inflate-failed", "grpc-truncated", "sse-truncated")

ODDITIES: Final = tuple(sorted({*_ANY, *_LENGTHS, *_HOSTS, *_HTTP1, *_FRAMING, *_HTTP2, *_WEBSOCKET, *_WITHIN}))
