"""tlscope_ca: who vouches for whom. No sockets, no TLS connections.

    authority    the local root: made on first use, loaded, rotated; and throw-away ones
    leaf         certificates that mirror a server's, minted under a root and kept in a bounded cache
    names        a host as text, and what it is in a certificate
    verify       every fault of a server's chain, for a host at a time

It imports neither `tlscope` nor `tlscope_ui`.
"""
