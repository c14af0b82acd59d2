"""The certificates of the cryptography_vectors package: thousands of good, bad and odd ones, from many hands."""

from __future__ import annotations

import base64
import binascii
import re
from functools import cache
from pathlib import Path

import cryptography_vectors

ROOT = Path(cryptography_vectors.__file__).parent
PEM = re.compile(rb"-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----(.*?)-----END", re.DOTALL)


@cache
def certificates():
    """Every certificate as (where it is from, DER), those in PEM and those that are DER by their file's name."""
    found = []
    for path in sorted(ROOT.rglob("*")):
        if path.suffix not in {".pem", ".der", ".crt", ".cer"}:
            continue
        data = path.read_bytes()
        name = str(path.relative_to(ROOT))
        blocks = PEM.findall(data)
        for number, block in enumerate(blocks):
            try:
                found.append((f"{name}#{number}", base64.b64decode(block.rpartition(b"\n\n")[2] or block)))
            except binascii.Error:
                continue
        if not blocks and data[:1] == b"\x30" and "x509" in path.parts:
            found.append((name, data))
    return tuple(found)


def vector(name):
    """The first certificate of one file under x509/."""
    return next(der for found, der in certificates() if found.startswith(f"x509/{name}"))


def file(name):
    """The bytes of one file of the package."""
    return (ROOT / name).read_bytes()
