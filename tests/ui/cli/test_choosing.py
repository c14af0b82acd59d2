"""`show` limited to some messages, or to a leg."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from journals import STORY, capture
from support.connections import intercepted
from tlscope.events import Data, Leg, Message
from tlscope_ui.cli.choosing import Chosen


def lines(ran):
    """What was told, without the line that names the connection, and without times."""
    assert (0, "") == (ran.code, ran.err)
    return [line[13:] for line in ran.out.splitlines()[1:]]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["--message", "ClientHello"], ["client ▲ ClientHello 204 B", "server ▲ ClientHello 104 B"]),
        (["--message", "clienthello", "--leg", "client"], ["client ▲ ClientHello 204 B"]),
        (
            ["--message", "Alert", "--message", "EncryptedExtensions"],
            ["server ▼ EncryptedExtensions 12 B TLSv1.2", "client ▲ Alert 2 B TLSv1.2 warning close_notify"],
        ),
        (
            ["--leg", "client"],
            [
                "client ▲ ClientHello 204 B",
                "client leaf P-256, 4 B, signed by our authority",
                "client ✓ handshake TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 x25519 SNI localhost resumed",
                "client ▲ Alert 2 B TLSv1.2 warning close_notify",
                "client closed by the client with close_notify",
            ],
        ),
    ],
)
def test_only_what_was_chosen_is_told(tlscope, recorded, asked, expected):
    """By the messages' names, in any case; several of them; a leg with all that belongs to it."""
    assert expected == lines(tlscope("show", 1, "-c", recorded, *asked))


def test_what_is_chosen_is_read_in_the_light_of_what_is_not(tlscope, tmp_path):
    """The suite of the ServerHello says how a ServerKeyExchange is read, as in the whole story."""
    capture(tmp_path / "c", intercepted(b"real", b"forged"))
    whole, alone = (
        [json.loads(line) for line in tlscope("show", 1, "-c", tmp_path / "c", "--json", *asked).out.splitlines()]
        for asked in ((), ("--message", "ServerKeyExchange"))
    )
    assert [told for told in whole if told.get("name") == "ServerKeyExchange"] == alone
    assert 1 == len(alone)


def test_a_name_that_no_message_has_is_an_error(tlscope, recorded):
    """With the one that was meant, or all that there are."""
    ran = tlscope("show", 1, "-c", recorded, "--message", "ClientHelo")
    assert (2, "") == (ran.code, ran.out)
    assert "Error: no message is called ClientHelo\nNext: did you mean ClientHello?\n" == ran.err
    assert "there are: Alert, " in tlscope("show", 1, "-c", recorded, "--message", "xyz").err
    assert 2 == tlscope("show", 1, "-c", recorded, "--leg", "middle").code


def test_a_message_that_a_connection_has_not_is_said_to_be_missing(tlscope, recorded):
    """With those that it has."""
    ran = tlscope("show", 1, "-c", recorded, "--message", "ServerHello", "--leg", "client")
    assert 0 == ran.code
    assert "connection 1 has no ServerHello on the client leg\nNext: it has ClientHello, Alert\n" == ran.err


def test_views_tell_no_events_to_choose_among(tlscope, recorded):
    """To ask for both is an error."""
    ran = tlscope("show", 1, "-c", recorded, "--ladder", "--leg", "client")
    assert (2, "") == (ran.code, ran.out)
    assert "--ladder tells none" in ran.err


def test_without_a_choice_everything_is_told():
    """Data and all else, and nothing is missing."""
    chosen = Chosen(frozenset(), None)
    assert not chosen
    assert all(chosen.takes(event) for event in STORY)
    messages = Chosen(frozenset({"ClientHello"}), Leg.SERVER)
    assert [Leg.SERVER] == [event.leg for event in STORY if messages.takes(event) and isinstance(event, Message)]
    assert not any(messages.takes(event) for event in STORY if isinstance(event, Data))
    assert None is messages.nothing(Path("c"), 1)
