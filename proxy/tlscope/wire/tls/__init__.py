"""TLS on the wire.

    codes     the code points by name (RFC 8446, RFC 5246 and the IANA registries), and messages by name
    suites    the cipher suites, which are many
    hello     a ClientHello out of records, whole or in pieces, and what routing and mirroring need of it

Nothing here raises on what a peer sent.
"""
