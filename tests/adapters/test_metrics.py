"""The metrics, read back with the library's own parsers."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client.core import Metric
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_text

from monitor.adapters.metrics import Metrics, counter, gauge, store_source
from monitor.board import Board
from monitor.core.breaker import Move, Moved, State
from monitor.core.outcome import Category
from monitor.core.standing import Standing
from monitor.ports import News, StoreHealth
from tests.adapters.stories import endpoint, healthy, outcome, tripped
from tests.clock import START, FakeClock


def openmetrics(body: bytes) -> list[Metric]:
    """Parse with the library's strict parser."""
    return list(parse_openmetrics(body.decode()))  # type: ignore[no-untyped-call]


class World:
    """A board with metrics that listen to it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.board = Board()
        self.metrics = Metrics(self.board, self.clock, version="1.2.3", location="here")
        self.board.listen(self.metrics.publish)

    async def samples(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        body, _ = await self.metrics.render(None)
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in parse_text(body.decode())
            for sample in family.samples
        }

    async def value(self, name: str, **labels: str) -> float | None:
        return (await self.samples()).get((name, frozenset(labels.items())))


@pytest.fixture
def world() -> World:
    return World()


async def test_the_text_format_is_the_default_and_openmetrics_comes_to_who_accepts_it(
    world: World,
) -> None:
    world.board.publish(healthy())
    world.board.publish(tripped("bots"))
    text, text_type = await world.metrics.render(None)
    assert text_type.startswith("text/plain; version=0.0.4")
    open_text, open_type = await world.metrics.render("application/openmetrics-text; version=1.0.0")
    assert open_type.startswith("application/openmetrics-text; version=1.0.0")
    assert open_text.decode().endswith("# EOF\n")
    plain = {family.name for family in parse_text(text.decode())}
    opened = {family.name for family in openmetrics(open_text)}
    assert {"probe_success", "omilia_monitor_circuit_state"} <= plain & opened


@pytest.mark.parametrize(
    "accept",
    ["application/openmetrics-text; version=banana", "text/plain;version=x", ";;,,", "*/*", ""],
)
async def test_an_accept_header_that_makes_no_sense_gets_the_text_format(
    world: World, accept: str
) -> None:
    _, content_type = await world.metrics.render(accept)
    assert content_type.startswith("text/plain; version=0.0.4")


async def test_no_series_appears_twice(world: World) -> None:
    world.board.publish(healthy())
    world.board.publish(tripped("bots"))
    body, _ = await world.metrics.render(None)
    series = [line.rpartition(" ")[0] for line in body.decode().splitlines() if line[0] != "#"]
    assert len(series) == len(set(series))


async def test_the_last_probe_is_told_under_blackbox_exporters_names(world: World) -> None:
    news = healthy()
    assert news.outcome is not None
    last = replace(news.outcome, certificate_expiry=1_800_000_000.0)
    world.board.publish(replace(news, outcome=last, standing=replace(news.standing, last=last)))
    assert await world.value("probe_success", endpoint="chat") == 1
    assert await world.value("probe_duration_seconds", endpoint="chat") == 0.15
    assert await world.value("probe_http_status_code", endpoint="chat") == 200
    expiry = await world.value("probe_ssl_earliest_cert_expiry", endpoint="chat")
    assert expiry == 1_800_000_000
    named = {"resolve": 0.01, "connect": 0.02, "tls": 0.03, "processing": 0.04, "transfer": 0.05}
    for phase, seconds in named.items():
        value = await world.value("probe_http_duration_seconds", endpoint="chat", phase=phase)
        assert value == seconds


async def test_a_certificate_is_remembered_over_a_probe_that_saw_none(world: World) -> None:
    seen, unseen = outcome(certificate_expiry=5.0), outcome()
    world.board.publish(replace(healthy(), outcome=seen))
    world.board.publish(replace(healthy(), outcome=unseen))
    assert await world.value("probe_ssl_earliest_cert_expiry", endpoint="chat") == 5


async def test_a_probe_without_an_answer_has_status_zero(world: World) -> None:
    last = outcome(category=Category.UNREACHABLE)
    world.board.publish(News(endpoint(), Standing("chat", last=last), last))
    assert await world.value("probe_success", endpoint="chat") == 0
    assert await world.value("probe_http_status_code", endpoint="chat") == 0


async def test_a_probe_that_was_not_sent_is_neither_success_nor_failure(world: World) -> None:
    last = outcome(category=Category.BLOCKED, latency=None, status=None)
    world.board.publish(News(endpoint(), Standing("chat", last=last), last))
    assert await world.value("probe_success", endpoint="chat") is None
    total = await world.value("omilia_monitor_outcomes_total", endpoint="chat", category="blocked")
    assert total == 1


async def test_the_circuit_state_is_one_for_one_state_only(world: World) -> None:
    world.board.publish(tripped())
    states = {
        state: await world.value("omilia_monitor_circuit_state", endpoint="chat", state=state)
        for state in State
    }
    assert states == {State.CLOSED: 0, State.OPEN: 1, State.HALF_OPEN: 0}
    assert await world.value("omilia_monitor_verdict_allow", endpoint="chat") == 0
    assert await world.value("omilia_monitor_incidents_open") == 1


async def test_the_age_of_the_evidence_grows_between_ticks(world: World) -> None:
    world.board.publish(healthy())
    assert await world.value("omilia_monitor_evidence_age_seconds", endpoint="chat") == 0
    world.clock.advance(42)
    assert await world.value("omilia_monitor_evidence_age_seconds", endpoint="chat") == 42


async def test_latencies_fall_into_eight_buckets(world: World) -> None:
    for latency in (0.05, 0.07, 3.0, 99.0):
        world.board.publish(replace(healthy(), outcome=outcome(latency=latency)))
    name = "omilia_monitor_probe_latency_seconds"
    buckets = {
        dict(labels)["le"]: value
        for (series, labels), value in (await world.samples()).items()
        if series == f"{name}_bucket"
    }
    assert len(buckets) == 8
    assert (buckets["0.05"], buckets["0.1"], buckets["2.5"]) == (1, 2, 2)
    assert (buckets["5.0"], buckets["+Inf"]) == (3, 4)
    assert await world.value(f"{name}_count", endpoint="chat") == 4
    assert await world.value(f"{name}_sum", endpoint="chat") == pytest.approx(102.12)


async def test_a_move_that_is_told_twice_counts_once(world: World) -> None:
    trial = Moved(Move.TRIAL, State.OPEN, State.HALF_OPEN, 8, START, "time is over")
    reset = Moved(Move.RESET, State.HALF_OPEN, State.CLOSED, 9, START, "2 good trials")
    world.board.publish(replace(healthy(), outcome=None, moves=(trial,)))
    world.board.publish(replace(healthy(), moves=(trial, reset)))
    name = "omilia_monitor_breaker_moves_total"
    assert await world.value(name, endpoint="chat", move="trial") == 1
    assert await world.value(name, endpoint="chat", move="reset") == 1


async def test_a_breaker_that_begins_anew_is_counted_again(world: World) -> None:
    trip = Moved(Move.TRIP, State.CLOSED, State.OPEN, 1, START, "again")
    world.board.publish(tripped())
    world.board.publish(replace(healthy(), outcome=None))  # watched again, with a new breaker
    world.board.publish(replace(tripped(), moves=(trip,)))
    name = "omilia_monitor_breaker_moves_total"
    assert await world.value(name, endpoint="chat", move="trip") == 2


async def test_an_endpoint_that_nothing_was_counted_of_is_shown_all_the_same(
    world: World,
) -> None:
    late = Metrics(world.board, world.clock, version="1.2.3", location="here")
    world.board.publish(healthy())
    body, _ = await late.render(None)
    assert b'probe_success{endpoint="chat"} 1.0' in body
    assert b'ticks_skipped_total{endpoint="chat"}' not in body


async def test_a_removed_endpoint_disappears_and_comes_back_from_zero(world: World) -> None:
    world.board.publish(healthy())
    world.board.publish(healthy("bots"))
    world.metrics.skipped("chat", 3)
    world.board.forget("chat")
    labels = [dict(labels) for _, labels in await world.samples()]
    assert {"bots"} == {found["endpoint"] for found in labels if "endpoint" in found}
    world.board.publish(healthy())
    assert await world.value("omilia_monitor_ticks_skipped_total", endpoint="chat") == 0


async def test_lateness_skips_and_bugs_are_counted(world: World) -> None:
    world.board.publish(healthy())
    world.metrics.lag(0.001)
    world.metrics.lag(2.0)
    world.metrics.skipped("chat", 2)
    world.metrics.bug("tick")
    assert await world.value("omilia_monitor_scheduler_lag_seconds_count") == 2
    assert await world.value("omilia_monitor_scheduler_lag_seconds_bucket", le="0.005") == 1
    assert await world.value("omilia_monitor_ticks_late_total") == 1
    assert await world.value("omilia_monitor_ticks_skipped_total", endpoint="chat") == 2
    assert await world.value("omilia_monitor_bugs_total", where="tick") == 1
    info = await world.value("omilia_monitor_build_info", version="1.2.3", location="here")
    assert info == 1


async def test_the_store_and_others_add_their_numbers(world: World) -> None:
    failing = StoreHealth(START, "disk full", backlog=5, dropped=2)
    told: Mapping[tuple[str, ...], float] = {("ops", "told"): 3}
    world.metrics.add_source(store_source(lambda: failing))
    world.metrics.add_source(
        lambda: [
            counter("omilia_monitor_notifications_total", "Told.", told, ("channel", "outcome")),
            gauge("omilia_monitor_loop_lag_seconds", "Late.", 0.25),
        ]
    )
    assert await world.value("omilia_monitor_store_failing") == 1
    assert await world.value("omilia_monitor_store_backlog") == 5
    assert await world.value("omilia_monitor_store_dropped_total") == 2
    name = "omilia_monitor_notifications_total"
    assert await world.value(name, channel="ops", outcome="told") == 3
    assert await world.value("omilia_monitor_loop_lag_seconds") == 0.25


async def test_a_source_that_fails_spoils_nothing_but_itself(world: World) -> None:
    def broken() -> Iterator[Metric]:
        yield gauge("omilia_monitor_half", "Never shown: its source fails after it.", 1.0)
        raise RuntimeError("oops")

    world.board.publish(healthy())
    world.metrics.add_source(broken)
    assert await world.value("probe_success", endpoint="chat") == 1
    assert await world.value("omilia_monitor_half") is None
    bugs = await world.value("omilia_monitor_bugs_total", where="metrics")
    assert bugs is not None
    assert bugs >= 1


async def test_ticks_go_on_while_many_endpoints_are_rendered(world: World) -> None:
    for number in range(200):
        world.board.publish(replace(healthy(f"endpoint-{number}"), outcome=None))
    rendering = asyncio.create_task(world.metrics.render("application/openmetrics-text"))
    ticks = 0
    while not rendering.done():
        later = START + timedelta(seconds=ticks)
        world.board.publish(healthy(f"newcomer-{ticks % 50}", at=later))
        ticks += 1
        await asyncio.sleep(0)
    body, _ = await rendering
    assert ticks > 1
    found = [f for f in openmetrics(body) if f.name == "probe_success"]
    assert len(found[0].samples) >= 200
