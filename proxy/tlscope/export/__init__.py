"""What leaves a capture for other people's tools.

    source     the records of a capture, or of chosen connections in it: what all exports read
    keylog     the secrets, as a key log (RFC 9850)
    pem        the certificates of both legs
    raw        the application data of one direction
    jsonl      the events, an object a line
    pcapng     both legs as packets, with the secrets that open them; on top of endpoints (who talks to whom), tcp
               (packets) and blocks (the file)
    har        HTTP exchanges as browsers save them; on top of the index
    messages   what was carried inside them: WebSocket, server-sent events, gRPC
    reaching   how long it took until the first of them could be sent
    curl       a request as the command that sends it again
    body       the content of one message, decoded or as it passed; and what to call it
    redact     takes credentials out of what people share; cover finds them in the middle of what is not read whole

An export is an iterator over bytes or text, which its caller writes where the user wants it: nothing here opens a file
for writing, and however large a capture is, little of it is in memory. Nothing here imports the engine.
"""
