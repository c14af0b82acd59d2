"""What others recorded: packets of pcap and pcapng files as the events of connections.

pcap         the packets of a file as events, decrypted where there are secrets
stream       a conversation's bytes as events
evidence     what records that nobody can open tell of their handshake
alone        a conversation that is a connection of its own
legs         the conversations that an export of ours made of one connection, as that connection
exported     what such an export says in its file; announced, what is known of what has not begun
pcapfile     what is in such a file: as pcap, or as pcapng; entry by entry
packets      a packet, down to its TCP segment
fragments    packets that came in parts, put together
reassembly   conversations out of segments
series       a journal of what happened at other times
"""

FROM_PACKETS = "pcap"
"""The mode of their connections. Nobody stood between: the listener is the server itself, and both legs are one."""
EXPORTED = "exported"
"""The mode of connections that tlscope recorded, which were exported to packets and opened again."""
