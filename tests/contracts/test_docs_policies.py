"""docs/policies.md shows what the real gate does: some of its cells are made again."""

import pytest

from benchmarks.outages import scenarios, slownesses
from benchmarks.policies import (
    POLICIES,
    Cell,
    cell,
    false_opens,
    slowness,
    time_to_close,
    time_to_open,
)
from monitor.core.breaker import Policy
from tests.contracts.tree import DOCS, section, table

PAGE = (DOCS / "policies.md").read_text(encoding="utf-8")
DEFAULT = "... or > 40 % (default)"
SHOWN = {
    "Time to open": time_to_open,
    "Opened without an outage": false_opens,
    "Time to close": time_to_close,
}


def shown(heading: str, scenario: str, policy: str) -> str:
    part = section(PAGE, f"### {heading}")
    names = ["", *POLICIES]
    (row,) = [row for row in table(part, *names) if row[0] == scenario]
    return row[names.index(policy)]


@pytest.mark.parametrize(
    ("scenario", "policy", "headings"),
    [
        ("everything fails, 30 min", DEFAULT, ("Time to open", "Time to close")),
        ("every other request fails, 1 h", DEFAULT, ("Time to open", "Time to close")),
        ("every other request fails, 1 h", "3 in a row", ("Time to open", "Time to close")),
        ("every other request fails, 1 h", "... or > 50 %", ("Time to open",)),
        ("throttled: 429, Retry-After 60 s, 30 min", DEFAULT, ("Time to open", "Time to close")),
        ("bursty: 8 s of failures every 5 min, a day", DEFAULT, ("Opened without an outage",)),
    ],
)
def test_a_cell_is_what_the_gate_does(
    scenario: str, policy: str, headings: tuple[str, ...]
) -> None:
    made: Cell = cell(scenario, POLICIES[policy])
    for heading in headings:
        assert SHOWN[heading](made) == shown(heading, scenario, policy)


def test_slowness_is_shown_as_it_comes_and_goes_once() -> None:
    found = slowness("every answer is slow, 1 h", Policy())
    (row,) = [
        row
        for row in table(section(PAGE, "### Slowness"), "", "degraded after")
        if row[0] == "every answer is slow, 1 h"
    ]
    assert row[1:] == ["6 min / 6 min", "9 min / 9 min", "1.0"]
    assert (len(found.began), found.changes) == (10, 10)
    assert 300 < max(found.began) <= 420


def test_every_scenario_and_every_policy_is_in_the_tables() -> None:
    for heading, outages in (("Time to open", True), ("Opened without an outage", False)):
        rows = table(section(PAGE, f"### {heading}"), "", *POLICIES)
        wanted = [one.name for one in scenarios() if (one.outage is not None) is outages]
        assert [row[0] for row in rows] == wanted
    rows = table(section(PAGE, "### Slowness"), "", "degraded after")
    assert [row[0] for row in rows] == [one.name for one in slownesses()]


def test_the_policy_that_is_called_the_default_is_the_default() -> None:
    assert POLICIES[DEFAULT] == Policy()
