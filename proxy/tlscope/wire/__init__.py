"""What bytes mean: sans-io, offsets kept, nothing raised on what a peer sent.

    field  what every dissector yields, a tree of fields that know their bytes; and the cursor that grows it
    tls    code points, the record layer, the handshake

Imports nothing of the engine or the capture.
"""
