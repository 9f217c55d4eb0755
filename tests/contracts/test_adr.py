"""Every library is weighed in docs/adr/0002, and every decision is listed."""

import re
import tomllib
from typing import Any

from tests.contracts.tree import DOCS, ROOT, table

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PAGE = (DOCS / "adr/0002-dependencies.md").read_text(encoding="utf-8")
DECISIONS = DOCS / "adr"


def _name(requirement: str) -> str:
    """Return the name of a requirement, as indexes compare names (PEP 503)."""
    (name,) = re.findall(r"^[A-Za-z0-9][\w.-]*", requirement)
    return re.sub(r"[-_.]+", "-", name).lower()


def _runtime() -> set[str]:
    optional = PROJECT["project"]["optional-dependencies"].values()
    wanted = [*PROJECT["project"]["dependencies"], *(one for extra in optional for one in extra)]
    return {_name(one) for one in wanted}


def _development() -> set[str]:
    groups = PROJECT["dependency-groups"].values()
    named = {_name(one) for group in groups for one in group if isinstance(one, str)}
    return named - _runtime()


def test_every_library_has_its_line_and_every_line_its_library() -> None:
    rows = table(PAGE, "Library", "For")
    assert {_name(row[0]) for row in rows} == _runtime()
    assert len(rows) == len(_runtime())
    assert all(len(row) == 3 and all(row) for row in rows), "what it is for, and why not its rival"


def test_an_extra_is_said_to_be_one() -> None:
    for extra, wanted in PROJECT["project"]["optional-dependencies"].items():
        for name in map(_name, wanted):
            (row,) = [r for r in table(PAGE, "Library", "For") if _name(r[0]) == name]
            assert f"extra `{extra}`" in row[0]


def test_what_development_needs_is_named_and_nothing_else() -> None:
    (paragraph,) = [part for part in PAGE.split("\n\n") if part.startswith("For development:")]
    listed = re.sub(r"\([^)]*\)", "", paragraph.removeprefix("For development:"))
    names = {_name(word.strip(" .\n")) for word in re.split(r",|\band\b", listed)}
    assert names == _development()


def test_the_list_of_decisions_has_every_decision_and_its_title() -> None:
    listed = {
        link: title.replace("`", "")
        for cell, title in table((DECISIONS / "README.md").read_text(encoding="utf-8"), "", "")
        for link in re.findall(r"\(([^)]+)\)", cell)
    }
    written = {
        file.name: file.read_text(encoding="utf-8").splitlines()[0]
        for file in DECISIONS.glob("[0-9]*.md")
    }
    assert {f: f"# {f[:4]} {title}" for f, title in listed.items()} == written


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(file.name[:4]) for file in DECISIONS.glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
