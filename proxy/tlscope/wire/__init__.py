"""What bytes mean: sans-io, offsets kept, nothing raised on what a peer sent.

    field       what every dissector yields, a tree of fields that know their bytes; and the cursor that grows it
    dissection  the events of one connection as trees
    asn1        DER and object identifiers
    x509        certificates, and what travels with them: OCSP responses, signed certificate timestamps
    tls         the record layer, the handshake and all its extensions; decryption; what a handshake means
    http        what is said above TLS: HTTP/1, HTTP/2, WebSocket, gRPC, server-sent events
    content     bodies: codings undone, kinds told, trees and texts made

Imports nothing of the engine or the capture.
"""
