"""docs/alerts.md: what it promises is held by tests that are there."""

import re

from tests.contracts.tree import DOCS, python_files, section, table, ticked

PROMISES = section(
    (DOCS / "alerts.md").read_text(encoding="utf-8"),
    "## What is promised, and which test holds it",
)
_TEST = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)


def test_every_promise_names_tests_that_are_there() -> None:
    there = {name for file in python_files("tests") for name in _TEST.findall(file.read_text())}
    for promise, held_by in table(PROMISES, "Promise", "Held by"):
        named = ticked(held_by)
        assert named, f"nothing holds: {promise}"
        assert set(named) <= there, f"{promise}: {set(named) - there} is no test"
