"""TLS on the wire.

    codes     the code points by name (RFC 8446, RFC 5246 and the IANA registries), and messages by name
    suites    the cipher suites, which are many; registries, smaller tables of code points; suite_references,
              code_references: where they are defined
    hello     a ClientHello out of records, whole or in pieces, and what routing and mirroring need of it

Messages as trees of fields:

    messages  one message in, one tree out
              (hellos, certificates, certificate_status, key_exchange, curves, passwords, signatures: their bodies)
    extensions    what hellos and certificates carry
              (extension_bodies, identities, resumption, key_shares, ech, esni, quic_parameters, rare_extensions)
    records   the record layer
    context   what the messages before have settled
    notes, registry_notes    what code points mean, and whether they are sound today (anatomy: of suites)
    parts     what all these are put together from

Rooms of their own:

    decryption  ciphertext opened with the secrets of a key log, and every proof confirmed
    meaning     what a handshake means: its story, findings, fingerprints, causes of alerts

Nothing here raises on what a peer sent.
"""
