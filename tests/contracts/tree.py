"""The repository as its readers see it: its files, its tables, its blocks of code."""

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from itertools import takewhile
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")])

_LEFT_OUT = [line.rstrip("/") for line in (ROOT / ".gitignore").read_text().split()]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"(?<!\\)\|")


def files() -> Iterator[Path]:
    """Yield every file of ours: neither version control's own nor what it is told to leave out."""
    for entry in sorted(ROOT.iterdir()):
        if entry.name.startswith(".") and entry.name != ".ci":
            continue
        inside = sorted(entry.rglob("*")) if entry.is_dir() else [entry]
        yield from (one for one in inside if one.is_file() and not _is_left_out(one))


def _is_left_out(file: Path) -> bool:
    parts = file.relative_to(ROOT).parts
    return any(fnmatch(part, pattern) for part in parts for pattern in _LEFT_OUT)


def python_files(*rooms: str) -> Iterator[Path]:
    """Yield the Python files of some top-level folders."""
    for room in rooms:
        yield from (one for one in sorted((ROOT / room).rglob("*.py")) if one.is_file())


def table(text: str, *head: str) -> list[list[str]]:
    """Return the rows of the one Markdown table whose head begins with these words."""
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines) if _cells(line)[: len(head)] == list(head)]
    assert len(starts) == 1, f"{len(starts)} tables begin with {head}"
    rows = takewhile(lambda line: line.startswith("|"), lines[starts[0] + 2 :])
    return [_cells(row) for row in rows]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in _ROW.split(line)[1:-1]]


def ticked(text: str) -> list[str]:
    """Return everything that stands between backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def blocks(text: str, *languages: str) -> list[str]:
    """Return the fenced blocks in these languages."""
    return [body for language, body in _FENCE.findall(text) if language in languages]


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level or above."""
    level = heading.partition(" ")[0]
    _, found, rest = f"\n{text}".partition(f"\n{heading}\n")
    assert found, f"there is no heading {heading!r}"
    return re.split(rf"^#{{1,{len(level)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]
