"""Records the capture `visit` anew: `python tests/data/captures/make.py [DIRECTORY]`.

A real recorder, real clients (curl, and a WebSocket client of wsproto) and small servers; all that is made up is the
names: this process says where they lie. What is in it, README.md tells.
"""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import ssl
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS), *(str(TESTS.parent / part) for part in ("proxy", "ui", "ca"))]

import h2.connection  # noqa: E402 - found by the line above
import h2.events  # noqa: E402 - as above
import wsproto  # noqa: E402 - as above
from wsproto import events as ws  # noqa: E402 - as above

from support.certificates import NOW, UpstreamCA  # noqa: E402 - as above
from support.clients import client_context, connect, curl  # noqa: E402 - as above
from support.inprocess import recording  # noqa: E402 - as above
from support.servers import PythonServer, close_tls, server_context  # noqa: E402 - as above

SHOP, LOGIN, CHAT, BANK, OLD, DOWN = (f"{name}.example" for name in ("shop", "login", "chat", "bank", "old", "down"))
TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEiLCJzY29wZSI6ImNhcnQifQ.c2lnbmF0dXJlLW5vdC1yZWFsbHk"
ITEMS = [{"id": n, "name": f"teapot no. {n}", "price": round(9.5 + n * 1.25, 2), "stock": n % 4} for n in range(1, 41)]
CART = {
    "cart": 17,
    "owner": "ada",
    "items": [{"id": 3, "count": 2}, {"id": 8, "count": 1}],
    "total": 41.25,
    "coupon": None,
}
PAGE = b"""<!doctype html>
<html lang="en">
  <head><title>Log in</title></head>
  <body>
    <form method="post" action="/session">
      <input name="user"><input name="password" type="password"><button>Log in</button>
    </form>
  </body>
</html>
"""
HEADERS = {"content-type": "application/json; charset=utf-8", "server": "teapots/1.0", "cache-control": "no-store"}
PAGES = {
    ("GET", "/api/cart"): (
        200,
        HEADERS | {"set-cookie": "cart=17; Path=/; Secure; HttpOnly"},
        json.dumps(CART).encode(),
    ),
    ("GET", "/api/items"): (
        200,
        HEADERS | {"content-encoding": "gzip", "etag": '"40-teapots"'},
        gzip.compress(json.dumps({"items": ITEMS}).encode(), mtime=0),
    ),
    ("POST", "/api/token"): (201, HEADERS, json.dumps({"access_token": TOKEN, "expires_in": 3600}).encode()),
    ("GET", "/login"): (200, HEADERS | {"content-type": "text/html; charset=utf-8"}, PAGE),
    ("POST", "/session"): (303, {"location": "/account", "set-cookie": "session=5f2c9a71d0; Secure; HttpOnly"}, b""),
}
MISSING = 404, {"content-type": "text/plain"}, b"There is no such page.\n"
REASONS = {200: "OK", 303: "See Other", 404: "Not Found"}


def main(target: Path) -> None:
    """Record, and put the journal and what describes it into `target`."""
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        root = UpstreamCA(home / "upstream", "Example Root")
        ports = served(root)
        socket.getaddrinfo = resolver(socket.getaddrinfo, {name: server.port for name, server in ports.items()})
        with recording(home, limits={}, ca_files=(root.pem,), passthrough=(BANK,)) as port:
            visit(port, home / "ca" / "ca.pem", root.pem)
        for server in ports.values():
            server.close()
        target.mkdir(exist_ok=True)
        for path in [home / "capture" / "meta.json", *(home / "capture").glob("*.tlsj")]:
            shutil.copyfile(path, target / path.name)


def served(root: UpstreamCA) -> dict[str, PythonServer]:
    """A server for each name; at `down` there is one no more."""
    old = root.issue(OLD, begin=NOW - timedelta(days=400), end=NOW - timedelta(days=35))
    issued = root.issue(SHOP, LOGIN, CHAT, BANK, f"www.{SHOP}")
    servers = {
        SHOP: PythonServer(http2, context(issued, "h2")),
        LOGIN: PythonServer(http1, context(issued, "http/1.1", ssl.TLSVersion.TLSv1_2)),
        CHAT: PythonServer(chat, context(issued)),
        BANK: PythonServer(http1, context(issued)),
        OLD: PythonServer(http1, context(old)),
        DOWN: PythonServer(http1),
    }
    servers[DOWN].close()
    return servers


def context(issued, protocol="", newest=ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """Of a server; curl ends without close_notify, which is no error to it."""
    made = server_context(issued, alpn=(protocol,) if protocol else ())
    made.maximum_version = newest
    made.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
    return made


def resolver(real, ports):
    """The resolver, for which our names lie at the ports of the servers, and no others are anywhere."""

    def resolve(host, port, *args, **more):
        if host in ports:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", ports[host]))]
        return real(host, port, *args, **more)

    return resolve


def visit(port: int, ours: Path, theirs: Path) -> None:
    """What somebody does in a minute."""
    through = ("-x", f"http://127.0.0.1:{port}", "--cacert", ours, "-o", "/dev/null")
    bearer = ("-H", f"Authorization: Bearer {TOKEN}", "-b", "cart=17; theme=dark")
    shop = f"https://{SHOP}"
    must(curl(*through, "-d", '{"user": "ada", "secret": "correct horse"}', "-H", "Content-Type: application/json",
              f"{shop}/api/token", "--next", "-sS", *through, "--compressed", *bearer, f"{shop}/api/cart",
              "-o", "/dev/null", f"{shop}/api/items", "-o", "/dev/null", f"{shop}/favicon.ico"))  # fmt: skip
    login = f"https://{LOGIN}"
    form = "user=ada&password=correct+horse&next=%2Faccount"
    must(curl(*through, f"{login}/login", "--next", "-sS", *through, "-d", form, f"{login}/session"))
    talk(port, ours)
    curl("-x", f"http://127.0.0.1:{port}", shop)  # does not know our CA
    must(curl("-x", f"http://127.0.0.1:{port}", "--cacert", theirs, f"https://{BANK}/balance"))
    curl(*through, f"https://{OLD}/")
    must(curl(*through, "-k", f"https://{OLD}/login"))
    curl(*through, f"https://{DOWN}/")


def must(done) -> None:
    """It went well."""
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------------------------------------------------- servers


def http1(connection, _server) -> None:
    """HTTP/1.1, kept alive."""
    head = bytearray()
    while data := connection.recv(65536):
        head += data
        while b"\r\n\r\n" in head:
            request, _, rest = bytes(head).partition(b"\r\n\r\n")
            method, path, _ = request.split(b"\r\n")[0].decode().split(" ")
            length = next(
                (int(line[15:]) for line in request.split(b"\r\n") if line[:15].lower() == b"content-length:"), 0
            )
            while len(rest) < length:
                rest += connection.recv(65536)
            status, headers, body = PAGES.get((method, path), MISSING)
            lines = [
                f"HTTP/1.1 {status} {REASONS[status]}",
                *(f"{name.title()}: {value}" for name, value in headers.items()),
            ]
            connection.sendall("\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body)
            head = bytearray(rest[length:])
    close_tls(connection)


def http2(connection, _server) -> None:
    """HTTP/2."""
    spoken = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    spoken.initiate_connection()
    connection.sendall(spoken.data_to_send())
    asked = {}
    while data := connection.recv(65536):
        for event in spoken.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                headers = {name.decode(): value.decode() for name, value in event.headers}
                asked[event.stream_id] = headers[":method"], headers[":path"]
            elif isinstance(event, h2.events.DataReceived):
                spoken.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                status, headers, body = PAGES.get(asked.pop(event.stream_id), MISSING)
                spoken.send_headers(event.stream_id, [(":status", str(status)), *headers.items()])
                spoken.send_data(event.stream_id, body, end_stream=True)
        connection.sendall(spoken.data_to_send())
    close_tls(connection)


def chat(connection, _server) -> None:
    """A WebSocket that greets."""
    spoken = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
    while data := connection.recv(65536):
        spoken.receive_data(data)
        for event in spoken.events():
            if isinstance(event, ws.Request):
                connection.sendall(spoken.send(ws.AcceptConnection()))
            elif isinstance(event, ws.TextMessage):
                connection.sendall(spoken.send(ws.TextMessage(json.dumps({"from": "bot", "text": event.data.upper()}))))
            elif isinstance(event, ws.Ping | ws.CloseConnection):
                connection.sendall(spoken.send(event.response()))
    close_tls(connection)


def talk(port: int, ours: Path) -> None:
    """A WebSocket client."""
    plain = connect(port, f"{CHAT}:443")
    with client_context(ours).wrap_socket(plain, server_hostname=CHAT, suppress_ragged_eofs=False) as connection:
        spoken = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        wait = answers(connection, spoken)
        connection.sendall(spoken.send(ws.Request(host=CHAT, target="/room/7", subprotocols=[])))
        wait(ws.AcceptConnection)
        for message in (ws.TextMessage("hello"), ws.Ping(b"still there?"), ws.BytesMessage(bytes(range(32)))):
            connection.sendall(spoken.send(message))
        wait(ws.Pong)
        connection.sendall(spoken.send(ws.CloseConnection(1000, "bye")))
        wait(ws.CloseConnection)
        close_tls(connection)


def answers(connection, spoken):
    """A function that waits until an event of a kind has come."""

    def wait(kind) -> None:
        while not any(isinstance(event, kind) for event in list(spoken.events())):
            spoken.receive_data(connection.recv(65536) or None)

    return wait


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("visit"))
