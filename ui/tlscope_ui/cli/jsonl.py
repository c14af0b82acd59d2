"""The JSON of the commands' `--jsonl` is that of an export (tlscope/export/jsonl.py): one contract, written once."""

from __future__ import annotations

from tlscope.export.jsonl import DIRECTIONS, LEGS, event_json, missing_json, split_secret

__all__ = ["DIRECTIONS", "LEGS", "event_json", "missing_json", "split_secret"]
