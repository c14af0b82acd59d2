"""Other people's programs, which tests hold ours against."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

import pytest


def tool(name: str) -> str:
    """The path of a program; the test is skipped, with a reason, where it is not installed."""
    return shutil.which(name) or pytest.skip(f"missing tool: {name}")


@cache
def tshark_values(field: str) -> dict[int, set[str]]:
    """The names that tshark gives the values of `field`; there are several where the protocol's versions differ."""
    output = subprocess.run([tool("tshark"), "-G", "values"], capture_output=True, text=True, check=True).stdout
    names: dict[int, set[str]] = {}
    for line in output.splitlines():
        row = line.split("\t")
        if row[:2] == ["V", field]:
            names.setdefault(int(row[2], 0), set()).add(row[3])
    return names


@cache
def openssl_suites() -> dict[int, str]:
    """The RFC names of all cipher suites that the installed OpenSSL can speak."""
    arguments = ["ciphers", "-V", "-stdname", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]
    output = subprocess.run([tool("openssl"), *arguments], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in output.splitlines()]
    return {int("".join(row[0].split(",0x")), 16): row[2] for row in rows}
