"""Host names as people read them."""
# ruff: noqa: RUF001 - look-alikes are what this file is about

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dissecting import steps
from tlscope.wire.x509.labels import LOOK_ALIKES, MAX_LABEL, reading, script_of, warnings


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("xn--bcher-kva.example", "bücher.example"),
        ("XN--BCHER-KVA.example", "BüCHER.example"),
        ("*.xn--bcher-kva.example", "*.bücher.example"),
        ("xn--wgv71a119e.jp", "日本語.jp"),
        ("example.org", "example.org"),
        ("xn--.example", "xn--.example"),
        ("xn--\x7f.example", "xn--\x7f.example"),
        ("xn--99999999.example", "xn--99999999.example"),
        ("xn--a-.example", "xn--a-.example"),
        ("", ""),
    ],
)
def test_a_labels_are_decoded(name, shown):
    """What is no A-label, or no valid one, stays as it is."""
    assert shown == reading(name)


@pytest.mark.parametrize(
    "name", ["xn--" + "a\u202eb".encode("punycode").decode(), "xn--" + "a\u200bb".encode("punycode").decode()]
)
def test_what_a_terminal_would_not_show_stays_encoded(name):
    """Direction marks and invisible characters."""
    assert name == reading(name)


def test_all_look_alikes_is_said():
    """Five Cyrillic letters that read `apple`."""
    said = warnings("xn--80ak6aa92e.com")
    assert "looks like apple" in said
    assert "mixes" not in said


def test_mixed_scripts_are_said():
    """One Cyrillic letter among Latin ones."""
    name = "xn--" + "pаypal".encode("punycode").decode() + ".com"
    said = warnings(name)
    assert "mixes scripts (CYRILLIC, LATIN)" in said
    assert "looks like paypal" in said


@pytest.mark.parametrize("label", ["bücher", "日本語かなカナabc", "россия", "한국어abc", "ελλάδα", "straße", "中文ㄅ"])
def test_what_people_write_is_not_warned_of(label):
    """One script, or those that are written together."""
    assert "" == warnings("xn--" + label.encode("punycode").decode() + ".example")
    assert "" == warnings(f"{label}.example")


def test_punycode_that_is_none_is_said():
    """With the label."""
    assert "no valid Punycode" in warnings("xn--99999999.example")


def test_look_alikes_are_letters_of_other_kinds():
    """Each a single letter that is not ASCII, to one that is."""
    for letter, latin in LOOK_ALIKES.items():
        assert "L" == unicodedata.category(letter)[0]
        assert not letter.isascii()
        assert latin.isascii()
        assert latin.islower()


def test_scripts():
    """By the name of the letter; digits and marks belong to all."""
    assert ["LATIN", "CYRILLIC", "", "", "CJK", "LATIN"] == [script_of(character) for character in "aа1-語ａ"]


def test_long_labels_are_left_alone():
    """Decoding is quadratic."""
    name = "xn--" + "a" * (MAX_LABEL * 1000)
    assert name == reading(name)
    assert steps(warnings, name) < 100


@given(st.text(max_size=100), st.booleans())
def test_any_name(name, encoded):
    """Reads as something."""
    name = f"xn--{name}" if encoded else name
    assert isinstance(reading(name), str)
    assert isinstance(warnings(name), str)
