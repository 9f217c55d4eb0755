"""Durations, as people write them: 250ms, 30s, 5m, 4h, 90d."""

import math
import re
from typing import Annotated

from pydantic import BeforeValidator, ValidationInfo

IN_FILE = "file"
"""The validation context in which a bare number is refused: a file must say its units."""

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_HOW = "write a duration like 250ms, 30s, 5m"


def seconds(value: object, info: ValidationInfo) -> float:
    """Return a duration in seconds. Code and HTTP may also give a number of seconds."""
    if isinstance(value, str):
        found = _WRITTEN.fullmatch(value.strip())
        if found is None:
            raise ValueError(f"{value[:40]!r} is not a duration; {_HOW}")
        return float(found[1]) * _SECONDS[found[2]]
    if isinstance(value, bool) or not isinstance(value, int | float) or info.context == IN_FILE:
        raise ValueError(_HOW)
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"not a length of time; {_HOW}")
    return float(value)


Duration = Annotated[float, BeforeValidator(seconds)]
"""A length of time in seconds."""
