r"""The syntax of regular expressions: a pattern as a tree, which regex.py makes an automaton of.

    parse(r"a+|(?:bc){2}") -> Tree, and whether letters match in either case

It is that of `re`, without what needs backtracking: no back references and no lookaround. Letters match in either case
unless the pattern begins with `(?-i)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PATTERN = 512
"""Characters in a pattern."""
MAX_REPEAT = 255
"""The highest number in `{m,n}`, as POSIX has it (RE_DUP_MAX)."""
MAX_NESTING = 30
"""Groups within groups."""


class RegexError(ValueError):
    """A pattern that is none, or needs backtracking."""

    def __init__(self, offset: int, what: str) -> None:
        super().__init__(what)
        self.offset = offset
        """Of the character in the pattern that it is about."""
        self.what = what


def parse(pattern: str) -> tuple[Tree, bool]:
    """The tree of a pattern, and whether letters match in either case. Raises RegexError."""
    parser = _Parser(pattern)
    return parser.parse(), parser.fold


@dataclass(frozen=True, slots=True)
class Set:
    """Characters of which one is read."""

    chars: str = ""
    ranges: tuple[tuple[str, str], ...] = ()
    classes: tuple[Callable[[str], bool], ...] = ()
    negated: bool = False

    def holds(self, forms: tuple[str, ...]) -> bool:
        """Whether a character is of the set in one of its forms."""
        for char in forms:
            if char in self.chars or any(low <= char <= high for low, high in self.ranges):
                return not self.negated
        return any(belongs(forms[0]) for belongs in self.classes) != self.negated


class Anchor(NamedTuple):
    r"""A condition on the place between two characters: `^`, `$`, or the letter of `\b`, `\B`, `\A`, `\Z`."""

    name: str


class Sequence(NamedTuple):
    """One after the other."""

    of: tuple[Tree, ...]


class Choice(NamedTuple):
    """One of these."""

    of: tuple[Tree, ...]


class Repeat(NamedTuple):
    """So often at the least and at the most; None for any number."""

    what: Tree
    least: int
    most: int | None


Tree = Set | Anchor | Sequence | Choice | Repeat


def is_word(char: str) -> bool:
    r"""Whether `\w` stands for a character."""
    return char.isalnum() or char == "_"


def _opposite(belongs: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda char: not belongs(char)


_CLASSES: dict[str, Callable[[str], bool]] = {"d": str.isdecimal, "w": is_word, "s": str.isspace}
_CLASSES |= {name.upper(): _opposite(belongs) for name, belongs in _CLASSES.items()}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}
_HEX = {"x": 2, "u": 4}
_DOT = Set("\n", negated=True)


class _Parser:
    """Recursive descent, bounded by MAX_NESTING."""

    def __init__(self, pattern: str) -> None:
        if len(pattern) > MAX_PATTERN:
            raise RegexError(MAX_PATTERN, f"an expression has {MAX_PATTERN} characters at most")
        self.pattern = pattern
        self.fold = not pattern.startswith("(?-i)")
        self.at = 4 * pattern.startswith("(?i)") if self.fold else 5
        self.depth = 0

    def parse(self) -> Tree:
        tree = self._choice()
        if self.at < len(self.pattern):
            raise RegexError(self.at, "there is no group to close")
        return tree

    def _peek(self, ahead: int = 0) -> str:
        return self.pattern[self.at + ahead : self.at + ahead + 1]

    def _choice(self) -> Tree:
        branches = [self._sequence()]
        while self._peek() == "|":
            self.at += 1
            branches.append(self._sequence())
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def _sequence(self) -> Tree:
        items: list[Tree] = []
        while self._peek() and self._peek() not in "|)":
            items.append(self._repeated(self._atom()))
        return Sequence(tuple(items))

    def _atom(self) -> Tree:
        char, at = self._peek(), self.at
        self.at += 1
        match char:
            case "(":
                return self._group(at)
            case "[":
                return self._set(at)
            case ".":
                return _DOT
            case "^" | "$":
                return Anchor(char)
            case "\\":
                return self._escape(at)
            case "*" | "+" | "?":
                raise RegexError(at, f"there is nothing to repeat before {char}")
        return Set(char)

    def _group(self, at: int) -> Tree:
        if self._peek() == "?":
            if self.pattern[self.at : self.at + 2] != "?:":
                raise RegexError(at, "lookaround, flags and named groups cannot be used; (?:...) and (...) can")
            self.at += 2
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise RegexError(at, f"groups are nested {MAX_NESTING} deep at most")
        tree = self._choice()
        self.depth -= 1
        if self._peek() != ")":
            raise RegexError(at, "the group is not closed")
        self.at += 1
        return tree

    def _repeated(self, what: Tree) -> Tree:
        at = self.at
        bounds = self._bounds()
        if bounds is None:
            return what
        if isinstance(what, Anchor):
            raise RegexError(at, "an anchor cannot be repeated")
        if self._peek() == "?":  # lazy: what matches is the same
            self.at += 1
        if (self._peek() and self._peek() in "*+") or (self._peek() == "{" and self._braces()):
            raise RegexError(self.at, "there is nothing to repeat")
        return Repeat(what, *bounds)

    def _bounds(self) -> tuple[int, int | None] | None:
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if found := simple.get(self._peek()):
            self.at += 1
            return found
        braces = self._braces() if self._peek() == "{" else None
        if braces is None:
            return None
        end, least, most = braces
        if least > MAX_REPEAT or (most or 0) > MAX_REPEAT or (most is not None and most < least):
            raise RegexError(self.at, f"{{m,n}} counts from m to n, and {MAX_REPEAT} at most")
        self.at = end
        return least, most

    def _braces(self) -> tuple[int, int, int | None] | None:
        """`{m}`, `{m,}`, `{,n}` or `{m,n}`: where it ends, m and n; None for a brace that is just a character."""
        end = self.pattern.find("}", self.at)
        inside = self.pattern[self.at + 1 : max(end, 0)]
        low, comma, high = inside.partition(",")
        if end < 0 or not inside.replace(",", "", 1).isascii() or not (low + high).isdigit():
            return None
        least = int(low or 0)
        return end + 1, least, (int(high) if high else None) if comma else least

    def _escape(self, at: int) -> Tree:
        char = self._peek()
        if char and char in "bBAZ":
            self.at += 1
            return Anchor(char)
        if char in _CLASSES:
            self.at += 1
            return Set(classes=(_CLASSES[char],))
        return Set(self._escaped(at))

    def _escaped(self, at: int) -> str:
        """The character that an escape stands for, the backslash at `at` being read."""
        char = self._peek()
        self.at += 1
        if char in _HEX:
            digits = self.pattern[self.at : self.at + _HEX[char]]
            self.at += len(digits)
            try:
                return chr(int(digits if len(digits) == _HEX[char] and digits.isalnum() else "-", 16))
            except ValueError:
                raise RegexError(at, f"\\{char} wants {_HEX[char]} hexadecimal digits") from None
        if char in _CONTROLS:
            return _CONTROLS[char]
        if not char:
            raise RegexError(at, "a backslash stands before another character")
        if char.isdecimal():
            raise RegexError(at, "back references cannot be used")
        if char.isascii() and char.isalpha():
            raise RegexError(at, f"there is no escape \\{char}")
        return char

    def _set(self, at: int) -> Tree:
        negated = self._peek() == "^"
        self.at += negated
        chars, first = "", True
        ranges: list[tuple[str, str]] = []
        classes: list[Callable[[str], bool]] = []
        while first or self._peek() != "]":
            first = False
            low = self._member(at, classes)
            if low and self._peek() == "-" and self._peek(1) not in {"]", ""}:
                self.at += 1
                begin = self.at
                high = self._member(at, classes)
                if not high or high < low:
                    raise RegexError(begin, "a range goes from a lower character to a higher one")
                ranges.append((low, high))
            else:
                chars += low
        self.at += 1
        return Set(chars, tuple(ranges), tuple(classes), negated)

    def _member(self, at: int, classes: list[Callable[[str], bool]]) -> str:
        """One character of a set; empty after a class, which is put to the others."""
        char, here = self._peek(), self.at
        if not char:
            raise RegexError(at, "the set is not closed")
        self.at += 1
        if char != "\\":
            return char
        if (escaped := self._peek()) in _CLASSES:
            self.at += 1
            classes.append(_CLASSES[escaped])
            return ""
        if escaped == "b":
            self.at += 1
            return "\b"
        return self._escaped(here)
