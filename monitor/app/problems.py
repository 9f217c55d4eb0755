"""What is wrong with a configuration: every problem at once, where it is, what would be right."""

from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. `line` counts from 1; None when the place has no line of its own."""

    path: Path
    wrong: str
    right: str = ""
    line: int | None = None

    def __str__(self) -> str:
        where = spell(self.path) or "(the whole file)"
        advice = f"; {self.right}" if self.right else ""
        return f"{where}: {self.wrong}{advice}"


class ConfigError(Exception):
    """A configuration that cannot be used. Nothing has been changed when it is raised."""

    def __init__(self, problems: Iterable[Problem], source: str = "") -> None:
        self.problems = sorted(problems, key=lambda p: (p.line or 0, spell(p.path), p.wrong))
        self.source = source
        super().__init__(str(self))

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        """Return one line a problem: `file:line: path: what is wrong; what would be right`."""
        return [
            f"{self.source}{':' + str(p.line) if p.line else ''}: {p}" if self.source else str(p)
            for p in self.problems
        ]


def spell(path: Path) -> str:
    """Write a path as people read it: `endpoints[0].expect.status`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text
