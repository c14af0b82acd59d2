"""Credentials taken out of what people share: the values go, everything that explains an exchange stays.

    header("Authorization", "Bearer abc") -> "Bearer [redacted]"
    header("Cookie", "sid=1; theme=dark") -> "sid=[redacted]; theme=[redacted]"
    url("https://u:p@host/?q=1&token=abc") -> "https://[redacted]@host/?q=1&token=[redacted]"
    content("application/json", '{"password": "x"}') -> '{"password": "[redacted]"}'

Headers are known by name. Parameters and members are known by names that people give to secrets, which is a guess: what
is called otherwise is not found, and neither is what stands in other kinds of content. Whoever shares a file looks at
it first.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

MARK = "[redacted]"

CREDENTIALS = frozenset({"authorization", "proxy-authorization"})
"""Headers that hold a scheme and a secret (RFC 9110 section 11.6)."""
SECRET_HEADERS = frozenset({
    "x-api-key", "api-key", "apikey", "x-auth-token", "x-access-token", "x-amz-security-token", "x-csrf-token",
    "x-xsrf-token", "x-goog-api-key", "x-vault-token", "private-token", "x-gitlab-token", "x-functions-key",
    "authentication-info", "proxy-authentication-info", "sec-websocket-key", "ocp-apim-subscription-key", "dpop",
})  # fmt: skip
"""Headers that are a secret as a whole."""
URL_HEADERS = frozenset({"location", "content-location", "referer", "refresh", "link", ":path"})
"""Headers that hold a URL, which may hold a secret."""

SECRET_NAMES = frozenset({
    "auth", "authorization", "code", "codeverifier", "credential", "credentials", "key", "jwt", "otp", "pass",
    "passphrase", "passwd", "pin", "pwd", "sas", "sess", "session", "sessionid", "sid", "sig", "samlresponse", "ticket",
    "xamzcredential", "xgoogcredential",
})  # fmt: skip
"""Names of parameters, in lower case and without what separates their words."""
SECRET_ENDINGS = ("token", "secret", "password", "apikey", "accesskey", "privatekey", "signature", "assertion")
"""How others end."""


def is_secret(name: str) -> bool:
    """Whether a parameter, a field of a form or a member of an object is called as secrets are."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return plain in SECRET_NAMES or plain.endswith(SECRET_ENDINGS)


def header(name: str, value: str) -> str:
    """A header's value without its secret."""
    low = name.lower()
    if low in CREDENTIALS:
        scheme, space, _ = value.strip().partition(" ")
        return f"{scheme} {MARK}" if space else MARK
    if low == "cookie":
        return "; ".join(_pair(part.strip()) for part in value.split(";"))
    if low == "set-cookie":
        pair, semicolon, attributes = value.partition(";")
        return _pair(pair.strip()) + semicolon + attributes
    if low in SECRET_HEADERS:
        return MARK
    return url(value) if low in URL_HEADERS else value


def url(text: str) -> str:
    """A URL, or a part of one, without the user in it and without the secrets in its query and its fragment."""
    text = re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#@\s]*@", rf"\1{MARK}@", text)
    head, mark, tail = text.partition("?")
    if not mark:
        head, mark, tail = text.partition("#")
    return head + mark + form(tail)


def form(text: str) -> str:
    """Pairs of name and value with `&` between them, without the secret values."""
    return re.sub(r"[^&;#?]+", _pair_if_secret, text)


def content(media_type: str, text: str) -> str:
    """A form or JSON without the values of secret names; any other text as it is."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return form(text)
    if kind == "application/json" or kind.endswith("+json"):
        return _MEMBER.sub(_member_if_secret, text)
    return text


_MEMBER = re.compile(r'"((?:[^"\\]|\\.?)*)(?:"|\Z)(?:(\s*:\s*)("(?:[^"\\]|\\.?)*(?:"|\Z)|[-+.\w]+))?', re.DOTALL)
"""A string, and if it is a member's name, its value; an object or a list is none, for its members have names again.

A string that is not closed goes to the end, so that nothing is tried twice: the time is linear.
"""


def _pair(text: str) -> str:
    name, equals, _ = text.partition("=")
    return f"{name}={MARK}" if equals else MARK if name else ""


def _pair_if_secret(found: re.Match[str]) -> str:
    name, equals, _ = found[0].partition("=")
    return f"{name}={MARK}" if equals and is_secret(unquote_plus(name)) else found[0]


def _member_if_secret(found: re.Match[str]) -> str:
    name, colon, _ = found.groups()
    return f'"{name}"{colon}"{MARK}"' if colon and is_secret(name) else found[0]
