"""Own words in a daemon: over a reload, and when a template fails on what no sample has."""

import logging
from pathlib import Path

import pytest

from tests.app.world import CONFIG, World


def config(title: str) -> str:
    return CONFIG + f"  line: {{{{kind: log, templates: {{{{title: '{title}'}}}}}}}}\n"


def titles(caplog: pytest.LogCaptureFixture) -> list[str]:
    told = ("alert.firing", "alert.resolved")
    return [one.__dict__["title"] for one in caplog.records if one.message in told]


def words(source: str) -> str:
    """Write a template so that the world's own braces leave it alone."""
    return source.replace("{", "{{").replace("}", "}}")


async def test_own_words_are_told_and_change_with_a_reload(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with World(tmp_path, config(words("{{ endpoint }} stands still"))) as world:
        await world.pass_(120)
        world.break_(do="fail", status=503, where="envs-manager")
        await world.pass_(120)
        assert titles(caplog) == ["status stands still"]
        await world.daemon.reload(world.settings(config(words("{{ endpoint }} moves"))))
        world.mend()
        await world.pass_(600)
        assert titles(caplog) == ["status stands still", "status moves"]


async def test_a_template_that_fails_costs_its_words_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with World(tmp_path, config(words("{{ 1 / (http_status - 502) }}"))) as world:
        await world.pass_(120)
        world.break_(do="fail", status=502, where="envs-manager")
        await world.pass_(120)
        assert titles(caplog) == ["CRITICAL: status is down"]
        (failed,) = [one for one in caplog.records if one.message == "template.failed"]
        assert failed.__dict__["error"] == "title: ZeroDivisionError: division by zero"
        assert world.receiver.heard == [("opened", "status")], "others do not notice"
        _, text, _ = await world.get("/metrics")
        assert 'omilia_monitor_template_failures_total{channel="line"} 1.0' in text
        (incident,) = world.receiver.messages
        _, shown, _ = await world.get(f"/v1/incidents/{incident['data']['id']}")
        assert {one["channel"] for one in shown["told"]} == {"ops", "line"}
