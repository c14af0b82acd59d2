import shlex

import pytest

from tlscope_ui.telling.clients import Here, meant, reachable, told, trust, ways

HERE = Here("127.0.0.1:8080", "/home/a b/ca.pem")


@pytest.mark.parametrize("here", [HERE, HERE._replace(mode="reverse:https://example.com:443")])
def test_every_command_can_be_given_to_a_shell(here):
    """Paths with blanks in them, too; each names the address or the CA."""
    for way in ways(here):
        for command in way.commands:
            words = shlex.split(command, comments=True)
            assert words
    everything = " ".join(command for way in ways(here) for command in way.commands)
    assert "127.0.0.1:8080" in everything
    assert "'/home/a b/ca.pem'" in everything


def test_curl_is_one_command():
    """The simplest thing that can be done comes first."""
    first = ways(HERE)[0]
    assert ("curl -x http://127.0.0.1:8080 --cacert '/home/a b/ca.pem' https://example.com/",) == first.commands


def test_in_reverse_the_address_is_the_server():
    """No proxy is named then."""
    commands = [command for way in ways(HERE._replace(mode="reverse:https://x:443")) for command in way.commands]
    assert not any("-x " in command or "proxy" in command for command in commands)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", "8080")),
        ("0.0.0.0:8080", ("127.0.0.1", "8080")),
        ("[::]:8080", ("[::1]", "8080")),
        ("[::1]:8080", ("[::1]", "8080")),
    ],
)
def test_everywhere_is_reached_on_loopback(address, expected):
    """Nobody connects to 0.0.0.0."""
    assert expected == reachable(address)


def test_each_command_is_what_its_lines_are_about():
    """However many lines it takes: what is copied is the whole of it."""
    about = [about for _, about in told(ways(HERE), 40) if about]
    assert {command for way in ways(HERE) for command in way.commands} == set(about)


def test_what_lasts_says_how_it_is_undone():
    """A store of the machine is named together with the way back."""
    for way in trust("/ca.pem"):
        if "until it is undone" in way.note:
            assert 2 == len(way.commands)


@pytest.mark.parametrize(
    ("expected", "word"),
    [
        (["curl"], "curl"),
        (["Python"], "python"),
        (["Node.js"], "node"),
        (["this shell"], "git"),
        (["a browser"], "firefox"),
        ([], "gopher"),
        ([way.title for way in ways(HERE)], ""),
    ],
)
def test_a_word_names_clients(expected, word):
    """By their titles first; else by what is said of them, or done."""
    assert expected == [way.title for way in meant(ways(HERE), word)]
