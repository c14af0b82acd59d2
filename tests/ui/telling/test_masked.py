from hypothesis import given, settings
from hypothesis import strategies as st

from journals import DOWN, NOON, UP
from tlscope.capture.segment import Record
from tlscope.events import Data, HandshakeDone, Leg, Outcome, OutcomeKind
from tlscope_ui.telling import masked as module
from tlscope_ui.telling.masked import TAIL, Masked, without_secrets

MARK = b"[redacted]"


def record(event, connection=1, size=None):
    length = size if size is not None else len(event.data) if isinstance(event, Data) else 0
    return Record(connection, NOON, 0, event, "", 0, length, 0)


def shown(masked, *pieces, way=UP):
    return b"".join(masked.of(record(Data(way, piece)))[0] for piece in pieces)


def test_what_is_secret_is_marked():
    """In URLs, in header fields, in forms and in JSON; all else is as it was."""
    for before, secret, behind in (
        (b"GET /a?token=", b"s3cret", b"&n=1 HTTP/1.1"),
        (b"GET / HTTP/1.1\r\nAuthorization: ", b"Bearer s3cret", b"\r\nAccept: */*"),
        (b"GET / HTTP/1.1\r\nCookie: ", b"sid=s3cret; a=b", b"\r\n"),
        (b"user=me&password=", b"s3cret", b""),
        (b'{"n": 1, "secret": "', b"s3cret", b'"}'),
    ):
        assert before + MARK + behind == shown(Masked(), before + secret + behind)
    assert b"GET /a?n=1 HTTP/1.1" == shown(Masked(), b"GET /a?n=1 HTTP/1.1")


@given(st.lists(st.integers(1, 70), max_size=8))
@settings(max_examples=100)
def test_no_part_of_a_secret_is_shown_however_it_came(cuts):
    """Its name in one piece, its value in others: each part of it is a mark."""
    whole = b"GET /a HTTP/1.1\r\nAuthorization: Bearer QQQQQQQQQQQQQQQQQQQ\r\nAccept: */*\r\n\r\n"
    ends = sorted({min(cut, len(whole)) for cut in cuts} | {len(whole)})
    pieces = [whole[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    after = shown(Masked(), *pieces)
    assert b"Q" not in after
    assert after.endswith(b"Accept: */*\r\n\r\n")


def test_directions_and_connections_are_apart():
    """What one says in the middle of the other's secret is none of it."""
    masked = Masked()
    assert b"GET /?token=" == shown(masked, b"GET /?token=")
    assert b"HTTP/1.1 200 OK" == shown(masked, b"HTTP/1.1 200 OK", way=DOWN)
    assert b"abc" == masked.of(record(Data(UP, b"abc"), connection=2))[0]
    assert MARK + b" HTTP/1.1" == shown(masked, b"s3cret HTTP/1.1")


def test_the_length_is_that_of_what_may_be_shown():
    """So that who cuts it can say whether there is more."""
    assert (b"token=" + MARK, 16) == Masked().of(record(Data(UP, b"token=s")))
    assert (b"token=" + MARK, 116) == Masked().of(record(Data(UP, b"token=s"), size=107))


def test_little_is_kept():
    """The end of each direction, while the connection lasts; nothing of what was not read to its end."""
    masked = Masked()
    shown(masked, b"x" * 10 * TAIL)
    assert TAIL == len(masked._tails[1][UP])
    masked.of(record(Data(UP, b"token="), size=1000))
    assert b"" == masked._tails[1][UP]
    masked.feed(record(Outcome(OutcomeKind.INTERCEPTED, 0, 0)))
    assert {} == masked._tails


def test_compressed_heads_are_not_shown():
    """As nothing can be found in them; what passed outside TLS was before that."""
    masked = Masked()
    done = HandshakeDone(Leg.CLIENT, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519", "h2", "")
    masked.feed(record(done))
    assert (b"", 0) == masked.of(record(Data(UP, b"anything")))
    assert b"CONNECT" == masked.of(record(Data(UP, b"CONNECT", encrypted=False)))[0]
    masked.feed(record(Outcome(OutcomeKind.INTERCEPTED, 0, 0)))
    assert b"anything" == shown(masked, b"anything")


def test_of_a_long_content_the_same_is_masked(monkeypatch):
    """By what stands right before it: its kind is not looked at."""
    data = b'{"password": "s3cret", "name": "me"}'
    expected = b'{"password": "[redacted]", "name": "me"}'
    assert expected == without_secrets("application/json", data)
    monkeypatch.setattr(module, "WHOLE", 10)
    assert expected == without_secrets("application/json", data)
    assert b"nothing at all" == without_secrets("", b"nothing at all")
