import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import steps
from tlscope.export.redact import MARK, data, form, header, is_secret, url

TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
"""A JSON Web Token, made by hand."""
KEY = "-----BEGIN EC PRIVATE KEY-----*-----END EC PRIVATE KEY-----"


def content(media_type, text):
    return data(media_type, text.encode()).decode()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Authorization", "Bearer abc.def", "Bearer *"),
        ("authorization", "Digest username=a, response=b", "Digest *"),
        ("PROXY-Authorization", "abc", "*"),
        ("Cookie", "sid=1; theme=a=b ;x", "sid=*; theme=*; *"),
        ("Set-Cookie", "sid=1; Path=/; HttpOnly", "sid=*; Path=/; HttpOnly"),
        ("Set-Cookie", "sid=1", "sid=*"),
        ("X-Api-Key", "abc", "*"),
        ("Location", "https://a/?code=1&x=2", "https://a/?code=*&x=2"),
        (":path", "/a?token=1", "/a?token=*"),
        ("Accept", "token=1", "token=1"),
        ("X-Forwarded-Authorization", "Bearer abc", "Bearer *"),
        ("X-Acme-Session-Token", "abc", "*"),
        ("Sec-WebSocket-Protocol", f"v1, {TOKEN}", "v1, *"),
        ("WWW-Authenticate", "NTLM TlRMTVNTUAAC, Basic realm=a", "NTLM *, Basic realm=a"),
        ("Proxy-Authenticate", "Negotiate oYG2MIGz", "Negotiate *"),
        ("WWW-Authenticate", 'Digest realm="a", nonce="b"', 'Digest realm="a", nonce="b"'),
        ("Authorization", "Negotiate YII=", "Negotiate *"),
        ("X-Acme-Key", "abc", "*"),
        ("X-User-Auth", "abc", "*"),
        ("Idempotency-Key", "abc", "abc"),
        ("Set-Cookie2", "sid=1; Path=/", "sid=*; Path=/"),
        ("Referer", "https://a/b;jsessionid=1?code=2&x=3", "https://a/b;jsessionid=*?code=*&x=3"),
        ("HX-Current-URL", "https://a/?token=1", "https://a/?token=*"),
        ("X-Log", "sent Bearer abcdefghij0123456789abc to it", "sent Bearer * to it"),
        ("Refresh", "0; url=https://u:p@host/?x=1&token=2", "0; url=https://*@host/?x=1&token=*"),
    ],
)
def test_headers(name, value, expected):
    """The secret goes; the scheme, the cookie's name and its attributes stay."""
    assert expected.replace("*", MARK) == header(name, value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://user:pass@host/a?x=1#y", "https://*@host/a?x=1#y"),
        ("https://host/a@b?x=@", "https://host/a@b?x=@"),
        ("https://user:p@ss@host/", "https://*@host/"),
        (f"/a/{TOKEN}/b", "/a/*/b"),
        ("/a?q=1&access_token=abc&n=2", "/a?q=1&access_token=*&n=2"),
        ("/a?%74oken=abc;sig=b", "/a?%74oken=*;sig=*"),
        ("/cb#id_token=abc&state=1", "/cb#id_token=*&state=1"),
        ("/a?x=1#client_secret=2", "/a?x=1#client_secret=*"),
        ("/token/abc", "/token/abc"),
        ("/a;JSESSIONID=1/b?x=2", "/a;JSESSIONID=*?x=2"),
        ("/a?token", "/a?token"),
        ("", ""),
    ],
)
def test_urls(text, expected):
    """The user, and parameters that are called as secrets are."""
    assert expected.replace("*", MARK) == url(text)


@pytest.mark.parametrize(
    ("media_type", "text", "expected"),
    [
        ("application/x-www-form-urlencoded; charset=utf-8", "user=a&password=b", "user=a&password=*"),
        ("application/json", '{"a": {"refresh_token" : "x\\"y", "n": 1}}', '{"a": {"refresh_token" : "*", "n": 1}}'),
        ("application/problem+json", '{"pin":1234,"token":null,"k":"token"}', '{"pin":"*","token":"*","k":"token"}'),
        ("application/json", '["password", "x"]', '["password", "x"]'),
        ("application/json", '{"password": "not closed', '{"password": "*"'),
        ("application/json", '{"pass\\u0077ord": "x", "\\u00zz": "y"}', '{"pass\\u0077ord": "*", "\\u00zz": "y"}'),
        ("text/plain", ' [{"password": "x"}]', ' [{"password": "*"}]'),
        ("application/x-ndjson", '{"pin": 1}\n{"pin": 2}', '{"pin": "*"}\n{"pin": "*"}'),
        ("text/event-stream", 'id: 1\ndata: {"token": "x"}\n\ndata: a', 'id: 1\ndata: {"token": "*"}\n\ndata: a'),
        ("", '42["login",{"password":"x"}]', '42["login",{"password":"*"}]'),
        ("", '451-/chat,7["a",{"token":"x"}]', '451-/chat,7["a",{"token":"x"}]'),
        ("", '42/chat,7["a",{"token":"x"}]', '42/chat,7["a",{"token":"*"}]'),
        ("text/plain", ')]}\',\n{"token":"x"}', ')]}\',\n{"token":"*"}'),
        ("", 'data: {"token": "x"}', 'data: {"token": "*"}'),
        ("text/plain", "user=a&password=b", "user=a&password=*"),
        ("", "grant=x&client_secret=b", "grant=x&client_secret=*"),
        ("text/plain", "password=b c", "password=b c"),
        ("application/jsonl", '{"pin": 1}\n{"pin": 2}', '{"pin": "*"}\n{"pin": "*"}'),
        ("application/json", '{"headers": {"Cookie": "a=b", "Proxy-Authorization": "Basic c"}}',
         '{"headers": {"Cookie": "*", "Proxy-Authorization": "*"}}'),
        ("application/json", '{"aws_secret_key": "x", "PHPSESSID": "y"}', '{"aws_secret_key": "*", "PHPSESSID": "*"}'),
        ("text/plain", f"a bearer internationalizations, gh{'p_'}{'a1' * 18}.", "a bearer internationalizations, *."),
        ("text/plain", f"glpat-{'a' * 20} xoxb-{'1' * 12} {'sk'}_live_{'a' * 16} sk_live", "* * * sk_live"),
        ("", '{"password": "x"}', '{"password": "*"}'),
        ("text/xml", "<s:Password x='1'>b</s:Password><c>d</c>", "<s:Password x='1'>*</s:Password><c>d</c>"),
        ("application/soap+xml", '<a secret="b" c="d"/>', '<a secret="*" c="d"/>'),
        ("text/html", '<input name=csrf_token value="b"><input name="csrf_token" value="b" id="c">',
         '<input name=csrf_token value="b"><input name="csrf_token" value="*" id="c">'),
        ("text/html", "<input type='password' value='b'>", '<input type=\'password\' value="*">'),
        ("text/plain", f"so {TOKEN}, and", "so *, and"),
        ("text/plain", KEY.replace("*", "\nabc\n"), KEY),
        ("text/plain", "git clone https://me:pw@host/x", "git clone https://*@host/x"),
        ("text/plain", "password=x eyJ.a.b http://host:80/@ a://b", "password=x eyJ.a.b http://host:80/@ a://b"),
    ],
)  # fmt: skip
def test_contents(media_type, text, expected):
    """Forms, JSON, markup by names; any text by what looks like a secret; prose is not looked into."""
    assert expected.replace("*", MARK) == content(media_type, text)


def test_multipart():
    """The fields of secret names go, the others are looked into, and a file that is no text is left as it is."""
    part = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n'
    fields = [
        (part.format("password", "") + "abc\r\nd", part.format("password", "") + MARK),
        (part.format("j", "\r\nContent-Type: application/json") + '{"pin": 1}',
         part.format("j", "\r\nContent-Type: application/json") + f'{{"pin": "{MARK}"}}'),
        (part.format("a", '; filename="password"') + "text", part.format("a", '; filename="password"') + "text"),
    ]  # fmt: skip
    binary = part.format("f", "").encode() + b"\xff\0\r\n\r\n\xfe"
    sent, expected = (
        b"".join(b"--x y\r\n" + body + b"\r\n" for body in (*(pair[at].encode() for pair in fields), binary))
        + b"--x y--\r\n"
        for at in (0, 1)
    )
    assert expected == data('multipart/form-data; boundary="x y"', sent)
    assert sent.replace(b"x y", b"z") == data("multipart/form-data", sent.replace(b"x y", b"z"))


def test_contents_that_are_no_utf_8():
    """Names are found all the same, and no other byte is changed."""
    mark = MARK.encode()
    assert b'{"name": "\xe9", "password": "' + mark + b'"}' == data(
        "application/json", b'{"name": "\xe9", "password": "\xe8"}'
    )
    for before in (b"\0\x0a\xff", b"\0\x0ae", b"v1."):
        assert before + mark + b"\x01" == data("application/grpc", before + TOKEN.encode() + b"\x01")


@given(
    st.binary(), st.sampled_from(["", "text/html", "application/json", "image/png", "multipart/form-data; boundary=a"])
)
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_redacted(content, media_type):
    """Nothing raises; what holds no secret stays as it is, and what was redacted stays so."""
    once = data(media_type, content)
    assert once == data(media_type, once)
    assert MARK.encode() in once or once == content


@pytest.mark.parametrize("name", ["X-Amz-Signature", "apiKey", "client_secret", "csrf_token", "PASSWORD", "sid"])
def test_names_of_secrets(name):
    """However their words are joined."""
    assert is_secret(name)


@pytest.mark.parametrize("name", ["q", "keyword", "page", "monkey", "decode", ""])
def test_other_names(name):
    """Though they hold the same letters."""
    assert not is_secret(name)


@settings(max_examples=60, deadline=None)
@given(st.recursive(st.text(max_size=5) | st.integers() | st.none(), lambda inner: st.dictionaries(
    st.sampled_from(["token", "a", "pass words"]), inner) | st.lists(inner, max_size=2), max_leaves=5))  # fmt: skip
def test_json_stays_json_and_loses_its_secrets(value):
    """And nothing else of it."""

    def expected(value):
        if isinstance(value, list):
            return [expected(item) for item in value]
        if not isinstance(value, dict):
            return value
        plain = {"token": lambda item: expected(item) if isinstance(item, dict | list) else MARK}
        return {name: plain.get(name, expected)(item) for name, item in value.items()}

    assert expected(value) == json.loads(content("application/json", json.dumps(value)))


@settings(max_examples=100, deadline=None)
@given(st.text() | st.text('"\\:{}=&;#?@/ ton'))
def test_any_text_is_redacted(text):
    """Nothing raises, and what was redacted stays so."""
    for once in (url(text), form(text), content("application/json", text), header("cookie", text)):
        assert isinstance(once, str)
    assert form(form(text)) == form(text)


TEDIOUS = ['"\\', '\\"', '"a" ', '"token":"', "a=&", "://", "://a:", "eyJ", "eyJa.", "a.", "<a b='", "<a ", "a=",
           "--a\r\n\r\n", "PRIVATE KEY-----", " ", "<", "a:"]  # fmt: skip


@pytest.mark.parametrize("text", TEDIOUS)
@pytest.mark.parametrize("media_type", ["application/json", "text/html", "multipart/form-data; boundary=a", ""])
def test_time_is_linear(text, media_type):
    """Steps of the regular expressions cannot be counted, but their matches can; no text makes them begin again."""
    for function in (lambda made: content(media_type, made), form, url):
        works = [steps(function, text * size) for size in (500, 1000)]
        assert works[1] <= 2.1 * works[0] + 10
    assert content(media_type, text * 50_000)
