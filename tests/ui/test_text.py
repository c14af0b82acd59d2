import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from hostile import HOSTILE, forbidden
from tlscope_ui.text import columns, excerpt, fit, hex_lines, lines_of, size, text_of, visible


@pytest.mark.parametrize("char", HOSTILE)
def test_nothing_dangerous_is_emitted(char):
    """Controls, bidi marks, separators, surrogates and what cannot be seen come out as escapes that Python reads."""
    shown = visible(f"a{char}b")
    assert set() == forbidden(shown)
    assert f"a{char}b" == eval(f'"{shown}"')
    assert shown.isascii()


@pytest.mark.parametrize("plain", ["", "GET / HTTP/1.1", "\\x1b stays", "Grüße, 中文, עברית, 😀", '"<b>[red]'])
def test_what_is_plain_stays(plain):
    """Text of any language is not touched."""
    assert plain == visible(plain)


@given(hostile.text)
def test_no_string_gets_through(value):
    """Whatever the string."""
    assert set() == forbidden(visible(value))
    assert visible(value).isprintable()


@given(hostile.data)
def test_no_bytes_get_through(data):
    """Whatever the bytes, as lines, as a dump and as an excerpt."""
    shown = [*(lines_of(data) or []), *hex_lines(data), excerpt(data, 20, len(data))]
    assert all(line.isprintable() for line in shown)


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        ("", b""),
        ("GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"),
        ("é中", "é中".encode()),
        (None, b"\xff\xfe"),
        (None, "é".encode("latin-1")),
        (None, bytes(20)),
        ("nine of ten\x00", b"nine of ten\x00"),
        (None, b"\x00\x01ten"),
        (None, b"\xed\xa0\x80"),
    ],
)
def test_text_is_told_from_bytes(expected, data):
    """Text is UTF-8 throughout and nearly all printable; then it is exact."""
    assert expected == text_of(data)


@given(hostile.data)
def test_text_is_exact(data):
    """What is called text reads back as the same bytes."""
    assert text_of(data) is None or data == text_of(data).encode()


@pytest.mark.parametrize(
    ("expected", "data"),
    [
        ([""], b""),
        (["GET / HTTP/1.1", "Host: a", ""], b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        (["a", "b"], b"a\nb"),
        (["a", "b"], b"a\nb\n"),
        ([r"a\rb\t\x1b[31m and enough that is plain"], b"a\rb\t\x1b[31m and enough that is plain"),
        ([r"\xb8\xadab"], "中".encode()[1:] + b"ab"),
        ([r"ab\xe4\xb8"], b"ab" + "中".encode()[:2]),
        (None, b"ab\xff"),
        (None, b"\xb8\xad"),
        (None, b"\xe4\xb8"),
        (None, b"\x80" * 8),
        (None, bytes(8)),
    ],
)
def test_data_is_shown_as_lines(expected, data):
    """Line ends end lines, other controls are escaped; a character that a chunk's end cuts does not make it binary."""
    assert expected == lines_of(data)


@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=4), st.data())
def test_text_that_is_cut_anywhere_is_text(value, data):
    """A relay cuts where it likes: each part with a whole character in it is shown as text."""
    whole = value.encode()
    start = data.draw(st.integers(0, len(whole)))
    part = whole[start : data.draw(st.integers(start, len(whole)))]
    if part.decode(errors="ignore") or not part:
        assert len(lines_of(part)) == 1


def test_a_hex_dump_has_offsets_bytes_and_ascii():
    """Sixteen bytes a line, the last one as wide as the others."""
    expected = [
        "00000000  47 45 54 20 2f 00 ff 7f  20 7e 61 62 63 64 65 66  |GET /... ~abcdef|",
        "00000010  67                                                |g|",
    ]
    assert expected == list(hex_lines(b"GET /\x00\xff\x7f ~abcdefg"))
    assert [] == list(hex_lines(b""))


@pytest.mark.parametrize(
    ("expected", "data", "width", "total"),
    [
        ('""', b"", 20, 0),
        ('"hello"', b"hello", 20, 5),
        ('"hello"…', b"hello", 20, 9),
        ('"hel"…', b"hello", 3, 5),
        (r'"a\r\nb"', b"a\r\nb", 20, 4),
        ('"中"…', "中文".encode(), 3, 6),
        ('"ab"…', b"ab\xe4\xb8", 20, 4),
        ("00 01 02", b"\x00\x01\x02", 9, 3),
        ("00 01 02 …", b"\x00\x01\x02\x03", 9, 4),
        ("00 …", b"\x00", 9, 2),
        ("ff …", b"\xff\xff", 1, 2),
        ("e4 b8", b"\xe4\xb8", 20, 2),
    ],
)
def test_an_excerpt_is_one_line(expected, data, width, total):
    """Quoted text or bare bytes, with an ellipsis where there is more."""
    assert expected == excerpt(data, width, total)


@given(hostile.data, st.integers(1, 80))
def test_an_excerpt_keeps_to_its_width(data, width):
    """But for quotes and the ellipsis."""
    assert columns(excerpt(data, width, len(data))) <= width + 4


@pytest.mark.parametrize(
    ("expected", "count"),
    [
        ("0 B", 0),
        ("1023 B", 1023),
        ("1.0 KiB", 1024),
        ("1.4 KiB", 1535),
        ("1023.9 KiB", 1024**2 - 1),
        ("1.0 MiB", 1024**2),
        ("1.5 GiB", 3 * 1024**3 // 2),
        ("2048.0 TiB", 2 * 1024**5),
        ("-1.0 KiB", -1024),
    ],
)
def test_sizes_are_for_people(expected, count):
    """Binary units, one decimal, never rounded up."""
    assert expected == size(count)


@given(st.integers() | st.integers(0, 10**4000))
def test_no_number_is_too_large(count):
    """A damaged journal may claim any."""
    assert size(count)


@pytest.mark.parametrize(("expected", "text"), [(0, ""), (3, "abc"), (4, "中文"), (1, "e\u0301"), (2, "😀"), (1, "✓")])
def test_columns_are_those_of_a_terminal(expected, text):
    """Wide characters take two, combining ones none."""
    assert expected == columns(text)


@pytest.mark.parametrize(("expected", "width"), [("", -1), ("", 0), ("a", 1), ("a", 2), ("a中", 3), ("a中b", 9)])
def test_text_is_cut_to_columns(expected, width):
    """Never half a character."""
    assert expected == fit("a中b", width)
