import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from journals import STORY, capture, held
from tlscope.capture import notes
from tlscope.capture.notes import Note
from tlscope.events import Action, Data, Direction, Opened, Outcome, OutcomeKind, Policy
from tlscope_ui.cli import rows
from tlscope_ui.cli.columns import named, of_connections, of_exchanges, of_hosts
from tlscope_ui.cli.output import Failure
from tlscope_ui.tui.models.columns import BY_KEY, COLUMNS, unmasked

UP, DOWN = Direction
GET = b"GET /a?token=s3cret HTTP/1.1\r\nHost: one.example\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def said(tmp_path):
    """A connection with an exchange, and one that is not over."""
    begun = [Opened("explicit", "127.0.0.1:1", "127.0.0.1:8080"), Policy(Action.INTERCEPT, "one.example", 443, "sni")]
    over = Outcome(OutcomeKind.INTERCEPTED, len(GET), len(OK))
    return capture(tmp_path / "c", [*begun, Data(UP, GET), Data(DOWN, OK), over], STORY[:1])


def lines(ran):
    return [line.split() for line in ran.out.splitlines()]


def test_the_columns_that_are_named(tlscope, said):
    """In the order in which they are named, under their names, behind the number; empty ones, too."""
    ran = tlscope("list", "-c", said, "--columns", "down,what,rule,type")
    assert (0, "") == (ran.code, ran.err)
    assert ["#", "down", "what", "rule", "type"] == lines(ran)[0]
    assert ["1", "38", "B", "one.example:443", "http/1.1"] == lines(ran)[1]


def test_every_column_of_the_screen_can_be_named(tlscope, said):
    """What the screen can show, lines can; the help names them all."""
    keys = [column.key for column in COLUMNS]
    assert ["#", *keys] == lines(tlscope("list", "-c", said, "--columns", ",".join(keys)))[0]
    told = "".join(tlscope("list", "--help").out.replace("│", "").split())
    assert f"{','.join(keys)}." in told


def test_of_exchanges_and_of_hosts(tlscope, said):
    """They are columns of these as well; secrets are masked unless asked for, and a host has its name first."""
    ran = tlscope("list", "--exchanges", "-c", said, "--columns", "outcome,what")
    assert [["#", "exch", "outcome", "what"], ["1", "1", "✓", "200", "GET", "/a?token=[redacted]"]] == lines(ran)
    ran = tlscope("list", "--exchanges", "--with-secrets", "-c", said, "--columns", "outcome,what")
    assert "/a?token=s3cret" == lines(ran)[1][-1]
    ran = tlscope("list", "--hosts", "-c", said, "--columns", "exchanges,down")
    assert [["what", "exchanges", "down"], ["one.example", "1", "38", "B"]] == lines(ran)[:2]


def test_a_filter_chooses_the_rows(tlscope, said):
    """As without columns; and where it leaves none, that is said."""
    assert ["#", "1"] == [line[0] for line in lines(tlscope("list", "host", "-c", said, "--columns", "time"))]
    ran = tlscope("list", "nonesuch", "-c", said, "--columns", "time")
    assert (0, "") == (ran.code, ran.out)
    assert ran.err.startswith(f"{said} holds no connection that the filter selects\n")


def test_what_is_not_over_is_open_while_somebody_records(tlscope, said):
    """A recorder that was killed leaves connections whose end nobody saw."""
    assert ["2", "?", "unfinished"] == lines(tlscope("list", "-c", said, "--columns", "outcome"))[2]
    with held(said):
        assert ["2", "●", "open"] == lines(tlscope("list", "-c", said, "--columns", "outcome"))[2]


def test_many_connections_are_several_tables(tlscope, said, monkeypatch):
    """Each with its headings; none is left out."""
    monkeypatch.setattr(rows, "PAGE", 1)
    assert ["#", "1", "#", "2"] == [line[0] for line in lines(tlscope("list", "-c", said, "--columns", "time"))]


def test_what_was_noted_is_the_last_column(tlscope, said):
    """Where there is anything."""
    notes.write(said, [Note(2, 0, "look")])
    assert [["#", "what", "noted"], ["1", "one.example:443"], ["2", "-", "look"]] == lines(
        tlscope("list", "-c", said, "--columns", "what")
    )


@pytest.mark.parametrize(
    ("asked", "next_"),
    [("tiem", "did you mean time?"), ("xyzzy", f"there are: {', '.join(BY_KEY)}"), (" , ", "there are: ")],
)
def test_what_is_no_column_is_said(tlscope, said, asked, next_):
    """With the one that may be meant, or all that there are."""
    ran = tlscope("list", "-c", said, "--columns", asked)
    assert (2, "") == (ran.code, ran.out)
    assert next_ in ran.err


def test_json_tells_all(tlscope, said):
    """Nothing of it is chosen."""
    assert 2 == tlscope("list", "-c", said, "--jsonl", "--columns", "time").code


@given(st.lists(st.sampled_from(list(BY_KEY)), min_size=1))
def test_each_once_in_its_order(keys):
    """However often it is named."""
    assert list(dict.fromkeys(keys)) == [column.key for column in named(",".join(keys))]


@given(hostile.text.filter(lambda text: set(text.replace(",", " ").split()).isdisjoint(BY_KEY)))
def test_any_other_text_is_refused(text):
    """In exit code 2."""
    with pytest.raises(Failure) as failure:
        named(text)
    assert 2 == failure.value.code


def test_cells_are_those_of_the_screen():
    """The same functions make them."""
    chosen = named("what,tls,up")
    assert [BY_KEY["what"].connection, BY_KEY["tls"].connection] == [
        column.cell for column in of_connections(chosen, live=True)[1:3]
    ]
    assert [BY_KEY["what"].exchange, unmasked] == [
        of_exchanges(chosen, masked=masked)[2].cell for masked in (True, False)
    ]
    assert [BY_KEY["what"].host, BY_KEY["up"].host] == [column.cell for column in of_hosts(named("up"))]
