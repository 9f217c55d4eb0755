"""Matchers: what labels must be, in Alertmanager's words. Pure.

`severity="critical"`, `group!="lab"`, `endpoint=~"chat-.*"`, `region!~"us.*"`. A regular expression
must match the whole value. A label that is missing is the empty text, as there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_NAME = r"([a-zA-Z_][a-zA-Z0-9_]*)"
_VALUE = r'("(?:[^"\\]|\\.)*"|[^"\s,{}]*)'
_WRITTEN = re.compile(rf"\s*{_NAME}\s*(=~|!~|!=|=)\s*{_VALUE}\s*")


@dataclass(frozen=True, slots=True)
class Matcher:
    """What one label must be, or must not be."""

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Tell whether labels are as asked for."""
        found = labels.get(self.name, "")
        same = re.fullmatch(self.value, found) is not None if self.is_regex else found == self.value
        return same is self.is_equal


def matcher(text: str) -> Matcher:
    """Read a matcher. Raises ValueError, and says what would be right."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(f'not a matcher: {text}; write severity="critical" or endpoint=~"chat-.*"')
    name, how, value = found.groups()
    if value.startswith('"'):
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    made = Matcher(name, value, is_regex="~" in how, is_equal="!" not in how)
    if made.is_regex:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {value}; {error}") from None
    return made


def all_hold(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    """Tell whether every one holds; where there is none, it holds for everything."""
    return all(one.holds(labels) for one in matchers)
