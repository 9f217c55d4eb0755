"""Checks of a body and of headers by regular expressions, searched for anywhere in them."""

import re
from collections.abc import Mapping

from monitor.adapters.assertions.complaint import looks_secret, quoted, shortened, tidy
from monitor.core.exchange import Reply
from monitor.core.outcome import Check

SEARCHED = 262_144
"""Characters of a text that an expression is searched in. An expression that goes back and forth
without end is still the operator's own to avoid: Python's engine has no time limit."""

_CHARSET = re.compile(
    r"charset\s*=\s*\"?(utf-?(?:8|16|32)(?:[bl]e)?|iso-8859-\d{1,2}|windows-125\d|us-ascii)\b",
    re.IGNORECASE,
)
"""The charsets that are believed. Python knows more, some of them costly to decode."""


def body_check(pattern: str) -> Check:
    """Check that a regular expression is found in the body, decoded by its charset (or UTF-8).

    Raises ValueError for a pattern that is none.
    """
    expression = _compiled(pattern)

    def check(reply: Reply) -> str | None:
        if expression.search(_text(reply)):
            return None
        return tidy(f"body does not match {shortened(pattern)}")

    return check


def header_checks(mapping: Mapping[str, str]) -> list[Check]:
    """Check that regular expressions are found in the values of headers: name -> expression.

    Names are compared without regard to case. Raises ValueError for a pattern that is none.
    """
    return [_header_check(name.lower(), pattern) for name, pattern in mapping.items()]


def _header_check(name: str, pattern: str) -> Check:
    """Check one header."""
    expression = _compiled(pattern)
    secret = looks_secret(name)

    def check(reply: Reply) -> str | None:
        value = reply.headers.get(name)
        if value is None:
            return tidy(f"header {name} is missing")
        if expression.search(value[:SEARCHED]):
            return None
        got = "" if secret else f", got {quoted(value)}"
        return tidy(f"header {name} does not match {shortened(pattern)}{got}")

    return check


def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile a regular expression. Raises ValueError."""
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error


def _text(reply: Reply) -> str:
    """Decode as much of a body as is searched."""
    charset = _CHARSET.search(reply.headers.get("content-type", ""))
    raw = reply.body[: SEARCHED * 4]
    try:
        text = raw.decode(charset[1] if charset else "utf-8", "replace")
    except LookupError:
        text = raw.decode("utf-8", "replace")
    return text[:SEARCHED]
