"""Regular expressions that cannot hang: sets of states, and never a way back.

Python's own engine tries, goes back and tries again: `(a+)+b` keeps it busy for years, and whoever
may write a matcher could stop the daemon. Here every character is looked at once, by all states
that may stand there (Thompson 1968), as in RE2, which Alertmanager uses: no look-around, no
back-references. The whole text must match, and a dot is any character.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial

LONGEST = 200
"""Characters of a pattern."""
MOST_STATES = 1000
"""States of a pattern, counted repetitions written out: no text costs more than these for each of
its characters."""

Test = re.Pattern[str] | str | None
"""What a state asks: a character, the `start` or the `end` of the text, or nothing."""
Make = Callable[[int], int]
"""Makes the states of a part, before the state that comes after it; returns the first of them."""

_PIECE = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?:|\{\d+(?:,\d*)?\}\??|[*+?]\??|.", re.DOTALL
)
_AGAIN = re.compile(r"(?:([*+?])|\{(\d+)(,?)(\d*)\})\??")
_PLACES = {"^": "start", "$": "end"}
_CLASSES = frozenset("dDwWsSnrt")
_ACCEPT = 0


class Pattern:
    """One regular expression. Raises ValueError for what is none, or is not understood here."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise ValueError(f"it is longer than {LONGEST} characters")
        ignoring = text.startswith("(?i)")
        self._flags = re.DOTALL | (re.IGNORECASE if ignoring else re.NOFLAG)
        self._pieces = _PIECE.findall(text.removeprefix("(?i)"))
        self._states: list[tuple[Test, tuple[int, ...]]] = [(None, ())]
        whole = self._either()
        if self._pieces:
            raise ValueError("there is a ) too many")
        self._first = whole(_ACCEPT)

    def matches(self, text: str) -> bool:
        """Tell whether a whole text is as asked for."""
        standing = self._reach([self._first], at_start=True, at_end=not text)
        for number, char in enumerate(text, 1):
            moved = [
                after
                for test, afters in map(self._states.__getitem__, standing)
                if isinstance(test, re.Pattern) and test.match(char)
                for after in afters
            ]
            standing = self._reach(moved, at_start=False, at_end=number == len(text))
        return _ACCEPT in standing

    def _reach(self, states: Iterable[int], *, at_start: bool, at_end: bool) -> set[int]:
        """Return these states, and those that are reached from them without a character."""
        found: set[int] = set()
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state in found:
                continue
            found.add(state)
            test, afters = self._states[state]
            if test is None or (test == "start" and at_start) or (test == "end" and at_end):
                waiting += afters
        return found

    # ------------------------------------------------------------ reading, as Makes

    def _either(self) -> Make:
        branches = [tuple(self._row())]
        while self._pieces[:1] == ["|"]:
            del self._pieces[0]
            branches.append(tuple(self._row()))
        return lambda after: self._state(None, *(_in_a_row(one, after) for one in branches))

    def _row(self) -> Iterator[Make]:
        while self._pieces and self._pieces[0] not in ("|", ")"):
            make = self._one(self._pieces.pop(0))
            if self._pieces and (again := _AGAIN.fullmatch(self._pieces[0])):
                del self._pieces[0]
                make = partial(self._repeated, make, *_times(again))
            yield make

    def _one(self, piece: str) -> Make:
        if piece in ("(", "(?:"):
            if piece == "(" and self._pieces and self._pieces[0][0] == "?":
                raise ValueError("of (?...) only (?:...) is understood, and (?i) at the beginning")
            inner = self._either()
            if not self._pieces:
                raise ValueError("a ) is missing")
            del self._pieces[0]
            return inner
        if _AGAIN.fullmatch(piece):
            raise ValueError(f"there is nothing before {piece}")
        test = _PLACES.get(piece) or self._char(piece)
        return lambda after: self._state(test, after)

    def _char(self, piece: str) -> re.Pattern[str]:
        """Return what asks about one character."""
        if piece == "[":
            raise ValueError("a ] is missing")
        if piece == "\\" or (piece[0] == "\\" and piece[1].isalnum() and piece[1] not in _CLASSES):
            raise ValueError(f"{piece} is not understood")
        plain = len(piece) == 1 and piece != "."
        try:
            return re.compile(re.escape(piece) if plain else piece, self._flags)
        except re.error as error:
            raise ValueError(str(error)) from None

    # ------------------------------------------------------------ making

    def _state(self, test: Test, *afters: int) -> int:
        if len(self._states) >= MOST_STATES:
            raise ValueError("it repeats too much")
        self._states.append((test, afters))
        return len(self._states) - 1

    def _repeated(self, make: Make, least: int, most: int | None, after: int) -> int:
        first = after
        if most is None:
            first = self._state(None)
            self._states[first] = (None, (make(first), after))
        else:
            for _ in range(most - least):
                first = self._state(None, make(first), after)
        for _ in range(least):
            first = make(first)
        return first


def _in_a_row(makes: tuple[Make, ...], after: int) -> int:
    for make in reversed(makes):
        after = make(after)
    return after


def _times(again: re.Match[str]) -> tuple[int, int | None]:
    """Return how often something is repeated, at least and at most."""
    sign, low, comma, high = again.groups()
    if sign:
        return int(sign == "+"), 1 if sign == "?" else None
    least = int(low)
    most = int(high) if high else None if comma else least
    if most is not None and most < least:
        raise ValueError(f"{again[0]} is at least more than at most")
    return least, most
