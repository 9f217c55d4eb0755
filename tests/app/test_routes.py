"""Routes, reminders and acknowledgements, told end to end."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.app.cli import main
from monitor.app.loader import loads
from monitor.app.problems import ConfigError
from tests.app.world import CONFIG, SECRET, World

MORE = """
  pager: {{kind: webhook, url: {{env: OPS}}, secret: {{env: SECRET}}, headers: {{X-To: pager}}}}
  boss: {{kind: webhook, url: {{env: OPS}}, secret: {{env: SECRET}}, headers: {{X-To: boss}}}}
routes:
  - match: ['severity=~"critical|error"', 'blame!="credential"']
    remind: 1h
    steps:
      - {{channels: [ops]}}
      - {{after: 5m, channels: [pager], unless: acked}}
      - {{after: 30m, channels: [boss], unless: acked}}
  - {{match: ['category="slow"'], steps: []}}
access:
  tokens: [{{name: ops, value: {{env: TOKEN}}, scopes: [operate]}}]
"""
HOUR = 3600.0


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, CONFIG + MORE) as world:
        await world.pass_(120)
        yield world


def said(world: World) -> list[str]:
    return [message["type"].removeprefix("incident.") for message in world.receiver.messages]


async def down(world: World) -> str:
    world.break_(do="fail", where="envs-manager", status=503)
    await world.pass_(90)
    (incident,) = world.daemon.board.open_incidents()
    return incident.id


async def test_steps_are_taken_in_time_and_reminders_grow_rarer(world: World) -> None:
    await down(world)
    assert said(world) == ["opened"]
    await world.pass_(300)
    assert said(world) == ["opened", "opened"], "the pager"
    await world.pass_(1500)
    assert said(world) == ["opened"] * 3, "the boss"
    await world.pass_(HOUR)
    assert said(world)[3:] == ["reminder"] * 3
    world.mend()
    await world.pass_(900)
    assert said(world)[-3:] == ["resolved"] * 3
    ids = [one for one in world.receiver.ids if ".r" in one]
    assert len(set(ids)) == 1, "one reminder has one id, whoever hears it"


async def test_who_has_taken_it_stops_the_steps_and_the_reminders_but_not_the_end(
    world: World,
) -> None:
    incident = await down(world)
    code, shown = await world.send(
        "POST", f"/v1/incidents/{incident}/ack", {"by": "ada", "until": "3h", "comment": "I look"}
    )
    assert code == 200
    assert (shown["ack"]["by"], shown["ack"]["comment"], shown["revision"]) == ("ada", "I look", 2)
    await world.pass_(2 * HOUR)
    assert said(world) == ["opened", "updated"], "that somebody has it is told, and no more"
    _, found, _ = await world.get(f"/v1/incidents/{incident}")
    assert found["ack"]["by"] == "ada"
    world.mend()
    await world.pass_(900)
    assert said(world)[-1] == "resolved"


async def test_an_acknowledgement_outlives_a_restart_and_ends_by_itself(world: World) -> None:
    incident = await down(world)
    await world.send("POST", f"/v1/incidents/{incident}/ack", {"until": "1h"})
    await world.daemon.stop()
    await world.begin()
    await world.pass_(1800)
    assert said(world) == ["opened", "updated"]
    (one,) = world.daemon.board.open_incidents()
    assert one.ack is not None
    assert one.ack.by == "ops"
    await world.pass_(HOUR)
    assert said(world).count("opened") == 3, "then the next steps are taken"


async def test_it_can_be_given_back(world: World) -> None:
    incident = await down(world)
    await world.send("POST", f"/v1/incidents/{incident}/ack", {})
    code, shown = await world.send("DELETE", f"/v1/incidents/{incident}/ack")
    assert (code, shown["ack"]) == (200, None)
    await world.pass_(400)
    assert said(world).count("opened") == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [({"until": "never"}, 422), ({"until": -5}, 422), ({"who": "me"}, 422), ({"by": 1}, 422)],
)
async def test_what_cannot_be_used_changes_nothing(
    world: World, body: dict[str, Any], status: int
) -> None:
    incident = await down(world)
    assert (await world.send("POST", f"/v1/incidents/{incident}/ack", body))[0] == status
    (one,) = world.daemon.board.open_incidents()
    assert (one.ack, one.revision) == (None, 1)


async def test_what_is_not_open_cannot_be_taken(world: World) -> None:
    code, problem = await world.send("POST", "/v1/incidents/nothing/ack", {})
    assert (code, problem["type"]) == (404, "urn:omilia-monitor:problem:unknown-open-incident")


def test_a_route_to_nobody_and_a_matcher_that_is_none_are_refused() -> None:
    text = (CONFIG + MORE).replace("channels: [boss]", "channels: [bos]")
    text = text.replace("category=", "category ")
    text = text.format(omilia="https://us1-m.ocp.ai").replace("STORE", "sqlite:///x.db")
    environ = {"PAT": "p" * 20, "OPS": "https://x/", "SECRET": SECRET, "TOKEN": "t" * 20}
    with pytest.raises(ConfigError) as raised:
        loads(text, "world.yml", environ)
    lines = "\n".join(raised.value.lines())
    assert "routes[0].steps[2].channels: there is no channel 'bos'" in lines
    assert "routes[1].match[0]: not a matcher" in lines


FALLBACK = MORE.replace(
    """    steps:
      - {{channels: [ops]}}
      - {{after: 5m, channels: [pager], unless: acked}}
      - {{after: 30m, channels: [boss], unless: acked}}
""",
    """    steps: [{{channels: [dead]}}]
    fallback: {{channel: ops, after: 4m}}
""",
).replace("routes:", "  dead: {{kind: slack, url: {{env: DEAD}}}}\nroutes:")


async def test_another_channel_stands_in_for_one_that_does_not_take_the_news(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, CONFIG + FALLBACK)
    world.environ["DEAD"] = "http://127.0.0.1:9/"
    async with world:
        await world.pass_(120)
        await down(world)
        await world.pass_(120)
        assert said(world) == [], "four minutes are not over"
        await world.pass_(120)
        assert said(world) == ["opened"]
        world.mend()
        await world.pass_(900)
        assert said(world) == ["opened", "resolved"]


CONFIGURED = """
endpoints: [{id: a, url: "https://a.example/"}]
channels: {chat: {kind: log}, pager: {kind: log}, own: {kind: command, run: [/bin/true]}}
remind: 4h
routes:
  - match: ['severity="critical"']
    steps: [{channels: [chat]}, {after: 5m, channels: [pager], unless: acked}]
  - {match: ['group="lab"']}
  - match: ['group="core"']
    group_by: [group, location]
    group_wait: 20s
    steps: [{channels: [chat]}, {after: 5m, channels: [pager]}]
  - {match: ['group="chat"'], steps: [{after: 1m, channels: [chat], unless: acked}], fallback: own}
"""


@pytest.mark.parametrize(
    ("labels", "code", "says"),
    [
        (["severity=critical"], 0, "pager: after 5m, unless somebody has taken it"),
        (["group=chat"], 0, "own: after 3m, unless somebody has taken it, unless chat was told"),
        (["group=core"], 0, "chat: after 20s, who joins or leaves at most every 5m, in group:"),
        (["group=core", "location=x"], 0, ":group=core,location=x"),
        (["group=core"], 0, "pager: after 5m"),
        (["group=lab"], 1, "routes[1]: nobody is told"),
        (["severity=warning"], 0, "no route: every channel"),
        (["colour=red"], 2, "not a label: colour=red"),
    ],
)
def test_a_route_can_be_tried(tmp_path: Path, labels: list[str], code: int, says: str) -> None:
    file = tmp_path / "monitor.yml"
    file.write_text(CONFIGURED)
    result = CliRunner().invoke(main, ["route", "test", *labels, "-c", str(file)])
    assert result.exit_code == code, result.output
    assert says in result.output


def test_a_script_can_read_who_would_be_told(tmp_path: Path) -> None:
    file = tmp_path / "monitor.yml"
    file.write_text(CONFIGURED)
    command = ["route", "test", "severity=error", "--json", "-c", str(file)]
    told = json.loads(CliRunner().invoke(main, command).output)["told"]
    assert [(one["channel"], one["remind"]) for one in told] == [
        (c, 14400) for c in ("chat", "pager", "own")
    ]
