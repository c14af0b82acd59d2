r"""Regular expressions that cannot hang: what `~` and `matches` mean in a filter.

    Regex(pattern).search(text) -> bool

A filter runs over a million rows, with patterns typed by hand and texts chosen by strangers. Python's `re` backtracks:
`(a+)+$` against thirty letters takes minutes, and nothing can stop it meanwhile. So the pattern is compiled to a
nondeterministic automaton (Thompson, 1968), of which the deterministic one is built lazily, state by state, as texts
ask for it (RE2 does the same). A text costs one step a character where the state is known, and at worst one pass over
the automaton's nodes, of which there are at most MAX_NODES; known states are forgotten when there are MAX_STATES.

The syntax is that of `re`, without what needs backtracking: no back references and no lookaround. Letters match in
either case unless the pattern begins with `(?-i)`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PATTERN = 512
"""Characters in a pattern."""
MAX_NODES = 1000
"""Nodes of the automaton; `{m,n}` repeats its content that often."""
MAX_REPEAT = 255
"""The highest number in `{m,n}`, as POSIX has it (RE_DUP_MAX)."""
MAX_NESTING = 30
"""Groups within groups."""
MAX_STATES = 500
"""Known states of the deterministic automaton: with what they remember 4 MiB at worst."""
MAX_KNOWN = 100
"""Characters whose effect a state remembers: all of a text but in scripts of very many letters."""
MAX_SEARCHED = 8192
"""Characters of a text that are searched: longer than the longest target that servers take."""


class RegexError(ValueError):
    """A pattern that is none, or needs backtracking."""

    def __init__(self, offset: int, what: str) -> None:
        super().__init__(what)
        self.offset = offset
        """Of the character in the pattern that it is about."""
        self.what = what


class Regex:
    """A compiled pattern. Raises RegexError."""

    def __init__(self, pattern: str) -> None:
        parser = _Parser(pattern)
        self._nodes = _Nodes()
        tree = parser.parse()
        self._start = self._nodes.add(tree, self._nodes.accept)
        self._fold = parser.fold
        self.literal = max(_runs(tree, fold=parser.fold), key=len)
        """The longest that is known to be in all texts that match, but for the case of ASCII letters; may be empty."""
        self._first = _State(frozenset({self._start}), word=False, begin=True)
        self._states: dict[tuple[frozenset[int], bool], _State] = {}

    def search(self, text: str) -> bool:
        """Whether the pattern matches anywhere in the first MAX_SEARCHED characters of `text`."""
        state = self._first
        for char in text[:MAX_SEARCHED]:
            following = state.next.get(char)
            if following is None:
                following = self._step(state, char)
            if following is _MATCHED:
                return True
            state = following
        if state.at_end is None:
            state.at_end = self._nodes.accept in self._reach(state, "")
        return state.at_end

    def _step(self, state: _State, char: str) -> _State:
        reached = self._reach(state, char)
        if self._nodes.accept in reached:
            following = _MATCHED
        else:
            forms = (char, char.lower(), char.upper()) if self._fold else (char,)
            nodes = self._nodes
            moved = {self._start}  # the match may begin here as well
            for at in reached:
                one = nodes.sets[at]
                if one and one.holds(forms):
                    moved.add(nodes.first[at])
            following = self._state(frozenset(moved), word=_is_word(char))
        if len(state.next) < MAX_KNOWN:
            state.next[char] = following
        return following

    def _state(self, nodes: frozenset[int], *, word: bool) -> _State:
        found = self._states.get((nodes, word))
        if found is None:
            if len(self._states) >= MAX_STATES:
                self._states.clear()
                self._first.next.clear()
            found = self._states[nodes, word] = _State(nodes, word=word, begin=False)
        return found

    def _reach(self, state: _State, char: str) -> set[int]:
        """The nodes that are reached without a character, standing before `char`; empty: at the end."""
        nodes, seen, stack = self._nodes, set(state.nodes), list(state.nodes)
        while stack:
            at = stack.pop()
            if nodes.sets[at] or at == nodes.accept or not _stands(nodes.anchors[at], state, char):
                continue
            for following in (nodes.first[at], nodes.second[at]):
                if following >= 0 and following not in seen:
                    seen.add(following)
                    stack.append(following)
        return seen


class _State:
    """A set of places in the automaton, where the next character's effect is remembered."""

    __slots__ = ("at_end", "begin", "next", "nodes", "word")

    def __init__(self, nodes: frozenset[int], *, word: bool, begin: bool) -> None:
        self.nodes, self.word, self.begin = nodes, word, begin
        self.next: dict[str, _State] = {}
        self.at_end: bool | None = None


_MATCHED = _State(frozenset(), word=False, begin=False)


def _runs(tree: _Tree, *, fold: bool) -> list[str]:
    """Characters in a row that all texts have which match a piece of pattern; the first and the last run may go on."""
    match tree:
        case _Anchor():
            return [""]
        case _Set(chars, ranges=(), classes=(), negated=False) if len(chars) == 1 and not (fold and chars in _FOLDED):
            return [chars] if chars.isascii() or not fold else ["", ""]
        case _Sequence(of):
            runs = [""]
            for first, *others in (_runs(item, fold=fold) for item in of):
                runs[-1] += first
                runs += others
            return runs
        case _Repeat(what, least, _) if least:
            return ["", *_runs(what, fold=fold), ""]
    return ["", ""]


_FOLDED = "iksIKS"
"""Letters that are also the other case of letters outside ASCII: of the Kelvin sign, the long s, the dotless i."""


def _stands(anchor: str, state: _State, char: str) -> bool:
    """Whether an anchor holds between what a state has read and `char`."""
    if not anchor:
        return True
    if anchor in "^A":
        return state.begin
    if anchor in "$Z":
        return not char
    return (state.word != (bool(char) and _is_word(char))) == (anchor == "b")


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


# ----------------------------------------------------------------------------------------------------------- automaton


class _Nodes:
    """The automaton as columns: a node reads a character of its set, or none, and goes on to one or two others."""

    def __init__(self) -> None:
        self.sets: list[_Set | None] = [None]
        self.anchors = [""]
        self.first, self.second = [-1], [-1]
        self.accept = 0

    def add(self, tree: _Tree, following: int) -> int:
        """Nodes for a piece of pattern that leads to the node `following`; the node that it begins with."""
        match tree:
            case _Set():
                return self._node(tree, "", following)
            case _Anchor(name):
                return self._node(None, name, following)
            case _Sequence(of):
                for item in reversed(of):
                    following = self.add(item, following)
                return following
            case _Choice(of):
                start = self.add(of[-1], following)
                for item in reversed(of[:-1]):
                    start = self._node(None, "", self.add(item, following), start)
                return start
            case _Repeat(what, least, most):
                return self._repeat(what, least, most, following)

    def _repeat(self, what: _Tree, least: int, most: int | None, following: int) -> int:
        start = following
        if most is None:
            start = self._node(None, "", -1, following)
            self.first[start] = self.add(what, start)
        else:
            for _ in range(most - least):
                start = self._node(None, "", self.add(what, start), following)
        for _ in range(least):
            start = self.add(what, start)
        return start

    def _node(self, one: _Set | None, anchor: str, first: int, second: int = -1) -> int:
        if len(self.sets) >= MAX_NODES:
            raise RegexError(0, "the expression is too large: repeat less")
        self.sets.append(one)
        self.anchors.append(anchor)
        self.first.append(first)
        self.second.append(second)
        return len(self.sets) - 1


# ------------------------------------------------------------------------------------------------------------- pattern


@dataclass(frozen=True, slots=True)
class _Set:
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


class _Anchor(NamedTuple):
    name: str


class _Sequence(NamedTuple):
    of: tuple[_Tree, ...]


class _Choice(NamedTuple):
    of: tuple[_Tree, ...]


class _Repeat(NamedTuple):
    what: _Tree
    least: int
    most: int | None


_Tree = _Set | _Anchor | _Sequence | _Choice | _Repeat


def _opposite(belongs: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda char: not belongs(char)


_CLASSES: dict[str, Callable[[str], bool]] = {"d": str.isdecimal, "w": _is_word, "s": str.isspace}
_CLASSES |= {name.upper(): _opposite(belongs) for name, belongs in _CLASSES.items()}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}
_HEX = {"x": 2, "u": 4}
_DOT = _Set("\n", negated=True)


class _Parser:
    """Recursive descent, bounded by MAX_NESTING."""

    def __init__(self, pattern: str) -> None:
        if len(pattern) > MAX_PATTERN:
            raise RegexError(MAX_PATTERN, f"an expression has {MAX_PATTERN} characters at most")
        self.pattern = pattern
        self.fold = not pattern.startswith("(?-i)")
        self.at = 4 * pattern.startswith("(?i)") if self.fold else 5
        self.depth = 0

    def parse(self) -> _Tree:
        tree = self._choice()
        if self.at < len(self.pattern):
            raise RegexError(self.at, "there is no group to close")
        return tree

    def _peek(self, ahead: int = 0) -> str:
        return self.pattern[self.at + ahead : self.at + ahead + 1]

    def _choice(self) -> _Tree:
        branches = [self._sequence()]
        while self._peek() == "|":
            self.at += 1
            branches.append(self._sequence())
        return branches[0] if len(branches) == 1 else _Choice(tuple(branches))

    def _sequence(self) -> _Tree:
        items: list[_Tree] = []
        while self._peek() and self._peek() not in "|)":
            items.append(self._repeated(self._atom()))
        return _Sequence(tuple(items))

    def _atom(self) -> _Tree:
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
                return _Anchor(char)
            case "\\":
                return self._escape(at)
            case "*" | "+" | "?":
                raise RegexError(at, f"there is nothing to repeat before {char}")
        return _Set(char)

    def _group(self, at: int) -> _Tree:
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

    def _repeated(self, what: _Tree) -> _Tree:
        at = self.at
        bounds = self._bounds()
        if bounds is None:
            return what
        if isinstance(what, _Anchor):
            raise RegexError(at, "an anchor cannot be repeated")
        if self._peek() == "?":  # lazy: what matches is the same
            self.at += 1
        if (self._peek() and self._peek() in "*+") or (self._peek() == "{" and self._braces()):
            raise RegexError(self.at, "there is nothing to repeat")
        return _Repeat(what, *bounds)

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

    def _escape(self, at: int) -> _Tree:
        char = self._peek()
        if char and char in "bBAZ":
            self.at += 1
            return _Anchor(char)
        if char in _CLASSES:
            self.at += 1
            return _Set(classes=(_CLASSES[char],))
        return _Set(self._escaped(at))

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

    def _set(self, at: int) -> _Tree:
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
        return _Set(chars, tuple(ranges), tuple(classes), negated)

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
