"""Audio, video, fonts, archives, documents: what their own writers make of them."""

from __future__ import annotations

import gzip
import io
import sqlite3
import struct
import sys
import tarfile
import wave
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import check_tree
from tlscope.wire.content import describe
from tlscope.wire.content.media import HEADS, NAMES
from tlscope.wire.content.sniff import MAGIC


def made(write):
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def sound(file):
    with wave.open(file, "wb") as wav:
        wav.setparams((2, 2, 44100, 0, "NONE", ""))
        wav.writeframes(bytes(8))


def zipped(*names):
    def write(file):
        with zipfile.ZipFile(file, "w") as archive:
            for name in names:
                archive.writestr(name, "x")

    return made(write)


def tar(file):
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("first.txt"))


def named(file):
    with gzip.GzipFile("name.txt", "wb", fileobj=file) as member:
        member.write(b"x")


def database():
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE a (b)")
    try:
        return connection.serialize()
    finally:
        connection.close()


FLAC = b"fLaC\0\0\0\x22" + bytes(10) + (44100 << 44 | 1 << 41 | 15 << 36 | 88200).to_bytes(8) + bytes(16)
WASM = b"\0asm\1\0\0\0" + b"\1\2ab" + b"\3\0" + b"\x0a\x80\1" + bytes(128)


@pytest.mark.parametrize(
    ("data", "kind", "summary"),
    [
        (made(sound), "audio", "WAV, 44100 Hz, 2 channels, 16-bit"),
        (FLAC, "audio", "FLAC, 44100 Hz, 2 channels, 16-bit, 2.0 s"),
        (b"OggS" + bytes(24) + b"OpusHead", "audio", "Ogg, Opus"),
        (b"ID3\4" + bytes(6), "audio", "MPEG audio"),
        (b"\x1a\x45\xdf\xa3\x84\x42\x82\x84webm", "video", "WebM or Matroska, webm"),
        (zipped("a", "b"), "archive", "ZIP archive, 2 entries"),
        (zipped("word/document.xml"), "archive", "ZIP archive, Word document, 1 entry"),
        (zipped("a")[:-22], "archive", "ZIP archive, no directory"),
        (made(tar), "archive", "tar archive, first first.txt"),
        (made(named), "archive", "gzip, name.txt"),
        (b"%PDF-1.7\n", "pdf", "PDF, version 1.7"),
        (b"%PDF-1.4\ntrailer << /Encrypt 1 0 R >>", "pdf", "PDF, version 1.4, encrypted"),
        (WASM, "wasm", "WebAssembly, version 1, sections: type, function, code"),
        (b"wOF2OTTO" + struct.pack(">IH", 0, 9), "font", "WOFF2 font, OpenType, 9 tables"),
        (b"\0\1\0\0\0\x0c", "font", "TrueType font, 12 tables"),
        (database(), "binary", "SQLite database, 2 pages of 4096 bytes"),
        (b"\xff\xfb\x90\x64", "audio", "MPEG audio"),
    ],
)
def test_what_it_is(data, kind, summary):
    """A line on each, and its head as hex."""
    content = describe("", data)
    check_tree(content.tree, data)
    summary += f", {len(data):,} bytes"
    assert (kind, summary, "") == (content.kind, content.summary, content.problem)
    assert content.text.startswith(summary + "\n\n00000000  ")


def test_a_program():
    """The one that runs this."""
    data = Path(sys.executable).resolve().read_bytes()[:4096]
    if not data.startswith(b"\x7fELF"):
        pytest.skip("not an ELF program")
    assert describe("", data).summary.startswith(f"ELF program, {8 * struct.calcsize('P')}-bit, ")


def test_a_head_that_ends_early():
    """Is named, and said to be cut."""
    for magic, kind in MAGIC:
        content = describe("", magic)
        check_tree(content.tree, magic)
        if kind in HEADS:
            assert "image" != content.kind
    assert "its head ends early" == describe("", b"wOFF").problem
    assert "FLAC" in describe("", b"fLaC").summary


def test_a_kind_that_only_its_label_tells():
    """Is called by that."""
    content = describe("video/x-unheard-of", b"\0\1\2")
    assert ("video", "video/x-unheard-of, 3 bytes") == (content.kind, content.summary)


@given(st.sampled_from([magic for magic, _ in MAGIC]), st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes(magic, data):
    """Behind any magic number are described."""
    content = describe("", magic + data)
    check_tree(content.tree, magic + data)
    assert "\n" not in content.summary


def test_names():
    """Of types are those that are sniffed or known."""
    assert set(HEADS) <= set(NAMES)
