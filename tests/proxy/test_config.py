from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tlscope.capture.journal import MIN_SEGMENT_SIZE
from tlscope.config import (
    LEAST_KEPT,
    MODES,
    Address,
    ClientCertificate,
    Config,
    ConfigError,
    Mode,
    is_loopback,
    parse_address,
    parse_client_certificate,
    parse_glob,
    parse_mode,
    parse_size,
)

HERE = Path("capture"), Path("ca")


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (Address("127.0.0.1", 8080), "127.0.0.1:8080"),
        (Address("127.0.0.1", 0), ":0"),
        (Address("::1", 65535), "[::1]:65535"),
        (Address("localhost", 1), "localhost:1"),
    ],
)
def test_addresses(expected, text):
    """ADDRESS:PORT, brackets around IPv6, loopback where no address is given; written as it is read."""
    assert expected == parse_address(text)
    assert expected == parse_address(str(expected))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8080",
        "127.0.0.1",
        "127.0.0.1:",
        "a:65536",
        "a:-1",
        "a:1e3",
        "a:٣",
        "::1:8080",
        "[::1]",
        "a:123456",
        "[::1:80",
        "::1]:80",
        "[a:80",
        "a]:80",
        "[]:80",
        "a b:80",
        "a:80\n",
        "http://a:80",
    ],
)
def test_no_addresses(text):
    """What is none says how one is written."""
    with pytest.raises(ConfigError) as caught:
        parse_address(text)
    assert repr(text) in str(caught.value)
    assert "write 127.0.0.1:8080, or [::1]:8080" == caught.value.next


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (Mode("explicit"), "explicit"),
        (Mode("reverse", "https", Address("example.com", 443)), "reverse:https://example.com"),
        (Mode("reverse", "https", Address("example.com", 443)), "reverse:https://Example.com/"),
        (Mode("reverse", "tls", Address("example.com", 443)), "reverse:tls://example.com"),
        (Mode("reverse", "tls", Address("::1", 8443)), "reverse:tls://[::1]:8443"),
        (Mode("reverse", "tcp", Address("127.0.0.1", 25)), "reverse:tcp://127.0.0.1:25"),
    ],
)
def test_modes(expected, text):
    """The modes and their default ports; written as they are read."""
    assert expected == parse_mode(text)
    assert expected == parse_mode(str(expected))


@pytest.mark.parametrize(
    ("suggestion", "text"),
    [
        ("did you mean explicit?", "explict"),
        ("did you mean explicit?", "Explicit"),
        ("did you mean reverse?", "revers:https://a"),
        ("there are: explicit, reverse", "transparent"),
        ("there are: explicit, reverse", ""),
        ("did you mean https?", "reverse:http://a"),
        ("did you mean tls?", "reverse:tlss://a"),
        ("there are: https, tls, tcp", "reverse"),
        ("there are: https, tls, tcp", "reverse:example.com"),
        (MODES[1], "reverse:https://"),
        (MODES[1], "reverse:https://a:0"),
        (MODES[1], "reverse:https://a:65536"),
        (MODES[1], "reverse:https://a:b"),
        (MODES[1], "reverse:https://a/path"),
        (MODES[1], "reverse:https://a?query"),
        (MODES[1], "reverse:https://a#fragment"),
        (MODES[1], "reverse:https://user@a"),
        (MODES[1], "reverse:https://@a"),
        (MODES[1], "reverse:https://a b"),
        (MODES[1], "reverse:https://a\nb"),
        (MODES[1], "reverse:https://[::1"),
        (MODES[3], "reverse:tcp://a"),
    ],
)
def test_no_modes(suggestion, text):
    """What is none is an error, with what was perhaps meant, or all that there is."""
    with pytest.raises(ConfigError) as caught:
        parse_mode(text)
    assert suggestion in caught.value.next


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (0, "0"),
        (500, "500"),
        (1024, "1K"),
        (1024, "1kb"),
        (1 << 20, "1 MiB"),
        (1536 << 20, "1.5G"),
        (4 << 30, " 4g "),
        (1 << 40, "1T"),
    ],
)
def test_sizes(expected, text):
    """Bytes, with powers of 1024."""
    assert expected == parse_size(text)


@pytest.mark.parametrize("text", ["", "M", "-1", "1P", "1 000", "1,5G", "one", "1e9", "9" * 400, "0x10"])
def test_no_sizes(text):
    """What is none says how one is written."""
    with pytest.raises(ConfigError) as caught:
        parse_size(text)
    assert "write 500M or 4G" == caught.value.next


def test_client_certificates(monkeypatch):
    """HOST=PEM; the home directory is known, and a path may hold an equals sign."""
    monkeypatch.setenv("HOME", "/home/me")
    assert ClientCertificate("*.example", Path("a=b.pem")) == parse_client_certificate("*.example=a=b.pem")
    assert ClientCertificate("a", Path("/home/me/c.pem")) == parse_client_certificate("a=~/c.pem")
    assert ClientCertificate("a", Path("~nobody-of-this-name/c.pem")) == parse_client_certificate(
        "a=~nobody-of-this-name/c.pem"
    )


@pytest.mark.parametrize("text", ["", "client.pem", "=client.pem", "example.com="])
def test_no_client_certificates(text):
    """What is none says how one is written."""
    with pytest.raises(ConfigError, match="no HOST=PEM") as caught:
        parse_client_certificate(text)
    assert caught.value.next.startswith("write example.com=client.pem")


@pytest.mark.parametrize(
    "text",
    [
        "example.com",
        "*.example.com.",
        "*",
        "[ab]?.example",
        "[!a]*",
        "a_b",
        "xn--bcher-kva.example",
        "192.0.2.*",
        "::1",
        "2001:db8:*",
        "fe80::1%eth0",
    ],
)
def test_globs(text):
    """Names as they are on the wire, and addresses."""
    assert text == parse_glob(text)


@pytest.mark.parametrize(
    ("why", "text"),
    [
        ("neither spaces", ""),
        ("neither spaces", "a b"),
        ("neither spaces", "Bücher.example"),
        ("neither spaces", "a\n"),
        ("253 characters", "a" * 256),
        ("scheme", "https://example.com"),
        ("path", "example.com/index.html"),
        ("is no glob", "a.example,b.example"),
        ("is no glob", "localhost:9443"),
        ("is no glob", "192.0.2.1:443"),
        ("is no glob", "*:443"),
        ("is no glob", "[::1]"),
        ("is no glob", "[::1]:443"),
        ("not closed", "["),
        ("not closed", "[a.example"),
    ],
)
def test_no_globs(why, text):
    """What can match no host would leave a host unprotected that somebody thought of."""
    with pytest.raises(ConfigError, match=why) as caught:
        parse_glob(text)
    assert caught.value.next.startswith(("write", "name"))


PARSERS = [parse_address, parse_mode, parse_glob, parse_size, parse_client_certificate]


@pytest.mark.parametrize("parse", PARSERS)
@given(text=st.text() | st.text("0123456789.:[]/@%KMGT=~x").map(lambda rest: "reverse:https://" + rest))
@example(text="reverse:https://[\n]")
@example(text="~x=~")
def test_any_text(parse, text):
    """Whatever is typed becomes a value or a ConfigError that says what to do."""
    advice = "none needed"
    try:
        parse(text)
    except ConfigError as error:
        advice = error.next
    assert advice


@pytest.mark.parametrize(
    ("expected", "host"),
    [
        (True, "127.0.0.1"),
        (True, "127.9.9.9"),
        (True, "::1"),
        (True, "localhost"),
        (True, "LocalHost"),
        (False, "0.0.0.0"),
        (False, "::"),
        (False, "192.0.2.1"),
        (False, "10.0.0.1"),
        (False, "localhost.example.com"),
        (False, "127.0.0.1.example.com"),
        (False, "2130706433"),
        (False, ""),
    ],
)
def test_loopback(expected, host):
    """Only what certainly stays on this machine; no name is looked up."""
    assert expected is is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "host.example"])
def test_a_remote_listener_must_be_allowed(host):
    """A configuration that other machines could use does not exist unless it says so."""
    listen = (Address("127.0.0.1", 0), Address(host, 8080))
    with pytest.raises(ConfigError, match="other machines") as caught:
        Config(*HERE, listen=listen)
    assert str(listen[1]) in str(caught.value)
    assert "--allow-remote" in caught.value.next
    assert listen == Config(*HERE, listen=listen, allow_remote=True).listen


@pytest.mark.parametrize("keep", [-1, 0, LEAST_KEPT - 1])
def test_a_budget_below_what_a_journal_takes(keep):
    """Is refused: segments are dropped whole, and of fewer than eight little would be left."""
    with pytest.raises(ConfigError, match="too few to keep") as caught:
        Config(*HERE, keep=keep)
    assert "8M" in caught.value.next
    assert LEAST_KEPT == Config(*HERE, keep=LEAST_KEPT).keep == 8 * MIN_SEGMENT_SIZE


def test_the_defaults_work():
    """Two paths suffice; without more it listens on loopback, verifies servers and keeps within a budget."""
    config = Config(*HERE)
    assert (Address("127.0.0.1", 8080),) == config.listen
    assert Mode("explicit") == config.mode
    assert () == config.insecure_upstream
    assert 4 << 30 == config.keep
    assert not config.allow_remote
    assert not config.ciphertext
    assert (None, (), ()) == (config.keylog, config.passthrough, config.refuse)
    with pytest.raises(FrozenInstanceError):
        config.allow_remote = True
