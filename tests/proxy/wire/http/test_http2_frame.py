"""The numbers of HTTP/2."""

from __future__ import annotations

import h2.errors
import h2.settings
import hyperframe.frame
import pytest

from tlscope.wire.http.http2_frame import (
    ErrorCode,
    FrameType,
    Setting,
    error_name,
    flag_names,
    note_of,
    setting_name,
    settings_note,
    settings_of,
    type_name,
)


def test_numbers_are_those_of_other_people():
    """Frames as in hyperframe, errors and settings as in h2."""
    theirs = {number: made.__name__.removesuffix("Frame").upper() for number, made in hyperframe.frame.FRAMES.items()}
    ours = {kind.value: kind.name.replace("_", "") for kind in FrameType}
    assert theirs == {number: ours[number] for number in theirs}
    assert {code.value: code.name for code in h2.errors.ErrorCodes} == {code.value: code.name for code in ErrorCode}
    known = {int(code): code.name for code in h2.settings.SettingCodes}
    assert known == {number: Setting(number).name for number in known}


def test_flags_are_those_of_other_people():
    """As hyperframe knows them."""
    for number, made in hyperframe.frame.FRAMES.items():
        for flag in made.defined_flags:
            assert flag.name == flag_names(number, flag.bit)


def test_names_of_what_is_unknown():
    """Are their numbers; what is reserved to be ignored is called so."""
    assert ("unknown 0x42", "GREASE 0x0B", "GREASE 0x2A") == (type_name(0x42), type_name(0x0B), type_name(0x2A))
    assert ("unknown 0x63", "unknown 0x0B", "GREASE 0x1A1A") == (
        error_name(0x63),
        setting_name(0x0B),
        setting_name(0x1A1A),
    )
    assert ("END_STREAM+0x40", "0x04") == (flag_names(0, 0x41), flag_names(8, 4))


@pytest.mark.parametrize(
    ("kind", "payload", "note"),
    [
        (2, b"\x80\0\0\3\x0f", "depends on stream 3, weight 16, exclusive"),
        (7, b"\0\0\0\5\0\0\0\0", "NO_ERROR, last stream 5"),
        (10, b"\0\0h3", "h3"),
        (12, b"\0\1a\0\2bc", "a, bc"),
        (12, b"\0\1a\0\xffbc", "a, bc"),
        (16, b"\0\0\0\5u=1", "stream 5: u=1"),
        (6, bytes(8), ""),
        (7, b"", ""),
        (0x42, b"abc", ""),
    ],
)
def test_notes(kind, payload, note):
    """What a frame says, in a few words."""
    assert note == note_of(kind, payload)


def test_settings():
    """In pairs; what is left over is not among them, and a note stays short."""
    assert [(1, 2), (3, 4)] == settings_of(b"\0\1\0\0\0\2\0\3\0\0\0\4\0")
    assert "HEADER_TABLE_SIZE=2, MAX_CONCURRENT_STREAMS=4" == settings_note(b"\0\1\0\0\0\2\0\3\0\0\0\4\0")
    assert 1000 > len(settings_note(b"\0\1\0\0\0\2" * 1000))
