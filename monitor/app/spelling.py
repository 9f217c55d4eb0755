"""How commands say moments, lengths of time and tables to people."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import click

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def moment(stamp: str) -> str:
    """Write a time of the API's to the second, in UTC, as everything that a daemon shows."""
    return f"{datetime.fromisoformat(stamp).astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def lasting(seconds: float) -> str:
    """Write a length of time in its two largest units."""
    whole = round(abs(seconds))
    sign = "-" if seconds < 0 and whole else ""
    if whole < _MINUTE:
        return f"{sign}{whole} s"
    if whole < _HOUR:
        return f"{sign}{whole // _MINUTE} min {whole % _MINUTE:02} s"
    if whole < _DAY:
        return f"{sign}{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"
    return f"{sign}{whole // _DAY} d {whole % _DAY // _HOUR:02} h"


def cells(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Write rows as lines, in columns as wide as they must be; the last of a row may be longer."""
    table = [list(row) for row in rows]
    wide: list[int] = []
    for row in table:
        for number, cell in enumerate(row[:-1]):
            wide += [0] * (number + 1 - len(wide))
            wide[number] = max(wide[number], len(click.unstyle(cell)))
    for row in table:
        spare = [wide[number] - len(click.unstyle(cell)) for number, cell in enumerate(row[:-1])]
        ahead = [cell + " " * width for cell, width in zip(row[:-1], spare, strict=True)]
        yield "  ".join([*ahead, row[-1]]).rstrip()
