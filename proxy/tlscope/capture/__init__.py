"""A capture on disk: written by one recorder, read by anyone, even while it grows.

    format       how events lie in a segment: bytes in, records out
    journal      the writer; pagecache lets the kernel forget what it wrote
    directory    where captures are, and who may write to one
    segment      the reader of one file, which finds its way around damage
    reader       the reader of a capture, live or finished
    summary      a connection in one line
    notes        marks and comments that people put on what was recorded
    control      how its recorder is asked and told, while it lives

What others recorded becomes a capture too: see foreign.

What was recorded is understood in another process, and put into a database beside the journal:

    inspector    that process: started by whoever looks, one for a capture
    indexer      journal to index, incremental; over walk (the journal, fast), fold (a connection's row), traffic (its
                 exchanges), handshake (what its messages mean) and places (where its records lie)
    schema       the tables; spelling, the one that finds texts by their trigrams
    index        pages of rows, as viewers ask for them
    view         what a screen scrolls through: rows by position, in any order, followed as they change; over order
                 (what they are sorted by), selection (which are known, and where they stand; in blocks), sweep (how far
                 all were looked at), attempt (what can be asked at once), gathering (what another thread is asked)
    lookup       the bytes behind a row
    exchanges    requests and responses whole, read again out of the journal (listening); search looks into them
    filter       what a person asks for, as SQL

Readers never import the writer, and nothing here imports the engine.
"""
