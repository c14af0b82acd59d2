from journals import STORY, capture
from tlscope.capture.schema import INDEX


def test_no_index_is_needed(tlscope, tmp_path):
    """The journal is enough, as of a capture that nothing can be written to."""
    directory = capture(tmp_path / "c", STORY)
    assert "The client leg" in tlscope("show", 1, "--story", "-c", directory).out
    assert not (directory / INDEX).exists()
