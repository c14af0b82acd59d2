import json
import shlex
import shutil
from pathlib import Path

import pytest

from journals import UP
from support.screen import indexed
from tlscope.capture.exchanges import exchanges
from tlscope.capture.index import Index
from tlscope.capture.inspector import catch_up
from tlscope.events import Data
from tlscope.export import redact
from tlscope_ui.tui.models.copies import COPIES, Asked, Nothing, made
from tlscope_ui.tui.models.rows import Selected

FIRST = Selected(1, 1)
VISIT = Path(__file__).parents[3] / "data" / "captures" / "visit"


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A real capture, indexed."""
    where = tmp_path_factory.mktemp("visit") / "visit"
    shutil.copytree(VISIT, where)
    assert catch_up(where)
    return where


@pytest.fixture
def copied(directory):
    """Make something."""

    def make(name, selected=FIRST, *, secrets=False):
        with Index(directory) as index:
            return made(name, Asked(directory, index, selected, secrets))

    return make


def secret(directory, number=1):
    """Credentials that passed on a connection: the values of the headers that are nothing else."""
    with Index(directory) as index:
        row = index.connection(number)
        found = []
        for exchange in exchanges(index.lookup, number, row["client_alpn"] or ""):
            for head in (exchange.request, exchange.response):
                for header in head.headers if head else ():
                    name = header.name.decode()
                    if redact.header(name, header.text) != header.text:
                        found.append((Selected(number, exchange.number), header.text))
        return found


def test_a_request_is_a_url_and_a_command(copied):
    """That of the exchange that is selected; of a connection, its first."""
    url = copied("URL")
    assert url.startswith("https://shop.example")
    words = shlex.split(copied("curl"))
    assert "curl" == words[0]
    assert url in words
    assert url == copied("URL", Selected(1))


def test_secrets_are_left_out_unless_wanted(copied, directory):
    """Of commands, heads and JSON alike."""
    known, names = secret(directory), ("curl", "request head", "response head", "JSON")
    assert known
    for selected, text in known:
        together = {
            wanted: "".join(copied(name, selected, secrets=wanted) for name in names) for wanted in (False, True)
        }
        assert text not in together[False]
        assert text in together[True]


def test_heads_are_lines(copied):
    """The first says what it is, the others are header fields."""
    assert copied("request head").startswith(("GET ", "POST "))
    assert "201" in copied("response head").splitlines()[0]


def test_what_is_utf_8_is_copied_as_such(tmp_path):
    """Also where it stands raw in a target or a header: what is pasted is what was meant."""
    asked = "GET /Łódź HTTP/1.1\r\nHost: a.example\r\nX-Name: Jörg\r\n\r\n".encode()
    where = indexed(tmp_path / "c", [Data(UP, asked)])
    with Index(where) as index:
        url, head, curl = (made(name, Asked(where, index, FIRST, False)) for name in ("URL", "request head", "curl"))  # noqa: FBT003 - as it is declared
    assert url.endswith("/Łódź")
    assert ["GET /Łódź HTTP/1.1", "Host: a.example", "X-Name: Jörg"] == head.splitlines()
    assert r"/\xc5\x81\xc3\xb3d\xc5\xba" in curl


def test_json_is_that_of_a_har_or_of_the_row(copied):
    """An exchange is an entry, a connection its row."""
    assert {"request", "response"} <= set(json.loads(copied("JSON")))
    assert "shop.example" == json.loads(copied("JSON", Selected(1)))["host"]


def test_certificates_are_pem(copied):
    """Of both legs."""
    assert 2 <= copied("PEM").count("-----BEGIN CERTIFICATE-----")


def test_what_is_not_there_is_said(copied):
    """In words, whatever is asked for."""
    for selected in (Selected(8), Selected(4), Selected(10_000)):
        for copy in COPIES:
            if copy.of == "exchange":
                with pytest.raises(Nothing):
                    copied(copy.name, selected)


def test_names_are_given_once():
    """In the menu each has a key of its own."""
    assert len(COPIES) == len({copy.key for copy in COPIES}) == len({copy.name for copy in COPIES})
    assert not {"u", "y", "v"} & {copy.key for copy in COPIES}
