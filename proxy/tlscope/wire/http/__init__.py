"""What is said above TLS, by two peers, as exchanges whose bytes keep their offsets.

exchange    the words that all protocols share: requests, responses, content, messages, oddities
observe     who understands a connection, told by ALPN or by the first bytes

http1       HTTP/1.1 and 1.0, over http1_half: one direction, cut into messages; http1_head, http1_target: what a head
            says; http1_framing, http1_chunked: where its content ends; http1_seek: the next one behind missing bytes
http2       HTTP/2, over http2_half: one direction; http2_cut, http2_frame, http2_settings: frames; http2_block over
            hpack: header sections; http2_fields: what they must not say; http2_streams, http2_stream: exchanges
websocket   WebSocket over websocket_frame, inflated by inflate
inner       what speaks inside the content of an exchange: grpc, sse; behind compression or base64: coded

http1_tree, http2_tree, websocket_tree      heads and frames as trees of fields, for whoever looks at bytes
"""
