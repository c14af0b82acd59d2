"""The proxies that stand side by side, and the server behind them.

Each is a reverse proxy between the load and one nginx on this machine. All that can record do record everything;
haproxy cannot, and stands for what C does with no recording at all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from processes import free_port, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TLSCOPE = os.environ.get("TLSCOPE", str(Path(sys.executable).with_name("tlscope")))
MITMDUMP = os.environ.get("MITMDUMP", "mitmdump")
FILES = {"1k": 1 << 10, "64k": 64 << 10, "512m": 512 << 20, "1g": 1 << 30}
READY_TIME = 20
"""Seconds until a proxy must answer."""


class Silent(Exception):  # noqa: N818 - it is not an error of ours
    """A proxy did not answer in time."""


@dataclass(frozen=True)
class Peer:
    """One proxy, and how it is started."""

    name: str
    program: str
    command: Callable[[Path, int, int, Path], list[str]]
    """Of the work directory, the port to listen on, the server's port, and an empty directory of its own."""
    env: Callable[[Path, int], dict[str, str]] = lambda _work, _port: {}

    @property
    def missing(self) -> bool:
        """Whether it cannot be started here."""
        return shutil.which(self.program) is None

    @contextmanager
    def serving(self, work: Path, server: int) -> Iterator[tuple[int, int]]:
        """The peer's process id and the port where it answers, until the end of the block; raises Silent."""
        port = free_port()
        with TemporaryDirectory(prefix=self.name, dir=work) as own:
            command = self.command(work, port, server, Path(own))
            with running(command, work / f"{self.name}.log", self.env(work, port)) as pid:
                self._wait(port)
                yield pid, port

    def _wait(self, port: int) -> None:
        probe = ["curl", "-fsk", f"https://localhost:{port}/1k", "-o", os.devnull]
        end = time.monotonic() + READY_TIME
        while subprocess.run(probe, capture_output=True, check=False).returncode:
            if time.monotonic() > end:
                raise Silent(f"{self.name} did not answer within {READY_TIME} s")
            time.sleep(0.1)


@contextmanager
def nginx(work: Path) -> Iterator[int]:
    """The port of an nginx with a P-256 certificate signed by work/ca.crt; writes the peers' files to `work`, too."""
    _certificates(work)
    files = work / "www"
    files.mkdir()
    for name, size in FILES.items():
        with (files / name).open("wb") as file:
            if size <= 1 << 20:
                file.write(os.urandom(size))
            file.truncate(size)  # the large ones are holes, and cost no disk
    port = free_port()
    (work / "nginx.conf").write_text(
        f"""daemon off; {"user root;" if os.geteuid() == 0 else ""} worker_processes 1; pid {work}/nginx.pid;
        worker_rlimit_nofile 20000; error_log {work}/nginx.err; events {{ worker_connections 8000; }}
        http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 600; sendfile on;
          server {{ listen 127.0.0.1:{port} ssl http2 backlog=4096; server_name localhost; root {files};
            ssl_certificate {work}/up.crt; ssl_certificate_key {work}/up.key; }} }}"""
    )
    (work / "haproxy.cfg").write_text(_haproxy(work, port))
    with running(["nginx", "-c", str(work / "nginx.conf"), "-e", str(work / "nginx.err")], work / "nginx.log"):
        yield port


def _certificates(work: Path) -> None:
    ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    (work / "san").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    root = (
        f"openssl req -x509 {ec} -keyout ca.key -out ca.crt -subj /CN=upstream-ca -days 30 "
        "-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign"
    )
    for command in (
        root,
        f"openssl req {ec} -keyout up.key -out up.csr -subj /CN=localhost",
        "openssl x509 -req -in up.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile san -out up.crt",
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout mitm.key -out mitm.crt -subj /CN=mitm -days 30",
    ):
        subprocess.run(command.split(), check=True, cwd=work, capture_output=True, stdin=subprocess.DEVNULL)
    (work / "up.pem").write_text((work / "up.crt").read_text() + (work / "up.key").read_text())


def _haproxy(work: Path, server: int) -> str:
    behind = f"server s 127.0.0.1:{server} ssl verify required ca-file {work}/ca.crt no-ssl-reuse alpn"
    return f"""global
  maxconn 4000
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 600s
  timeout server 600s
frontend f
  bind 127.0.0.1:"${{PORT}}" ssl crt {work}/up.pem alpn h2,http/1.1
  use_backend h2 if {{ ssl_fc_alpn h2 }}
  default_backend h1
backend h2
  {behind} h2
backend h1
  {behind} http/1.1
"""


def tlscope(work: Path, port: int, server: int, own: Path) -> list[str]:
    """Ours: verifies the server, mirrors its certificate, records everything."""
    target = ["--mode", f"reverse:https://localhost:{server}", "--listen", f"127.0.0.1:{port}"]
    return [TLSCOPE, "record", *target, "--capture", str(own / "capture"), "--ca-file", str(work / "ca.crt")]


def home(work: Path) -> dict[str, str]:
    """A place of its own for tlscope's authority and configuration."""
    return {"XDG_DATA_HOME": str(work / "home"), "XDG_CONFIG_HOME": str(work / "home")}


def _sslsplit(work: Path, port: int, server: int, own: Path) -> list[str]:
    keys = ["-k", str(work / "mitm.key"), "-c", str(work / "mitm.crt")]
    where = ["ssl", "127.0.0.1", str(port), "127.0.0.1", str(server)]
    return ["sslsplit", "-D", "-P", *keys, "-l", str(own / "log"), "-S", str(own), *where]


def _mitmdump(work: Path, port: int, server: int, own: Path) -> list[str]:
    target = ["--mode", f"reverse:https://localhost:{server}", "-p", str(port), "-w", str(own / "flows")]
    trust = ["--set", f"ssl_verify_upstream_trusted_ca={work}/ca.crt", "--set", f"confdir={work}/mitmproxy"]
    return [MITMDUMP, "-q", *target, *trust]


PEERS = (
    Peer("tlscope", TLSCOPE, tlscope, lambda work, _: home(work)),
    Peer("sslsplit", "sslsplit", _sslsplit),
    Peer(
        "haproxy",
        "haproxy",
        lambda work, *_: ["haproxy", "-db", "-f", str(work / "haproxy.cfg")],
        lambda _, port: {"PORT": str(port)},
    ),
    Peer("mitmdump", MITMDUMP, _mitmdump),
)
