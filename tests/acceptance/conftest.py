"""What acceptance tests stand on: servers and a recorder for each worker, and factories for special ones."""

from __future__ import annotations

from contextlib import ExitStack, closing

import pytest

from support.certificates import UpstreamCA
from support.recorder import Recording
from support.servers import GnutlsServer, Nginx, OpensslServer, PythonServer

LOCAL = ("localhost", "127.0.0.1", "::1")


@pytest.fixture(scope="session")
def upstream_ca(tmp_path_factory):
    """The CA of all servers; recorders trust it unless a test is about trust."""
    return UpstreamCA(tmp_path_factory.mktemp("upstream-ca"))


@pytest.fixture(scope="session")
def issued(upstream_ca):
    """A certificate for this machine's own names."""
    return upstream_ca.issue(*LOCAL)


@pytest.fixture(scope="session")
def issued_rsa(upstream_ca):
    return upstream_ca.issue(*LOCAL, key="rsa")


@pytest.fixture(scope="session")
def nginx(tmp_path_factory, issued):
    with closing(Nginx(tmp_path_factory.mktemp("nginx") / "root", issued)) as server:
        yield server


@pytest.fixture(scope="session")
def recorder(tmp_path_factory, upstream_ca):
    """A recorder with default options that trusts the upstream CA; its tests are told apart by `catch`."""
    with closing(Recording(tmp_path_factory.mktemp("recorder"), "--ca-file", upstream_ca.pem)) as recording:
        yield recording


@pytest.fixture
def stack():
    """Closes at the end of a test what it opened."""
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def record(tmp_path, upstream_ca, stack):
    """Start a recorder with options of its own; `trust=False`: it does not know the upstream CA."""
    count = 0

    def start(*options, trust=True, **more):
        nonlocal count
        count += 1
        roots = ["--ca-file", upstream_ca.pem] if trust else []
        return stack.enter_context(closing(Recording(tmp_path / f"recorder-{count}", *roots, *options, **more)))

    return start


@pytest.fixture
def serve_openssl(tmp_path, issued, stack):
    """Start an `openssl s_server` with options."""

    def start(*options, certificate=issued):
        return stack.enter_context(closing(OpensslServer(tmp_path, certificate, *options)))

    return start


@pytest.fixture
def serve_gnutls(tmp_path, issued, stack):
    """Start a `gnutls-serv` with options."""

    def start(*options, certificate=issued):
        return stack.enter_context(closing(GnutlsServer(tmp_path, certificate, *options)))

    return start


@pytest.fixture
def serve_python(stack):
    """Start a server in this process: `handle(connection, server)`."""

    def start(handle, context=None):
        return stack.enter_context(closing(PythonServer(handle, context)))

    return start
