"""What others recorded: packets of pcap and pcapng files as the events of connections.

pcap         the packets of a file as events, decrypted where there are secrets
pcapfile     what is in such a file
packets      a packet, down to its TCP segment
fragments    packets that came in parts, put together
reassembly   conversations out of segments
series       a journal of what happened at other times
"""

DECRYPTED = ("application data", "between the client and the server, decrypted")
"""Name and description of the interface on which an export of ours has data decrypted, beside the legs it passed on."""
FROM_PACKETS = "pcap"
"""The mode of their connections. Nobody stood between: the listener is the server itself, and both legs are one."""
