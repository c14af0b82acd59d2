"""What OpenSSL's own tools say of a handshake (`-msg`), as an oracle."""

from __future__ import annotations

import re

HEAD = re.compile(
    r"^(<<<|>>>) [^,]+, (\w+)(?: Content Type = \d+)?[^\n]*\n((?:    (?:[0-9a-f]{2} ?)+\n)*)", re.MULTILINE
)
CHANGE_CIPHER_SPEC_RECORD = "14"


def messages(output, *, sent):
    """The handshake messages and ChangeCipherSpecs in the output of `openssl s_client` or `s_server`, in order.

    Each is a direction and bytes in hex. `sent` is where a message goes that the tool sends: "up" or "down".
    """
    ways = {">>>": sent, "<<<": "down" if sent == "up" else "up"}
    found = []
    for arrow, kind, dump in HEAD.findall(output):
        content = re.sub(r"\s", "", dump)
        if kind == "RecordHeader" and content.startswith(CHANGE_CIPHER_SPEC_RECORD):
            found.append((ways[arrow], "01"))  # a received one is not always told as a message
        elif kind == "Handshake":
            found.append((ways[arrow], content))
    return found
