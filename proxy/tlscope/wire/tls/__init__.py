"""TLS on the wire.

    codes     the code points by name (RFC 8446, RFC 5246 and the IANA registries), and messages by name
    suites    the cipher suites, which are many; registries, smaller tables of code points
    hello     a ClientHello out of records, whole or in pieces, and what routing and mirroring need of it

Messages as trees of fields:

    messages  one message in, one tree out (hellos, certificates, key_exchange, signatures, identities: their bodies)
    extensions, extension_bodies    what hellos and certificates carry (key_shares, ech, quic_parameters, compression)
    records   the record layer
    context   what the messages before have settled
    notes     what code points mean, and whether they are sound today (anatomy: of suites; parts: shared pieces)

What a handshake means, from plain values rather than fields:

    gist, facts     messages at a glance; what one leg did, out of its connection's events
    fingerprint     JA3, JA3N, JA3S, JA4; stacks: which stack wrote a hello
    order           the legal order of messages, as a table
    findings        all that is worth knowing of a leg (finding: the kinds; checks_*: who finds them)
    offers          what was offered, sent on, chosen and answered
    alerts          why a leg came to a bad end (alert_tables: what is known of each stack)
    story, middle   a leg in nine steps; what happens between two

Ciphertext opened:

    decrypt   ciphertext of both directions in; records, messages, data and confirmed proofs out (decrypted)
    keylog    the secrets that it needs; schedule12 and schedule13 derive keys of them, step by step (keys, prf, master)
    following, opening, epochs, negotiation, transcript    its parts: what a connection has agreed on so far
    protection, ciphers     records sealed by a suite; proofs, confirm     Finished and signatures held against them

Nothing here raises on what a peer sent.
"""
