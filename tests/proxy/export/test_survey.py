import pytest

from journals import CLIENT, DOWN, REFUSAL, SECRET, SERVER, STORY, UP, capture
from tlscope.capture.foreign import FROM_PACKETS
from tlscope.events import Ciphertext, Data, Opened, Secret
from tlscope.export import survey as module
from tlscope.export.source import Source
from tlscope.export.survey import Facts, Survey, key_log


def test_each_connection_has_its_facts(tmp_path):
    """What was spoken on which leg, which has keys, whether data was decrypted, and how it ended."""
    survey = Survey()
    made = b"".join(survey.look(Source(capture(tmp_path, STORY, REFUSAL))))
    first, second = survey.of[1], survey.of[2]
    assert (1, {SERVER}, {SERVER}, {UP, DOWN}) == (first.secrets, first.keyed, first.encrypted, first.data)
    assert (True, "outcome: intercepted") == (first.http, first.ended)
    assert (0, set(), False, "outcome: client-rejected, unknown_ca") == (
        second.secrets, second.data, second.http, second.ended
    )  # fmt: skip
    assert SECRET in made


@pytest.mark.parametrize(
    ("events", "whole"),
    [
        ([Data(UP, b"x"), Ciphertext(SERVER, UP, b"y")], True),
        ([Data(DOWN, b"x"), Ciphertext(CLIENT, DOWN, b"y")], True),
        ([Data(UP, b"x"), Ciphertext(CLIENT, UP, b"y")], False),
        ([Ciphertext(SERVER, UP, b"y"), Data(UP, b"x")], False),
        ([Data(UP, b"x", encrypted=False), Ciphertext(SERVER, UP, b"y")], False),
    ],
)
def test_all_ciphertext_is_there_where_data_left_as_some(events, whole):
    """On the leg that it leaves by, behind it."""
    facts = Facts()
    for event in events:
        facts.take(event)
    assert whole is facts.whole


def test_what_others_recorded_is_known_by_its_mode():
    """Both legs of it are one."""
    facts = Facts()
    facts.take(Opened(FROM_PACKETS, "a", "b"))
    assert facts.captured


def test_secrets_come_in_blocks_of_some_size(tmp_path, monkeypatch):
    """Each a Decryption Secrets Block, and no line that readers would stumble over."""
    monkeypatch.setattr(module, "SECRETS", 2 * len(SECRET))
    story = [Secret(SERVER, SECRET), Secret(CLIENT, b"no such line"), Secret(CLIENT, SECRET), Secret(CLIENT, SECRET)]
    made = list(Survey().look(Source(capture(tmp_path, story))))
    assert [(10, 2), (10, 1)] == [(int.from_bytes(block[:4], "little"), block.count(SECRET)) for block in made]
    assert b"" == key_log(b"no such line")
