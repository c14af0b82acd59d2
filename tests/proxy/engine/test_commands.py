import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlscope import __version__
from tlscope.config import Config
from tlscope.engine.commands import DO, Answer, answer
from tlscope.engine.policy import MAX_RULES, Rules
from tlscope.events import Action, Ruled, Ruling


class Recorder:
    """Something to control: it keeps what it is told."""

    def __init__(self):
        self.rules = Rules(Config(Path("capture"), Path("ca"), refuse=("*.ads",)))
        self.changes = []

    def status(self):
        return {"pid": 7}

    def changed(self, change):
        self.changes.append(change)


def asked(request, recorder=None):
    """The answer to one request, as an object."""
    line = request if isinstance(request, bytes) else json.dumps(request).encode()
    found = answer(line, recorder or Recorder())
    assert found.line.endswith(b"\n")
    assert found.line[:-1].isascii()
    assert b"\n" not in found.line[:-1]
    return json.loads(found.line)


def code(request, recorder=None):
    found = asked(request, recorder)["error"]
    assert ["code", "message", "next"] == list(found)
    assert all(found.values())
    return found["code"]


@pytest.mark.parametrize("number", [1, 0, -5, 2**53 - 1, "a", "", "\ud800", "é" * 64, None])
def test_the_id_comes_back(number):
    """Whether the request could be met or not."""
    assert {"id": number, "ok": {"tlscope": __version__}} == asked({"id": number, "do": "ping"})
    assert number == asked({"id": number, "do": "pong"})["id"]


def test_an_id_may_be_missing():
    """Who asks one thing at a time needs none."""
    assert asked({"do": "ping"})["id"] is None


@pytest.mark.parametrize("number", [1.5, True, [], {}, 2**53, -(2**53), "x" * 65])
def test_an_id_that_is_none(number):
    """What might come back as something else is refused."""
    found = asked({"id": number, "do": "ping"})
    assert (None, "wrong-type") == (found["id"], found["error"]["code"])


def test_status():
    """What the recorder says of itself."""
    assert {"id": 1, "ok": {"pid": 7}} == asked({"id": 1, "do": "status"})


def test_stop_comes_after_its_answer():
    """The answer is given first; nothing else stops anything."""
    assert Answer(b'{"id": 1, "ok": {}}\n', stop=True) == answer(b'{"id": 1, "do": "stop"}', Recorder())
    for line in (b'{"do": "ping"}', b'{"do": "stop", "now": true}', b'{"do": "stop"', b'{"do": ["stop"]}'):
        assert not answer(line, Recorder()).stop


@pytest.mark.parametrize("action", Action)
def test_a_policy(action):
    """It holds from now on, is recorded, and says which it replaces."""
    recorder = Recorder()
    request = {"do": "policy", "action": action, "host": "x.ADS"}
    assert {"action": action, "host": "x.ADS", "before": None} == asked(request, recorder)["ok"]
    assert action is recorder.rules.decide("x.ads").action
    assert action == asked(request, recorder)["ok"]["before"]
    assert [Ruled(Ruling(action), "x.ADS")] * 2 == recorder.changes


def test_forgetting():
    """The options hold again; what is not there cannot be forgotten, and changes nothing."""
    recorder = Recorder()
    asked({"do": "policy", "action": "intercept", "host": "shop.ads"}, recorder)
    found = asked({"do": "policy", "action": "forget", "host": "shop.ad"}, recorder)["error"]
    assert ("no-such-rule", "did you mean 'shop.ads'?") == (found["code"], found["next"])
    request = {"do": "policy", "action": "forget", "host": "SHOP.ads"}
    assert {"action": "forget", "host": "SHOP.ads", "before": "intercept"} == asked(request, recorder)["ok"]
    assert Action.REFUSE is recorder.rules.decide("shop.ads").action
    assert "no-such-rule" == code(request, recorder)
    assert [Ruling.INTERCEPT, Ruling.FORGET] == [change.ruling for change in recorder.changes]


def test_there_is_a_limit_to_rules():
    """It is an error, and nothing is recorded of it."""
    recorder = Recorder()
    for number in range(MAX_RULES):
        assert "ok" in asked({"do": "policy", "action": "refuse", "host": f"{number}"}, recorder)
    assert "too-many-rules" == code({"do": "policy", "action": "refuse", "host": "x"}, recorder)
    assert MAX_RULES == len(recorder.changes)


@pytest.mark.parametrize(
    ("expected", "line"),
    [
        ("not-json", b""),
        ("not-json", b"hello"),
        ("not-json", b"\xff\xfe"),
        ("not-json", b'{"do": "ping"} {}'),
        ("not-json", b'{"do": "ping", "id": NaN}'),
        ("not-json", b'{"do": "ping", "id": -Infinity}'),
        ("not-json", b"[" * 4096),
        ("not-json", b'{"a":' * 800),
        ("not-an-object", b"[]"),
        ("not-an-object", b"null"),
        ("not-an-object", b'"status"'),
        ("duplicate-member", b'{"do": "ping", "do": "stop"}'),
        ("duplicate-member", b'{"do": "ping", "id": {"a": 1, "a": 2}}'),
        ("missing-member", b"{}"),
        ("missing-member", b'{"do": "policy", "action": "refuse"}'),
        ("missing-member", b'{"do": "policy", "host": "a"}'),
        ("wrong-type", b'{"do": null}'),
        ("wrong-type", b'{"do": ["ping"]}'),
        ("wrong-type", b'{"do": "policy", "action": 1, "host": "a"}'),
        ("wrong-type", b'{"do": "policy", "action": "refuse", "host": ["a"]}'),
        ("unknown-do", b'{"do": ""}'),
        ("unknown-do", b'{"do": "PING"}'),
        ("unknown-member", b'{"do": "ping", "host": "a"}'),
        ("unknown-member", b'{"do": "stop", "": 1}'),
        ("unknown-action", b'{"do": "policy", "action": "passthrough?", "host": "a"}'),
        ("bad-host", b'{"do": "policy", "action": "refuse", "host": ""}'),
        ("bad-host", b'{"do": "policy", "action": "refuse", "host": "a b"}'),
        ("bad-host", b'{"do": "policy", "action": "refuse", "host": "a\\n"}'),
        ("bad-host", '{"do": "policy", "action": "refuse", "host": "bücher.example"}'.encode()),
        ("bad-host", b'{"do": "policy", "action": "refuse", "host": "' + b"a" * 256 + b'"}'),
        ("bad-host", b'{"do": "policy", "action": "forget", "host": "\\ud800"}'),
        ("bad-host", b'{"do": "policy", "action": "pass-through", "host": "localhost:9443"}'),
    ],
)
def test_what_cannot_be_meant_is_an_error(expected, line):
    """With a code, a sentence and what to do; nothing is changed."""
    recorder = Recorder()
    assert expected == code(line, recorder)
    assert [] == recorder.changes


@pytest.mark.parametrize(
    ("expected", "request_"),
    [
        ("did you mean 'status'?", {"do": "statsu"}),
        ("there are: ping, status, policy, stop", {"do": "xyzzy"}),
        ("did you mean 'host'?", {"do": "policy", "action": "refuse", "hots": "a"}),
        ("did you mean 'pass-through'?", {"do": "policy", "action": "passthrough", "host": "a"}),
        ("name one of: ping, status, policy, stop", {"id": 1}),
        ("`policy` needs: action, host", {"do": "policy", "action": "refuse"}),
    ],
)
def test_errors_suggest_what_is_near(expected, request_):
    """Where nothing is near, they name all there is."""
    assert expected == asked(request_)["error"]["next"]


def test_an_error_quotes_little():
    """However long a name is."""
    found = asked({"do": "\x1b" * 3000})["error"]
    assert len(json.dumps(found)) < 500
    assert "\x1b" not in found["message"]


def test_our_own_mistake_is_an_answer(caplog):
    """The recorder goes on, and its log says what went wrong."""
    recorder = Recorder()
    recorder.status = lambda: 1 // 0
    assert "bug" == code({"do": "status"}, recorder)
    assert "ZeroDivisionError" in caplog.text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = st.sampled_from(["id", "do", "action", "host"])
VALUES = JSON | st.sampled_from([*DO, *Ruling, "*.example"])


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | st.dictionaries(MEMBERS | st.text(max_size=8), VALUES).map(json.dumps).map(str.encode))
def test_any_line_has_one_answer(line):
    """Either `ok` or `error`; what is changed is told, and what is an error changed nothing."""
    recorder = Recorder()
    found = asked(line, recorder)
    assert {"id", "ok"} == found.keys() or {"id", "error"} == found.keys()
    assert len(recorder.changes) == ("ok" in found and "before" in found["ok"])
    assert "error" not in found or found["error"]["code"] != "bug"
