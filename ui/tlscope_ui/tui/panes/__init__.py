"""The tabs of the detail: what the selected connection, or exchange, looks like.

overview    who, where, how it ended and what to do next, both legs at a glance
handshake   both handshakes: ladder, story, differences, keys, findings
exchange    request and response: heads, contents, trailers
messages    what was carried inside, or the frames that it came in
bytes       the stream in both directions, as it passed
certificates    the server's chain and ours, and what each check says
timing      where the time went
pane        what all have in common: they load in a thread, when they are in sight
"""
