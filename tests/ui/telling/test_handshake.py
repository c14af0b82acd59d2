from journals import SALT, TICK, capture, name, segment
from support.connections import intercepted, passed_through, refused
from support.foreign import conversation
from support.handshakes import DOWN, HELLO, UP, events, handshake13, message
from support.screen import indexed
from tlscope.capture.index import Index
from tlscope.capture.indexer import Indexer
from tlscope.capture.reader import read
from tlscope.events import Data, Leg
from tlscope.wire.tls.meaning.facts import leg_facts
from tlscope_ui.telling import handshake as model
from tlscope_ui.telling.handshake import Carried, Handshake, Happened, Lost, Said

CLIENT, SERVER = Leg.CLIENT, Leg.SERVER


def understood(directory, *connections):
    """The first connection of a capture of these."""
    with Index(indexed(directory, *connections)) as index:
        return Handshake(1).read(index.lookup)


def said(handshake, leg=None):
    return [(row.name, row.direction) for row in handshake.rows if isinstance(row, Said) and leg in {None, row.leg}]


def test_every_message_is_there_in_the_order_recorded(tmp_path):
    """Those of both legs, as the facts of each count them; what else happened between them."""
    story = intercepted()
    handshake = understood(tmp_path / "c", story)
    for leg in Leg:
        facts = leg_facts(story, leg)
        assert facts.messages == [(way, found) for found, way in said(handshake, leg)]
        for number in range(len(facts.messages)):
            row = handshake.rows[handshake.row_of(leg, number)]
            assert (leg, facts.messages[number][1]) == (row.leg, row.name)
    assert None is handshake.row_of(CLIENT, 99)
    assert ["Opened", "Policy"] == [type(row.record.event).__name__ for row in handshake.rows[:2]]
    assert handshake.over


def test_data_between_messages_is_one_row_each_way(tmp_path):
    """With its bytes, its pieces, and the times of its first and last byte."""
    handshake = understood(tmp_path / "c", intercepted())
    rows = [row for row in handshake.rows if isinstance(row, Carried)]
    assert [(UP, 41, 1), (DOWN, 40, 2)] == [(row.direction, row.size, row.pieces) for row in rows]
    assert [0, TICK] == [row.last - row.mono for row in rows]


def test_facts_count_all_of_the_data(tmp_path):
    """Though none of it is read."""
    legs = understood(tmp_path / "c", intercepted()).legs()
    assert [(41, 40)] * 2 == [(facts.up, facts.down) for facts in (legs.client, legs.server)]
    assert ("TLSv1.2", "TLSv1.3") == (legs.client.version_name, legs.server.version_name)
    assert () == legs.causes


def test_what_passed_encrypted_is_known(tmp_path):
    """TLS 1.3 encrypts behind the ServerHello, TLS 1.2 behind each side's ChangeCipherSpec."""
    handshake = understood(tmp_path / "c", intercepted())
    for leg, expected in (
        (SERVER, ["EncryptedExtensions", "Certificate", "CertificateVerify", *["Finished"] * 2, "NewSessionTicket"]),
        (CLIENT, ["Finished", "Finished", "Alert"]),
    ):
        rows = [row for row in handshake.rows if isinstance(row, Said) and row.leg is leg]
        assert expected == [row.name for row in rows if handshake.encrypted(row)]


def test_a_server_asks_for_another_hello_in_the_clear(tmp_path):
    """HelloRetryRequest, and the hello that answers it, pass before there are keys (RFC 8446 section 2)."""
    handshake = understood(tmp_path / "c", conversation("tls13"))
    rows = [row for row in handshake.rows if isinstance(row, Said)]
    assert [
        ("ClientHello", False),
        ("HelloRetryRequest", False),
        ("ChangeCipherSpec", False),
        ("ChangeCipherSpec", False),
        ("ClientHello", False),
        ("ServerHello", False),
        ("EncryptedExtensions", True),
    ] == [(row.name, handshake.encrypted(row)) for row in rows[:7]]


def test_what_others_captured_is_one_leg(tmp_path):
    """Though its bytes are recorded as both: a hello that is among the messages is shown once."""
    handshake = understood(tmp_path / "c", conversation("tls12-ecdhe"))
    assert 1 == [name for name, _ in said(handshake)].count("ClientHello")


def test_an_alert_is_encrypted_if_its_record_was(tmp_path):
    """A client may say in the clear, though it has a key, that it refuses a certificate."""
    for number, sealed in enumerate((False, True)):
        handshake = understood(tmp_path / str(number), refused(sealed=sealed))
        alert = next(row for row in handshake.rows if isinstance(row, Said) and row.alert)
        assert sealed is handshake.encrypted(alert)
        assert ["The client sent the alert unknown_ca, after a certificate was shown (ours)."] == [
            cause.what for cause in handshake.legs().causes
        ]


def test_the_hello_of_a_connection_passed_through_is_read_on_the_wire(tmp_path):
    """It stands where its bytes passed."""
    handshake = understood(tmp_path / "c", passed_through(HELLO))
    assert [("ClientHello", UP)] == said(handshake)
    assert ["Happened", "Happened", "Said", "Carried", "Carried", "Happened"] == [
        type(row).__name__ for row in handshake.rows
    ]
    assert "www.example.com" == handshake.legs().client.offered.sni


def test_reading_goes_on_where_it_stopped(tmp_path):
    """While a connection is open; the rows that were there stay where they were."""
    story = intercepted()
    (tmp_path / "meta.json").write_text("{}")
    whole = segment([(1, event) for event in story], salt=SALT)
    handshake, seen = Handshake(1), []
    indexer = Indexer(tmp_path)
    for end in (3, 4, 20, len(story) - 3, len(story) - 2, len(whole)):
        (tmp_path / name()).write_bytes(b"".join(whole[:end]))
        indexer.poll()
        with Index(tmp_path) as index:
            handshake.read(index.lookup)
        assert seen == handshake.rows[: len(seen)]
        seen = [row for row in handshake.rows if not isinstance(row, Carried)]
        seen = seen if len(seen) == len(handshake.rows) else handshake.rows[: len(seen) - 1]
    indexer.close()
    with Index(tmp_path) as index:
        assert Handshake(1).read(index.lookup).rows == handshake.rows
        assert Handshake(1).read(index.lookup).legs() == handshake.legs()


def test_what_the_journal_holds_no_more_is_counted(tmp_path):
    """And what is left is still shown."""
    directory = indexed(tmp_path / "c", intercepted())
    path = directory / name()
    spoilt = bytearray(path.read_bytes())
    places = list(read(directory, connection=1))
    for record in places[4:7]:
        spoilt[record.offset - 32 : record.offset] = bytes(32)
    path.write_bytes(spoilt)
    with Index(directory) as index:
        handshake = Handshake(1).read(index.lookup)
    assert [3] == [row.count for row in handshake.rows if isinstance(row, Lost)]
    assert len(places) - 3 == len([row for row in handshake.rows if isinstance(row, Said | Happened)]) + 3


def test_rows_are_limited(tmp_path, monkeypatch):
    """KeyUpdates without end are counted; how the connection ended is known nevertheless."""
    monkeypatch.setattr(model, "MAX_ROWS", 30)
    updates = events(*[(DOWN, message(24, b"\0"))] * 50)
    story = [*intercepted()[:10], *updates, *intercepted()[-2:]]
    handshake = understood(tmp_path / "c", story)
    assert 30 == len(handshake.rows)
    assert len(story) - 30 == handshake.more
    assert handshake.legs().client.over


def test_bytes_kept_of_messages_are_limited(tmp_path, monkeypatch):
    """Beyond, messages have a name and no more."""
    monkeypatch.setattr(model, "KEPT", 2_000)
    tickets = events(*[(DOWN, message(4, bytes(1_000)))] * 20)
    handshake = understood(tmp_path / "c", [*handshake13(), *tickets])
    assert 20 == said(handshake).count(("NewSessionTicket", DOWN))
    assert 20 == handshake.legs().server.messages.count((DOWN, "NewSessionTicket"))


def test_much_data_costs_no_reading(tmp_path, monkeypatch):
    """The bytes of the data are not looked at: places say how many there are."""
    directory = indexed(tmp_path / "c", [*intercepted()[:2], *[Data(UP, b"x" * 100)] * 500])
    read_heads = []
    with Index(directory) as index:
        head = index.lookup.head
        monkeypatch.setattr(index.lookup, "head", lambda *where: read_heads.append(where) or head(*where))
        handshake = Handshake(1).read(index.lookup)
    assert (50_000, 500) == (handshake.rows[-1].size, handshake.rows[-1].pieces)
    assert 2 == len(read_heads)


def test_nothing_of_another_connection_is_taken(tmp_path):
    """A capture holds many."""
    with Index(capture_of(tmp_path / "c")) as index:
        assert [] == Handshake(9).read(index.lookup).rows
        assert 2 == len(Handshake(2).read(index.lookup).rows)


def capture_of(directory):
    capture(directory)
    return indexed(directory, intercepted(), intercepted()[:2])
