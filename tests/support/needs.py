"""Programs that a test cannot do without."""

from __future__ import annotations

import shutil

import pytest


def needs(name):
    """The path of a program; the test is skipped, with a reason, where it is not installed."""
    return shutil.which(name) or pytest.skip(f"missing tool: {name}")
