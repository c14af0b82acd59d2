"""What a handshake means, from plain values rather than fields.

gist, facts     messages at a glance; what one leg did, out of its connection's events
fingerprint     JA3, JA3N, JA3S, JA4; stacks: which stack wrote a hello
versions        which version a message belongs to
passed          the hellos of what was passed through
order           the legal order of messages, as a table
stapled         what a server sends along with its certificate: timestamps, an OCSP response
findings        all that is worth knowing of a leg (finding: the kinds; checks_*: who finds them)
offers          what was offered, sent on, chosen and answered
alerts          why a leg came to a bad end (alert_tables: what is known of each stack)
listing         names in a sentence
story, middle   a leg in nine steps (words: what is said of each); what happens between two
"""
