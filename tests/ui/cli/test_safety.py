"""Nothing that a peer sent, and nothing that lies in a journal, drives the terminal of who looks at it."""

import json
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args, get_type_hints
from zlib import crc32

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import hostile
from journals import SALT, UP, capture, name, segment
from tlscope.capture.format import CHECKED, Kind
from tlscope.events import Data, Event, Message, Opened, Secret
from tlscope_ui.cli import cli

VIEWS = [
    ["list"],
    ["list", "--jsonl"],
    ["watch", "--no-follow", "--ciphertext", "--with-secrets"],
    ["watch", "--no-follow", "--jsonl"],
    ["show", "1", "--ciphertext", "--with-secrets"],
    ["show", "1", "--jsonl", "--with-secrets"],
    ["show", "2"],
]


def nasty(kind):
    """Events of a kind, with strings and bytes that no terminal should see."""
    hints = {field: hint for field, hint in get_type_hints(kind).items() if hint in {str, bytes, tuple[str, ...]}}
    texts = {str: hostile.text, bytes: hostile.data, tuple[str, ...]: st.lists(hostile.text, max_size=3).map(tuple)}
    return st.builds(kind, **{field: texts[hint] for field, hint in hints.items()})


NASTY = st.one_of([nasty(kind) for kind in get_args(Event)])


def outputs(directory):
    for view in VIEWS:
        result = CliRunner().invoke(cli, [*view, "-c", str(directory)], prog_name="tlscope")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code in {0, 1}
        yield view, result.stdout
        yield view, result.stderr


def check(directory):
    for view, output in outputs(directory):
        assert set() == hostile.forbidden(output), view


@settings(max_examples=60, deadline=None)
@given(st.lists(NASTY, max_size=12))
def test_no_event_drives_the_terminal(events):
    """No view, text or JSON, emits a control character, a mark that reorders, a separator or a surrogate."""
    with TemporaryDirectory() as place:
        check(capture(Path(place), events, events[:2]))


def raw(kind, flags, payload, meta):
    """A record of anything, with the right check."""
    checked = CHECKED.pack(len(payload), kind, flags, meta, 1, 2**64 - 1, 0)
    check_ = crc32(checked, SALT) if kind in {Kind.DATA, Kind.CIPHERTEXT} else crc32(payload, crc32(checked, SALT))
    return check_.to_bytes(4, "little") + checked + payload


JSON = hostile.text | st.integers() | st.booleans() | st.none() | st.lists(hostile.text, max_size=2)
FIELDS = sorted({field for kind in get_args(Event) for field in get_type_hints(kind)})


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 14), st.integers(0, 255), st.dictionaries(st.sampled_from(FIELDS), JSON), hostile.data)
    )
)
def test_no_journal_drives_the_terminal(records):
    """Whatever its records hold: fields of other types, kinds that nobody knows, times at the end of all time."""
    parts = [segment([])[0]]
    for kind, flags, fields, data in records:
        meta = json.dumps(fields).encode()
        parts.append(raw(kind, flags, meta + data, len(meta)))
    with TemporaryDirectory() as place:
        directory = capture(Path(place))
        (directory / name()).write_bytes(b"".join(parts))
        check(directory)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=300))
def test_no_file_drives_the_terminal(content):
    """A segment of anything."""
    with TemporaryDirectory() as place:
        directory = capture(Path(place))
        (directory / name()).write_bytes(segment([])[0] + content)
        check(directory)


@pytest.mark.parametrize("attack", ["\x1b]0;owned\x07", "\x9b31m", "\u202egnp.exe", "a\rb", "\u2028", "\x7f", "\x00"])
def test_known_attacks_are_shown(tmp_path, attack):
    """Window titles, C1 sequences, reversed names, overwritten lines: each can be read, and none takes place."""
    events = [
        Opened(attack, attack, attack),
        Data(UP, f"this much is plain text {attack}".encode()),
        Secret(0, attack.encode()),
        Message(0, UP, 0x0304, 22, attack.encode()),
    ]
    directory = capture(tmp_path / "c", events)
    check(directory)
    shown = dict(outputs_by_view(directory))
    escaped = repr(attack)[1:-1] if attack != "\x7f" else r"\x7f"
    assert f"opened {escaped}, from {escaped} to {escaped}" in shown["show 1 --ciphertext --with-secrets"]
    assert f"this much is plain text {escaped}" in shown["show 1 --ciphertext --with-secrets"]
    assert attack == json.loads(shown["list --jsonl"])["client"]


def outputs_by_view(directory):
    return [(" ".join(view), out) for (view, out), _ in list(pairwise(outputs(directory)))[::2]]
