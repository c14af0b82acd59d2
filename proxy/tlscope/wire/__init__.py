"""What bytes mean: sans-io, offsets kept, nothing raised on what a peer sent.

    field       what every dissector yields, a tree of fields that know their bytes; and the cursor that grows it
    dissection  the events of one connection as trees
    tls         the record layer, the handshake and all its extensions; keys and decryption; what a handshake means
    x509        certificates, over der (with der_values, oids); ocsp and sct, which travel with them
    exchange    what is said above TLS, in words that all protocols share; observe tells who understands a connection
    http1, http2, websocket, grpc, sse     the observers, and their parts (http1_*, http2_*, hpack, inner, inflate)
    content     bodies: codings undone, kinds told, trees and texts made

Imports nothing of the engine or the capture.
"""
