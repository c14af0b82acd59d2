"""X.509 certificates: as a tree of fields, as facts, and two of them side by side.

    certificate(cursor)     a parse function for a cursor over the message that holds it: offsets are the message's
    dissect(der) -> Field   one certificate alone
    facts(der) -> Facts     what scripts, rules and lists ask for
    diff(real, other)       what a forged certificate has in common with the one that it stands for

Below: tree.py, with its extensions (extensions.py; standard.py with policies.py and revocation.py, status.py,
resources.py, other.py, over known.py; sct.py, logs.py), names.py and labels.py, keys.py and signatures.py, all over
tlscope.wire.asn1.der; summary.py and compare.py read that tree. Nothing verifies: that is tlscope_ca's.
"""

from __future__ import annotations

from tlscope.wire.x509.compare import Difference, Kind, diff
from tlscope.wire.x509.summary import Facts, facts
from tlscope.wire.x509.tree import certificate, dissect

__all__ = ["Difference", "Facts", "Kind", "certificate", "diff", "dissect", "facts"]
