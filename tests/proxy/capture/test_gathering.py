import threading

import pytest

from journals import capture
from support.viewing import story
from tlscope.capture import gathering as module
from tlscope.capture.gathering import Gathering, Question, Stopped, _split
from tlscope.capture.index import Index
from tlscope.capture.inspector import catch_up
from tlscope.capture.schema import Stale, delete


@pytest.fixture(params=[False, True])
def steps(request, monkeypatch):
    """One question, or many."""
    if request.param:
        monkeypatch.setattr(module, "WHOLE", -1)
        monkeypatch.setattr(module, "TICKS", 1)
    monkeypatch.setattr(module, "SIZE", 16)
    return request.param


def question(value="", *, where="c.up > 0", is_text=False, is_word=False, descending=False, parameters=()):
    return Question(where, where, parameters, value, is_text, is_word, descending)


def gathered(index, asked, low=1, high=100):
    made = Gathering(index, asked, low, high)
    made.finished.wait()
    assert made.error is None
    portions = list(made.taken())
    return portions, made.ordered


def pairs(index, order, value):
    query = f"SELECT c.connection, {value} FROM connection c WHERE c.up > 0 ORDER BY {order}"
    return [tuple(row) for row in index.database.execute(query)]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.usefixtures("steps")
def test_numbers_come_in_portions(index, descending):
    """From either end; all that are selected between two numbers, and nothing else."""
    portions, ordered = gathered(index, question(where="c.up > ?", parameters=(50,), descending=descending), 11, 90)
    portions = [portion for portion in portions if len(portion.numbers)]
    numbers = [number for portion in portions[:: -1 if descending else 1] for number in portion.numbers]
    assert [number for number in range(51, 91) if number % 5] == numbers
    assert ordered is None
    assert len(portions) > 1


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize(
    ("value", "kind"), [("-c.up", {}), ("coalesce(c.host_word, 0)", {"is_word": True}), ("c.client", {"is_text": True})]
)
@pytest.mark.usefixtures("steps")
def test_values_come_with_the_numbers_and_in_their_order(index, value, kind, descending):
    """Integers, texts, and the texts of words."""
    shown = {"coalesce(c.host_word, 0)": "c.host"}.get(value, value)
    portions, ordered = gathered(index, question(value, descending=descending, **kind))
    found = sorted(pair for portion in portions for pair in zip(portion.numbers, portion.values or (), strict=True))
    assert pairs(index, "1", shown) == found
    values, numbers = ordered.slice(0, 1000)
    assert pairs(index, "2, 1", shown) == list(zip(numbers, values, strict=True))


def test_it_says_how_far_it_is(index, steps):
    """Where nothing is found, too."""
    portions, _ = gathered(index, question(where="0", descending=True))
    reached = [portion.reached for portion in portions]
    assert 1 == reached[-1]
    assert steps == (len(reached) > 1)
    assert sorted(reached, reverse=True) == reached


@pytest.mark.usefixtures("steps")
def test_an_empty_text_is_a_text(index):
    """One alone, and some; whatever characters the others are of."""
    for where, count in (("c.connection = 7", 1), ("c.connection < 4", 3), ("0", 0)):
        portions, _ = gathered(index, question("''", where=where, is_text=True))
        assert [""] * count == [text for portion in portions for text in portion.values or ()]
    portions, _ = gathered(index, question("'a,' || char(10, 233)", where="c.connection = 7", is_text=True))
    assert ["a,\n\u00e9"] == [text for portion in portions for text in portion.values or ()]


def test_texts_are_split_some_at_a_time(monkeypatch):
    """As str.split does it."""
    monkeypatch.setattr(module, "TEXT", 3)
    for text in ("", ",", "a", "ab,cd,,e,fghijkl,m", ",,,,,,"):
        assert text.split(",") == list(_split(text, ","))


def test_it_can_be_stopped(index, monkeypatch):
    """While SQLite is at work, which does not ask."""
    begun = threading.Event()
    asked = Gathering._asked

    def noted(*arguments):
        begun.set()
        return asked(*arguments)

    monkeypatch.setattr(Gathering, "_asked", noted)
    endless = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 1 FROM n WHERE i < 0)"
    made = Gathering(index, question(where=endless), 1, 100)
    begun.wait()
    while not made.finished.wait(0.01):
        made.stop()
    assert isinstance(made.error, Stopped)
    made.stop()


def test_a_wrong_question_is_an_error(index):
    """It is there for who asks."""
    made = Gathering(index, question(where="c.nothing"), 1, 100)
    made.finished.wait()
    assert "nothing" in str(made.error)


def test_another_index_is_not_asked(tmp_path):
    """Its rows are not those of the one that was opened."""
    capture(tmp_path, story(1))
    catch_up(tmp_path)
    with Index(tmp_path) as index:
        delete(tmp_path)
        catch_up(tmp_path)
        made = Gathering(index, question(), 1, 1)
        made.finished.wait()
    assert isinstance(made.error, Stale)


def test_steps_keep_their_pace(index, monkeypatch):
    """More rows while that is quick; fewer where a row takes long, one at the least."""
    times = iter([0, 0.05, 1, 1.3, 2, 2.15])  # when each step begins, and is over
    monkeypatch.setattr(module, "perf_counter", lambda: next(times, 9))
    monkeypatch.setattr(Gathering, "_whole", lambda *_: False)
    asked = []

    def noted(_self, _database, _where, low, high, _end):
        asked.append(high - low + 1)
        return "", ""

    monkeypatch.setattr(Gathering, "_asked", noted)
    monkeypatch.setattr(module, "FIRST_STEP", 8)
    gathered(index, question())
    assert [8, 16, 8, 8, 16] == asked[:5]
    assert 100 == sum(asked)
