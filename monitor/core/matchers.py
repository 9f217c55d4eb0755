"""Matchers: what labels must be, in Alertmanager's words. Pure.

`severity="critical"`, `group!="lab"`, `endpoint=~"chat-.*"`, `key!~"credential:.*"`. A regular
expression must match the whole value. A label that is missing is the empty text, as there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from monitor.core.pattern import Pattern

LONGEST = 300
"""Characters of a matcher as text: no name that it could be about is longer."""
_NAME = r"([a-zA-Z_][a-zA-Z0-9_]*)"
_VALUE = r'("(?:[^"\\]|\\.)*"|[^"\s,{}]*)'
_WRITTEN = re.compile(rf"\s*{_NAME}\s*(=~|!~|!=|=)\s*{_VALUE}\s*")
_RIGHT = 'write severity="critical" or endpoint=~"chat-.*"'
_ESCAPED = re.compile(r'\\([\\"n])')

_pattern = lru_cache(maxsize=1024)(Pattern)


@dataclass(frozen=True, slots=True)
class Matcher:
    """What one label must be, or must not be. Made by `matcher` or `made`, which look at it."""

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Tell whether labels are as asked for."""
        found = labels.get(self.name, "")
        same = _matches(self.value, found) if self.is_regex else found == self.value
        return same is self.is_equal

    def __str__(self) -> str:
        how = ("=~" if self.is_regex else "=") if self.is_equal else "!~" if self.is_regex else "!="
        value = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.name}{how}"{value}"'


def matcher(text: str) -> Matcher:
    """Read a matcher. Raises ValueError, and says what would be right."""
    found = _WRITTEN.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise ValueError(f"not a matcher: {text[:LONGEST]}; {_RIGHT}")
    name, how, value = found.groups()
    if value.startswith('"'):
        value = _ESCAPED.sub(lambda one: one[1].replace("n", "\n"), value[1:-1])
    return made(name, value, is_regex="~" in how, is_equal="!" not in how)


def made(name: str, value: str, *, is_regex: bool, is_equal: bool) -> Matcher:
    """Put a matcher together. Raises ValueError for what could not have been written as text."""
    one = Matcher(name, value, is_regex=is_regex, is_equal=is_equal)
    if _WRITTEN.fullmatch(str(one)) is None or len(str(one)) > LONGEST:
        raise ValueError(f"not a matcher: {str(one)[:LONGEST]}; {_RIGHT}")
    if is_regex:
        try:
            _pattern(value)
        except ValueError as error:
            raise ValueError(f"not a regular expression: {value}; {error}") from None
    return one


def all_hold(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Tell whether every one holds; where there is none, it holds for everything."""
    return all(one.holds(labels) for one in matchers)


@lru_cache(maxsize=8192)
def _matches(pattern: str, text: str) -> bool:
    """Tell whether a pattern matches. Labels seldom change, and are asked about every second."""
    return _pattern(pattern).matches(text)
