"""What real traffic moves, beside the probes and never without them."""

from dataclasses import replace
from datetime import timedelta

from monitor.core.breaker import Move, State
from monitor.core.endpoint import Endpoint
from monitor.core.grounds import Rule
from monitor.core.health import Health
from monitor.core.reports import Report
from monitor.core.traffic_policy import TrafficPolicy
from tests.core.engine_world import BAD, OK, World, names, only
from tests.examples import an_endpoint
from tests.fakes import Held

CHAT = an_endpoint()


class Reported(World):
    """An engine that is told of calls, and asked for probes."""

    def __init__(self, endpoint: Endpoint = CHAT) -> None:
        super().__init__(endpoint)
        self.asked: list[float] = []
        self.engine._hasten = lambda _, within: self.asked.append(within)

    async def report(self, status: int, *tokens: str, count: int = 50, age: float = 0.0) -> None:
        at = self.clock.now() - timedelta(seconds=age)
        for token in tokens or ("checkout", "billing"):
            await self.engine.reported(token, token, [Report("chat", at, count, status=status)])


async def test_failing_traffic_alone_opens_nothing_but_has_a_probe_look_at_once() -> None:
    world = Reported()
    await world.tick()
    await world.report(503)
    assert world.standing().breaker.state is State.CLOSED
    assert world.asked == [0.0]
    await world.report(503)
    assert world.asked == [0.0], "not again and again"
    world.clock.advance(16)
    await world.report(503, "checkout", count=10)
    assert world.asked == [0.0, 0.0], "one alone can be wrong, and worth a look"


async def test_the_first_failed_probe_opens_with_it_and_says_so() -> None:
    world = Reported()
    await world.tick()
    await world.report(503)
    await world.ticks(BAD, after=1.0)
    assert world.standing().breaker.state is State.OPEN
    (moved,) = world.last.moves
    assert moved.grounds is not None
    assert (moved.move, moved.grounds.rule) == (Move.TRIP, Rule.TRAFFIC)
    assert (moved.grounds.count, moved.grounds.of) == (100, 100)
    assert moved.grounds.by == "checkout, billing"
    assert moved.reason == (
        "100 of 100 calls failed in 5 min, as checkout, billing report (over 50 %),"
        " 67 % weighed with 1 of 3 failed probes"
    )
    assert [s.detail for s in moved.samples] == [
        "HTTP 503, reported by checkout",
        "HTTP 503, reported by billing",
    ]
    assert world.facts.moves == (moved,)
    assert only(world.last.incidents).grounds == moved.grounds


async def test_reports_after_a_failed_probe_open_it_without_waiting_for_the_next() -> None:
    world = Reported()
    await world.ticks(OK, BAD)
    await world.report(503)
    news = world.last
    assert names(news.moves) == [Move.TRIP]
    assert (news.standing.breaker.state, news.standing.health) == (State.OPEN, Health.DOWN)
    assert news.standing.reason == news.standing.breaker.reason
    assert only(news.incidents).reason == news.standing.reason
    assert world.facts.standing == news.standing
    assert world.asked[-1] == news.standing.breaker.retry_after


async def test_traffic_that_weighs_everything_needs_no_probe() -> None:
    world = Reported(replace(CHAT, traffic=TrafficPolicy(weight=100.0)))
    await world.tick()
    await world.report(503)
    assert world.standing().breaker.state is State.OPEN


async def test_neither_one_token_nor_what_the_callers_did_wrong_opens_anything() -> None:
    world = Reported()
    await world.ticks(OK, BAD)
    for node in range(30):
        at = world.clock.now()
        await world.engine.reported("a", f"a/{node}", [Report("chat", at, 99, status=503)])
    await world.report(404, "b", "c", "d")
    assert world.standing().breaker.state is State.CLOSED


async def half_open(world: Reported) -> None:
    """Trip it by probes, and let one trial succeed: the next would close it."""
    await world.trip()
    await world.ticks(OK, after=10.0)
    assert world.standing().breaker.state is State.HALF_OPEN


async def test_calls_that_fail_now_overrule_the_trial_that_would_close_it() -> None:
    world = Reported()
    await half_open(world)
    await world.report(503)
    await world.ticks(OK, after=5.0)
    (moved,) = world.last.moves
    assert moved.grounds is not None
    assert (moved.move, moved.grounds.rule) == (Move.RETRIP, Rule.VETO)
    assert moved.reason == (
        "the trial succeeded, but 100 of 100 calls failed in 15 s, as checkout, billing report"
    )
    assert (moved.open_for, world.standing().breaker.trips) == (10.0, 1), "it grows no longer"
    await world.ticks(OK, OK, after=16.0)
    assert world.standing().breaker.state is State.CLOSED, "silence overrules nothing"


async def test_what_failed_before_says_nothing_about_now() -> None:
    world = Reported()
    await half_open(world)
    await world.report(503, age=30.0)
    await world.ticks(OK, after=5.0)
    assert world.standing().breaker.state is State.CLOSED


async def test_who_reports_failures_for_ever_holds_it_open_for_a_while_only() -> None:
    world = Reported()
    await world.trip()
    began = world.clock.monotonic()
    for _ in range(100):
        await world.report(503)
        await world.ticks(OK, after=10.0)
        if world.standing().breaker.state is State.CLOSED:
            break
    assert 300 < world.clock.monotonic() - began < 360


async def test_a_late_success_is_late_and_nothing_to_overrule() -> None:
    world = Reported()
    await world.tick()
    late = Held()
    world.prober.will(late)
    probing = world.start()
    await late.begun.wait()
    await half_open(world)
    await world.report(503)
    late.answer.set_result(OK)
    await probing
    assert world.standing().breaker.state is State.HALF_OPEN


async def test_a_veto_can_be_switched_off() -> None:
    world = Reported(replace(CHAT, traffic=TrafficPolicy(veto=False)))
    await half_open(world)
    await world.report(503)
    await world.ticks(OK, after=5.0)
    assert world.standing().breaker.state is State.CLOSED


async def test_a_reset_begins_anew_with_traffic_too() -> None:
    world = Reported()
    await half_open(world)
    await world.report(503, age=20.0)
    await world.ticks(OK, BAD, after=5.0)
    assert world.standing().breaker.state is State.CLOSED, "one failed probe, and nothing else"


async def test_what_is_blocked_is_not_opened_by_traffic() -> None:
    needy = replace(an_endpoint(needs=("iam",)), traffic=TrafficPolicy(weight=100.0))
    world = Reported(needy)
    world.engine.watch(an_endpoint("iam"))
    await world.ticks(OK)
    await world.trip("iam")
    await world.report(503)
    assert world.standing().breaker.state is State.CLOSED
