import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from tlscope.wire.tls.meaning.finding import Severity
from tlscope_ui.telling import Span
from tlscope_ui.text import columns
from tlscope_ui.tui.models.columns import (
    BY_KEY,
    COLUMNS,
    DEFAULT,
    GAP,
    LEAST_OF_HOSTS,
    cell,
    final,
    fitted,
    grouped,
    needed,
    outcome,
    request,
    status,
    took,
    unmasked,
    what,
)
from tlscope_ui.tui.models.hosts import NAMELESS, OTHERS, Host


def chosen():
    return [BY_KEY[key] for key in DEFAULT]


@pytest.mark.parametrize("room", [20, 40, 72, 100, 200])
def test_columns_fill_the_room_and_no_more(room):
    """Whatever the terminal's width, a row takes all of it; but two columns always stay."""
    found = fitted(chosen(), room)
    taken = sum(width for _, width in found) + GAP * (len(found) - 1)
    assert room == taken or (len(found) == 2 and taken >= room)


def test_what_matters_least_goes_first():
    """Where an exchange goes and how it ended are the last to go."""
    assert ["what", "outcome"] == [column.key for column, _ in fitted(chosen(), 30)]
    assert "down" in [column.key for column, _ in fitted(chosen(), 70)]
    assert list(DEFAULT) == [column.key for column, _ in fitted(chosen(), 200)]


def test_short_names_leave_room():
    """Where names are short, no column goes for the sake of a wide one; at 80, what was found stays as a sign."""
    assert list(DEFAULT) == [column.key for column, _ in fitted(chosen(), 114, least=needed(14))]
    assert "time" not in [column.key for column, _ in fitted(chosen(), 114, least=needed(30))]
    assert [14, 20, 24] == [needed(names) for names in (3, 20, 300)]
    found = fitted(chosen(), 74)
    assert {"what", "outcome", "found"} <= {column.key for column, _ in found}
    (sign,) = [column for column, wide in found if column.key == "found" and wide == 1]
    row = {"severity": Severity.serious, "oddities": "content-length"}
    assert ["‼", "!", "‼"] == [
        sign.connection(row).text, sign.exchange(row).text, sign.host(host(severity=4)).text
    ]  # fmt: skip
    assert ["", "", ""] == [
        told.text
        for told in (
            sign.connection({"severity": None}), sign.exchange({"oddities": None}), sign.host(host(severity=1)),
        )
    ]  # fmt: skip
    assert "found" not in [column.key for column, _ in fitted(chosen(), 74, {"found": 20})]


def test_where_a_wide_column_goes_there_may_be_room_for_a_narrow_one():
    """None is left out that fits."""
    assert ["what", "outcome", "alpn", "found"] == [
        column.key for column, _ in fitted([BY_KEY[key] for key in ("what", "outcome", "alpn", "ja4", "found")], 84)
    ]
    for room in range(40, 140):
        found = fitted(chosen(), room)
        (rest,) = [wide for column, wide in found if column.key == "what"]
        gone = [column for column in chosen() if column.key not in {one.key for one, _ in found}]
        assert [] == [column.key for column in gone if rest - column.width - GAP >= 24]


def test_a_long_outcome_has_the_room_that_names_leave():
    """That of the longest alerts; a width that was chosen holds, and names that are long keep what they need."""

    def wide(room, widths=None, **needs):
        return {column.key: width for column, width in fitted(chosen(), room, widths, **needs)}

    longest = columns("✗ server: unsupported_certificate")
    assert longest <= wide(140, least=14, ample=14)["outcome"]
    assert 14 == wide(116, least=14, ample=14)["what"]
    assert (28, 40) == tuple(wide(140)[key] for key in ("outcome", "what"))
    assert longest <= wide(200)["outcome"]
    assert 20 == wide(200, {"outcome": 20})["outcome"]


def test_widths_that_were_chosen_hold():
    """A column that somebody resized is that wide, but never gone."""
    assert {"tls": 15, "up": 4} == {
        column.key: width
        for column, width in fitted(chosen(), 200, {"tls": 15, "up": 1})
        if column.key in {"tls", "up"}
    }


@given(hostile.text, st.integers(min_value=2, max_value=40), st.booleans())
def test_a_cell_is_as_wide_as_its_column(text, width, right):
    """So the columns stand below each other, whatever strangers call themselves."""
    assert width == columns(cell(Span(text, ""), width, right=right).text)
    assert set() == hostile.forbidden(cell(Span(text, ""), width).text)


def test_a_cut_cell_says_so():
    """What does not fit ends in an ellipsis."""
    assert "exam…" == cell(Span("example.org", ""), 5).text
    assert "   12" == cell(Span("12", ""), 5, right=True).text


def test_outcomes_are_words_with_their_cause():
    """Colour is never the only sign; what went wrong stands beside it."""
    row = {
        "mode": "explicit",
        "outcome": "client-rejected",
        "detail": "the client sent the alert unknown_ca",
        "fault": "alert",
        "alerts": "client:unknown_ca us:internal_error server:close_notify",
    }
    assert "✗ client: unknown_ca" == outcome(row).text
    assert "✗ client: closed" == outcome(row | {"alerts": None, "fault": "closed"}).text
    assert "✗ client: it went away" == outcome(row | {"alerts": None, "fault": None, "detail": "it went away"}).text
    assert "✗ client-rejected" == outcome(row | {"alerts": None, "detail": None, "fault": None}).text
    assert "● open" == outcome(row | {"outcome": None}).text
    assert "? unfinished" == final(row | {"outcome": None}).text
    assert "✗ client: unknown_ca" == final(row).text
    invalid = row | {"outcome": "upstream-invalid", "verdict": "name-mismatch expired"}
    assert "✗ server: name-mismatch" == outcome(invalid).text
    assert "✗ server: name-mismatch" == outcome(invalid | {"alerts": None, "fault": None, "detail": "closed"}).text
    assert "✗ server: unknown_ca" == outcome(invalid | {"verdict": None}).text
    assert "✓ intercepted" == outcome(row | {"outcome": "intercepted", "detail": "x"}).text
    assert "· read from a file" == outcome(row | {"outcome": "passed-through", "mode": "pcap"}).text


def test_exchanges_say_what_was_answered():
    """A failure is a failure in a glyph too; no answer is not an error."""
    assert ["✓ 200", "✗ 404", "no response", "…"] == [
        status({"status": code, "ended": ended}).text for code, ended in ((200, 1), (404, 1), (None, 1), (None, None))
    ]


def test_secrets_of_targets_are_asked_for():
    """A row is seen over somebody's shoulder; of a long target, too, of which little is shown."""
    row = {"method": "GET", "target": "/err?q=1&token=xyz"}
    assert "GET /err?q=1&token=[redacted]" == request(row).text
    assert "GET /err?q=1&token=xyz" == unmasked(row).text
    bearer = "eyJhbGciOiJIUzI1NiJ9." + "a" * 500 + "." + "b" * 43
    assert "eyJ" not in request(row | {"target": f"/reset/{bearer}"}).text
    assert ["? ", "? "] == [told({"method": None, "target": None}).text for told in (request, unmasked)]


def test_hosts_and_times_are_as_people_write_them():
    """IPv6 in brackets; milliseconds, then seconds."""
    row = {"host": None, "sni": None, "server_ip": "::1", "port": 443}
    assert "[::1]:443" == what(row).text
    assert "-" == what(row | {"server_ip": None}).text
    assert ["1.5 ms", "12.0 s", ""] == [took(0, end).text for end in (1_500_000, 12 * 10**9, None)]


def test_every_column_explains_itself():
    """For the dialog that chooses columns, and for help."""
    assert all(column.note.endswith(".") for column in COLUMNS)
    assert len(COLUMNS) == len(BY_KEY)


def host(**counted):
    return Host(
        5, "example.org", 1, **{"connections": 3, "exchanges": 7, "failed": 2, "up": 1, "down": 2048, **counted}
    )


@pytest.mark.parametrize("room", [68, 74, 100, 113, 200])
def test_what_is_counted_of_hosts_is_there(room):
    """Connections, exchanges, failures and bytes both ways fit into 80 columns, even beside a million of rows."""
    found = fitted(grouped(chosen(), room), room, least=LEAST_OF_HOSTS)
    keys = [column.key for column, _ in found]
    assert {"what", "connections", "exchanges", "outcome", "up", "down"} <= set(keys)
    assert keys[keys.index("what") : keys.index("what") + 3] == ["what", "connections", "exchanges"]
    assert room == sum(width for _, width in found) + GAP * (len(found) - 1)
    assert ("time" in keys) == (room >= 100)
    assert "found" in keys
    assert all(column.heading == "Last" for column, _ in found if column.key == "time")
    assert (28 if room >= 100 else 12) == next(width for column, width in found if column.key == "outcome")


def test_counts_stand_though_other_columns_were_chosen():
    """Once each; and the name, in front where it was not chosen."""
    assert ["what", "connections", "exchanges", "ja4"] == keys_of("what", "ja4", "connections")
    assert ["what", "connections", "exchanges", "ja4"] == keys_of("ja4")


def keys_of(*chosen):
    return [column.key for column in grouped([BY_KEY[key] for key in chosen], 100)]


def test_a_host_is_told_in_its_columns():
    """Those that are not about hosts are empty."""
    told = {column.key: column.host(host()).text for column in COLUMNS}
    assert ("example.org", "3", "7", "✗ 2 failed", "2.0 KiB") == tuple(
        told[key] for key in ("what", "connections", "exchanges", "outcome", "down")
    )
    assert "‼ serious" == BY_KEY["found"].host(host(severity=4)).text
    assert "" == BY_KEY["found"].host(host(severity=2)).text == told["found"]
    assert "" == told["tls"] == BY_KEY["outcome"].host(host(failed=0)).text
    assert "(no name)" == BY_KEY["what"].host(Host(NAMELESS, "", 1)).text
    assert "(all other hosts: filter to see them)" == BY_KEY["what"].host(Host(OTHERS, "", 1)).text


@pytest.mark.parametrize(
    ("count", "expected"), [(0, "0"), (99_999, "99,999"), (100_000, "100k"), (999_999, "999k"), (12_345_678, "12.3M")]
)
def test_counts_take_six_columns(count, expected):
    """However many there are."""
    assert expected == BY_KEY["connections"].host(host(connections=count)).text


def test_of_packets_there_is_one_leg():
    """And so one version; of others both, where they differ."""
    tls = BY_KEY["tls"].connection
    row = {"mode": "pcap", "client_version": None, "server_version": 0x0304}
    assert "1.3" == tls(row).text
    assert "-/1.3" == tls(row | {"mode": "explicit"}).text
