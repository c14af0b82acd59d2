r"""Regular expressions that cannot hang: what `~` and `matches` mean in a filter.

    Regex(pattern).search(text) -> bool

A filter runs over a million rows, with patterns typed by hand and texts chosen by strangers. Python's `re` backtracks:
`(a+)+$` against thirty letters takes minutes, and nothing can stop it meanwhile. So the pattern is compiled to a
nondeterministic automaton (Thompson, 1968), of which the deterministic one is built lazily, state by state, as texts
ask for it (RE2 does the same). A text costs one step a character where the state is known, and at worst one pass over
the automaton's nodes, of which there are at most MAX_NODES; known states are forgotten when there are MAX_STATES.

What a pattern means is said in pattern.py.
"""

from __future__ import annotations

from tlscope.capture.filter.pattern import Anchor, Choice, RegexError, Repeat, Sequence, Set, Tree, is_word, parse

MAX_NODES = 1000
"""Nodes of the automaton; `{m,n}` repeats its content that often."""
MAX_STATES = 500
"""Known states of the deterministic automaton: with what they remember 4 MiB at worst."""
MAX_KNOWN = 100
"""Characters whose effect a state remembers: all of a text but in scripts of very many letters."""
MAX_SEARCHED = 8192
"""Characters of a text that are searched: longer than the longest target that servers take."""


class Regex:
    """A compiled pattern. Raises RegexError."""

    def __init__(self, pattern: str) -> None:
        tree, self._fold = parse(pattern)
        self._nodes = _Nodes()
        self._start = self._nodes.add(tree, self._nodes.accept)
        self.literal = max(_runs(tree, fold=self._fold), key=len)
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
            following = self._state(frozenset(moved), word=is_word(char))
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


def _runs(tree: Tree, *, fold: bool) -> list[str]:
    """Characters in a row that all texts have which match a piece of pattern; the first and the last run may go on."""
    match tree:
        case Anchor():
            return [""]
        case Set(chars, ranges=(), classes=(), negated=False) if len(chars) == 1 and not (fold and chars in _FOLDED):
            return [chars] if chars.isascii() or not fold else ["", ""]
        case Sequence(of):
            runs = [""]
            for first, *others in (_runs(item, fold=fold) for item in of):
                runs[-1] += first
                runs += others
            return runs
        case Repeat(what, least, _) if least:
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
    return (state.word != (bool(char) and is_word(char))) == (anchor == "b")


# ----------------------------------------------------------------------------------------------------------- automaton


class _Nodes:
    """The automaton as columns: a node reads a character of its set, or none, and goes on to one or two others."""

    def __init__(self) -> None:
        self.sets: list[Set | None] = [None]
        self.anchors = [""]
        self.first, self.second = [-1], [-1]
        self.accept = 0

    def add(self, tree: Tree, following: int) -> int:
        """Nodes for a piece of pattern that leads to the node `following`; the node that it begins with."""
        match tree:
            case Set():
                return self._node(tree, "", following)
            case Anchor(name):
                return self._node(None, name, following)
            case Sequence(of):
                for item in reversed(of):
                    following = self.add(item, following)
                return following
            case Choice(of):
                start = self.add(of[-1], following)
                for item in reversed(of[:-1]):
                    start = self._node(None, "", self.add(item, following), start)
                return start
            case Repeat(what, least, most):
                return self._repeat(what, least, most, following)

    def _repeat(self, what: Tree, least: int, most: int | None, following: int) -> int:
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

    def _node(self, one: Set | None, anchor: str, first: int, second: int = -1) -> int:
        if len(self.sets) >= MAX_NODES:
            raise RegexError(0, "the expression is too large: repeat less")
        self.sets.append(one)
        self.anchors.append(anchor)
        self.first.append(first)
        self.second.append(second)
        return len(self.sets) - 1
