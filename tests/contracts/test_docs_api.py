"""docs/api.md says what the daemon answers: paths, shapes, problems, metrics."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from alerts.policy import Why
from monitor.app.commands.journal import QUIET, WAITS
from monitor.core.event import Kind
from monitor.core.grounds import Rule
from monitor.core.health import Status
from monitor.web import models
from monitor.web.models.journal import JournalModel
from monitor.web.models.report import TrafficModel
from monitor.web.models.stream import EVENTS
from monitor.web.past import MOST_INCIDENTS
from monitor.web.problems import _DETAILS
from monitor.web.timeline import MOST_EVENTS
from tests.app.world import World
from tests.contracts.tree import DOCS, blocks, python_files, section, table, ticked

PAGE = (DOCS / "api.md").read_text(encoding="utf-8")
SHAPES = [
    ("Status", models.StatusModel),
    ("Endpoints", models.EndpointModel),
    ("History", models.HistoryModel),
    ("Moves", models.MovesModel),
    ("Verdicts", models.VerdictModel),
    ("Reports", TrafficModel),
    ("Incidents", models.IncidentsModel),
    ("Timeline", models.TimelineModel),
    ("Availability", models.ContractModel),
    ("Credentials", models.CredentialModel),
    ("Journal", JournalModel),
    ("Maintenance", models.MaintenanceModel),
    ("Silences", models.SilenceModel),
    ("Budgets", models.BudgetsModel),
    ("Errors", models.ProblemModel),
]


def _example(heading: str) -> Any:
    (block,) = blocks(section(PAGE, f"## {heading}"), "json")
    return json.loads(block)


@pytest.mark.parametrize(("heading", "shape"), SHAPES)
def test_every_answer_that_is_shown_has_its_shape_and_all_of_it(
    heading: str, shape: type[BaseModel]
) -> None:
    shown = _example(heading)
    shape.model_validate(shown)
    fields = {field.alias or name for name, field in shape.model_fields.items()}
    assert set(shown) == fields


def test_the_stream_that_is_shown_has_the_shapes_of_its_events() -> None:
    (shown,) = blocks(section(PAGE, "## Events"), "text")
    told = re.findall(r"^event: (\w+)\n(?:id: \d+\n)?data: (.*)$", shown, re.MULTILINE)
    assert {kind for kind, _ in told} == set(EVENTS) - {"reset"}
    for kind, data in told:
        assert set(json.loads(data)) == set(EVENTS[kind].model_fields)
        EVENTS[kind].model_validate_json(data)
    listed = {ticked(row[0])[0] for row in table(section(PAGE, "## Events"), "`event:`")}
    assert listed == set(EVENTS)


def test_the_words_of_the_status_are_all_there_are() -> None:
    (words,) = re.findall(r"`status` is (.*?)\.", section(PAGE, "## Status"), re.DOTALL)
    assert set(ticked(words)) == set(Status)


def test_the_rules_are_all_there_are() -> None:
    rows = table(PAGE, "`rule`", "What was counted, and the `threshold`")
    assert {word for row in rows for word in ticked(row[0])} == set(Rule)


def test_the_most_incidents_of_an_answer_are_as_said() -> None:
    assert f"`limit` 1 to {MOST_INCIDENTS} (50)" in PAGE


def test_the_kinds_of_events_are_all_there_are() -> None:
    assert {ticked(row[0])[0] for row in table(PAGE, "`kind`", "Happened")} == set(Kind)


def test_the_most_events_of_an_answer_are_as_said() -> None:
    assert f"`limit` is 1 to {MOST_EVENTS}\n(100)" in PAGE


def test_the_words_of_the_journal_are_all_there_are() -> None:
    rows = table(section(PAGE, "## Journal"), "Where", "Words")
    listed = {ticked(row[0])[0]: set(ticked(row[1])) - {"until"} for row in rows}
    assert listed == {"owed.why": set(Why), "owed.waits": set(WAITS) - {""}, "quiet": set(QUIET)}


async def test_the_paths_are_those_that_are_served(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        _, described, _ = await world.get("/openapi.json")
    listed = {path for row in table(PAGE, "Path", "Answers") for path in ticked(row[0])}
    assert listed == set(described["paths"])


async def test_parameters_that_are_served_are_described(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        _, described, _ = await world.get("/openapi.json")
    for path, methods in described["paths"].items():
        asked = [one for each in methods.values() for one in each.get("parameters", ())]
        for parameter in asked:
            if parameter["in"] == "query":
                name = parameter["name"]
                assert re.search(rf"[?&`]{name}[=`]", PAGE), f"{name} of {path}"


async def test_the_metrics_are_those_of_a_scrape(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        world.break_(do="fail", status=503)
        await world.pass_(120)
        _, scraped, _ = await world.get("/metrics")
    families = set(re.findall(r"^# TYPE (\S+) ", scraped, re.MULTILINE))
    rows = table(PAGE, "Name", "Labels")
    listed = {ticked(row[0])[0]: set(ticked(row[1])) for row in rows}
    assert len(rows) == len(listed)
    assert set(listed) == {one for one in families if not one.startswith("process_")}
    for name, labels in re.findall(r"^(\w+)\{(.*)\} ", scraped, re.MULTILINE):
        family = name if name in families else re.sub("_(bucket|sum|count)$", "", name)
        used = set(re.findall(r'(\w+)="', labels)) - {"le"}
        assert used <= listed.get(family, used), family


def test_every_metric_that_is_mentioned_anywhere_exists() -> None:
    listed = {ticked(row[0])[0] for row in table(PAGE, "Name", "Labels")}
    for page in DOCS.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        for name in re.findall(r"omilia_monitor_\w*\w(?<!_)|probe_(?:success|ssl\w+)", text):
            assert name in listed, f"{name} in {page.name}"


def test_the_problems_are_those_that_can_be_raised() -> None:
    rows = table(PAGE, "`urn:omilia-monitor:problem:`", "Status")
    assert {slug for row in rows for slug in ticked(row[0])} == _slugs()


def _slugs() -> set[str]:
    """Collect what Problems are called: where they are made, and for aiohttp's own errors."""
    found = {slug for slug, _ in _DETAILS.values()} | {"refused"}
    for file in python_files("monitor/web"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name("Problem"), args=[_, ast.Constant(str() as slug), *_]):
                    found.add(slug)
                case ast.Call(func=ast.Name("not_found"), args=[ast.Constant(str() as what), *_]):
                    found.add(f"unknown-{what}")
                case _:
                    pass
    return found
