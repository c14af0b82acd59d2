from tlscope.export import jsonl as exported
from tlscope.export.source import Source
from tlscope_ui.cli import jsonl


def test_the_commands_and_the_export_share_one_contract(tlscope, recorded):
    """`show --jsonl` prints the lines of an export, which are tested there."""
    assert [getattr(exported, name) for name in jsonl.__all__] == [getattr(jsonl, name) for name in jsonl.__all__]
    assert list(exported.lines(Source(recorded, {2}))) == tlscope("show", 2, "--jsonl", "-c", recorded).out.splitlines()
