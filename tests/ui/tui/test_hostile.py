"""Peers that would like to drive the terminal: all that they say, recorded for real, on every tab."""

from __future__ import annotations

import json
import unicodedata

import pytest
import wsproto
from OpenSSL import SSL
from wsproto import events as ws

import hostile
from support.certificates import UpstreamCA
from support.clients import client_context, connect, receive_all, tls
from support.inprocess import recording
from support.screen import driven, shown, sight, soon
from support.servers import PythonServer, close_tls, server_context
from tlscope.capture.inspector import catch_up
from tlscope_ui.tui.app import Tlscope
from tlscope_ui.tui.panes.pane import Pane

MARKUP = "[b]bold[/b][red]red[/][@click=app.bell]click[/][link=https://x.example]x[/link][/][$error]"
ESCAPES = "\x1b[31mred\x1b[2J\x1b]0;title\x07\x1b]52;c;aGk=\x07\x1bP+q\x1b\\\x9b31m\x08\x7f"
BIDI = "\u202eevil\u2066\u200f\u061c\u2028"
NASTY = MARKUP + ESCAPES + BIDI
RAW = NASTY.encode() + b"\xff\xfe\xc0\x80\xed\xa0\x80"
SHORT = "\x1b[31m[b]evil[/b]\u202e"
NAME = "\x1b[31m[b]evil[/b].example"
VIEWED = ("v", "end", "v")
"""Keys in a tab: other views, and their ends."""
BIG = 10 << 20
EVERY = "".join(char for char in hostile.HOSTILE if not 0xD800 <= ord(char) < 0xE000)


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    """What such peers left in a capture."""
    home = tmp_path_factory.mktemp("hostile")
    root = UpstreamCA(home / "upstream", SHORT)
    servers = [
        PythonServer(handle, server_context(root.issue(*names, "localhost")))
        for handle, names in ((http, ()), (http, (NAME,)), (chat, ()))
    ]
    good, evil, talking = (server.port for server in servers)
    with recording(home, limits={}, ca_files=(root.pem,)) as port:
        context = client_context(home / "ca" / "ca.pem")
        for path in (b"/text", b"/json", b"/big", b"/" + RAW.replace(b" ", b"")):
            ask(
                tls(port, good, context),
                b"GET " + path + b" HTTP/1.1\r\nHost: " + RAW + b"\r\nCookie: " + RAW + b"\r\n\r\n",
            )
        talk(tls(port, talking, context))
        greet(connect(port, f"localhost:{evil}"))
        with connect(port, f"localhost:{good}") as plain:
            plain.sendall(RAW)
    for server in servers:
        server.close()
    assert catch_up(home / "capture")
    return home / "capture"


def http(connection, _server):
    """An answer of which every part is nasty."""
    request = b""
    while b"\r\n\r\n" not in request and (data := connection.recv(65536)):
        request += data
    kind, body = b"text/plain; charset=" + RAW, RAW + EVERY.encode()
    if b"/json" in request:
        kind, body = b"application/json", json.dumps({NASTY: EVERY, "raw": NASTY}, ensure_ascii=False).encode()
    big = b"X-Big: " + b"\x1b[31m" * (BIG // 5) + b"\r\n" if b"/big" in request else b""
    connection.sendall(
        b"HTTP/1.1 200 " + RAW + b"\r\nContent-Type: " + kind + b"\r\nX-Evil: " + RAW + b"\r\n" + RAW + b": x\r\n"
        b"Set-Cookie: " + RAW + b"\r\n" + big + b"Content-Length: %d\r\n\r\n" % len(body) + body
    )
    close_tls(connection)


def chat(connection, _server):
    """A WebSocket that answers with nasty words."""
    spoken = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
    while data := connection.recv(65536):
        spoken.receive_data(data)
        for event in spoken.events():
            if isinstance(event, ws.Request):
                connection.sendall(spoken.send(ws.AcceptConnection()))
            elif isinstance(event, ws.TextMessage):
                connection.sendall(spoken.send(ws.TextMessage(NASTY + EVERY)))
                connection.sendall(spoken.send(ws.CloseConnection(1000, SHORT)))
    close_tls(connection)


def ask(connection, request):
    """Send a request, and take all of the answer."""
    with connection:
        connection.sendall(request)
        receive_all(connection)


def talk(connection):
    """A WebSocket client."""
    with connection:
        spoken = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        connection.sendall(spoken.send(ws.Request(host="localhost", target="/[b]")))
        while data := connection.recv(65536):
            spoken.receive_data(data)
            for event in spoken.events():
                if isinstance(event, ws.AcceptConnection):
                    connection.sendall(spoken.send(ws.TextMessage(NASTY)))
                elif isinstance(event, ws.CloseConnection):
                    connection.sendall(spoken.send(event.response()))
                    return


def greet(plain):
    """A ClientHello whose names are nasty; the server's certificate is for such a name."""
    with plain:
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_alpn_protos([SHORT.encode(), b"\xff\xfe"])
        connection = SSL.Connection(context, plain)
        connection.set_tlsext_host_name(NAME.encode() + b"\xff")
        connection.set_connect_state()
        plain.setblocking(True)  # noqa: FBT003 - socket's signature
        try:
            connection.do_handshake()
        except SSL.Error:
            return


def painted(app):
    """What is on the screen, if nothing of it drives a terminal."""
    lines = sight(app)
    found = {char for line in lines for char in line if unicodedata.category(char) in hostile.FORBIDDEN}
    assert set() == found, lines
    assert app._exception is None
    return "\n".join(lines)


async def still(pilot):
    """Wait until the panes in sight show what is selected."""
    app = pilot.app

    def done():
        detail = app.screen.detail
        panes = [pane for pane in detail.query(Pane) if pane.is_on_screen]
        loaded = all(pane._shown and pane._shown[0] == detail.selected for pane in panes)
        return loaded and all(worker.is_finished for worker in app.workers)

    await pilot.pause(0)
    await soon(pilot, done, "what is selected to be shown")
    await pilot.pause(0)


@driven
async def test_nothing_that_a_peer_says_drives_the_terminal(capture):
    """On every tab of every row, and in every view: seen as the text that it is, and never as what it asks for."""
    seen = ""
    async with shown(Tlscope(capture)) as pilot:
        app = pilot.app
        await soon(pilot, lambda: hasattr(app.screen, "flows"), "the list")
        await pilot.press("asterisk", "g")
        rows = len(app.screen.rows)
        assert rows > 10
        for row in range(rows):
            exchange = app.screen.flows.selected.exchange
            kinds = VIEWED if row in {1, 2, rows - 2} else ()
            for tab in "345" if exchange else "12678":
                for key in (tab, *kinds):
                    app.simulate_key(key)
                    await still(pilot)
                    seen += painted(app)
            app.screen.flows.view.focus()
            await pilot.press("down")
    assert "[b]bold[/b]" in seen
    assert "[b]evil[/b]" in seen


@driven
async def test_a_filter_that_is_nasty_is_only_wrong(capture):
    """What is pasted into the filter bar is shown in the message of what is wrong with it."""
    async with shown(Tlscope(capture)) as pilot:
        app = pilot.app
        await soon(pilot, lambda: hasattr(app.screen, "flows"), "the list")
        for text in (NASTY, f'host == "{NASTY}"', f"{SHORT} == 1", EVERY):
            app.screen.query_one("FilterBar").put(text)
            await pilot.pause()
            painted(app)
