"""The tabs of the detail: what the selected connection, or exchange, looks like.

overview    who, where, how it ended and what to do next, both legs at a glance
handshake   both handshakes: ladder, story, differences, keys, findings
certificates    the server's chain and ours, and what each check says
timing      where the time went
pane        what all have in common: they load in a thread, when they are in sight
"""
