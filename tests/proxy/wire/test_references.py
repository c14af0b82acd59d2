import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

import tlscope.wire
from support.rfcs import SECTIONS

SOURCES = sorted(Path(tlscope.wire.__file__).parent.rglob("*.py"))

_SECTION = r"(?:\d+|[A-W](?=\.\d|\b))(?:\.\d+)*"  # X.509 is no section
_CITED = re.compile(rf"RFC (\d+)(?: (section|sections|appendix) ({_SECTION}(?:(?:, | and | to ){_SECTION}\b)*))?")
"""RFC 8446, RFC 8446 section 4.1.2, RFC 4279 sections 2 to 4, RFC 8446 appendix D.4."""


def strings(source):
    """The texts of a module, comments and docstrings too; in f-strings the module's own constants are filled in."""
    tree = ast.parse(source)
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(filled(part, constants)) for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def filled(part, constants):
    """A part of an f-string: its text, or that of the constant that it names."""
    if isinstance(part, ast.Constant):
        return part.value
    return constants.get(part.value.id, "?") if isinstance(part.value, ast.Name) else "?"


def citations(source):
    """(RFC, section) of all that a module cites; the section is empty where the RFC alone is named."""
    found = set()
    for text in strings(source):
        for match in _CITED.finditer(" ".join(text.split())):
            found.add((match[1], ""))
            found.update((match[1], section) for section in re.findall(_SECTION, match[3] or ""))
    return found


def unknown(cited):
    """What of it is in no table of contents."""
    return sorted(
        (rfc, section) for rfc, section in cited if rfc not in SECTIONS or (section and section not in SECTIONS[rfc])
    )


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_section_that_is_cited_exists(path):
    """What a dissector cites can be looked up: the RFC exists, and has that section."""
    assert [] == unknown(citations(path.read_text()))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_citations_are_written_in_one_way(path):
    """`RFC 8446 section 4.1.2`, `appendix D.4`, `sections 4 and 5`: so that a reader, and the test above, finds it."""
    for text in strings(path.read_text()):
        flat = " ".join(text.split())
        assert not re.search(r"RFC\d|RFC-\d|RFC \d+ (§|[A-Z]?\d*\.\d|Section|Appendix)", flat), flat
        assert not re.search(rf"RFC \d+ section {_SECTION}(, | and ){_SECTION}(?!\w)", flat), flat


def test_a_section_that_does_not_exist_is_found():
    """A wrong number is not passed over, wherever it stands and however the reference is put together."""
    source = '''
"""By RFC 8446 section 4.1.2 and RFC 99999; also RFC 8446 sections 4.1.3 and 4.9.9."""
_R = "RFC 5280 section "
here = f"{_R}4.2.1.77"  # RFC 8446 appendix
there = "RFC 8446 appendix V.4"  # RFC 7250 section 66
'''
    expected = [("5280", "4.2.1.77"), ("7250", "66"), ("8446", "4.9.9"), ("8446", "V.4"), ("99999", "")]
    assert expected == unknown(citations(source))
