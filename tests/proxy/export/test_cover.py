import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.export.test_redact import KEY, TOKEN
from support.dissecting import steps
from tlscope.export import redact
from tlscope.export.cover import STEMS, covered


def shown(data):
    """With `*` for each secret."""
    made, at = "", 0
    for start, end in sorted(covered(data)):
        if end > at:
            made += data[at:start].decode("latin-1") + "*"
            at = end
    return made + data[at:].decode("latin-1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("POST /a?x=1&access_token=abc&y=2 HTTP/1.1\r\n", "POST /a?x=1&access_token=*&y=2 HTTP/1.1\r\n"),
        ("Host: a\r\nAuthorization: Basic a b\r\nAccept: c", "Host: a\r\nAuthorization: *\r\nAccept: c"),
        ("Proxy-Authorization: NTLM abc==\r\n", "Proxy-Authorization: *\r\n"),
        ('x: y\nCookie: a="b"; c=d\nSet-Cookie: e=f; Path=/', "x: y\nCookie: *\nSet-Cookie: *"),
        ("X-Api-Key: abc def\r\n", "X-Api-Key: *\r\n"),
        ("curl -H 'Authorization: Bearer abc def' x", "curl -H 'Authorization: *' x"),
        ('{"a": 1, "password" : "x\\"y", "b": "c"}', '{"a": 1, "password" : "*", "b": "c"}'),
        ('{"Authorization": "Basic abc def", "pin": 12}', '{"Authorization": "*", "pin": *}'),
        ('{"body": "{\\"a_token\\": \\"abc\\", \\"n\\": 1}"}', '{"body": "{\\"a_token\\": \\"*\\", \\"n\\": 1}"}'),
        ("{'apiKey': 'abc', 'n': 1}", "{'apiKey': '*', 'n': 1}"),
        ('{"session": {"id": 1}, "cookie": "a=b"}', '{"session": {"id": 1}, "cookie": "*"}'),
        ('data: {"access_token": "abc"}\n\n', 'data: {"access_token": "*"}\n\n'),
        ("a=1&client_secret=abc;x", "a=1&client_secret=*;x"),
        ("<s:Password x='1'>b</s:Password><c>d</c>", "<s:Password x='1'>*</s:Password><c>d</c>"),
        ("<password>b</password> c", "<password>*</password> c"),
        ('<input type="password" value="b"><input name="csrf_token" value="b" id="c">',
         '<input type="password" value="*"><input name="csrf_token" value="*" id="c">'),
        ('<meta name="csrf-token" content="abc">', '<meta name="csrf-token" content="*">'),
        (f"so {TOKEN}, and", "so *, and"),
        (KEY.replace("*", "\nabc\n"), KEY),
        ("git clone https://me:pw@host/x", "git clone https://*@host/x"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ012345 x", "* x"),
        ("case key: the code: 404, keyword=1, monkeys=2", "case key: the code: 404, keyword=1, monkeys=2"),
        ("a token of this, the password, eyJ.a.b", "a token of this, the password, eyJ.a.b"),
    ],
)  # fmt: skip
def test_secrets_are_found_by_what_stands_before_them(text, expected):
    """In heads, objects, forms, markup and logs, also where one is quoted in another; prose and programs stay."""
    assert expected == shown(text.encode())


def test_what_is_taken_out_of_heads_is_covered():
    """Whatever header redact.py knows to be a secret as a whole, and whatever name."""
    for name in redact.SECRET_HEADERS:
        assert f"a: b\r\n{name.title()}: *\r\nc: d" == shown(f"a: b\r\n{name.title()}: abc\r\nc: d".encode())
    for name in redact.SECRET_NAMES | set(redact.SECRET_ENDINGS):
        assert name.encode().endswith(STEMS)
        assert f"a=b&{name}=*" == shown(f"a=b&{name}=abc".encode())


@given(st.binary(max_size=300), st.integers(0, 300))
@settings(max_examples=100, deadline=None)
def test_where_bytes_were_cut_makes_no_difference(before, cut):
    """What stands before a secret, or only some of that."""
    data = before + b'\n"token": "' + b"s" * 50 + b'" x'
    at = len(before) + 11
    for piece, start in ((data, 0), (data[min(cut, len(before)) :], min(cut, len(before)))):
        assert any(first + start <= at and last + start >= at + 50 for first, last in covered(piece))


@given(st.binary())
@settings(max_examples=100, deadline=None)
def test_any_bytes(data):
    """Nothing raises; a span lies within."""
    assert all(0 <= start < end <= len(data) for start, end in covered(data) if start != end)


@pytest.mark.parametrize(
    "piece", [b"token=", b'token="', b"eyJ", b"eyJa.", b"://a:", b"<input ", b"<key ", b'\\"', b"key\t", b"bearer "]
)
def test_linear_time(piece):
    """Nothing that a peer can repeat is looked at again and again."""
    few, many = (steps(lambda data=piece * count: list(covered(data))) for count in (500, 5_000))
    assert 12 * few > many


def test_no_value_is_read_again_for_a_name_within_it():
    """A value may hold as many names as it has room for."""
    assert [(6, 6000)] == list(covered(b"token=" * 1000))
