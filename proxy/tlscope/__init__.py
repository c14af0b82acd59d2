"""tlscope: everything that happens to bytes between a client and its servers.

    events, faults      the vocabulary: what can happen, and who is at fault
    config              one frozen dataclass: what a recorder was told
    engine              sockets and TLS: accept, route, intercept, relay
    capture             the journal on disk, its writer and its reader
    wire                what bytes mean, without a socket, a clock or a file

The engine appends to the journal and never reads it; readers never touch the engine. This package imports `tlscope_ca`
and is imported by `tlscope_ui`, never the other way round.
"""

__version__ = "0.1.0"
