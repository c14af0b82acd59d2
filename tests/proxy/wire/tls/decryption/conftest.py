"""For all tests of decryption."""

from __future__ import annotations

import pytest

from tlscope.engine import openssl


@pytest.fixture(autouse=True)
def _forget():
    """Others ask whether an endpoint is left."""
    yield
    for tls in list(openssl._endpoints.values()):
        tls.close()
