"""A capture on disk: written by one recorder, read by anyone, even while it grows.

    format       how events lie in a segment: bytes in, records out
    journal      the writer
    directory    where captures are, and who may write to one
    segment      the reader of one file, which finds its way around damage
    reader       the reader of a capture, live or finished
    summary      a connection in one line

Readers never import the writer, and nothing here imports the engine.
"""
