"""What there is to tell, as lines: the same for the commands and for the screen.

    lines         events
    tree          messages and certificates, field by field
    overview      a connection at a glance
    handshake     what passed on both legs, with `wire`, the same as ciphertext; what follows of it is told by
    story         in plain words, with what differs and what was found;
    offers        what was offered, sent on, chosen and answered, item by item
    ladder        messages as arrows between client and server
    account       the same for the screen, each line with the message that it is about
    keys          the key schedule, step by step
    certificates  both chains, with `chains`, `beside` each other, and what each check says
    timing        where the time went
    exchanges     requests, responses and messages
    stream        the data, piece by piece
    units         messages that were carried inside, and frames, a line each
    issuer        whether the CA that signed is the one that clients are told to trust
    clients       how programs are sent through a recorder, and trust its CA
    masked        what of data may be shown without being asked for
    fitting       lines cut or folded to a width; `flow` makes them for one

A line is strings and `Span`s, which are put in as they came from the wire. Nothing here prints: cli/output.py and
tui/widgets/linesheet.py make them safe, colour them, and show them.
"""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A piece of a line that looks different."""

    text: str
    style: str
    """`good`, `bad`, `dim`, `strong`, `client`, `server`, or "" for none; who shows it knows what that looks like."""


Line = list[str | Span]
