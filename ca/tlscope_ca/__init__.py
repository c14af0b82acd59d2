"""tlscope_ca: who vouches for whom. No sockets, no TLS connections.

    authority    the local root: made on first use, loaded, rotated; and throw-away ones
    users        who works with it at this moment
    leaf         certificates that mirror a server's, minted under a root and kept in a bounded cache
    verify       the verdict on a server's chain: every fault, for a host at a time
    faults       the vocabulary of what can be wrong, and its text
    names        a host as text, and what it is in a certificate

Behind them: `reading` (a certificate as far as it can be read), `checks` (what is wrong on a path), `roots` (what is
trusted to begin with). For each connection `Verifier.judge` gives a `Verdict`, and `Minter.mint` a `Leaf` to show.

It imports neither `tlscope` nor `tlscope_ui`.
"""
