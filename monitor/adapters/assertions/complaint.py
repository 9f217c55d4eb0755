"""The words of a complaint: short, on one line, and without secrets."""

import json
import re
from typing import Any

LONGEST = 300
"""Characters of a complaint."""
QUOTED = 60
"""Characters of a value that a complaint shows."""

_SECRET = re.compile(
    r"token|key|secret|passw|pwd|authorization|cookie|credential|\botp\b", re.IGNORECASE
)
_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\ufffd]+")


def looks_secret(name: str) -> bool:
    """Tell whether a name is one under which secrets are kept."""
    return _SECRET.search(name) is not None


def tidy(text: str) -> str:
    """Put a complaint on one line, without control characters, and cut it."""
    return shortened(_UNPRINTABLE.sub(" ", text).strip(), LONGEST)


def shortened(text: str, length: int = QUOTED) -> str:
    """Cut a text."""
    return text if len(text) <= length else text[: length - 1] + "…"


def quoted(value: Any) -> str:
    """Show a JSON value: a scalar as it is written, anything else by its kind."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array" if value else "an empty array"
    if isinstance(value, str):
        return json.dumps(shortened(value), ensure_ascii=False)
    return shortened(json.dumps(value))
