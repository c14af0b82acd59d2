"""What the tests of verifying and of minting begin with."""

import pytest

from ca.forge import NOW, name, pem
from tlscope_ca.authority import Authority
from tlscope_ca.leaf import KeyType, Minter
from tlscope_ca.verify import Verifier


@pytest.fixture
def verifier(tmp_path):
    def trust(*certificates):
        path = tmp_path / "trusted.pem"
        path.write_bytes(pem(*certificates))
        return Verifier(ca_files=[path], system=False)

    return trust


@pytest.fixture(scope="module")
def authority():
    return Authority.throw_away(name("Our Root"), now=NOW)


@pytest.fixture(scope="module")
def warm_minter(authority):
    minter = Minter(authority)
    minter.warm(KeyType.RSA2048)
    return minter


@pytest.fixture
def minter(authority):
    return Minter(authority)
