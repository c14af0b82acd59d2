import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.dissecting import steps
from tlscope.export.redact import MARK, content, form, header, is_secret, url


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
        ("/a?q=1&access_token=abc&n=2", "/a?q=1&access_token=*&n=2"),
        ("/a?%74oken=abc;sig=b", "/a?%74oken=*;sig=*"),
        ("/cb#id_token=abc&state=1", "/cb#id_token=*&state=1"),
        ("/a?x=1#client_secret=2", "/a?x=1#client_secret=*"),
        ("/token/abc", "/token/abc"),
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
        ("text/plain", "password=x", "password=x"),
    ],
)
def test_contents(media_type, text, expected):
    """Forms and JSON; others are not looked into."""
    assert expected.replace("*", MARK) == content(media_type, text)


@pytest.mark.parametrize("name", ["X-Amz-Signature", "apiKey", "client_secret", "csrf_token", "PASSWORD", "sid"])
def test_names_of_secrets(name):
    """However their words are joined."""
    assert is_secret(name)


@pytest.mark.parametrize("name", ["q", "keyword", "page", "monkey", "decode", ""])
def test_other_names(name):
    """Though they hold the same letters."""
    assert not is_secret(name)


@settings(max_examples=100, deadline=None)
@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.dictionaries(
    st.sampled_from(["token", "a", "pass words"]), inner) | st.lists(inner, max_size=3), max_leaves=8))  # fmt: skip
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


@pytest.mark.parametrize("text", ['"\\', '\\"', '"a" ', '"token":"', "a=&", "://"])
def test_time_is_linear(text):
    """Steps of the regular expressions cannot be counted, but their matches can; no text makes them begin again."""
    for function in (lambda made: content("application/json", made), form, url):
        works = [steps(function, text * size) for size in (1000, 2000)]
        assert works[1] <= 2.1 * works[0] + 10
    assert content("application/json", text * 200_000)
