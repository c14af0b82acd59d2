from journals import DOWN, GET, STORY, UP, capture
from tlscope.events import Data
from tlscope.export.raw import stream


def test_one_direction_of_one_connection(tmp_path):
    """All chunks, in order, and nothing else; bytes outside TLS as well."""
    more = [Data(UP, b"plain", encrypted=False), Data(DOWN, b"answer"), Data(UP, b""), Data(UP, b"\xff\0")]
    directory = capture(tmp_path / "c", STORY, [*STORY[:13], *more])
    assert GET + b"plain\xff\0" == b"".join(stream(directory, 2, UP))
    assert b"answer" == b"".join(stream(directory, 2, DOWN))
    assert bytes(range(20)) == b"".join(stream(directory, 1, DOWN))
    assert [] == list(stream(directory, 3, DOWN))
