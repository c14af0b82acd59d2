"""What a recorder answers those who control it. Sans-io: a line in, a line out.

    {"id": 1, "do": "ping"}                                                {"id": 1, "ok": {"tlscope": "0.1.0"}}
    {"id": 2, "do": "status"}                                              see status.py
    {"id": 3, "do": "policy", "action": "pass-through", "host": "*.bank"}  ... "ok": {..., "before": null}
    {"id": 4, "do": "stop"}                                                "ok": {}, and then it ends as by SIGTERM

Each line is one JSON object (RFC 8259) in UTF-8; so is each answer, in ASCII. `id` is a number or a text of the
client's own, and comes back; it may be missing. Where something is wrong the answer has, in place of `ok`,

    "error": {"code": "unknown-do", "message": "there is no 'statsu'", "next": "did you mean 'status'?"}

A policy holds for connections that are not decided yet; `before` says which action the same glob had. Its fourth
action, `forget`, takes a rule back.

What could be understood in two ways (a member that is there twice, one that nobody knows) is an error and changes
nothing. Nothing that a line holds raises.
"""

from __future__ import annotations

import difflib
import json
import logging
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol

from tlscope import __version__
from tlscope.config import ConfigError, parse_glob
from tlscope.engine.policy import MAX_RULES, TooManyRulesError
from tlscope.events import Action, Ruled, Ruling

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tlscope.engine.policy import Rules

log = logging.getLogger("tlscope")

DO: dict[str, tuple[str, ...]] = {"ping": (), "status": (), "policy": ("action", "host"), "stop": ()}
"""What can be asked for, and the members that it needs beside `id` and `do`; each of them is text."""
MAX_ID = 64
"""Characters of an id that is text."""
SAFE_INTEGER = 2**53 - 1
"""The largest id that every reader of JSON understands exactly (RFC 8259 section 6)."""
EXCERPT = 40
"""Characters of a request that an error quotes."""


class Controlled(Protocol):
    """What a recorder offers to those who control it."""

    @property
    def rules(self) -> Rules:
        """Its policy."""

    def status(self) -> dict[str, Any]:
        """How it is."""

    def changed(self, change: Ruled) -> None:
        """Keep in mind that the rules were changed so."""

    def stop(self) -> None:
        """End in good order."""


class Answer(NamedTuple):
    """What to send back, and what to do when that is done."""

    line: bytes
    stop: bool = False
    """End the recorder, in good order."""


class _Rejected(Exception):  # noqa: N818 - it is an answer
    """A request that cannot be met, and why."""

    def __init__(self, code: str, message: str, next_: str) -> None:
        super().__init__(message)
        self.error = error(code, message, next_)


def answer(line: bytes, controlled: Controlled) -> Answer:
    """Do what a line asks for."""
    number: int | str | None = None
    try:
        request = _parsed(line)
        number = _id(request)
        do = _checked(request)
        ok = _done(do, request, controlled)
    except _Rejected as rejected:
        return Answer(told(rejected.error, number))
    except Exception:  # whoever controls it must not be able to end it by a mistake of ours
        log.exception("control: %r", line[:EXCERPT])
        return Answer(told(error("bug", "tlscope failed to answer", "please report it, with its log"), number))
    return Answer(told({"ok": ok}, number), stop=do == "stop")


def error(code: str, message: str, next_: str) -> dict[str, Any]:
    """What is wrong, as it is answered."""
    return {"error": {"code": code, "message": message, "next": next_}}


def told(what: dict[str, Any], number: int | str | None = None) -> bytes:
    """A whole line."""
    return json.dumps({"id": number, **what}).encode() + b"\n"


# ------------------------------------------------------------------------------------------------------- understanding


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        request = json.loads(line.decode(), object_pairs_hook=_members, parse_constant=_no_number)
    except (ValueError, RecursionError) as wrong:
        reason = "it is nested too deep" if isinstance(wrong, RecursionError) else str(wrong)
        raise _Rejected(
            "not-json", f"the line is no JSON: {reason}", 'send one object a line: {"do": "status"}'
        ) from None
    if not isinstance(request, dict):
        raise _Rejected("not-an-object", "the line is JSON, but no object", 'send one object a line: {"do": "status"}')
    return request


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Rejected("duplicate-member", "a member is there twice", "say everything once")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _id(request: dict[str, Any]) -> int | str | None:
    found = request.get("id")
    if found is None or (isinstance(found, str) and len(found) <= MAX_ID):
        return found
    if isinstance(found, int) and not isinstance(found, bool) and abs(found) <= SAFE_INTEGER:
        return found
    raise _Rejected(
        "wrong-type",
        "`id` is neither a whole number nor a short text",
        f"count from 1, or use at most {MAX_ID} characters",
    )


def _checked(request: dict[str, Any]) -> str:
    """What to do; the request has just the members for it, and they are text."""
    do = _text(request, "do", "name one of: " + ", ".join(DO))
    if do not in DO:
        raise _Rejected("unknown-do", f"there is no {_excerpt(do)}", _hint(do, DO))
    for name in request.keys() - {"id", "do", *DO[do]}:
        known = ("id", "do", *DO[do])
        raise _Rejected("unknown-member", f"`{do}` has no member {_excerpt(name)}", _hint(name, known))
    for name in DO[do]:
        _text(request, name, f"`{do}` needs: " + ", ".join(DO[do]))
    return do


def _text(request: dict[str, Any], name: str, next_: str) -> str:
    if name not in request:
        raise _Rejected("missing-member", f"there is no `{name}`", next_)
    found = request[name]
    if not isinstance(found, str):
        raise _Rejected("wrong-type", f"`{name}` is not text", next_)
    return found


def _hint(text: str, known: Iterable[str]) -> str:
    known = [str(name) for name in known]
    close = difflib.get_close_matches(text[:EXCERPT], known, 1)
    return f"did you mean {close[0]!r}?" if close else "there are: " + ", ".join(known)


def _excerpt(text: str) -> str:
    return repr(text[:EXCERPT]) + ("..." if len(text) > EXCERPT else "")


# --------------------------------------------------------------------------------------------------------------- doing


def _done(do: str, request: dict[str, Any], controlled: Controlled) -> dict[str, Any]:
    match do:
        case "ping":
            return {"tlscope": __version__}
        case "status":
            return controlled.status()
        case "policy":
            return _policy(request["action"], request["host"], controlled)
        case _:
            return {}  # stop: done when this was said


def _policy(name: str, host: str, controlled: Controlled) -> dict[str, Any]:
    if name not in [*Ruling]:
        raise _Rejected("unknown-action", f"there is no action {_excerpt(name)}", _hint(name, Ruling))
    try:
        parse_glob(host)
    except ConfigError as wrong:
        raise _Rejected("bad-host", str(wrong), wrong.next) from None
    ruling, rules = Ruling(name), controlled.rules
    if ruling is Ruling.FORGET:
        before = rules.forget(host)
        if before is None:
            known = [rule.host for rule in rules.set_while_recording()]
            close = difflib.get_close_matches(host, known, 1)
            next_ = (
                f"did you mean {close[0]!r}?" if close else "status lists the rules; those of control can be forgotten"
            )
            raise _Rejected("no-such-rule", f"no rule for {host} was set while recording", next_)
    else:
        try:
            before = rules.add(Action(name), host)
        except TooManyRulesError:
            raise _Rejected(
                "too-many-rules", f"{MAX_RULES} rules are set already", "forget some, or use a glob for many hosts"
            ) from None
    controlled.changed(Ruled(ruling, host))
    return {"action": ruling, "host": host, "before": before.action if before else None}
