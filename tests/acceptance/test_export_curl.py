"""Exported curl commands, run again by bash: the server hears and says the same, byte for byte.

A server of Python's tells what it was asked, behind nginx, which speaks TLS, HTTP/1.1 and HTTP/2, and compresses.
"""

from __future__ import annotations

import http.server
import json
import subprocess
import threading
from contextlib import closing

import pytest

from support.clients import CLEAN, curl
from support.needs import needs
from support.recorder import Recording
from support.servers import Program
from support.waiting import PATIENCE, accepts, free_port, until

BINARY = bytes(range(256)) * 8
OWN = {"connection", "x-real-ip"}
"""What nginx says on its own to the server behind it."""


class Telling(http.server.BaseHTTPRequestHandler):
    """Answers with the request, as JSON."""

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self._tell
        raise AttributeError(name)

    def _tell(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = sorted((name.lower(), value) for name, value in self.headers.items() if name.lower() not in OWN)
        told = json.dumps([self.command, self.path, headers, body.hex()], indent=1).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(told)

    def log_message(self, *_):
        pass


class Front(Program):
    """nginx before a server on a plain port."""

    def __init__(self, directory, issued, behind):
        directory.mkdir()
        port = free_port()
        (directory / "nginx.conf").write_text(f"""
            daemon off; master_process off; worker_processes 1; pid {directory}/pid; error_log stderr;
            events {{ worker_connections 64; }}
            http {{
                access_log off; client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
                fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi;
                scgi_temp_path {directory}/scgi;
                gzip on; gzip_min_length 1; gzip_types *; gzip_proxied any;
                server {{
                    listen 127.0.0.1:{port} ssl http2; merge_slashes off; underscores_in_headers on;
                    ignore_invalid_headers off;
                    ssl_certificate {issued.pem}; ssl_certificate_key {issued.pem};
                    location / {{
                        proxy_pass http://127.0.0.1:{behind}; proxy_http_version 1.1;
                        proxy_set_header Host $http_host; proxy_set_header Accept-Encoding $http_accept_encoding;
                    }}
                }}
            }}
        """)  # fmt: skip
        super().__init__(directory, needs("nginx"), "-p", directory, "-c", directory / "nginx.conf")
        self.port = port
        until(lambda: accepts(port), f"nginx to listen: {self.output}")


@pytest.fixture(scope="module")
def url(tmp_path_factory, issued):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Telling)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with closing(Front(tmp_path_factory.mktemp("front") / "root", issued, server.server_port)) as front:
        yield f"https://localhost:{front.port}"
    server.shutdown()
    thread.join(PATIENCE)
    server.server_close()


JSON_TYPE = "Content-Type: application/json"
REQUESTS = {
    "get": ["/a/b?c=d%20e&f[]={g}", "-g"],
    "no headers": ["/", "-H", "Accept:", "-H", "User-Agent:"],
    "dots": ["/a/../b/./c", "--path-as-is"],
    "form": ["/form", "-d", "user=a&password=it's \"b\" $HOME `id` \\ !x"],
    "json": ["/json", "--json", '{"a": "é \\" \\n\'", "b": [1, 2]}'],
    "put": ["/put", "-X", "PUT", "-H", JSON_TYPE, "-d", "[]"],
    "delete": ["/x", "-X", "DELETE"],
    "head": ["/head", "-I", "--suppress-connect-headers"],
    "binary": ["/binary", "-H", "Content-Type: application/octet-stream", "--data-binary", "@BINARY"],
    "at sign": ["/at", "--data-raw", "@not-a-file"],
    "lines": ["/lines", "--data-binary", "@LINES"],
    "empty body": ["/empty", "-d", ""],
    "multipart": ["/multipart", "-F", "name=it's", "-F", "file=@BINARY;type=image/png"],
    "quotes": ["/q", "-H", "X-Quotes: it's \"q\" $(id) \\ %", "-H", "X-Empty;", "-H", "X_Under: 1", "-A", "me/1"],
    "cookies": ["/cookies", "-b", 'a=b; c="d e"', "-H", "Authorization: Basic YTpi", "-e", "https://x/?token=1"],
    "compressed": ["/compressed", "--compressed"],
}  # fmt: skip


@pytest.fixture(scope="module")
def recorded(tmp_path_factory, upstream_ca, url):
    """By name and version: what was answered, and the command that was exported."""
    home = tmp_path_factory.mktemp("curl")
    (home / "BINARY").write_bytes(BINARY)
    (home / "LINES").write_bytes(b"one\r\ntwo\n\n\tthree \xc3\xa9\n")
    found = {}
    with closing(Recording(home / "recorder", "--ca-file", upstream_ca.pem)) as recording:
        for version in ("--http1.1", "--http2"):
            for name, (path, *options) in REQUESTS.items():
                with recording.catch() as caught:
                    placed = [option.replace("@BINARY", f"@{home}/BINARY").replace("@LINES", f"@{home}/LINES")
                              for option in options]  # fmt: skip
                    done = curl(
                        "-x", f"http://{recording.address}", "--cacert", recording.ca, version, *placed, url + path
                    )
                assert 0 == done.returncode, (name, done.stderr)
                found[name, version] = done.stdout, caught.one.number
        recording.stop()
        commands = {number: recording.cli("export", "-f", "curl", "--with-secrets", "-n", number).splitlines()
                    for _, number in found.values()}  # fmt: skip
    return {key: (said, commands[number]) for key, (said, number) in found.items()}


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
@pytest.mark.parametrize("name", REQUESTS)
def test_a_command_gets_the_same_answer(recorded, upstream_ca, name, version):
    """The server tells what it was asked: method, target, headers, body."""
    said, (command,) = recorded[name, version]
    assert version in command
    options = f"-q -sS --cacert '{upstream_ca.pem}' --noproxy '*' --max-time {PATIENCE}"
    done = subprocess.run(
        [needs("bash"), "-c", f"{command} {options}"], env=CLEAN, capture_output=True, timeout=60, check=False
    )
    assert (0, b"") == (done.returncode, done.stderr)
    if name == "head":
        assert without_date(said) == without_date(done.stdout)
    else:
        assert said == done.stdout, command


def without_date(head):
    return [line for line in head.splitlines() if not line.lower().startswith(b"date:")]
