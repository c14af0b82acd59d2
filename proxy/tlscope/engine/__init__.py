"""Sockets and TLS: what happens to a connection between accept and close.

recorder     opens the ports, accepts, ends in good order
connection   one connection, from accept to close, and the order of its steps
arrival      where to, the hello, policy
handshakes   the server's, the verdict and its mirror, the client's
routes       what a client says to a proxy before its TLS (sans-io)
policy       intercept, pass through, refuse (no I/O)
control      the socket that the recorder is controlled by; commands: what is said on it (sans-io), status: how it is
dial         reaches servers; resolver: where their names lead
mirror       what of the client's offer is repeated to the server (no I/O)
leg          one TLS side during its handshake
relay        both sides after it; relay_tls the hot path, relay_plain what is not opened
link         one TCP connection on the loop
loop         asyncio's, with a shorter way from a ready socket to its callback
contexts     OpenSSL contexts by policy
openssl      one TLS endpoint over memory BIOs: the only private binding

It appends to the journal and never reads it. It imports nothing of the user interface.
"""
