import json

import pytest

from journals import DOWN, UP, capture
from support.http2_talk import ASK, Talk
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.events import Data, HandshakeDone, Leg
from tlscope_ui.cli import concealing
from tlscope_ui.cli.concealing import MANY, MASKED, Hidden, concealed
from tlscope_ui.cli.output import Failure
from tlscope_ui.tui.models import octets

LOGIN = b'{"user": "me", "password": "s3cret"}'
ASKED = b"POST /?token=s3cret HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer s3cret\r\nContent-Length: %d\r\n\r\n%b" % (
    len(LOGIN),
    LOGIN,
)
TOLD = b"HTTP/1.1 200 OK\r\nSet-Cookie: sid=s3cret; Path=/\r\nContent-Length: 0\r\n\r\n"
WAYS = ([], ["--stream"])


@pytest.fixture
def where(tmp_path):
    """A login, in pieces."""
    return capture(
        tmp_path / "c", [*(Data(UP, ASKED[at : at + 9]) for at in range(0, len(ASKED), 9)), Data(DOWN, TOLD)]
    )


def heads(secret):
    """What a client says to a server of HTTP/2, whose heads are compressed."""
    talk = Talk()
    talk.client.send_headers(1, [*ASK, ("authorization", secret)], end_stream=True)
    talk.pass_on()
    return [HandshakeDone(Leg.SERVER, "TLSv1.3", "x", "y", "h2", "h"), *(Data(*said) for said in talk.talk)]


@pytest.mark.parametrize("way", WAYS)
def test_secrets_are_masked_until_they_are_asked_for(tlscope, where, way):
    """As the screen masks them, byte for byte; it is said, and how they are shown."""
    masked, shown = (tlscope("show", 1, *way, *more, "-c", where).out for more in ([], ["--with-secrets"]))
    joined = "".join(line.rpartition("│ ")[2] for line in masked.splitlines() if "│ " in line)
    assert "s3c" not in masked
    assert "ret" not in joined
    for piece in ("/?token=****** HTTP", "Authorization:*", '"user": "me", "password": "******"}', "Host: h"):
        assert piece.replace(" ", "") in joined.replace(" ", "")
    assert MASKED in masked.splitlines()
    assert MASKED not in shown
    assert len(masked.splitlines()) == len(shown.splitlines()) + 1


@pytest.mark.parametrize("way", WAYS)
def test_a_dump_masks_the_same_bytes(tlscope, where, way):
    """On the side of the digits, too."""
    dumped, shown = (tlscope("show", 1, "--hex", *way, *more, "-c", where).out for more in ([], ["--with-secrets"]))
    assert "73 33 63" in shown  # "s3c"
    assert "73 33 63" not in dumped
    assert "2a 2a 2a 2a" in dumped
    assert "s3c" not in dumped


@pytest.mark.parametrize("way", WAYS)
def test_what_is_compressed_is_masked_where_it_is(tlscope, tmp_path, way):
    """Heads of HTTP/2: the representation of a secret field, and nothing else of the frame."""
    said = heads("Bearer s3cret")
    where = capture(tmp_path / "c", said)
    masked, shown = (tlscope("show", 1, *way, *more, "-c", where).out for more in ([], ["--with-secrets"]))
    differing = [
        (one, other) for one, other in zip(masked.splitlines(), shown.splitlines(), strict=False) if one != other
    ]
    assert 1 <= len(differing) <= 3
    for one, other in differing:
        assert {"*"} == {after for after, before in zip(one[-17:-1], other[-17:-1], strict=True) if after != before}
    assert MASKED in masked.splitlines()


@pytest.mark.parametrize("way", WAYS)
def test_programs_get_what_passed(tlscope, where, way):
    """Every byte, and no word on what was not masked."""
    told = [json.loads(line) for line in tlscope("show", 1, *way, "--jsonl", "-c", where).out.splitlines()]
    assert ASKED.decode() == "".join(each["text"] for each in told if each.get("direction") == "up")


@pytest.mark.parametrize("way", WAYS)
def test_where_nothing_is_masked_nothing_is_said(tlscope, tmp_path, way):
    """Data is what it is."""
    where = capture(tmp_path / "c", [Data(UP, b"hello\n")])
    assert MASKED not in tlscope("show", 1, *way, "-c", where).out


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("limit", [0, 40, 95])
def test_a_limit_shows_no_secret(tlscope, where, way, limit):
    """Where it ends in the middle of one, either."""
    out = tlscope("show", 1, *way, "--max-data", limit, "-c", where).out
    assert "s3c" not in out
    assert (limit > 0) is ("POST" in out)


def test_no_more_is_read_than_is_shown(tmp_path, monkeypatch):
    """And what is ahead of it; what comes after that is not shown, and said to be late."""
    monkeypatch.setattr(concealing, "AHEAD", 100)
    directory = indexed(tmp_path / "c", [Data(UP, b"x" * 100) for _ in range(20)])
    with Index(directory) as index:
        passed = concealed(index, directory, 1, 300)
        assert 400 == len(passed.source)
        records = list(index.lookup.records(1))
    hidden = Hidden(passed)
    assert (b"x" * 100, 0) == (hidden.of(records[3], records[3].event.data), hidden.late)
    assert (b"", 100) == (hidden.of(records[4], records[4].event.data), hidden.late)
    [[said]] = hidden.said()
    assert said.startswith("100 B of data came meanwhile")


def test_what_is_too_much_to_be_looked_through_is_not_shown(tlscope, where, monkeypatch):
    """And it is said."""
    monkeypatch.setattr(octets, "MAX_PIECES", 2)
    for way in WAYS:
        lines = tlscope("show", 1, *way, "-c", where).out.splitlines()
        assert f"{len(ASKED) + len(TOLD) - 18} B of data {MANY}" == lines[-1]


def test_without_an_index_they_are_found_in_the_journal(tlscope, tmp_path, monkeypatch):
    """Where none can be made, nothing is shown that would be masked with one; not in HTTP/2, either."""
    said = heads("Bearer s3cret")
    where = capture(tmp_path / "c", said)
    expected = tlscope("show", 1, "-c", where).out
    assert MASKED in expected

    def no_index(_):
        raise Failure("the disk is full", "free some space")

    monkeypatch.setattr(concealing, "opened", no_index)
    assert expected == tlscope("show", 1, "-c", where).out
