"""docs/architecture.md draws the machine and the rooms there are; the glossary names things."""

import ast
import re
from functools import cache

import pytest

from monitor.core.breaker import MOVES, Move
from tests.contracts.tree import DOCS, ROOT, python_files, table, ticked

PAGE = (DOCS / "architecture.md").read_text(encoding="utf-8")
ROOMS = table(PAGE, "Room", "What is in it")
GLOSSARY = [row[0] for row in table((DOCS / "glossary.md").read_text(encoding="utf-8"), "We say")]

NAMES = (
    *("endpoint", "probe", "exchange", "expectation", "outcome", "breaker", "trip", "trial"),
    *("reset", "gate", "tick", "verdict", "health", "incident", "alert", "channel"),
    *("notification", "journal", "location"),
)
"""The house's names. A thing with another name is another thing."""


def test_the_moves_are_those_of_the_breaker() -> None:
    drawn = {
        (ticked(before)[0], ticked(after)[0]): ticked(move)[0]
        for move, before, after, _ in table(PAGE, "Move", "From", "To", "When")
    }
    assert drawn == dict(MOVES)


def test_no_move_is_missing_in_the_machine_itself() -> None:
    assert set(MOVES.values()) == set(Move)


def test_every_room_exists() -> None:
    for room, *_ in ROOMS:
        (path,) = ticked(room)
        found = ROOT / path
        assert found.is_dir() if path.endswith("/") else found.is_file(), path


def test_every_room_is_drawn() -> None:
    drawn = {ticked(room)[0].rstrip("/") for room, *_ in ROOMS}
    there = {"alerts"}
    for entry in (ROOT / "monitor").iterdir():
        package = entry.is_dir() and (entry / "__init__.py").is_file()
        module = entry.suffix == ".py" and not entry.name.startswith("__")
        if package or module:
            there.add(f"monitor/{entry.name}")
    assert drawn == there


def test_the_adapters_are_named_and_are_all_there_are() -> None:
    (inside,) = [what for room, what, _ in ROOMS if "adapters" in room]
    folder = ROOT / "monitor/adapters"
    there = {
        one.stem
        for one in folder.iterdir()
        if one.suffix == ".py" or (one / "__init__.py").exists()
    }
    assert set(ticked(inside)) == there - {"__init__"}


@pytest.mark.parametrize("name", NAMES)
def test_the_glossary_has_the_names_of_the_house(name: str) -> None:
    assert name in {word.strip() for entry in GLOSSARY for word in re.split("[;,]", entry)}


@pytest.mark.parametrize(
    "name", [word.strip() for entry in GLOSSARY for word in re.split("[;,]", entry)]
)
def test_the_glossary_speaks_of_things_that_the_code_calls_so(name: str) -> None:
    assert name in _words()


@cache
def _words() -> frozenset[str]:
    """Collect the words that make up the names of modules, classes, functions and values."""
    names = set()
    for file in python_files("monitor", "alerts"):
        names |= {part.removesuffix(".py") for part in file.relative_to(ROOT).parts}
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
    split = (re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name) for name in names)
    return frozenset(word.lower() for words in split for word in words)
