"""Other people's TLS servers, each on a loopback port that is free."""

from __future__ import annotations

import random
import re
import socket
import ssl
import subprocess
import threading

from support.needs import needs
from support.waiting import PATIENCE, accepts, free_port, until

SIZES = {"empty": 0, "one": 1, "16K": 16 << 10, "1M": 1 << 20, "20M": 20 << 20}
"""The files that nginx serves, and their sizes in bytes."""


class Program:
    """A server in a process. `output` is what it has said so far."""

    def __init__(self, directory, *command):
        self._log = directory / f"{random.randrange(1 << 40):010x}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command], cwd=directory, stdin=subprocess.PIPE, stdout=log, stderr=log
            )
        self.port = 0

    @property
    def output(self):
        return self._log.read_text(errors="replace")

    def wait_for(self, pattern):
        """The match of a pattern in the output, once it is there."""

        def said():
            ended = self.process.poll() is not None
            found = re.search(pattern, self.output)
            assert found or not ended, self.output
            return found

        return until(said, f"{pattern!r} from {self.process.args}")

    def close(self):
        self.process.stdin.close()
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(PATIENCE)


class Nginx(Program):
    """HTTP/1.1 and HTTP/2 over TLS on 127.0.0.1 and [::1] (`port`), and plain HTTP (`plain_port`); files of `SIZES`.

    /take reads any upload to its end, and answers as /one does then.
    """

    def __init__(self, directory, issued):
        directory.mkdir()
        port, plain_port = free_port(), free_port()
        random.seed(1)
        self.files = {name: random.randbytes(size) for name, size in SIZES.items()}
        for name, content in self.files.items():
            (directory / name).write_bytes(content)
        (directory / "nginx.conf").write_text(f"""
            daemon off; master_process off; worker_processes 1; pid {directory}/pid; error_log stderr;
            events {{ worker_connections 512; }}
            http {{
                access_log off; keepalive_requests 100000;
                client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
                fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi;
                scgi_temp_path {directory}/scgi;
                server {{
                    listen 127.0.0.1:{port} ssl http2; listen [::1]:{port} ssl http2 ipv6only=on;
                    listen 127.0.0.1:{plain_port};
                    root {directory}; default_type application/octet-stream;
                    ssl_protocols TLSv1.2 TLSv1.3;
                    ssl_certificate {issued.pem}; ssl_certificate_key {issued.pem};
                    location = /take {{
                        client_max_body_size 0; proxy_method GET; proxy_pass_request_body off;
                        proxy_set_header Content-Length ""; proxy_pass http://127.0.0.1:{plain_port}/one;
                    }}
                }}
            }}
        """)  # fmt: skip
        super().__init__(directory, needs("nginx"), "-p", directory, "-c", directory / "nginx.conf")
        self.port, self.plain_port = port, plain_port
        until(lambda: accepts(port), f"nginx to listen: {self.output}")
        self.url = f"https://localhost:{port}"


class OpensslServer(Program):
    """`openssl s_server`; it takes one connection after the other. Files come from its directory with -WWW."""

    def __init__(self, directory, issued, *options):
        files = ["-cert", issued.pem, "-key", issued.pem]
        super().__init__(directory, needs("openssl"), "s_server", "-accept", "127.0.0.1:0", *files, *options)
        self.port = int(self.wait_for(r"ACCEPT [^\n]*:(\d+)\n")[1])
        self.url = f"https://localhost:{self.port}"


class GnutlsServer(Program):
    """`gnutls-serv`; with --echo it sends every line back."""

    def __init__(self, directory, issued, *options):
        port = free_port()
        files = ["--x509certfile", issued.pem, "--x509keyfile", issued.pem]
        super().__init__(directory, needs("gnutls-serv"), "--port", port, "--disable-client-cert", *files, *options)
        self.port = port
        self.wait_for(r"listening on IPv4 [^\n]*done")
        self.url = f"https://localhost:{port}"


class PythonServer:
    """A server in threads: `handle(connection, server)` has each connection, after its handshake if there is a context.

    What `handle` raises because a connection broke is kept in `errors`.
    """

    def __init__(self, handle, context=None, host="127.0.0.1"):
        self._handle, self._context = handle, context
        self._listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = self._listener.getsockname()[1]
        self.url = f"https://localhost:{self.port}"
        self.errors = []
        self.received, self.sent = bytearray(), bytearray()
        self._open = set()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self):
        if self._closing:
            return
        with socket.socket(self._listener.family) as last:  # wakes the accept, which then finds the end
            self._closing = True
            last.connect(self._listener.getsockname())
            self._threads[0].join(PATIENCE)
        self._listener.close()
        for connection in list(self._open):
            _end(connection)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a handler of a test server hangs"

    _closing = False

    def _accept(self):
        while True:
            connection, _ = self._listener.accept()
            if self._closing:
                connection.close()
                return
            connection.settimeout(PATIENCE)
            self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain):
        connection = plain
        try:
            if self._context:
                connection = self._context.wrap_socket(
                    plain, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=False
                )
                self._open.discard(plain)
                self._open.add(connection)
                connection.do_handshake()
            self._handle(connection, self)
        except OSError as error:  # ssl.SSLError is one
            self.errors.append(error)
        finally:
            self._open.discard(connection)
            connection.close()


def _end(connection):
    try:
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        return


def server_context(issued, *, alpn=()):
    """A context of Python's for servers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.pem)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def answer(body):
    """A handler: one HTTP response to one request, and the end; the server's `received` and `sent` keep what passed."""

    def handle(connection, server):
        request = bytearray()
        while b"\r\n\r\n" not in request and (data := connection.recv(65536)):
            request += data
        if not request:
            return
        response = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
        connection.sendall(response)
        server.received += request
        server.sent += response
        close_tls(connection)

    return handle


def close_tls(connection):
    """End a TLS connection by close_notify from both sides, where it is one."""
    if isinstance(connection, ssl.SSLSocket):
        try:
            connection.unwrap()
        except OSError:
            return
