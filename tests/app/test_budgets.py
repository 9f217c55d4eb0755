"""A request budget, told end to end: it is never exceeded, trials come first, and what it costs."""

from pathlib import Path
from typing import Any

import pytest

from monitor.app.budgeting import budget_of, costs
from monitor.app.kinds import requests_of
from monitor.app.loader import loads
from monitor.core.breaker import State
from monitor.core.health import Health
from monitor.web.models import BudgetsModel
from tests.app.world import CONFIG, World

MANY = "\n".join(
    f'  - {{{{id: e{n:02}, url: "{{omilia}}/envs-manager/api/status"}}}}' for n in range(12)
)
BUDGETED = (
    CONFIG.replace("endpoints:\n", f"endpoints:\n{MANY}\n")
    + """
budgets:
  ocp: {{credential: pat, requests: REQUESTS, per: 1m, reserve: RESERVE}}
"""
)


def config(requests: int, reserve: str = "20%") -> str:
    return BUDGETED.replace("REQUESTS", str(requests)).replace("RESERVE", reserve)


def sent(world: World) -> list[float]:
    return [request.at.timestamp() for request in world.omilia.requests.last]


def most_in_a_minute(times: list[float]) -> int:
    return max(sum(t - 60 < other <= t for other in times) for t in times)


async def shown(world: World) -> Any:
    _, body, _ = await world.get("/v1/budgets")
    (budget,) = BudgetsModel.model_validate(body).budgets
    return budget


async def test_a_budget_that_suffices_is_shown_and_delays_nobody(tmp_path: Path) -> None:
    async with World(tmp_path, config(25)) as world:
        await world.pass_(360)
        budget = await shown(world)
        assert (budget.endpoints, budget.asked, budget.share) == (15, 15.0, 0.6)
        assert (budget.requests, budget.reserve, budget.waiting) == (25, 5, 0)
        assert budget.used == 15
        _, metrics, _ = await world.get("/metrics")
        assert 'omilia_monitor_budget_asked{budget="ocp"} 15.0' in metrics
        assert 'omilia_monitor_budget_delayed_total{budget="ocp"}' in metrics


async def test_a_budget_that_does_not_suffice_is_never_exceeded_and_everybody_has_turns(
    tmp_path: Path,
) -> None:
    async with World(tmp_path, config(10)) as world:
        await world.pass_(900)
        times = sent(world)
        assert most_in_a_minute(times) <= 8, "two are kept for trials"
        turns = dict.fromkeys(world.daemon.board._entries, 0)
        for name in turns:
            standing = world.standing(name)
            assert standing.last is not None
            assert (world.clock.now() - standing.last.at).total_seconds() <= 150
        assert len(times) >= 8 * 14, "and it is used"
        budget = await shown(world)
        assert budget.waiting > 0
        assert budget.longest_wait <= 120


async def test_a_trial_comes_exactly_when_it_is_due_however_long_the_line_is(
    tmp_path: Path,
) -> None:
    async with World(tmp_path, config(16, "40%")) as world:
        await world.pass_(300)
        assert (await shown(world)).waiting > 3
        world.break_(do="fail", where="metrics", status=503)
        for _ in range(500):
            await _next(world)
            if world.standing("tables").breaker.state is State.OPEN:
                break
        breaker = world.standing("tables").breaker
        assert breaker.state is State.OPEN
        world.mend()
        asked = world.omilia.requests.counts["/metrics-api/v3/tables"]
        await world.pass_(breaker.retry_after + 0.1)
        assert world.omilia.requests.counts["/metrics-api/v3/tables"] == asked + 1
        await world.pass_(30)
        assert world.standing("tables").health is Health.OPERATIONAL
        assert most_in_a_minute(sent(world)) <= 16


async def _next(world: World) -> None:
    due = world.metronome.first()
    assert due is not None
    await world.pass_(max((due[1] - world.clock.now()).total_seconds(), 0.0))


async def test_a_restart_does_not_spend_the_budget_twice(tmp_path: Path) -> None:
    async with World(tmp_path, config(20)) as world:
        await world.pass_(200)
        await world.daemon.stop()
        world.clock.advance(1)
        await world.begin()
        await world.pass_(120)
        assert most_in_a_minute(sent(world)) <= 16


async def test_a_reload_takes_up_other_budgets_and_remembers_what_was_sent(tmp_path: Path) -> None:
    async with World(tmp_path, config(20)) as world:
        await world.pass_(120)
        await world.daemon.reload(world.settings(config(10)))
        began = world.clock.now().timestamp()
        await world.pass_(300)
        after = [t for t in sent(world) if t > began + 60]
        assert most_in_a_minute(after) <= 8
        await world.daemon.reload(world.settings(CONFIG))
        _, body, _ = await world.get("/v1/budgets")
        assert body == {"budgets": []}
        asked = len(sent(world))
        await world.pass_(61)
        assert len(sent(world)) >= asked + 3


# ---------------------------------------------------------------- the configuration

TEXT = """
endpoints:
  - {id: a, url: "https://us1-m.ocp.ai/a", credential: pat}
  - {id: b, url: "https://us1-m.ocp.ai:8443/b", every: 6s, timeout: 3s, credential: pat}
  - {id: c, url: "https://us1-m.ocp.ai/c"}
  - {id: d, url: "https://other.ai/d", redirects: 2, credential: pat}
  - {id: e, url: "https://third.ai/e"}
credentials: {pat: {header: X, value: {env: PAT}}}
budgets:
  port: {host: "us1-m.ocp.ai:8443", requests: 9}
  both: {host: US1-M.ocp.ai, credential: pat, requests: 60, reserve: 0%}
  host: {host: us1-m.ocp.ai, requests: 60}
  rest: {credential: pat, requests: 4, per: 2m}
"""


SAID = """\
budget port: asks us1-m.ocp.ai:8443 10 times a minute, 111 % of the budget of 9; more than the 7 \
that are not kept for trials: probes will wait in line
budget both: asks us1-m.ocp.ai 1 times a minute, 1.67 % of the budget of 60
budget host: asks us1-m.ocp.ai 1 times a minute, 1.67 % of the budget of 60
budget rest: asks credential pat 6 times in 2 min, 150 % of the budget of 4; more than the 3 \
that are not kept for trials: probes will wait in line"""


def test_an_endpoint_has_the_first_budget_that_fits_its_host_and_its_credential() -> None:
    settings = loads(TEXT, environ={"PAT": "x"})
    chosen = [budget_of(settings.budgets, one) for one in settings.endpoints]
    assert chosen == ["both", "port", "host", "rest", None]


def test_what_the_configuration_asks_of_each_is_said_in_a_line() -> None:
    assert "\n".join(costs(loads(TEXT, environ={"PAT": "x"}))) == SAID


@pytest.mark.parametrize(
    ("keys", "requests"),
    [
        ("", 1),
        ("redirects: 3", 4),
        ('poll: {until: {"$.done": true}, every: 3s}', 5),
        ("credential: pat, chat: {kind: rest}", 3),
        ("credential: pat, chat: {kind: rest, utterances: [], end: null}", 1),
    ],
)
def test_a_probe_counts_with_as_many_requests_as_it_may_send(keys: str, requests: int) -> None:
    text = f"""
endpoints:
  - {{id: a, url: "https://us1-m.ocp.ai/a", every: 2m{", " if keys else ""}{keys}}}
credentials: {{pat: {{bearer: {{env: PAT}}}}}}
"""
    (endpoint,) = loads(text, environ={"PAT": "x"}).endpoints
    assert requests_of(endpoint) == requests
