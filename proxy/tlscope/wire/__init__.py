"""What bytes mean: sans-io, offsets kept, nothing raised on what a peer sent.

    tls    code points, the record layer, the ClientHello

Imports nothing of the engine or the capture.
"""
