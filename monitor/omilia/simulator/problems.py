"""What pydantic complains about, in lines for people."""

from typing import NamedTuple

from pydantic import ValidationError


class Problem(NamedTuple):
    """One thing that is wrong. `at` is its path, as in `[2].delay`; "" for the whole."""

    at: str
    wrong: str

    def __str__(self) -> str:
        return f"{self.at}: {self.wrong}" if self.at else self.wrong


def problems_of(error: ValidationError) -> list[Problem]:
    """Return every problem that validation found."""
    return [
        Problem(_spell(each["loc"]), each["msg"].removeprefix("Value error, "))
        for each in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _spell(path: tuple[int | str, ...]) -> str:
    """Write a path as people read it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(
        "."
    )
