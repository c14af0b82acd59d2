"""The tabs of the detail: what the selected connection, or exchange, looks like.

handshake   both handshakes: ladder, story, differences, keys, findings
pane        what all have in common: they load in a thread, when they are in sight
"""
