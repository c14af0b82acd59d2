"""What the first bytes look like."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sqlite3
import tarfile
import wave
import zipfile

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tlscope.wire.content.sniff import BRANDS, MAGIC, sniff


def made(write):
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def tar(file):
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))


def sound(file):
    with wave.open(file, "wb") as wav:
        wav.setparams((1, 2, 8000, 0, "NONE", ""))
        wav.writeframes(bytes(10))


def database():
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE a (b)")
    try:
        return connection.serialize()
    finally:
        connection.close()


def zipped(file):
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a", "b")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (gzip.compress(b"a"), "application/gzip"),
        (bz2.compress(b"a"), "application/x-bzip2"),
        (lzma.compress(b"a"), "application/x-xz"),
        (zstandard.compress(b"a"), "application/zstd"),
        (made(tar), "application/x-tar"),
        (made(sound), "audio/wav"),
        (made(zipped), "application/zip"),
        (database(), "application/vnd.sqlite3"),
        (json.dumps({"a": [1]}).encode(), "application/json"),
        (json.dumps({"a": [1]}, indent=2).encode(), "application/json"),
        (b"[]", "application/json"),
        (b'\xef\xbb\xbf [ {"a": 1} ]', "application/json"),
        (b'{"cut', "application/json"),
        (b"[section]\na=1", ""),
        (b"{ margin: 0 }", ""),
        (b"[link] text", ""),
        (b"<!DOCTYPE html>\n<html>", "text/html"),
        (b"<!-- a --> <HTML lang=en>", "text/html"),
        (b"<?xml version='1.0'?><a/>", "application/xml"),
        (b"<?xml version='1.0'?>\n<svg xmlns='x'/>", "image/svg+xml"),
        (b"<svg/>", "image/svg+xml"),
        (b"<asdf>", ""),
        (b"plain", ""),
        (b"", ""),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\xff\xf1\x50\x80\x00\x1f\xfc", "audio/aac"),
        ((b"G" + bytes(187)) * 3, "video/mp2t"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "video/mp4"),
        (b"RIFF\0\0\0\0AVI ", "video/x-msvideo"),
        (b"RIFF\0\0\0\0what", ""),
        (b"FORM\0\0\0\0AIFF", "audio/aiff"),
        (b"MZ" + bytes(70), "application/vnd.microsoft.portable-executable"),
        (b"BMW is a car", ""),
    ],
)
def test_formats(data, expected):
    """As their own writers make them; what is not sure is not guessed."""
    assert expected == sniff(data)


def test_the_tables():
    """No entry hides another, and every brand is told."""
    for index, (magic, _) in enumerate(MAGIC):
        assert not any(magic.startswith(earlier) for earlier, _ in MAGIC[:index])
        assert sniff(magic + bytes(20))
    for brand, expected in BRANDS.items():
        assert expected == sniff(b"\0\0\0\x18ftyp" + brand)


@given(st.binary(max_size=600))
def test_any_bytes(data):
    """Are told something, or nothing."""
    sniff(data)
    sniff(b"{" + data)
    sniff(b"<!--" + data)
