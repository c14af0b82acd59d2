"""Structured binary as text."""

from __future__ import annotations

from tlscope.wire.content.notation import said
from tlscope.wire.content.reading import TEXT
from tlscope.wire.field import Field


def leaf(text):
    return Field("x.number", "Number", 1, 0, 1, text)


def test_containers():
    """One value a line, indented; empty ones on one."""
    pair = Field("x.pair", "Pair", None, 0, 2, children=(leaf("1"), Field("x.array", "Array", None, 0, 0)))
    tag = Field("x.tag", "Tag", 7, 0, 1, children=(leaf("2"),))
    tree = Field("x.map", "Map", None, 0, 3, children=(pair, tag))
    assert "{\n  1: [],\n  7(2)\n}" == said(tree)


def test_text_is_bounded():
    """However many values there are."""
    tree = Field("x.array", "Array", None, 0, 0, children=(leaf("1" * 100),) * 10_000)
    assert TEXT < len(said(tree)) < TEXT + 200
