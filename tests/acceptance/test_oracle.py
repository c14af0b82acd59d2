"""What the whole makes of real connections, against Wireshark: the exported packets, opened with the keys in the file.

The capture is recorded once, with `--ciphertext`, from other people's clients and servers. tshark reads what `export
-f pcapng` wrote of it, and must see the same messages, the same fields in them, the same data and the same exchanges.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter, defaultdict
from contextlib import ExitStack, closing
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from support import tshark
from support.clients import curl, s_client
from support.needs import needs
from support.recorder import Caught, Recording
from support.servers import OpensslServer

SAID = b"hello tlscope\nCLOSE\n"
NO_PAIR = 7
"""Above it the first byte of a signature scheme is no hash: Wireshark splits those, too, and calls them unknown."""
HTTP = {"http2, TLS 1.3", "http1, TLS 1.3", "http2, TLS 1.2", "http1, TLS 1.2", "upload", "upload, http2", "head"}


class Conversation(NamedTuple):
    """A leg as tshark saw it."""

    messages: list[tshark.Shown]
    exchanges: list[tuple[str, str, int, int, int]]
    stream: int


class Seen(NamedTuple):
    """What was recorded, and what tshark made of it."""

    caught: dict[str, Caught]
    told: dict[str, list[dict]]
    """Their messages, as `show --json` tells them."""
    legs: dict[tuple[int, str], Conversation]
    """By connection and leg."""
    pcapng: str
    har: dict


@pytest.fixture(scope="module")
def seen(tmp_path_factory, upstream_ca, issued, nginx):
    """All connections of this file, recorded and exported once."""
    home = tmp_path_factory.mktemp("oracle")
    ours, theirs = (upstream_ca.issue(name, client=True) for name in ("ours", "theirs"))
    with ExitStack() as stack:
        trusting = ["--ca-file", upstream_ca.pem, "--ciphertext", "--client-cert", f"local*={ours.pem}"]
        recording = stack.enter_context(closing(Recording(home / "recorder", *trusting)))

        def serve(*options):
            return stack.enter_context(closing(OpensslServer(home, issued, "-rev", *options)))

        caught = {}
        for name, talk in {**requests(recording, nginx), **handshakes(recording, serve, upstream_ca, theirs)}.items():
            with recording.catch() as connections:
                talk()
            caught[name] = connections.one
        recording.stop()
        path = home / "x.pcapng"
        recording.cli("export", "-f", "pcapng", "-o", path)
        har = json.loads(recording.cli("export", "-f", "har"))
        told = {name: recorded(connection) for name, connection in caught.items()}
        yield Seen(caught, told, conversations(path), path, har)


def requests(recording, nginx):
    """Of curl to nginx."""

    def ask(*options):
        done = curl("-x", f"http://{recording.address}", "--cacert", recording.ca, *options)
        assert 0 == done.returncode, done.stderr

    urls = [f"{nginx.url}/{name}" for name in ("one", "16K", "empty", "missing?a=b")]
    return {
        "http2, TLS 1.3": lambda: ask("--http2", *urls),
        "http1, TLS 1.3": lambda: ask("--http1.1", *urls),
        "http2, TLS 1.2": lambda: ask("--http2", "--tls-max", "1.2", *urls),
        "http1, TLS 1.2": lambda: ask("--http1.1", "--tls-max", "1.2", *urls),
        # Not to a file: nginx refuses at once, and Wireshark pairs no response with what has not come in whole.
        "upload": lambda: ask("--http1.1", "--data-binary", "x" * 20_000, f"{nginx.url}/take"),
        "upload, http2": lambda: ask("--http2", "--data-binary", "x" * 20_000, f"{nginx.url}/take"),
        "head": lambda: ask("--http1.1", "-I", urls[1]),
    }


def handshakes(recording, serve, upstream_ca, theirs):
    """Of `openssl s_client` with `openssl s_server`."""
    show = ["-cert", theirs.pem, "-key", theirs.pem]
    ask = ["-Verify", "1", "-CAfile", upstream_ca.pem]

    def talk(server, *options):
        trust = ["-CAfile", recording.ca, "-verify_return_error"]
        done = s_client(server.port, "-quiet", *trust, *options, proxy=recording.port, input_=SAID)
        assert done.stdout, done.stderr

    def refuse(*options):
        done = s_client(serve().port, "-verify_return_error", *options, proxy=recording.port)
        assert done.returncode

    return {
        "client certificate, TLS 1.3": lambda: talk(serve(*ask), *show),
        "client certificate, TLS 1.2": lambda: talk(serve(*ask, "-tls1_2"), "-tls1_2", *show),
        "retry by the server": lambda: talk(serve("-groups", "P-384"), "-groups", "X25519:P-384"),
        "retry by us": lambda: talk(serve(), "-groups", "ffdhe6144:P-256"),
        "CBC, TLS 1.2": lambda: talk(serve("-tls1_2"), "-cipher", "ECDHE-ECDSA-AES128-SHA256"),
        "alert, TLS 1.3": lambda: refuse("-tls1_3"),
        "alert, TLS 1.2": lambda: refuse("-tls1_2"),
    }


def conversations(path):
    """What tshark sees of each leg."""
    found, streams = {}, defaultdict(list)
    for stream, layers in tshark.packets(path):
        streams[stream].append(layers)
    for stream, packets in streams.items():
        said = [value for key, value in tshark.nodes(packets[0]) if key == "frame.comment"]
        number = re.search(r"connection (\d+) to .*(client|server) leg", str(said))
        if number:
            tls = [
                shown
                for layers in packets
                for key, tree in layers
                if key == "tls"
                for shown in tshark.shown(tree, stream)
            ]
            found[int(number[1]), number[2]] = Conversation(tls, exchanges(packets), stream)
    return found


def exchanges(packets):
    """Method, path, status, and bytes of the request's and the response's content, in the order of the requests."""
    found, answered = defaultdict(lambda: ["", "", 0, 0, 0]), 0
    asked = 0
    for layers in packets:
        for key, tree in layers:
            if key == "http2":
                for name, frame in tree if isinstance(tree, list) else ():
                    if name == "http2.stream":
                        _frame(found, frame)
            elif key == "http":
                said = dict(tshark.nodes(tree))
                if said.get("http.request.method", "CONNECT") != "CONNECT":
                    asked += 1
                    found[asked][:2] = said["http.request.method"], said["http.request.uri"]
                    found[asked][3] = _content(said)
                elif "http.response.code" in said and asked:
                    answered += 1
                    found[answered][2], found[answered][4] = int(said["http.response.code"]), _content(said)
    return [tuple(found[number]) for number in sorted(found)]


def _content(said):
    return said["http.file_data_raw"][2] if "http.file_data_raw" in said else 0


def _frame(found, frame):
    said = dict(tshark.nodes(frame))
    number = int(said.get("http2.streamid", "0"))
    if not number:
        return
    exchange = found[number]
    if "http2.headers.method" in said:
        exchange[:2] = said["http2.headers.method"], said["http2.headers.path"]
    if "http2.headers.status" in said:
        exchange[2] = int(said["http2.headers.status"])
    if said["http2.type"] == "0":
        exchange[4 if exchange[2] else 3] += int(said["http2.length"])


def recorded(caught):
    """The events of both legs' handshake messages and alerts as `show --json` tells them."""
    events = map(json.loads, caught.recording.cli("show", caught.number, "--json").splitlines())
    return [event for event in events if event["kind"] == "message" and event["name"] != "ChangeCipherSpec"]


def each(seen):
    for name in seen.caught:
        for leg in ("client", "server"):
            ours = [event for event in seen.told[name] if event["leg"] == leg]
            yield name, leg, ours, seen.legs[seen.caught[name].number, leg]


def test_wireshark_opens_every_message(seen):
    """It sees the handshake messages and alerts that we show, all of them, byte for byte."""
    names = Counter()
    for name, leg, ours, conversation in each(seen):
        assert sorted(event["hex"] for event in ours) == sorted(found.data.hex() for found in conversation.messages), (
            name, leg
        )  # fmt: skip
        names.update(event["name"] for event in ours)
    assert {"HelloRetryRequest", "CertificateRequest", "CertificateVerify", "NewSessionTicket", "Alert"} <= names.keys()
    assert 150 < names.total()


def test_wireshark_sees_the_same_fields(seen):
    """Each field that both know is at the same bytes and of the same value; we know all of TLS that it knows."""
    compared = Counter()
    for name, leg, told, conversation in each(seen):
        trees = {event["hex"]: event["fields"] for event in told}
        for message in conversation.messages:
            ours = defaultdict(list)
            for field in walk(trees[message.data.hex()]):
                ours[field["key"]].append(field)
            for found in message.fields:
                known = found.key in ours and not found.key.startswith("ber.")  # those are of the encoding alone
                if is_split_scheme(found, message.data) or not (known or found.key.startswith("tls.")):
                    continue
                assert any(same(field, found) for field in ours[found.key]), (name, leg, found, ours[found.key])
                compared[found.key.partition(".")[0]] += 1
    assert 3000 < compared["tls"]
    assert compared.keys() >= {"tls", "x509af"}


def walk(tree):
    yield tree
    for child in tree.get("children", ()):
        yield from walk(child)


def is_split_scheme(found, data):
    split = found.key.startswith("tls.handshake.sig_hash_") and found.key[-4:] in {"hash", "_sig"}
    return split and data[found.start - (found.key[-4:] == "_sig")] >= NO_PAIR


def same(field, found):
    """Same bytes, and the same value; a vector of ours takes its length in."""
    end, value = found.start + len(found.data), field.get("value")
    if field["start"] + field["length"] != end:
        return False
    if value is None:
        return 0 <= found.start - field["start"] <= 4
    if not found.key.startswith("tls.") or found.key == "tls.handshake.dname":
        return True  # DER: there the text differs, and whether the header of a SEQUENCE is told as part of it
    if field["start"] != found.start:
        return False
    if isinstance(value, str):
        return value in {found.value, found.data.hex()}
    return value == int.from_bytes(found.data) or value == int(found.value, 0)


def test_wireshark_opens_all_data(seen):
    """The plaintext of each leg is the recorded data of both directions, in order: no record stayed closed."""
    plain = followed(seen.pcapng, [conversation.stream for *_, conversation in each(seen)])
    for name, leg, _, conversation in each(seen):
        up, down = seen.caught[name].data("up"), seen.caught[name].data("down")
        assert is_shuffle(plain[conversation.stream], up, down), (name, leg)


def followed(path, streams):
    """The plaintext of streams in pieces. Their directions are not to be relied on where both sides speak at once."""
    asked = [option for stream in streams for option in ("-z", f"follow,tls,raw,{stream}")]
    command = [needs("tshark"), "-n", "-r", path, "-q", *asked]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = {}
    for part in told.split("=" * 67)[1::2]:
        stream = int(re.search(r"tcp\.stream eq (\d+)", part)[1])
        found[stream] = [bytes.fromhex(line) for line in part.splitlines() if re.fullmatch(r"\t?[0-9a-f]+", line)]
    return found


def is_shuffle(pieces, up, down):
    """Whether the pieces, each one of `up` or `down`, make up both in order, and nothing else."""
    consumed, taken = 0, {0}  # how much of `up` may have been taken so far
    for piece in pieces:
        ups = {at + len(piece) for at in taken if up.startswith(piece, at)}
        taken = ups | {at for at in taken if down.startswith(piece, consumed - at)}
        consumed += len(piece)
    return len(up) in taken and consumed == len(up) + len(down)


def test_wireshark_sees_the_same_exchanges(seen):
    """Each HTTP exchange in the HAR has the method, path, status and sizes that tshark finds on either leg."""
    ours = defaultdict(list)
    for entry in seen.har["log"]["entries"]:
        request, response = entry["request"], entry["response"]
        path = urlsplit(request["url"])._replace(scheme="", netloc="").geturl()
        sizes = request["bodySize"], response["bodySize"]
        ours[int(entry["connection"])].append((request["method"], path, response["status"], *sizes))
    numbers = {seen.caught[name].number for name in HTTP}
    assert numbers == ours.keys()
    for number in numbers:
        for leg in ("client", "server"):
            assert seen.legs[number, leg].exchanges == ours[number], (number, leg)
    assert 19 == sum(map(len, ours.values()))
