"""`tlscope open`: a file becomes a capture; what cannot be read is said. What is in it is tested with capture/pcap."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from support.packets import FIN, SYN, packet, pcap
from tlscope.capture import inspector
from tlscope_ui.cli import open as opening
from tlscope_ui.tui import app

HANDSHAKE = Path(__file__).parents[2] / "data" / "handshakes" / "tls13.pcapng"
PLAIN = pcap(packet(1, flags=SYN), packet(2, b"hello"), packet(7, flags=FIN))


def test_a_file_with_keys(tlscope, tmp_path):
    """Is a capture that all commands read: messages, certificate, names."""
    ran = tlscope("open", HANDSHAKE, "-c", tmp_path / "new")
    assert (0, "") == (ran.code, ran.err)
    expected = [
        f"1 connection, 1 with TLS, 1 of these decrypted: {tmp_path / 'new'}",
        f"Look at it with: tlscope list -c {tmp_path / 'new'}",
    ]
    assert expected == ran.out.splitlines()
    (listed,) = map(json.loads, tlscope("list", "--jsonl", "-c", tmp_path / "new").out.splitlines())
    assert ["server.example", 4601, "passed-through"] == [listed[name] for name in ("host", "port", "outcome")]
    assert " 1.3  h2 " in tlscope("list", "-c", tmp_path / "new").out
    assert ["TLSv1.3", "h2"] == [listed["server_leg"][name] for name in ("version", "alpn")]
    assert "server.example" in tlscope("list", "tls.handshake.type == 2", "-c", tmp_path / "new").out
    assert "EncryptedExtensions" in tlscope("show", "1", "-c", tmp_path / "new").out
    assert "BEGIN CERTIFICATE" in tlscope("export", "-f", "pem", "-c", tmp_path / "new").out


def test_the_keys_of_the_screen(tlscope):
    """Are printed as the file in which others can be chosen; nothing is opened."""
    ran = tlscope("open", "--keymap")
    assert (0, "") == (ran.code, ran.err)
    assert "[keys]" in ran.out.splitlines()
    assert '#help = ["?", "F1"]  ' in ran.out


def test_the_newest_capture(tlscope, tmp_path):
    """Is where it goes without -c, so that `list` shows it."""
    (tmp_path / "a.pcap").write_bytes(PLAIN)
    assert 0 == tlscope("open", tmp_path / "a.pcap").code
    assert "not-tls" in tlscope("list").out


def test_a_key_log(tlscope, tmp_path):
    """Opens what was locked; that something is locked is said."""
    assert 0 == tlscope("open", HANDSHAKE, "-c", tmp_path / "new").code
    keys = tlscope("export", "-f", "keylog", "--with-secrets", "-c", tmp_path / "new").out
    data = HANDSHAKE.read_bytes()
    at = data.index(b"KSLT")  # the type of the secrets: a key log of TLS
    (tmp_path / "bare").write_bytes(data[:at] + b"none" + data[at + 4 :])
    (tmp_path / "keys").write_text(keys)
    ran = tlscope("open", tmp_path / "bare", "-c", tmp_path / "locked")
    assert "0 of these decrypted" in ran.out
    assert ran.err.startswith("note: 1 connection is not decrypted, or only in part; `show` says why.")
    assert "· read from a file" in tlscope("list", "-c", tmp_path / "locked").out
    shown = tlscope("show", "1", "-c", tmp_path / "locked").out
    assert "server server.example:4601 (read from a file)" in shown
    assert "· read from a file ▲ " in shown
    assert "passed-through" not in shown
    assert "--keylog" in ran.err
    ran = tlscope("open", tmp_path / "bare", "--keylog", tmp_path / "keys", "-c", tmp_path / "open")
    assert (0, "") == (ran.code, ran.err)
    assert "1 of these decrypted" in ran.out
    ran = tlscope("open", tmp_path / "bare", "--keylog", __file__, "-c", tmp_path / "other")
    assert ran.err.startswith(f"note: {__file__} holds no keys: ")


def test_a_damaged_file(tlscope, tmp_path):
    """Is read as far as it can be: that is no failure, and what is missing is said."""
    (tmp_path / "cut").write_bytes(PLAIN[:-5])
    ran = tlscope("open", tmp_path / "cut", "-c", tmp_path / "new")
    assert 0 == ran.code
    assert "is damaged at byte" in ran.err
    assert "1 connection, 0 with TLS" in ran.out


@pytest.mark.parametrize(
    ("data", "what", "next_"),
    [
        (b"", "it is empty", "tcpdump"),
        (b"hello, world", "neither pcap nor pcapng", "Wireshark"),
        (gzip.compress(PLAIN), "gzip", "gunzip"),
        (PLAIN[:30], "no packet that can be read", "tcpdump"),
        (pcap(packet(1, flags=SYN)), "no TCP conversation with data in it (1 packets)", "tcpdump"),
    ],
)
def test_nothing_to_read(tlscope, tmp_path, data, what, next_):
    """Is a failure that says what the file is and what to do; no capture is made."""
    (tmp_path / "x").write_bytes(data)
    ran = tlscope("open", tmp_path / "x", "-c", tmp_path / "new")
    assert (1, "") == (ran.code, ran.out)
    *_, error, advice = ran.err.splitlines()
    assert what in error
    assert next_ in advice
    assert not (tmp_path / "new").exists()


def test_a_directory_that_is_taken(tlscope, recorded, tmp_path):
    """Is not written to."""
    (tmp_path / "a.pcap").write_bytes(PLAIN)
    before = tlscope("list", "-c", recorded).out
    ran = tlscope("open", tmp_path / "a.pcap", "-c", recorded)
    assert 1 == ran.code
    assert "holds a capture already" in ran.err
    assert before == tlscope("list", "-c", recorded).out


def test_a_file_that_is_not_there(tlscope, tmp_path):
    """Is a usage error; that there is no capture yet is none."""
    assert 2 == tlscope("open", tmp_path / "none").code
    assert 1 == tlscope("open").code


def test_a_capture_without_a_screen(tlscope, recorded):
    """It is said how to look at it line by line; what goes with files of packets does not go with it."""
    assert f"Look at it with: tlscope list -c {recorded}\n" == tlscope("open", recorded).out
    ran = tlscope("open", recorded, "--keylog", recorded / "meta.json")
    assert 2 == ran.code
    assert "go with a FILE" in ran.err
    spaced = recorded.rename(recorded.with_name("a b"))
    assert f"Look at it with: tlscope list -c '{spaced}'\n" == tlscope("open", spaced).out


def test_a_directory_without_a_capture(tlscope, tmp_path):
    """Is none."""
    ran = tlscope("open", tmp_path)
    assert 1 == ran.code
    assert "holds no capture" in ran.err


def test_on_a_terminal_the_capture_is_shown(tlscope, recorded, monkeypatch):
    """With an inspector at work; the end says how to open it again, and what went wrong is the exit code."""
    seen = []
    monkeypatch.setattr(opening, "on_terminal", lambda: True)
    monkeypatch.setattr(inspector, "ensure", lambda where: seen.append(("indexed", where)))
    monkeypatch.setattr(app, "run", lambda where: seen.append(("shown", where)) or 1)
    ran = tlscope("open", recorded)
    assert [("indexed", recorded), ("shown", recorded)] == seen
    assert (1, f"the capture is in {recorded}\nNext: tlscope open {recorded}\n") == (ran.code, ran.err)


def test_a_large_file(tlscope, tmp_path, monkeypatch):
    """Is read a block at a time: what lies across two blocks is whole."""
    monkeypatch.setattr("tlscope_ui.cli.open.BLOCK", 100)
    assert 0 == tlscope("open", HANDSHAKE, "-c", tmp_path / "new").code
    monkeypatch.undo()
    assert 0 == tlscope("open", HANDSHAKE, "-c", tmp_path / "other").code
    new, other = (tlscope("show", "1", "-c", tmp_path / name).out for name in ("new", "other"))
    assert new == other
