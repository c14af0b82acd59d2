"""Credentials taken out of what people share: the values go, everything that explains an exchange stays.

    header("Authorization", "Bearer abc") -> "Bearer [redacted]"
    header("Cookie", "sid=1; theme=dark") -> "sid=[redacted]; theme=[redacted]"
    url("https://u:p@host/?q=1&token=abc") -> "https://[redacted]@host/?q=1&token=[redacted]"
    data("application/json", b'{"password": "x"}') -> b'{"password": "[redacted]"}'

Some headers are known by name. Parameters, members, fields of forms and other headers are known by names that people
give to secrets, which is a guess. A few secrets are known by their look, wherever they stand: JSON Web Tokens, private
keys in PEM, the user in a URL. What is called otherwise and looks like anything is not found: in paths, in prose, in
lists, in contents that are packed or of a binary format. Whoever shares a file looks at it first.

Contents are taken as bytes, each a character, so that none is passed over for want of an encoding: names and marks are
ASCII. All is done in linear time: no expression here begins again in the middle of what it has seen.
"""

from __future__ import annotations

import json
import re
from urllib.parse import unquote_plus

MARK = "[redacted]"

SECRET_HEADERS = frozenset({
    "x-api-key", "api-key", "apikey", "x-auth-token", "x-access-token", "x-amz-security-token", "x-csrf-token",
    "x-xsrf-token", "x-goog-api-key", "x-vault-token", "private-token", "x-gitlab-token", "x-functions-key",
    "authentication-info", "proxy-authentication-info", "sec-websocket-key", "ocp-apim-subscription-key", "dpop",
})  # fmt: skip
"""Headers that are a secret as a whole."""
HEADER_ENDINGS = ("-key", "-auth", "-jwt", "-credential", "-credentials", "-session", "-cookie")
"""How the names of others end."""
PUBLIC_KEYS = frozenset({"idempotency-key", "surrogate-key", "x-cache-key", "cache-key", "crypto-key"})
"""Headers that end so, and say nothing but which of several things is meant."""
CHALLENGES = frozenset({"www-authenticate", "proxy-authenticate"})
"""Headers that ask for credentials, and with NTLM and Negotiate answer them (RFC 4559 section 4)."""
URL_HEADERS = frozenset({"location", "content-location", "referer", "refresh", "link", ":path"})
"""Headers that hold a URL, which may hold a secret."""

SECRET_NAMES = frozenset({
    "auth", "code", "codeverifier", "cookie", "credential", "credentials", "key", "jwt", "otp", "pass", "pin", "pwd",
    "sas", "sess", "session", "setcookie", "sid", "sig", "samlresponse", "ticket", "xamzcredential", "xgoogcredential",
})  # fmt: skip
"""Names of parameters, in lower case and without what separates their words."""
SECRET_ENDINGS = (
    "token", "secret", "password", "passwd", "passphrase", "authorization", "signature", "assertion", "sessionid",
    "sessid", "apikey", "accesskey", "accountkey", "encryptionkey", "masterkey", "privatekey", "secretkey",
    "sessionkey", "sharedkey", "signingkey",
)  # fmt: skip
"""How others end."""


FORM = "application/x-www-form-urlencoded"
VAGUE = frozenset({"", "text/plain", "application/octet-stream"})
"""What contents are called by those who do not say what they are."""
JSON = frozenset({
    "application/json", "text/json", "text/x-json", "application/x-json", "application/x-ndjson", "application/ndjson",
    "application/jsonl", "application/jsonlines", "application/x-jsonlines", "application/json-seq",
    "application/stream+json", "text/event-stream", "application/csp-report", "application/x-amz-json-1.0",
    "application/x-amz-json-1.1",
})  # fmt: skip
"""Kinds of content with objects in them, be they in the lines of an event stream."""


def is_secret(name: str) -> bool:
    """Whether a parameter, a field of a form or a member of an object is called as secrets are."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return plain in SECRET_NAMES or plain.endswith(SECRET_ENDINGS)


def header(name: str, value: str) -> str:
    """A header's value without its secret."""
    low = name.lower()
    if low.endswith("authorization"):  # and what proxies and gateways put before it
        scheme, space, _ = value.strip().partition(" ")
        return f"{scheme} {MARK}" if space else MARK
    if low in CHALLENGES:
        return _CONTINUED.sub(rf"\1{MARK}", value)
    if low in {"cookie", "cookie2"}:
        return "; ".join(_pair(part.strip()) for part in value.split(";"))
    if low in {"set-cookie", "set-cookie2"}:
        pair, semicolon, attributes = value.partition(";")
        return _pair(pair.strip()) + semicolon + attributes
    if low in SECRET_HEADERS or (low.endswith(HEADER_ENDINGS) and low not in PUBLIC_KEYS) or is_secret(low):
        return MARK
    return url(value) if low in URL_HEADERS or low.endswith(("-url", "-uri")) else _looks(value)


def url(text: str) -> str:
    """A URL, or a part of one, without the user in it and without the secrets among its parameters.

    These stand in the query, in the fragment, and behind semicolons in the path (RFC 3986 section 3.3).
    """
    return form(_looks(_ANY_USER.sub(rf"\1{MARK}@", text)))


def form(text: str) -> str:
    """Pairs of name and value with `&` between them, without the secret values."""
    return re.sub(r"[^&;#?]+", _pair_if_secret, text)


def data(media_type: str, content: bytes) -> bytes:
    """Content without the values of secret names, as far as its kind has names, and without what looks like a secret.

    Without a media type, or with a wrong one: what begins like JSON is taken for it, and what is no text but pairs of
    names and values for a form.
    """
    kind = media_type.partition(";")[0].strip().lower()
    if kind.startswith("multipart/") and (boundary := _BOUNDARY.search(media_type)):
        return _parts(content, (boundary[1] or boundary[2]).encode("latin-1", "replace"))
    text = content.decode("latin-1")
    if kind == FORM or (kind in VAGUE and _FORM.fullmatch(text)):
        text = form(text)
    elif kind in JSON or kind.endswith("+json") or _JSON_BEGIN.match(text):
        text = _MEMBER.sub(_member_if_secret, text)
    elif kind == "text/html" or kind.endswith("xml"):
        text = _ELEMENT.sub(_element_if_secret, _TAG.sub(_tag, text))
    return _looks(text).encode("latin-1")


_MEMBER = re.compile(r'"((?:[^"\\]|\\.?)*)(?:"|\Z)(?:(\s*:\s*)("(?:[^"\\]|\\.?)*(?:"|\Z)|[-+.\w]+))?', re.DOTALL)
"""A string, and if it is a member's name, its value; an object or a list is none, for its members have names again.

A string that is not closed goes to the end, so that nothing is tried twice: the time is linear.
"""

_JSON_BEGIN = re.compile(r"[\s\x1e]*+(?:\)\]\}'[,\s]*+|[0-9]{1,8}+(?:/[\w/-]*+,)?(?:[0-9]{1,8}+)?|data:[ \t]*+)?[\[{]")
"""Also behind what keeps scripts from reading it, behind the numbers of Socket.IO, and in events of a server."""
_FORM = re.compile(r"[^\s&=]++=[^\s&]*+(?:&[^\s&=]++=?[^\s&]*+)*+\s*+")
_CONTINUED = re.compile(r"(?i)\b((?:NTLM|Negotiate|Kerberos) +)[^\s,]+")
"""What answers a client in the middle of a conversation."""
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]+)"|([^\s;"]+))', re.IGNORECASE)
_NAME = re.compile(rb'[;\s]name=(?:"([^"\r\n]*)"|([^\s;"]+))', re.IGNORECASE)
_TYPE = re.compile(rb"(?:\A|\n)content-type:([^\r\n]*)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*+>")
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([\w:.-]++)(\s*+=\s*+)(?:"([^"]*+)"|'([^']*+)')""")
_ELEMENT = re.compile(r"(<(?:[\w.-]++:)?([\w.-]++)(?:\s[^<>]*+)?>)[^<>]++(?=</)")
_ANY_USER = re.compile(r"(://)[^/?#\s]*@")

LOOKS = (
    # A user with a password in a URL (RFC 3986 section 3.2.1), in the middle of any text.
    ("://", re.compile(r"""(://)[^\s/?#@:"'<>]*+:[^\s/?#@"'<>]*+(?=@)""")),
    # A signed JSON Web Token (RFC 7519) begins with `{"` in base64; in binary formats a letter may stand before.
    ("eyJ", re.compile(r"(?<![\w-])((?:(?!eyJ)[\w-])*+)eyJ[\w-]++\.[\w-]++\.[\w-]*+", re.ASCII)),
    # RFC 7468 sections 10 and 11, and the older kinds.
    ("PRIVATE KEY", re.compile(r"(PRIVATE KEY-----)[^-]++")),
    # RFC 6750 section 2.1, quoted anywhere; prose on bearers has no digits.
    ("earer ", re.compile(r"\b([Bb]earer +)(?=[\w.~+/-]*\d)[\w.~+/-]{20,}+=*+", re.ASCII)),
    # What services begin theirs with, so that they are found: GitHub, GitLab, Slack, Stripe.
    ("gh", re.compile(r"\b()(?:gh[oprsu]_[0-9A-Za-z]{36,}+|github_pat_\w{22,}+)", re.ASCII)),
    ("glpat-", re.compile(r"\b()glpat-[\w-]{20,}+", re.ASCII)),
    ("xox", re.compile(r"\b()xox[abeoprs]-[\w-]{10,}+", re.ASCII)),
    ("k_live_", re.compile(r"\b()[rs]k_live_\w{16,}+", re.ASCII)),
)
"""Secrets that are known by their look: what each has in it, and the whole, with what stands before as its group."""


def _looks(text: str) -> str:
    """Text without what looks like a secret."""
    for begin, look in LOOKS:
        if begin in text:
            text = look.sub(rf"\1{MARK}", text)
    return text


def _parts(content: bytes, boundary: bytes) -> bytes:
    """A multipart body (RFC 2046 section 5.1): those of secret names go, the others are looked into."""
    first, *rest = content.split(b"--" + boundary)
    return (b"--" + boundary).join([first, *map(_part, rest)])


def _part(part: bytes) -> bytes:
    head, blank, body = part.partition(b"\r\n\r\n")
    if not blank:
        return part
    end = b"\r\n" if body.endswith(b"\r\n") else b""
    body = body.removesuffix(b"\r\n")
    if (name := _NAME.search(head)) and is_secret((name[1] or name[2] or b"").decode("latin-1")):
        return head + blank + MARK.encode() + end
    kind = _TYPE.search(head)
    media_type = kind[1].decode("latin-1") if kind else ""
    # Not into parts of parts: what is nested without end would cost time without end.
    return head + blank + data("" if "multipart/" in media_type.lower() else media_type, body) + end


def _tag(found: re.Match[str]) -> str:
    """A tag without the values of secret attributes, and without that of an input for a secret."""
    attributes = {name.lower(): double or single for name, _, double, single in _ATTRIBUTE.findall(found[0])}
    secret = is_secret(attributes.get("name", "")) or attributes.get("type", "").lower() == "password"
    secret_values = {"value", "content"} if secret else set()

    def attribute(pair: re.Match[str]) -> str:
        name, equals = pair[1], pair[2]
        return f'{name}{equals}"{MARK}"' if is_secret(name) or name.lower() in secret_values else pair[0]

    return _ATTRIBUTE.sub(attribute, found[0])


def _element_if_secret(found: re.Match[str]) -> str:
    return f"{found[1]}{MARK}" if is_secret(found[2]) else found[0]


def _pair(text: str) -> str:
    name, equals, _ = text.partition("=")
    return f"{name}={MARK}" if equals else MARK if name else ""


def _pair_if_secret(found: re.Match[str]) -> str:
    name, equals, _ = found[0].partition("=")
    return f"{name}={MARK}" if equals and is_secret(unquote_plus(name)) else found[0]


def _member_if_secret(found: re.Match[str]) -> str:
    name, colon, _ = found.groups()
    return f'"{name}"{colon}"{MARK}"' if colon and is_secret(_unescaped(name)) else found[0]


def _unescaped(name: str) -> str:
    if "\\" not in name:
        return name
    try:
        return str(json.loads(f'"{name}"'))
    except ValueError:
        return name
